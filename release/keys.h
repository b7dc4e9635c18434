// SPDX-License-Identifier: MIT
/*
 * Release keys: ECDSA on P-256, one file each.
 *
 *     NAME.key.pem   PKCS#8, 0600, plain or encrypted (PBES2: scrypt, AES-256-CBC)
 *     NAME.pub.pem   SubjectPublicKeyInfo
 *
 * OpenSSL reads both. Signatures are deterministic (RFC 6979), so that signing needs no random numbers
 * and the same release comes out the same, byte for byte.
 *
 * Threads: no shared state. Secrets live in struct key_pair alone; keys_wipe() it on every path.
 */
#ifndef RELEASE_KEYS_H
#define RELEASE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define KEYS_PASSPHRASE_MAX 256   /* bytes, its NUL included */
#define KEYS_FILE_MAX       16384 /* no key file is longer */

struct key_pair {
    uint8_t secret[32];
    uint8_t point[65]; /* 04 || X || Y */
};

/*
 * Where a passphrase comes from. ask fills text (NUL-terminated) for the key file at path; -1 with err
 * set when there is none to be had. Called only for an encrypted key.
 */
struct keys_passphrase {
    int (*ask)(void *ctx, const char *path, char text[KEYS_PASSPHRASE_MAX], struct err *err);
    void *ctx;
};

/* 0 when neither file exists; else -1: before a person is asked for a passphrase in vain. */
int keys_absent(const char *private_path, const char *public_path, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Makes a key and writes both files. passphrase NULL or "" writes the private key unencrypted. Neither
 * file is ever overwritten: when one exists nothing is written and -1 returned. When the second cannot
 * be written the first is removed again.
 */
int keys_create(const char *private_path, const char *public_path, const char *passphrase,
                struct err *err) __attribute__((warn_unused_result));

/*
 * Reads a private key. A key of another kind, or whose two halves do not fit, is refused. pass may be
 * NULL: then an encrypted key is refused. On failure *key is wiped.
 */
int keys_load(const char *path, const struct keys_passphrase *pass, struct key_pair *key,
              struct err *err) __attribute__((warn_unused_result));

/* True when others than the owner may read or write the file: the caller says so, it is not an error. */
bool keys_exposed(const char *path);

/* Reads a public key: 04 || X || Y. A private key file is refused with a hint. */
int keys_load_public(const char *path, uint8_t point[65], struct err *err)
    __attribute__((warn_unused_result));

/* r || s over a SHA-256 hash; the same for the same hash and key. */
int keys_sign(const struct key_pair *key, const uint8_t hash[32], uint8_t signature[64],
              struct err *err) __attribute__((warn_unused_result));

void keys_wipe(struct key_pair *key);

#endif
