// SPDX-License-Identifier: MIT
/*
 * The integer helpers that the chip has in mask ROM, and that the compiler's libgcc therefore lacks. Division by zero, which
 * C leaves open, gives all ones.
 */
#include <stdint.h>

uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
uint64_t __umulsidi3(uint32_t a, uint32_t b);
uint64_t __muldi3(uint64_t a, uint64_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);
int64_t __divdi3(int64_t a, int64_t b);

/* One bit a step, from the highest that can be set in the quotient. */
static uint64_t divide(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t quotient = 0, bit = 1;

    if (b == 0)
        return UINT64_MAX;
    while (b < a && !(b >> 63)) {
        b <<= 1;
        bit <<= 1;
    }
    for (; bit; bit >>= 1, b >>= 1) {
        if (a >= b) {
            a -= b;
            quotient |= bit;
        }
    }
    *rest = a;
    return quotient;
}

static uint32_t divide32(uint32_t a, uint32_t b, uint32_t *rest)
{
    uint32_t quotient = 0, bit = 1;

    if (b == 0)
        return UINT32_MAX;
    while (b < a && !(b >> 31)) {
        b <<= 1;
        bit <<= 1;
    }
    for (; bit; bit >>= 1, b >>= 1) {
        if (a >= b) {
            a -= b;
            quotient |= bit;
        }
    }
    *rest = a;
    return quotient;
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint32_t rest = 0;

    return divide32(a, b, &rest);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    uint32_t rest = a;

    divide32(a, b, &rest);
    return rest;
}

int32_t __divsi3(int32_t a, int32_t b)
{
    uint32_t q = __udivsi3(a < 0 ? -(uint32_t)a : (uint32_t)a, b < 0 ? -(uint32_t)b : (uint32_t)b);

    return (int32_t)((a < 0) != (b < 0) ? -q : q);
}

/* The core's multiplier gives the low 32 bits of a product. */
uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    uint32_t low = (a & 0xFFFF) * (b & 0xFFFF), high = (a >> 16) * (b >> 16);
    uint32_t middle = (a >> 16) * (b & 0xFFFF) + (low >> 16); /* < 2^32 - 2^16 */
    uint32_t other = (a & 0xFFFF) * (b >> 16) + (middle & 0xFFFF);

    high += (middle >> 16) + (other >> 16);
    return (uint64_t)high << 32 | (other << 16 | (low & 0xFFFF));
}

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    uint32_t cross = (uint32_t)(a >> 32) * (uint32_t)b + (uint32_t)a * (uint32_t)(b >> 32);

    return __umulsidi3((uint32_t)a, (uint32_t)b) + ((uint64_t)cross << 32);
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest = 0;

    return divide(a, b, &rest);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t rest = a;

    divide(a, b, &rest);
    return rest;
}

int64_t __divdi3(int64_t a, int64_t b)
{
    uint64_t q = __udivdi3(a < 0 ? -(uint64_t)a : (uint64_t)a, b < 0 ? -(uint64_t)b : (uint64_t)b);

    return (int64_t)((a < 0) != (b < 0) ? -q : q);
}
