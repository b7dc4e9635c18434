// SPDX-License-Identifier: MIT
/*
 * Entry of the boot stage: the ROM calls it with its own stack, below 0x3FFFFFF0, which is kept. No variables to
 * initialise.
 */
    .section .boot.start, "ax"
    .literal_position
    .global boot_start
    .type boot_start, @function
    .align 4
boot_start:
    movi    a1, 0x3ffffff0
    movi    a0, boot_main
    jx      a0
    .size boot_start, . - boot_start

/*
 * boot_enter(odd, pair, size, entry): a tail jump into the ROM. The cache takes the memory that this code lies in, so
 * Cache_Read_Enable must return to the application, not here; the stack is as at the start.
 */
    .global boot_enter
    .type boot_enter, @function
    .align 4
boot_enter:
    mov     a0, a5
    movi    a1, 0x3ffffff0
    movi    a6, rom_Cache_Read_Enable
    jx      a6
    .size boot_enter, . - boot_enter
