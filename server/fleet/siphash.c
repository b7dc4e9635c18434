// SPDX-License-Identifier: MIT
#include "server/fleet/siphash.h"

#include <otaria/base.h>

static uint64_t rotate(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static void rounds(uint64_t v[4], unsigned cnt)
{
    while (cnt-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

uint64_t siphash(const uint8_t key[16], const void *data, size_t len)
{
    const uint64_t k0 = otaria_load_le64(key), k1 = otaria_load_le64(key + 8);
    uint64_t v[4] = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                     k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    uint64_t last = (uint64_t)(len & 0xff) << 56;
    const uint8_t *p = data;
    size_t at = 0;

    for (; len - at >= 8; at += 8) {
        uint64_t word = otaria_load_le64(p + at);

        v[3] ^= word;
        rounds(v, 2);
        v[0] ^= word;
    }
    for (unsigned i = 0; at + i < len; i++)
        last |= (uint64_t)p[at + i] << (8 * i);
    v[3] ^= last;
    rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
