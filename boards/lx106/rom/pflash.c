// SPDX-License-Identifier: MIT
// The machine's parallel flash: Intel's command set, 16 bits wide, 2 KB write buffer. While it
// programs, its array cannot be read; this code and its data are in RAM.
#include "rom.h"

enum { WRITE_BUFFER = 0xE8, CONFIRM = 0xD0, READ_ARRAY = 0xFF, READY = 0x80 };

static void wait_ready(const volatile uint16_t *at)
{
    while ((*at & READY) == 0) {
    }
}

void pflash_write(uint32_t address, const uint16_t *data, uint32_t cnt)
{
    volatile uint16_t *to = (volatile uint16_t *)(LX106_FLASH + address);

    *to = WRITE_BUFFER;
    wait_ready(to);
    *to = (uint16_t)(cnt - 1);
    for (uint32_t i = 0; i < cnt; i++) {
        to[i] = data[i];
    }
    *to = CONFIRM;
    wait_ready(to);
    *to = READ_ARRAY;
}
