// SPDX-License-Identifier: MIT
/*
 * libotaria on an ESP8266: flash through the mask ROM, the slot that runs, the RAM that survives a reset. The same
 * code for the chip and for the virtual board (boards/lx106).
 *
 * The cache must be off while flash is read or written, so these functions lie in IRAM (section .iram0.text) and turn
 * the cache on again before they return; a caller may lie in mapped flash. Interrupts stay enabled: every handler of
 * the application, and what it touches, lies in RAM, as on this chip it always must.
 */
#ifndef OTARIA_ESP8266_H
#define OTARIA_ESP8266_H

#include <otaria/boot.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The chip's flash as the library wants it. ctx is not used. */
extern const struct otaria_flash otaria_esp8266_flash;

/*
 * The boot stage tells on every boot what it chose: one word in the part of RTC memory that the stock boot stage's
 * commands use, 0x4F540000 | kind << 8 | slot. RTC memory is garbage after power-up, and user memory is the
 * application's: hence this place, and hence every boot.
 */
#define OTARIA_ESP8266_BOOT_WORD  0x60001278u
#define OTARIA_ESP8266_BOOT_MAGIC 0x4F540000u

static inline uint32_t otaria_esp8266_boot_word(unsigned slot, enum otaria_boot_kind kind)
{
    return OTARIA_ESP8266_BOOT_MAGIC | (uint32_t)kind << 8 | slot;
}

/* The slot that this code was started from, 0 or 1; 0 when another boot stage started it. */
unsigned otaria_esp8266_slot(void);

/* Why that slot: enum otaria_boot_kind; OTARIA_BOOT_NONE when another boot stage started this. */
enum otaria_boot_kind otaria_esp8266_boot_kind(void);

/* start.S and application.ld: bytes of the application's stack that were ever used, and its size. */
size_t otaria_esp8266_stack_used(void);
size_t otaria_esp8266_stack_size(void);

#ifdef __cplusplus
}
#endif

#endif
