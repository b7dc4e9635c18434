// SPDX-License-Identifier: MIT
// Inside of the mask-ROM stand-in: what its files ask of each other. What images may call is
// declared where it is implemented, under the chip's own names; see stubs.S for the addresses.
#ifndef LX106_ROM_H
#define LX106_ROM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lx106/board.h"
#include "lx106/hw.h"

#define BOARD ((volatile struct lx106_board *)LX106_BOARD)

// The context of interrupted code, laid out by irq.S.
struct exc_frame {
    uint32_t pc;
    uint32_t ps;
    uint32_t sar;
    uint32_t addr;
    uint32_t a0;
    uint32_t a2[14]; // a2 to a15
    uint32_t cause;
    uint32_t a1;
};

static inline volatile uint32_t *reg(uint32_t address)
{
    return (volatile uint32_t *)address;
}

static inline uint32_t ccount(void)
{
    uint32_t value;

    __asm__ volatile("rsr %0, ccount" : "=r"(value));
    return value;
}

// Interrupts are held back from lock to unlock; the pair nests.
static inline uint32_t rom_lock(void)
{
    uint32_t ps;

    __asm__ volatile("rsil %0, 3" : "=r"(ps) : : "memory");
    return ps;
}

static inline void rom_unlock(uint32_t ps)
{
    __asm__ volatile("wsr %0, ps\n\trsync" : : "r"(ps) : "memory");
}

static inline bool in_window(uint32_t address)
{
    return address - LX106_WINDOW < LX106_WINDOW_LEN;
}

// args.c: the board's arguments, into the board block; board_arg finds one (lx106/board.h).
void args_read(void);

// printf.c: %c %s %d %u %x %p %%, width and zero fill.
void rom_vprintf(void (*put)(char c), const char *format, va_list args);

// uart.c: "rom: ", the text and a line end, on the UART.
void rom_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void uart_put(char c);

// reset.c
void reset_begin(void);
_Noreturn void rom_reset(enum lx106_reset reason);

// time.c
void time_begin(void);
void time_tick(const struct exc_frame *frame);
void rom_wait(void); // until the next interrupt

// exception.c: the handler attached to an interrupt, NULL without one.
void (*exception_handler_of(int number))(void *);
void exception_call(int number);
void exception_begin(void);

// cache.c: whether the flash cache is on; a sector of flash was changed; the caller must not be
// code in flash, because the cache is off now.
bool cache_is_on(void);
void cache_forget(uint32_t sector);
void cache_check_caller(uint32_t pc);

// pflash.c: the machine's flash. Up to 2 KB inside one 2 KB block, halfwords.
void pflash_write(uint32_t address, const uint16_t *data, uint32_t cnt);
static inline const volatile uint32_t *pflash_at(uint32_t address)
{
    return (const volatile uint32_t *)(LX106_FLASH + address);
}

// nor.c: serial NOR over it. An address is of a page or sector; ranges were checked.
void nor_begin(void);
void nor_program(uint32_t address, const uint32_t *data, uint32_t len);
void nor_erase(uint32_t address, uint32_t len);

// load.c: the image at flash 0 as the chip loads it; its entry, or 0 after saying why not.
uint32_t load_image(void);

// start.S
_Noreturn void rom_enter(uint32_t entry);

// Mistakes of the image that the chip answers with a crash: say it, then reset.
_Noreturn void rom_fail(const char *what, uint32_t pc);

#endif
