// SPDX-License-Identifier: MIT
// The integer helpers that the compiler calls and that the chip keeps in its ROM.
#include <stdint.h>

uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
uint64_t __umulsidi3(uint32_t a, uint32_t b);
int64_t __muldi3(int64_t a, int64_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);
int64_t __divdi3(int64_t a, int64_t b);

// Division by zero raises the exception that the chip's ROM raises (cause 6).
static void divided_by_zero(void)
{
    __asm__ volatile("ill");
}

static uint32_t divide32(uint32_t a, uint32_t b, uint32_t *rest)
{
    uint32_t quotient = 0;

    if (b == 0) {
        divided_by_zero();
    }
    if (a >= b) {
        for (int shift = __builtin_clz(b) - __builtin_clz(a); shift >= 0; shift--) {
            quotient <<= 1;
            if (a >= b << shift) {
                a -= b << shift;
                quotient |= 1;
            }
        }
    }
    *rest = a;
    return quotient;
}

static int clz64(uint64_t value)
{
    uint32_t high = (uint32_t)(value >> 32);

    return high != 0 ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)value);
}

static uint64_t divide64(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t quotient = 0;

    if (b == 0) {
        divided_by_zero();
    }
    if (a >= b) {
        int shift = clz64(b) - clz64(a);

        for (b <<= shift; shift >= 0; shift--) {
            quotient <<= 1;
            if (a >= b) {
                a -= b;
                quotient |= 1;
            }
            b >>= 1;
        }
    }
    *rest = a;
    return quotient;
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint32_t rest;

    return divide32(a, b, &rest);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    uint32_t rest;

    (void)divide32(a, b, &rest);
    return rest;
}

int32_t __divsi3(int32_t a, int32_t b)
{
    uint32_t x = a < 0 ? 0u - (uint32_t)a : (uint32_t)a;
    uint32_t y = b < 0 ? 0u - (uint32_t)b : (uint32_t)b;
    uint32_t quotient = __udivsi3(x, y);

    return (int32_t)((a ^ b) < 0 ? 0u - quotient : quotient);
}

uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    uint32_t low = (a & 0xFFFF) * (b & 0xFFFF);
    uint32_t mid1 = (a >> 16) * (b & 0xFFFF);
    uint32_t mid2 = (a & 0xFFFF) * (b >> 16);
    uint32_t carry = (low >> 16) + (mid1 & 0xFFFF) + (mid2 & 0xFFFF);
    uint32_t high = (a >> 16) * (b >> 16) + (mid1 >> 16) + (mid2 >> 16) + (carry >> 16);

    return (uint64_t)high << 32 | (carry << 16 | (low & 0xFFFF));
}

int64_t __muldi3(int64_t a, int64_t b)
{
    uint32_t a_high = (uint32_t)((uint64_t)a >> 32);
    uint32_t b_high = (uint32_t)((uint64_t)b >> 32);
    uint64_t low = __umulsidi3((uint32_t)a, (uint32_t)b);
    uint32_t high = (uint32_t)(low >> 32) + a_high * (uint32_t)b + (uint32_t)a * b_high;

    return (int64_t)((uint64_t)high << 32 | (uint32_t)low);
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest;

    return divide64(a, b, &rest);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t rest;

    (void)divide64(a, b, &rest);
    return rest;
}

int64_t __divdi3(int64_t a, int64_t b)
{
    uint64_t x = a < 0 ? 0u - (uint64_t)a : (uint64_t)a;
    uint64_t y = b < 0 ? 0u - (uint64_t)b : (uint64_t)b;
    uint64_t quotient = __udivdi3(x, y);

    return (int64_t)((a ^ b) < 0 ? 0u - quotient : quotient);
}
