// SPDX-License-Identifier: MIT
/* The few functions of the ESP8266's mask ROM and registers that the demo uses; addresses in the .ld files. */
#ifndef DEMO_ROM_H
#define DEMO_ROM_H

#include <stdint.h>

int ets_printf(const char *format, ...);
void ets_delay_us(uint32_t us);
int SPIRead(uint32_t addr, uint32_t *to, uint32_t len); /* 0 = done; multiples of 4 */

/* The second argument picks the megabyte pair, the first the half of it; it ends in the caller's a0. */
void Cache_Read_Enable(uint32_t odd, uint32_t pair, uint32_t size);

static inline void reg_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

#endif
