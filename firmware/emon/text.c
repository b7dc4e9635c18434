// SPDX-License-Identifier: MIT
#include "text.h"

#include <string.h>

static void put_char(struct emon_text *t, char c)
{
    emon_put(t, &c, 1);
}

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~';
}

static char hex_digit(unsigned v)
{
    return (char)(v < 10 ? '0' + v : 'a' + v - 10);
}

void emon_put(struct emon_text *t, const char *s, size_t len)
{
    if (len > t->max - t->len) {
        len = t->max - t->len;
        t->cut = true;
    }
    memcpy(t->p + t->len, s, len);
    t->len += len;
}

void emon_put_string(struct emon_text *t, const char *s)
{
    emon_put(t, s, strlen(s));
}

void emon_put_mapped(struct emon_text *t, const uint32_t *word)
{
    char c;

    for (size_t at = 0; (c = emon_mapped_byte(word, at)) != 0; at++)
        put_char(t, c);
}

void emon_put_u32(struct emon_text *t, uint32_t v)
{
    char digits[10];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    emon_put(t, digits + at, sizeof digits - at);
}

void emon_put_int(struct emon_text *t, int v)
{
    if (v < 0)
        put_char(t, '-');
    emon_put_u32(t, v < 0 ? 0u - (uint32_t)v : (uint32_t)v);
}

void emon_put_hex(struct emon_text *t, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        put_char(t, hex_digit(p[i] >> 4));
        put_char(t, hex_digit(p[i] & 15));
    }
}

void emon_put_milli(struct emon_text *t, int32_t v)
{
    uint32_t size = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
    uint32_t rest = size % 1000;

    if (v < 0)
        put_char(t, '-');
    emon_put_u32(t, size / 1000);
    if (rest)
        put_char(t, '.');
    for (uint32_t unit = 100; rest; unit /= 10) {
        put_char(t, (char)('0' + rest / unit));
        rest %= unit;
    }
}

void emon_put_json(struct emon_text *t, const char *s, size_t len)
{
    put_char(t, '"');
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)s[i];

        if (is_plain(s[i]) && c != '"' && c != '\\') {
            put_char(t, s[i]);
        } else {
            emon_put(t, "\\u00", 4);
            emon_put_hex(t, &c, 1);
        }
    }
    put_char(t, '"');
}

void emon_put_plain(struct emon_text *t, const char *s)
{
    for (; *s; s++)
        put_char(t, is_plain(*s) ? *s : '?');
}

bool emon_template_fill(struct emon_template *t, const struct emon_fields *f, struct emon_text *out)
{
    char c;

    for (; (c = emon_mapped_byte(t->word, t->at)) != 0; t->at += c == '@' ? 2 : 1) {
        if (out->len == out->max)
            return false;
        if (c != '@') {
            put_char(out, c);
            continue;
        }
        do {
            if (out->max - out->len < EMON_PIECE_MAX)
                return false;
        } while (f->put(f->ctx, emon_mapped_byte(t->word, t->at + 1), t->index++, out));
        t->index = 0;
    }
    return true;
}
