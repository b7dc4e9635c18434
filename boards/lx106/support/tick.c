// SPDX-License-Identifier: MIT
#include "lx106/support.h"

#include <lwip/sys.h>

#include "rom.h"

#define TIMER_INTERRUPT 6

static volatile uint32_t ticks_low, ticks_high;

/* The cache may be off: code in IRAM, data in DRAM. */
static __attribute__((section(".iram0.text"))) void on_tick(void *arg)
{
    (void)arg;
    if (++ticks_low == 0)
        ticks_high++;
}

void lx106_tick_begin(void)
{
    ticks_low = ticks_high = 0;
    ets_isr_attach(TIMER_INTERRUPT, on_tick, 0);
    ets_isr_unmask(1u << TIMER_INTERRUPT);
}

uint64_t lx106_now_ms(void)
{
    uint32_t high, low;

    do {
        high = ticks_high;
        low = ticks_low;
    } while (high != ticks_high);
    return (uint64_t)high << 32 | low;
}

/* lwIP's clock. */
u32_t sys_now(void)
{
    return ticks_low;
}
