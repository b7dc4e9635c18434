// SPDX-License-Identifier: MIT
#include "esp8266.h"

#define MARK 0x6B617453u /* start.S */

extern const uint32_t __stack_end[], __stack[]; /* application.ld: lowest word, first word above */

size_t otaria_esp8266_stack_size(void)
{
    return (size_t)((uintptr_t)__stack - (uintptr_t)__stack_end);
}

size_t otaria_esp8266_stack_used(void)
{
    const uint32_t *p = __stack_end;
    size_t left = otaria_esp8266_stack_size();

    for (; left > 0 && *p == MARK; left -= sizeof *p)
        p++;
    return left;
}
