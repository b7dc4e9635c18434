// SPDX-License-Identifier: MIT
// Reset: why, how often, and what memory holds after power on.
#include "lx106/simcall.h"
#include "rom.h"

uint32_t rtc_get_reset_reason(void);
_Noreturn void software_reset(void);

// RAM holds anything after power on. The same anything each time: a bug must come back.
static void fill_with_garbage(uint32_t from, uint32_t to)
{
    uint32_t x = from;

    for (; from < to; from += 4) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        *reg(from) = x;
    }
}

static void power_on(void)
{
    for (uint32_t at = LX106_BOARD; at < LX106_BOARD + sizeof *BOARD; at += 4) {
        *reg(at) = 0;
    }
    BOARD->magic = LX106_BOARD_MAGIC;
    BOARD->next_reset = LX106_RESET_POWER_ON;
    BOARD->log_fd = -1;
    BOARD->window_bank = LX106_NO_BANK;
    fill_with_garbage(LX106_DRAM, LX106_DRAM_END);
    fill_with_garbage(LX106_IRAM, LX106_IRAM_END);
    fill_with_garbage(LX106_RTC, LX106_RTC_END);
}

void reset_begin(void)
{
    bool cold = BOARD->magic != LX106_BOARD_MAGIC;

    if (cold) {
        power_on();
    }
    BOARD->cache_off = 1;
    BOARD->boots++;
    BOARD->reset = BOARD->next_reset;
    BOARD->next_reset = LX106_RESET_EXTERNAL; // unless rom_reset says otherwise
    args_read();
    if (cold) {
        BOARD->wdt_ms = board_arg_number("wdt", 8000);
        BOARD->reset_exit = board_arg("reset") != NULL;
        nor_begin();
    }
}

_Noreturn void rom_reset(enum lx106_reset reason)
{
    (void)rom_lock();
    BOARD->next_reset = reason;
    if (BOARD->reset_exit != 0) {
        lx106_sim_exit(0);
    }
    *reg(LX106_FPGA_RESET) = LX106_FPGA_RESET_WORD;
    for (;;) {
    }
}

uint32_t rtc_get_reset_reason(void)
{
    return BOARD->reset;
}

_Noreturn void software_reset(void)
{
    rom_reset(LX106_RESET_SOFTWARE);
}
