// SPDX-License-Identifier: MIT
// The tick, and what hangs on it: the watchdog, the reset register, and the check that no code in
// flash runs while the cache is off.
#include "rom.h"

uint32_t ets_get_cpu_frequency(void);
uint32_t xthal_get_ccount(void);
void ets_delay_us(uint32_t us);
void ets_wdt_enable(void);
uint32_t ets_wdt_disable(void);

enum { RESET_BIT = 31 };

static uint32_t ticks;
static uint32_t fed_at; // tick
static bool wdt_on;

uint32_t ets_get_cpu_frequency(void)
{
    return *reg(LX106_FPGA_CLOCK) / 1000000;
}

uint32_t xthal_get_ccount(void)
{
    return ccount();
}

static uint32_t period(void)
{
    return *reg(LX106_FPGA_CLOCK) / LX106_TICK_HZ;
}

static uint32_t compare_at(void)
{
    uint32_t value;

    __asm__ volatile("rsr %0, ccompare0" : "=r"(value));
    return value;
}

// Sets the next tick, which also clears the interrupt. Ticks keep their rhythm unless one was
// missed; never is the next one in the past, where it would wait for the counter to wrap (107 s).
static void rearm(uint32_t next)
{
    uint32_t length = period();

    if ((int32_t)(next - ccount()) <= 0) {
        next = ccount() + length;
    }
    for (;; next = ccount() + length) {
        __asm__ volatile("wsr %0, ccompare0\n\tesync" : : "r"(next));
        if ((int32_t)(next - ccount()) > 0) {
            return;
        }
    }
}

void time_begin(void)
{
    *reg(LX106_RTC_CONTROL) = 0;
    *reg(LX106_WDT_FEED) = 0;
    wdt_on = BOARD->wdt_ms != 0;
    rearm(ccount() + period());
}

void ets_wdt_enable(void)
{
    fed_at = ticks;
    wdt_on = BOARD->wdt_ms != 0;
}

uint32_t ets_wdt_disable(void)
{
    uint32_t was = wdt_on;

    wdt_on = false;
    return was;
}

static void check_watchdog(const struct exc_frame *frame)
{
    if (*reg(LX106_WDT_FEED) == LX106_WDT_FEED_WORD) {
        *reg(LX106_WDT_FEED) = 0;
        fed_at = ticks;
    }
    if (wdt_on && ticks - fed_at >= BOARD->wdt_ms) {
        rom_say("watchdog: not fed for %u ms, pc 0x%08x a0 0x%08x", BOARD->wdt_ms, frame->pc,
                frame->a0);
        rom_reset(LX106_RESET_WATCHDOG);
    }
}

void time_tick(const struct exc_frame *frame)
{
    uint32_t last = compare_at();
    uint32_t late = ccount() - last;
    uint32_t cnt = 1 + late / period();

    // QEMU can raise a tick that was set anew meanwhile: it comes before its time, and then again.
    if ((int32_t)late < 0) {
        rearm(last);
        return;
    }
    // Missed ticks count: a handler that counts keeps the time, the watchdog sees a long silence.
    ticks += cnt;
    rearm(last + cnt * period());
    if ((*reg(LX106_RTC_CONTROL) >> RESET_BIT) != 0) {
        rom_reset(LX106_RESET_SOFTWARE);
    }
    check_watchdog(frame);
    cache_check_caller(frame->pc);
    cache_check_caller((uint32_t)exception_handler_of(LX106_TICK_INT));
    for (; cnt > 0; cnt--) {
        exception_call(LX106_TICK_INT);
    }
}

void rom_wait(void)
{
    __asm__ volatile("waiti 0");
}

void ets_delay_us(uint32_t us)
{
    uint32_t start = ccount();
    uint32_t mhz = ets_get_cpu_frequency();
    uint32_t ps;

    __asm__ volatile("rsr %0, ps" : "=r"(ps));
    while ((ccount() - start) / mhz < us) {
        // Sleep while a tick is sure to come first: the host has other work.
        if ((ps & 0xF) == 0 && us - (ccount() - start) / mhz > 2000) {
            rom_wait();
        }
    }
}
