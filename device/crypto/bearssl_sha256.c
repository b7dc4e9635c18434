// SPDX-License-Identifier: MIT
/*
 * SHA-256 by BearSSL. The context is copied in and out of the opaque bytes, since reading those through a
 * pointer of another type is undefined: 1 instruction a byte at 256 bytes a call, beside 58 for the hash.
 */
#include <string.h>

#include <bearssl/bearssl_hash.h>

#include <otaria/crypto.h>

_Static_assert(sizeof(br_sha256_context) <= sizeof(struct otaria_sha256), "room for the context");

void otaria_sha256_init(struct otaria_sha256 *h, const uint8_t state[32], uint64_t done)
{
    br_sha256_context c;

    br_sha256_init(&c);
    if (state != NULL)
        br_sha256_set_state(&c, state, done);
    memcpy(h, &c, sizeof c);
}

void otaria_sha256_update(struct otaria_sha256 *h, const void *data, size_t len)
{
    br_sha256_context c;

    memcpy(&c, h, sizeof c);
    br_sha256_update(&c, data, len);
    memcpy(h, &c, sizeof c);
}

void otaria_sha256_state(const struct otaria_sha256 *h, uint8_t state[32])
{
    br_sha256_context c;

    memcpy(&c, h, sizeof c);
    br_sha256_state(&c, state);
}

void otaria_sha256_final(const struct otaria_sha256 *h, uint8_t digest[32])
{
    br_sha256_context c;

    memcpy(&c, h, sizeof c);
    br_sha256_out(&c, digest);
}
