// SPDX-License-Identifier: MIT
// mem* and str* of the ROM. Blocks move in words where both ends are aligned and in bytes
// elsewhere, so a caller that hands over IRAM or mapped flash without care makes the byte accesses
// that trap on the chip, and the plugin reports them. (The chip's versions use words in a few more
// cases: this is the stricter side.)
#include "rom.h"

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void bzero(void *to, size_t len);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);

#define ALIAS(of) __attribute__((alias(#of)))

void *ets_memcpy(void *restrict to, const void *restrict from, size_t len) ALIAS(memcpy);
void *ets_memmove(void *to, const void *from, size_t len) ALIAS(memmove);
void *ets_memset(void *to, int value, size_t len) ALIAS(memset);
int ets_memcmp(const void *a, const void *b, size_t len) ALIAS(memcmp);
void ets_bzero(void *to, size_t len) ALIAS(bzero);

static bool aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & 3) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if (aligned(d, s)) {
        for (; len >= 4; len -= 4, d += 4, s += 4) {
            *(uint32_t *)d = *(const uint32_t *)s;
        }
    }
    while (len-- > 0) {
        *d++ = *s++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if ((uintptr_t)d - (uintptr_t)s >= len) {
        return memcpy(to, from, len);
    }
    d += len;
    s += len;
    if (aligned(d, s)) {
        for (; len >= 4; len -= 4) {
            d -= 4;
            s -= 4;
            *(uint32_t *)d = *(const uint32_t *)s;
        }
    }
    while (len-- > 0) {
        *--d = *--s;
    }
    return to;
}

void *memset(void *to, int value, size_t len)
{
    uint8_t *d = to;
    uint32_t word = (uint8_t)value * 0x01010101u;

    if (aligned(d, d)) {
        for (; len >= 4; len -= 4, d += 4) {
            *(uint32_t *)d = word;
        }
    }
    while (len-- > 0) {
        *d++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a;
    const uint8_t *y = b;

    if (aligned(x, y)) {
        for (; len >= 4 && *(const uint32_t *)x == *(const uint32_t *)y; len -= 4) {
            x += 4;
            y += 4;
        }
    }
    for (; len > 0; len--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}

void bzero(void *to, size_t len)
{
    (void)memset(to, 0, len);
}

size_t strlen(const char *text)
{
    const char *end = text;

    while (*end != 0) {
        end++;
    }
    return (size_t)(end - text);
}

int strncmp(const char *a, const char *b, size_t len)
{
    for (; len > 0; len--, a++, b++) {
        if (*a != *b || *a == 0) {
            return (uint8_t)*a - (uint8_t)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}
