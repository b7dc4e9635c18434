// SPDX-License-Identifier: MIT
// The subset of printf that the chip's ROM has and images use.
#include "rom.h"

void ets_install_putc1(void (*put)(char c));
void ets_putc(char c);
int ets_printf(const char *format, ...);

static void (*putc1)(char c) = uart_put;

void ets_install_putc1(void (*put)(char c))
{
    putc1 = put;
}

void ets_putc(char c)
{
    putc1(c);
}

static void put_number(void (*put)(char c), uint32_t value, uint32_t base, int width, char fill)
{
    char digits[11];
    int cnt = 0;

    do {
        digits[cnt++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (; width > cnt; width--) {
        put(fill);
    }
    while (cnt > 0) {
        put(digits[--cnt]);
    }
}

static void put_signed(void (*put)(char c), int32_t value, int width, char fill)
{
    if (value < 0) {
        put('-');
        put_number(put, 0u - (uint32_t)value, 10, width - 1, fill);
    } else {
        put_number(put, (uint32_t)value, 10, width, fill);
    }
}

static void put_string(void (*put)(char c), const char *text)
{
    for (text = text == NULL ? "(null)" : text; *text != 0; text++) {
        put(*text);
    }
}

static void put_pointer(void (*put)(char c), uint32_t value)
{
    put_string(put, "0x");
    put_number(put, value, 16, 8, '0');
}

void rom_vprintf(void (*put)(char c), const char *format, va_list args)
{
    for (; *format != 0; format++) {
        char fill = ' ';
        int width = 0;

        if (*format != '%') {
            put(*format);
            continue;
        }
        if (*++format == '0') {
            fill = '0';
        }
        for (; *format >= '0' && *format <= '9'; format++) {
            width = width * 10 + (*format - '0');
        }
        switch (*format) {
        case 'd':
            put_signed(put, va_arg(args, int32_t), width, fill);
            break;
        case 'u':
            put_number(put, va_arg(args, uint32_t), 10, width, fill);
            break;
        case 'x':
            put_number(put, va_arg(args, uint32_t), 16, width, fill);
            break;
        case 'p':
            put_pointer(put, va_arg(args, uint32_t));
            break;
        case 's':
            put_string(put, va_arg(args, const char *));
            break;
        case 'c':
            put((char)va_arg(args, int));
            break;
        case 0:
            return;
        default:
            put(*format);
        }
    }
}

int ets_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    rom_vprintf(putc1, format, args);
    va_end(args);
    return 0;
}
