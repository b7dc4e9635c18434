// SPDX-License-Identifier: MIT
// board.h over the board block and semihosting.
#include "lx106/board.h"

#include <stdbool.h>

#include "lx106/hw.h"
#include "lx106/simcall.h"

enum { NO_ENTROPY = 98 };

static const volatile struct lx106_board *block(void)
{
    return (const volatile struct lx106_board *)LX106_BOARD;
}

uint32_t board_start_time(void)
{
    return board_arg_number("time", 0);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_mac(const char *text, uint8_t mac[6])
{
    for (int i = 0; i < 6; i++, text += 3) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0 || text[2] != (i < 5 ? ':' : 0)) {
            return false;
        }
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void board_mac(uint8_t mac[6])
{
    const char *text = board_arg("mac");

    if (text == NULL || !parse_mac(text, mac)) {
        (void)parse_mac("52:54:00:12:34:56", mac);
    }
}

void board_entropy(void *to, size_t len)
{
    static int32_t fd = -1;
    uint8_t *at = to;

    if (fd < 0) {
        fd = lx106_simcall(LX106_SIM_OPEN, (uint32_t)(uintptr_t) "/dev/urandom", LX106_SIM_RDONLY,
                           0);
    }
    while (len > 0) {
        int32_t got = lx106_simcall(LX106_SIM_READ, (uint32_t)fd, (uint32_t)(uintptr_t)at, len);

        if (got <= 0) {
            lx106_sim_exit(NO_ENTROPY);
        }
        at += got;
        len -= (uint32_t)got;
    }
}

_Noreturn void board_exit(int status)
{
    lx106_sim_exit(status);
}

uint32_t board_boots(void)
{
    return block()->boots;
}

uint32_t board_flash_ops(void)
{
    return block()->flash_ops;
}
