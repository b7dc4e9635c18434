// SPDX-License-Identifier: MIT
/*
 * SHA-256 and ECDSA by OpenSSL 3, for hosts. The hash uses the old low-level interface: it has no
 * allocation that could fail, and it alone gives the chaining state that resuming needs.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <otaria/crypto.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct otaria_sha256), "room for the context");

#define SIGNATURE_DER_MAX 72 /* SEQUENCE of two INTEGERs of up to 33 bytes */

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

void otaria_sha256_init(struct otaria_sha256 *h, const uint8_t state[32], uint64_t done)
{
    SHA256_CTX c;

    SHA256_Init(&c);
    for (unsigned i = 0; state != NULL && i < 8; i++)
        c.h[i] = load_be32(state + 4 * i);
    c.Nl = (uint32_t)(done << 3);
    c.Nh = (uint32_t)(done >> 29);
    memcpy(h, &c, sizeof c);
}

void otaria_sha256_update(struct otaria_sha256 *h, const void *data, size_t len)
{
    SHA256_CTX c;

    memcpy(&c, h, sizeof c);
    SHA256_Update(&c, data, len);
    memcpy(h, &c, sizeof c);
}

void otaria_sha256_state(const struct otaria_sha256 *h, uint8_t state[32])
{
    SHA256_CTX c;

    memcpy(&c, h, sizeof c);
    for (unsigned i = 0; i < 8; i++)
        store_be32(state + 4 * i, c.h[i]);
}

void otaria_sha256_final(const struct otaria_sha256 *h, uint8_t digest[32])
{
    SHA256_CTX c;

    memcpy(&c, h, sizeof c);
    SHA256_Final(digest, &c);
}

static EVP_PKEY *import_key(const uint8_t key[65])
{
    char group[] = SN_X9_62_prime256v1;
    uint8_t point[65];
    OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group - 1),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_END,
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;

    memcpy(point, key, sizeof point);
    /* On failure pkey stays NULL. Only the uncompressed form: OpenSSL would also read others. */
    if (key[0] == 0x04 && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* r || s as DER; its length, or 0. */
static size_t encode_der(const uint8_t signature[64], uint8_t der[SIGNATURE_DER_MAX])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);
    int len = 0;

    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL; /* sig owns them now */
        len = i2d_ECDSA_SIG(sig, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return len > 0 ? (size_t)len : 0;
}

bool otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32], const uint8_t signature[64])
{
    uint8_t der[SIGNATURE_DER_MAX];
    size_t der_len = encode_der(signature, der);
    EVP_PKEY *pkey = import_key(key);
    EVP_PKEY_CTX *ctx = pkey != NULL ? EVP_PKEY_CTX_new(pkey, NULL) : NULL;
    bool verified = der_len > 0 && ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
                    EVP_PKEY_verify(ctx, der, der_len, hash, 32) == 1;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return verified;
}
