// SPDX-License-Identifier: MIT
#include <otaria/crypto.h>

void otaria_wipe(void *p, size_t len)
{
    volatile uint8_t *bytes = (volatile uint8_t *)p;

    while (len > 0)
        bytes[--len] = 0;
}
