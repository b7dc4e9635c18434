// SPDX-License-Identifier: MIT
// The board's test of itself. A test is a function that returns NULL when all is well, else what
// was not. It says so in words that fit behind "FAIL name: ".
#ifndef LX106_SELFTEST_H
#define LX106_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lx106/board.h"
#include "lx106/hw.h"
#include "rom.h"

#define BOARD ((const volatile struct lx106_board *)LX106_BOARD)

#define TEXT_OF(x)   #x
#define LINE_TEXT(x) TEXT_OF(x)
#define CHECK(condition)                                                  \
    do {                                                                  \
        if (!(condition))                                                 \
            return __FILE_NAME__ ":" LINE_TEXT(__LINE__) ": " #condition; \
    } while (0)

typedef const char *test_result;

// The ROM's, beyond device/ports/esp8266/rom.h.
struct exc_frame {
    uint32_t pc, ps, sar, addr, a0, a2[14], cause, a1;
};
typedef void (*exc_handler)(struct exc_frame *frame, int cause);
exc_handler _xtos_set_exception_handler(int cause, exc_handler handler);
int SPIEraseBlock(uint32_t block);
void ets_install_putc1(void (*put)(char c));
void *ets_memcpy(void *to, const void *from, size_t len);
uint32_t xthal_get_ccount(void);

// context.S
uint32_t context_kept(uint32_t rounds);
void trap_illegal(void);
uint32_t trap_load(uint32_t address);
uint32_t trap_store(uint32_t address);
uint32_t trap_load16(uint32_t address);
typedef void call_function(uint32_t a, uint32_t b, uint32_t c, uint32_t function);
call_function call_from_there;
void come_back(void);
extern const uint32_t call_from_there_end[];

static inline volatile uint32_t *reg(uint32_t address)
{
    return (volatile uint32_t *)address;
}

// Noise for flash contents and sums: always the same.
static inline uint32_t noise(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

// test_*.c
test_result test_power_on(void);
test_result test_memory_functions(void);
test_result test_division(void);
test_result test_printf(void);
test_result test_traps(void);
test_result test_crash_in_handler_is_a_trap(void);
test_result test_context(void);
test_result test_tick(void);
test_result test_tick_after_lock(void);
test_result test_delay(void);
test_result test_watchdog_fed(void);
test_result test_erase(void);
test_result test_program(void);
test_result test_illegal_program(void);
test_result test_page_split(void);
test_result test_refused_calls(void);
test_result test_window(void);
test_result test_window_copies(void);
test_result test_poison(void);
test_result test_return_into_cache(void);
test_result test_flash_with_cache_on(void);
test_result test_uart(void);
test_result test_board_calls(void);
test_result test_net(void);

// resets.c: the step that this boot is. Provokes the next reset, or returns after the last one;
// each boot's reason was checked. Prints its own lines; the number of failures so far is kept
// across the resets.
bool resets_are_first_boot(void);
void resets_begin(unsigned failed);
unsigned resets_step(void);

// scenarios.c: what other tests have the board do. False: no such one.
bool scenario_run(const char *name);

#endif
