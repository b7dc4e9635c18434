// SPDX-License-Identifier: MIT
/*
 * The two functions of release/keys.h that a test needs to sign a release, with BearSSL alone: release/keys.c needs OpenSSL
 * for everything else that a person wants of a key. Both sign alike (RFC 6979).
 */
#include "release/keys.h"

#include <stdlib.h>
#include <string.h>

#include <bearssl.h>

#include "base/file.h"

struct der {
    uint8_t bytes[256];
    size_t len;
};

static void take(void *ctx, const void *data, size_t len)
{
    struct der *der = ctx;

    if (len > sizeof der->bytes - der->len)
        abort();
    memcpy(der->bytes + der->len, data, len);
    der->len += len;
}

/* The first object of a PEM file. */
static bool decode_pem(const uint8_t *text, size_t len, struct der *der)
{
    br_pem_decoder_context pem;

    br_pem_decoder_init(&pem);
    while (len > 0) {
        size_t used = br_pem_decoder_push(&pem, text, len);

        text += used;
        len -= used;
        switch (br_pem_decoder_event(&pem)) {
        case BR_PEM_BEGIN_OBJ:
            br_pem_decoder_setdest(&pem, take, der);
            break;
        case BR_PEM_END_OBJ:
            return true;
        case BR_PEM_ERROR:
            return false;
        default:
            break;
        }
    }
    return false;
}

static bool decode_key(const struct der *der, struct key_pair *key)
{
    br_skey_decoder_context decoder;
    const br_ec_private_key *sk;
    br_ec_public_key pk;

    br_skey_decoder_init(&decoder);
    br_skey_decoder_push(&decoder, der->bytes, der->len);
    sk = br_skey_decoder_get_ec(&decoder);
    if (!sk || sk->curve != BR_EC_secp256r1 || sk->xlen != sizeof key->secret)
        return false;
    memcpy(key->secret, sk->x, sizeof key->secret);
    return br_ec_compute_pub(&br_ec_p256_m15, &pk, key->point, sk) == sizeof key->point;
}

int keys_load(const char *path, const struct keys_passphrase *pass, struct key_pair *key,
              struct err *err)
{
    struct der der = {.len = 0};
    uint8_t *text;
    size_t len;
    bool done;

    (void)pass;
    if (file_read(path, KEYS_FILE_MAX, &text, &len, err) < 0)
        return -1;
    done = decode_pem(text, len, &der) && decode_key(&der, key);
    free(text);
    return done ? 0 : err_set(err, ERR_FAILED, "%s: no plain P-256 key", path);
}

int keys_sign(const struct key_pair *key, const uint8_t hash[32], uint8_t signature[64],
              struct err *err)
{
    uint8_t secret[32];
    br_ec_private_key sk = {BR_EC_secp256r1, secret, sizeof secret};

    memcpy(secret, key->secret, sizeof secret);
    if (br_ecdsa_i15_sign_raw(&br_ec_p256_m15, &br_sha256_vtable, hash, &sk, signature) != 64)
        return err_set(err, ERR_FAILED, "signing failed");
    return 0;
}
