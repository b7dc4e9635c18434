// SPDX-License-Identifier: MIT
/*
 * The four functions that the chip has in mask ROM, a word at a time: picolibc's, built for size, go byte by byte, and tests
 * copy whole flashes. They keep the core's rule: no access but to a multiple of its size.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

static inline size_t misaligned(const void *p)
{
    return (uintptr_t)p % sizeof(word);
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    if (misaligned(out) == misaligned(in)) {
        for (; len > 0 && misaligned(out); len--)
            *out++ = *in++;
        for (; len >= 16; len -= 16, out += 16, in += 16) {
            word *o = (word *)out;
            const word *i = (const word *)in;

            o[0] = i[0];
            o[1] = i[1];
            o[2] = i[2];
            o[3] = i[3];
        }
    }
    for (; len > 0; len--)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    if ((uintptr_t)out - (uintptr_t)in >= len)
        return memcpy(to, from, len);
    if (misaligned(out) == misaligned(in)) {
        for (; len > 0 && misaligned(out + len); len--)
            out[len - 1] = in[len - 1];
        for (; len >= sizeof(word); len -= sizeof(word))
            *(word *)(out + len - sizeof(word)) = *(const word *)(in + len - sizeof(word));
    }
    while (len-- > 0)
        out[len] = in[len];
    return to;
}

void *memset(void *to, int value, size_t len)
{
    uint8_t *out = to;
    word fill = (uint8_t)value * 0x01010101u;

    for (; len > 0 && misaligned(out); len--)
        *out++ = (uint8_t)value;
    for (; len >= 16; len -= 16, out += 16) {
        word *o = (word *)out;

        o[0] = o[1] = o[2] = o[3] = fill;
    }
    for (; len > 0; len--)
        *out++ = (uint8_t)value;
    return to;
}

int memcmp(const void *one, const void *other, size_t len)
{
    const uint8_t *a = one, *b = other;

    if (!misaligned(a) && !misaligned(b)) {
        while (len >= sizeof(word) && *(const word *)a == *(const word *)b) {
            a += sizeof(word);
            b += sizeof(word);
            len -= sizeof(word);
        }
    }
    for (; len > 0; len--, a++, b++) {
        if (*a != *b)
            return *a - *b;
    }
    return 0;
}
