// SPDX-License-Identifier: MIT
// The UART: a 16550 here. Line ends go out as they come.
#include "rom.h"

int uart_tx_one_char(uint8_t c);
int uart_rx_one_char(uint8_t *c);

enum { DATA = 0x00, LINE_STATUS = 0x14 };
enum { RX_READY = 0x01, TX_EMPTY = 0x20 };

void uart_put(char c)
{
    while ((*reg(LX106_UART + LINE_STATUS) & TX_EMPTY) == 0) {
    }
    *reg(LX106_UART + DATA) = (uint8_t)c;
}

int uart_tx_one_char(uint8_t c)
{
    uart_put((char)c);
    return 0;
}

int uart_rx_one_char(uint8_t *c)
{
    if ((*reg(LX106_UART + LINE_STATUS) & RX_READY) == 0) {
        return 1;
    }
    *c = (uint8_t)*reg(LX106_UART + DATA);
    return 0;
}

void rom_say(const char *format, ...)
{
    va_list args;

    for (const char *at = "rom: "; *at != 0; at++) {
        uart_put(*at);
    }
    va_start(args, format);
    rom_vprintf(uart_put, format, args);
    va_end(args);
    uart_put('\n');
}
