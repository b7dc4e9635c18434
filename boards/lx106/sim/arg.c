// SPDX-License-Identifier: MIT
// The arguments that the board was started with, as the ROM left them in the board block. The ROM links this file too.
#include "lx106/board.h"
#include "lx106/hw.h"

static const volatile struct lx106_board *block(void)
{
    return (const volatile struct lx106_board *)LX106_BOARD;
}

const char *board_arg(const char *key)
{
    for (uint32_t i = 0; i < block()->argc; i++) {
        const char *arg = block()->args[i];
        const char *k = key;

        while (*k != 0 && *arg == *k) {
            arg++;
            k++;
        }
        if (*k == 0 && *arg == '=') {
            return arg + 1;
        }
    }
    return NULL;
}

uint32_t board_arg_number(const char *key, uint32_t otherwise)
{
    const char *text = board_arg(key);
    uint32_t value = 0;

    if (text == NULL || *text == 0) {
        return otherwise;
    }
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9') {
            return otherwise;
        }
        value = value * 10 + (uint32_t)(*text - '0');
    }
    return value;
}
