// SPDX-License-Identifier: MIT
/*
 * The crypto adapter: six functions, chosen by linking a backend (device/crypto: BearSSL with the
 * small or the fast P-256 code, or OpenSSL on hosts). No backend allocates or fails at random.
 */
#ifndef OTARIA_CRYPTO_H
#define OTARIA_CRYPTO_H

#include <otaria/base.h>

/* Room for any backend's SHA-256 context. */
struct otaria_sha256 {
    uint64_t opaque[16];
};

/* Start a hash, or go on with one: state is NULL to start, else the 32 bytes that otaria_sha256_state gave after `done` bytes (a multiple of 64). */
void otaria_sha256_init(struct otaria_sha256 *h, const uint8_t state[32], uint64_t done);
void otaria_sha256_update(struct otaria_sha256 *h, const void *data, size_t len);
void otaria_sha256_state(const struct otaria_sha256 *h, uint8_t state[32]); /* only when the bytes so far are a multiple of 64 */
void otaria_sha256_final(const struct otaria_sha256 *h, uint8_t digest[32]); /* h may be updated further */

/* ECDSA on P-256 with SHA-256; key is 04||X||Y, signature raw r||s. True when the signature is that key's. */
bool otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32], const uint8_t signature[64]);

void otaria_wipe(void *p, size_t len); /* not removed by the optimizer */

#endif
