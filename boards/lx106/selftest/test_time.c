// SPDX-License-Identifier: MIT
// Tick, delay, watchdog.
#include "selftest.h"

enum { CYCLES_A_MS = 40000 };

static volatile uint32_t ticks;

static void count_tick(void *arg)
{
    ticks += (uint32_t)(uintptr_t)arg;
}

// The host may take the board's time away at any moment: what must come is waited for, and what
// must agree is tried until nothing came in between.
static bool ticks_reach(uint32_t cnt)
{
    for (uint32_t waited_ms = 0; ticks < cnt && waited_ms < 2000; waited_ms++) {
        ets_delay_us(1000);
    }
    return ticks >= cnt;
}

static bool rhythm_is_right(uint32_t ms)
{
    for (int tries = 0; tries < 50; tries++) {
        uint32_t first = ticks;
        uint32_t start = xthal_get_ccount();
        uint32_t late;

        while (ticks - first < ms) {
        }
        late = (xthal_get_ccount() - start) / CYCLES_A_MS + 1 - ms;
        if (late < 3) {
            return true;
        }
    }
    return false;
}

test_result test_tick(void)
{
    ticks = 0;
    ets_isr_attach(LX106_TICK_INT, count_tick, (void *)1);
    CHECK(rhythm_is_right(10));
    ets_isr_mask(1u << LX106_TICK_INT);
    ticks = 0;
    ets_delay_us(5000);
    CHECK(ticks == 0);
    ets_isr_unmask(1u << LX106_TICK_INT);
    CHECK(ticks_reach(4));
    ets_isr_attach(LX106_TICK_INT, NULL, NULL);
    return NULL;
}

test_result test_tick_after_lock(void)
{
    uint32_t start, gone_ms;

    ticks = 0;
    ets_isr_attach(LX106_TICK_INT, count_tick, (void *)1);
    start = xthal_get_ccount();
    ets_intr_lock();
    ets_delay_us(10000);
    CHECK(ticks == 0);
    ets_intr_unlock();
    gone_ms = (xthal_get_ccount() - start) / CYCLES_A_MS;
    CHECK(ticks_reach(1) && ticks >= gone_ms - 1);
    CHECK(rhythm_is_right(5));
    ets_isr_attach(LX106_TICK_INT, NULL, NULL);
    return NULL;
}

test_result test_delay(void)
{
    static const uint32_t lengths_us[] = {500, 1900, 7000};

    for (unsigned i = 0; i < sizeof lengths_us / sizeof lengths_us[0]; i++) {
        uint32_t start = xthal_get_ccount();

        ets_delay_us(lengths_us[i]);
        CHECK((xthal_get_ccount() - start) / (CYCLES_A_MS / 1000) >= lengths_us[i]);
    }
    return NULL;
}

// The watchdog of this run bites after 300 ms.
test_result test_watchdog_fed(void)
{
    ets_wdt_enable();
    for (int i = 0; i < 35; i++) {
        *reg(OTARIA_ROM_WDT_FEED) = OTARIA_ROM_WDT_FOOD;
        ets_delay_us(10000);
    }
    ets_wdt_disable();
    ets_delay_us(350000);
    return NULL;
}
