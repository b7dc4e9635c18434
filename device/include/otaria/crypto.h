// SPDX-License-Identifier: MIT
/*
 * The crypto adapter: SHA-256, one signature check, and a wipe. libotaria calls these functions; which
 * code answers is decided by linking exactly one backend from device/crypto/:
 *
 *   backend (CMake target)         sources                                    verify: instructions, stack
 *   otaria_crypto_bearssl          sha256.c bearssl_p256_m15.c                 27 M on lx106, 3.9 KB
 *   otaria_crypto_bearssl_small    sha256.c bearssl_p256_prime_i15.c           59 M on lx106, 3.9 KB
 *   otaria_crypto_openssl          openssl.c                                   hosts only
 *   and wipe.c with each. SHA-256 is our own on chips: a third of BearSSL's stack.
 *
 * All of them give the same answers to the same input. None keeps state between calls; the BearSSL ones
 * neither allocate nor fail, and in the OpenSSL one a failure to allocate is "not verified".
 */
#ifndef OTARIA_CRYPTO_H
#define OTARIA_CRYPTO_H

#include <otaria/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A running SHA-256: 112 bytes, room for any backend's context. It may be copied, and needs no end. */
struct otaria_sha256 {
    uint32_t word[28]; /* private to the backend */
};

/*
 * Begin. state NULL and done 0: a new hash. Otherwise go on with one: state = the 32 bytes that
 * otaria_sha256_state gave after `done` bytes, a multiple of 64.
 */
void otaria_sha256_init(struct otaria_sha256 *h, const uint8_t state[32], uint64_t done);

/* Append len bytes. data may be NULL when len is 0. Any split gives the same digest. */
void otaria_sha256_update(struct otaria_sha256 *h, const void *data, size_t len);

/* The chaining state, to go on later; only when the bytes so far are a multiple of 64. */
void otaria_sha256_state(const struct otaria_sha256 *h, uint8_t state[32]);

/* The digest of the bytes so far. h stays as it is and may be updated further. */
void otaria_sha256_final(const struct otaria_sha256 *h, uint8_t digest[32]);

/*
 * ECDSA on P-256 (FIPS 186-4, 6.4). key: 04 || X || Y; hash: SHA-256 of what was signed; signature:
 * r || s, 32 bytes big endian each. True only when the signature is that key's for that hash. False for
 * anything else: r or s not in 1..n-1, a key that is no point of the curve or not of this form, an error
 * while checking. Both s and n-s are accepted. Not constant time in a way that matters: all inputs are
 * public.
 */
OTARIA_MUST_CHECK bool otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32],
                                          const uint8_t signature[64]);

/* Overwrite with zeroes, in a way that the optimizer does not remove. */
void otaria_wipe(void *p, size_t len);

#ifdef __cplusplus
}
#endif

#endif
