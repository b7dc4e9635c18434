// SPDX-License-Identifier: MIT
/*
 * The functions of the ESP8266's mask ROM that boot stage and applications call. Addresses: rom.ld, as published in
 * the vendor's linker script. Signatures as the vendor's headers and the ROM's callers show them; none of them has
 * been exercised on silicon by this project, all of them on the virtual board, whose ROM stand-in has them at the
 * same addresses.
 */
#ifndef OTARIA_ESP8266_ROM_H
#define OTARIA_ESP8266_ROM_H

#include <stdint.h>

/*
 * Flash. addr, len and buffers are multiples of 4; nothing works while the cache is on; code that calls them lies in
 * RAM then. 0 = done, else failed. SPIWrite splits at page boundaries by itself.
 */
int SPIRead(uint32_t addr, uint32_t *to, uint32_t len);
int SPIWrite(uint32_t addr, const uint32_t *from, uint32_t len);
int SPIEraseSector(uint32_t sector); /* its number: addr / 4096 */
int SPIUnlock(void);                 /* clears the chip's write protection bits */

/*
 * The megabyte 2 * pair + odd of flash appears at 0x40200000. size 1: the 32 KB of IRAM from 0x40108000 on become
 * cache memory, and what was there is lost; size 0: the 16 KB from 0x4010C000 on. `rom_` since an application's
 * library overrides the SDK's call of the plain name.
 */
void rom_Cache_Read_Enable(uint32_t odd, uint32_t pair, uint32_t size);
void Cache_Read_Disable(void);

/* UART 0. */
void ets_putc(char c);
int ets_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int uart_rx_one_char(uint8_t *c); /* 0 = got one, 1 = nothing there */

void ets_delay_us(uint32_t us);

/* The hardware watchdog. It is fed by OTARIA_ROM_WDT_FOOD in OTARIA_ROM_WDT_FEED. */
void ets_wdt_enable(void);
void ets_wdt_disable(void);
#define OTARIA_ROM_WDT_FEED 0x60000914u
#define OTARIA_ROM_WDT_FOOD 0x73u

enum otaria_rom_reset {
    OTARIA_ROM_RESET_POWER_ON = 1,
    OTARIA_ROM_RESET_EXTERNAL = 2,
    OTARIA_ROM_RESET_SOFTWARE = 3,
    OTARIA_ROM_RESET_WATCHDOG = 4
};
uint32_t rtc_get_reset_reason(void);
void software_reset(void) __attribute__((noreturn));

/* Interrupts: number 0..31; masks have a bit each. A handler lies in IRAM. */
void ets_isr_attach(int number, void (*handler)(void *arg), void *arg);
void ets_isr_mask(uint32_t mask);
void ets_isr_unmask(uint32_t mask);
void ets_intr_lock(void);
void ets_intr_unlock(void);

#endif
