// SPDX-License-Identifier: MIT
/*
 * The application of the demo: says on the serial line which version it is and what it carries, then
 * blinks the module's LED and counts. Linked for the chip's own addresses and its mask ROM.
 */
#include <otaria/app.h>

#include "assets.h"
#include "rom.h"

OTARIA_APP(BUILD_TAG);

#define GPIO_SET        0x60000304u
#define GPIO_CLEAR      0x60000308u
#define GPIO_ENABLE_SET 0x60000310u
#define LED             (1u << 2) /* lights when low */

#define HALF_PERIOD_US 250000u
#define BLINKS_A_LINE  20u

void app_main(void);

static void reg_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static void banner(void)
{
    char name[32];

    ets_printf("%s", otaria_app_identity);
    ets_printf("%d assets, %d bytes, sum 0x%x\n", assets_cnt(), assets_len(), assets_sum());
    for (uint32_t i = 0; i < assets_cnt(); i++) {
        assets_name(i, name, sizeof name);
        ets_printf("  /%s\n", name);
    }
}

static void half_blink(uint32_t reg)
{
    reg_write(reg, LED);
    reg_write(OTARIA_ROM_WDT_FEED, OTARIA_ROM_WDT_FOOD);
    ets_delay_us(HALF_PERIOD_US);
}

void app_main(void)
{
    banner();
    reg_write(GPIO_ENABLE_SET, LED);
    for (uint32_t lines = 1;; lines++) {
        for (unsigned i = 0; i < BLINKS_A_LINE; i++) {
            half_blink(GPIO_CLEAR);
            half_blink(GPIO_SET);
        }
        ets_printf("up, %d blinks\n", lines * BLINKS_A_LINE);
    }
}
