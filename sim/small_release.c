// SPDX-License-Identifier: MIT
#include "sim/small_release.h"

#include "base/xalloc.h"

#include <otaria/app.h>
#include <otaria/crypto.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint32_t noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 24;
}

static uint8_t *segment(uint8_t *p, uint32_t addr, uint32_t len, uint32_t *seed, uint8_t *sum)
{
    otaria_store_le32(p, addr);
    otaria_store_le32(p + 4, len);
    p += 8;
    for (uint32_t i = 0; i < len; i++) {
        p[i] = (uint8_t)noise(seed);
        *sum ^= p[i];
    }
    return p + len;
}

static void make_image(struct small_release *r, uint32_t want_len, const char *version,
                       uint32_t seed)
{
    uint32_t irom = (want_len - 8 - 3 * 8 - 32 - 16) & ~3u;
    uint8_t sum = 0xEF;
    char mark[64] = OTARIA_APP_MARK;
    uint8_t *p;

    r->image = xcalloc(1, want_len + 32);
    p = r->image;
    memcpy(p, (const uint8_t[]){0xE9, 3, 2, 0x40}, 4);
    otaria_store_le32(p + 4, 0x40100004u);
    p = segment(p + 8, 0x40201010u, irom, &seed, &sum);
    p = segment(p, 0x40100000u, 16, &seed, &sum);
    p = segment(p, 0x3FFE8000u, 16, &seed, &sum);
    r->len = (uint32_t)(p - r->image + 16) & ~15u;

    /* the mark goes over some of the noise */
    strncat(mark, version, OTARIA_VERSION_MAX);
    strncat(mark, "\n", 2);
    uint8_t *at = r->image + 16;
    for (size_t i = 0; i <= strlen(mark); i++) {
        sum ^= at[i] ^ (uint8_t)mark[i];
        at[i] = (uint8_t)mark[i];
    }
    r->image[r->len - 1] = sum;
}

static void hash_of(const void *data, size_t len, uint8_t digest[32])
{
    struct otaria_sha256 h;

    otaria_sha256_init(&h, NULL, 0);
    otaria_sha256_update(&h, data, len);
    otaria_sha256_final(&h, digest);
}

void small_release_make(struct small_release *r, uint32_t want_len, const char *version,
                        uint64_t seq, uint32_t seed)
{
    /* {1: 1, 2: seq, 7: bytes}: what the slots read of M, at a length like that of a real one */
    uint8_t wrapped[3 + OTARIA_MANIFEST_MAX];
    static const uint8_t head[] = {0xA3, 0x01, 0x01, 0x02, 0x1B};
    size_t len = 300;

    assert(seq >> 32 != 0);
    memset(r, 0, sizeof *r);
    make_image(r, want_len, version, seed);
    memcpy(r->manifest, head, sizeof head);
    for (unsigned i = 0; i < 8; i++) {
        r->manifest[sizeof head + i] = (uint8_t)(seq >> (56 - 8 * i));
    }
    memcpy(r->manifest + 13, (const uint8_t[]){0x07, 0x59, 0x01, 0x1B}, 4);
    hash_of(r->image, r->len, r->manifest + 17);
    wrapped[0] = 0x59;
    wrapped[1] = (uint8_t)(len >> 8);
    wrapped[2] = (uint8_t)len;
    memcpy(wrapped + 3, r->manifest, len);
    hash_of(wrapped, 3 + len, r->m.digest);

    r->m.seq = seq;
    r->m.components_cnt = 1;
    r->m.component[0].size = r->len;
    hash_of(r->image, r->len, r->m.component[0].digest);
    r->m.manifest = (struct otaria_span){r->manifest, len};
}

void small_release_free(struct small_release *r)
{
    free(r->image);
    r->image = NULL;
}
