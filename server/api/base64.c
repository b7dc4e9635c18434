// SPDX-License-Identifier: MIT
#include "server/api/base64.h"

#include <string.h>

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(uint8_t *out, size_t max, const char *text, size_t text_len, size_t *len)
{
    size_t pad = 0, bits = 0;
    uint32_t word = 0;

    *len = 0;
    if (text_len % 4 != 0)
        return false;
    while (pad < 2 && pad < text_len && text[text_len - 1 - pad] == '=')
        pad++;
    for (size_t i = 0; i < text_len - pad; i++) {
        int v = value_of(text[i]);

        if (v < 0)
            return false;
        word = word << 6 | (uint32_t)v;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            if (*len == max)
                return false;
            out[(*len)++] = (uint8_t)(word >> bits);
            word &= (1u << bits) - 1;
        }
    }
    return word == 0 && bits == pad * 2;
}

void base64url_encode(char *out, const uint8_t *data, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t word = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < len; i++) {
        word = word << 8 | data[i];
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            *out++ = alphabet[word >> bits & 63];
        }
        word &= (1u << bits) - 1;
    }
    if (bits > 0)
        *out++ = alphabet[word << (6 - bits) & 63];
    *out = '\0';
}
