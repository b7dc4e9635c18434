// SPDX-License-Identifier: MIT
// Vectors, and a jump at each address where the chip's ROM has a function that we stand in for.

    .section .stubs, "ax"
    .begin no-transform

    .macro stub at, name
    .org \at
    j \name
    .endm

    .org 0x10 // a break instruction, which is what gcc makes of a trap
    j rom_debug
    .org 0x20 // NMI: nothing raises it
    j rom_double
    .org 0x30 // exception in kernel mode
    wsr a0, excsave1
    j rom_exception_entry
    .org 0x50 // exception in user mode
    wsr a0, excsave1
    j rom_exception_entry
    .org 0x70 // exception while one is being taken
    j rom_double

    stub 0x454, _xtos_set_exception_handler
    stub 0x650, __muldi3
    stub 0xf74, ets_intr_lock
    stub 0xf80, ets_intr_unlock
    stub 0xf88, ets_isr_attach
    stub 0xf98, ets_isr_mask
    stub 0xfa8, ets_isr_unmask
    stub 0x18a4, ets_memset
    stub 0x18b4, ets_memcpy
    stub 0x18c4, ets_memmove
    stub 0x18d4, ets_memcmp
    stub 0x242c, ets_install_putc1
    stub 0x24cc, ets_printf
    stub 0x25e0, rtc_get_reset_reason
    stub 0x264c, software_reset
    stub 0x2ae8, ets_bzero
    stub 0x2be8, ets_putc
    stub 0x2ecc, ets_delay_us
    stub 0x2f0c, ets_get_cpu_frequency
    stub 0x2fa0, ets_wdt_enable
    stub 0x30f0, ets_wdt_disable
    stub 0x3b30, uart_tx_one_char
    stub 0x3b8c, uart_rx_one_char
    stub 0x4678, Cache_Read_Enable
    stub 0x47f0, Cache_Read_Disable
    stub 0x4878, SPIUnlock
    stub 0x49b4, SPIEraseBlock
    stub 0x4a00, SPIEraseSector
    stub 0x4a4c, SPIWrite
    stub 0x4b1c, SPIRead
    stub 0xbdc8, strcmp
    stub 0xbf4c, strlen
    stub 0xbfa8, strncmp
    stub 0xce60, __divdi3
    stub 0xd310, __udivdi3
    stub 0xd770, __umoddi3
    stub 0xdc88, __divsi3
    stub 0xdcf0, __umulsidi3
    stub 0xdd38, xthal_get_ccount
    stub 0xde84, bzero
    stub 0xdea8, memcmp
    stub 0xdf48, memcpy
    stub 0xe04c, memmove
    stub 0xe190, memset
    stub 0xe21c, __udivsi3
    stub 0xe268, __umodsi3

    .end no-transform
