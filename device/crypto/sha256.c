// SPDX-License-Identifier: MIT
/*
 * SHA-256 (FIPS 180-4) for chips: the schedule rolls through 16 words, so a block costs 64 bytes of
 * stack where the usual 64 words cost 256. No table but the constants, no branch on data.
 */
#include <string.h>

#include <otaria/crypto.h>

/* What the words of a struct otaria_sha256 hold. */
enum {
    STATE = 0, /* 8 words */
    DONE = 8,  /* bytes so far, low word first */
    BLOCK = 10 /* 64 bytes: those of the block that is not full yet */
};
_Static_assert(sizeof(struct otaria_sha256) >= (BLOCK + 16) * 4, "room for the context");

static const uint32_t start[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

static const uint32_t constants[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

static uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t rotate(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

/* The word of the schedule that round i uses takes the place of round i - 16's. */
static uint32_t schedule(uint32_t w[16], unsigned i)
{
    uint32_t near = w[(i + 14) % 16], far = w[(i + 1) % 16];

    near = rotate(near, 17) ^ rotate(near, 19) ^ near >> 10;
    far = rotate(far, 7) ^ rotate(far, 18) ^ far >> 3;
    return w[i % 16] += near + w[(i + 9) % 16] + far;
}

static void compress(uint32_t state[8], const uint8_t block[64])
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    uint32_t w[16];

    for (unsigned i = 0; i < 64; i++) {
        uint32_t word = i < 16 ? (w[i] = load_be32(block + 4 * i)) : schedule(w, i);
        uint32_t t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) +
                     constants[i] + word;

        h = g;
        g = f;
        f = e;
        e = d + t;
        t += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
        d = c;
        c = b;
        b = a;
        a = t;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

static void store_state(const uint32_t state[8], uint8_t out[32])
{
    for (unsigned i = 0; i < 8; i++)
        store_be32(out + 4 * i, state[i]);
}

void otaria_sha256_init(struct otaria_sha256 *h, const uint8_t state[32], uint64_t done)
{
    memcpy(h->word + STATE, start, sizeof start);
    for (unsigned i = 0; state != NULL && i < 8; i++)
        h->word[STATE + i] = load_be32(state + 4 * i);
    h->word[DONE] = (uint32_t)done;
    h->word[DONE + 1] = (uint32_t)(done >> 32);
}

void otaria_sha256_update(struct otaria_sha256 *h, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint8_t *block = (uint8_t *)(h->word + BLOCK);

    while (len > 0) {
        uint32_t filled = h->word[DONE] % 64;
        uint32_t n = len < 64 - filled ? (uint32_t)len : 64 - filled;

        memcpy(block + filled, p, n);
        p += n;
        len -= n;
        h->word[DONE] += n;
        h->word[DONE + 1] += h->word[DONE] < n;
        if (filled + n == 64)
            compress(h->word + STATE, block);
    }
}

void otaria_sha256_state(const struct otaria_sha256 *h, uint8_t state[32])
{
    store_state(h->word + STATE, state);
}

/* The padding and the length in bits make one block more, or two. */
void otaria_sha256_final(const struct otaria_sha256 *h, uint8_t digest[32])
{
    struct otaria_sha256 c = *h;
    uint8_t *block = (uint8_t *)(c.word + BLOCK);
    uint32_t filled = c.word[DONE] % 64;

    block[filled++] = 0x80;
    memset(block + filled, 0, 64 - filled);
    if (filled > 56) {
        compress(c.word + STATE, block);
        memset(block, 0, 64);
    }
    store_be32(block + 56, c.word[DONE + 1] << 3 | c.word[DONE] >> 29);
    store_be32(block + 60, c.word[DONE] << 3);
    compress(c.word + STATE, block);
    store_state(c.word + STATE, digest);
}
