// SPDX-License-Identifier: MIT
#include "assets.h"

extern const uint32_t assets_begin[], assets_end[];

uint32_t assets_cnt(void)
{
    return assets_begin[0];
}

uint32_t assets_len(void)
{
    return (uint32_t)(assets_end - assets_begin) * 4;
}

uint32_t assets_sum(void)
{
    uint32_t sum = 0;

    for (const uint32_t *p = assets_begin; p < assets_end; p++)
        sum = (sum << 1 | sum >> 31) + *p;
    return sum;
}

void assets_name(uint32_t i, char *name, uint32_t max)
{
    const uint32_t *from = assets_begin + assets_begin[1 + 3 * i] / 4;
    uint32_t at = 0;

    while (at + 1 < max) {
        char c = (char)(from[at / 4] >> at % 4 * 8);

        if (c == '\0')
            break;
        name[at++] = c;
    }
    name[at] = '\0';
}
