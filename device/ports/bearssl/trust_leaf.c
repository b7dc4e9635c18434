// SPDX-License-Identifier: MIT
/* pin and any: only the first certificate counts, and of it only the key. */
#include "tls_private.h"

#include <string.h>

#define RSA_BYTES_MAX 512u /* 4096 bits; what BearSSL's signature check can do */

static struct otaria_tls_leaf *leaf_of(const br_x509_class **ctx)
{
    return (struct otaria_tls_leaf *)(void *)ctx;
}

static void start_chain(const br_x509_class **ctx, const char *server_name)
{
    struct otaria_tls_leaf *l = leaf_of(ctx);

    (void)server_name;
    l->key = NULL;
    l->certs_cnt = 0;
    br_x509_decoder_init(&l->decoder, NULL, NULL);
}

static void start_cert(const br_x509_class **ctx, uint32_t length)
{
    (void)ctx;
    (void)length;
}

/* BearSSL's decoder must not be run again once it has failed: it would go on behind the failure. */
static bool decodes(struct otaria_tls_leaf *l)
{
    int error = br_x509_decoder_last_error(&l->decoder);

    return error == 0 || error == BR_ERR_X509_TRUNCATED; /* done, or in the middle of it */
}

static void append(const br_x509_class **ctx, const unsigned char *buf, size_t len)
{
    struct otaria_tls_leaf *l = leaf_of(ctx);

    if (l->certs_cnt == 0 && decodes(l))
        br_x509_decoder_push(&l->decoder, buf, len);
}

static void end_cert(const br_x509_class **ctx)
{
    leaf_of(ctx)->certs_cnt++;
}

static unsigned end_chain(const br_x509_class **ctx)
{
    struct otaria_tls_leaf *l = leaf_of(ctx);
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&l->decoder);

    if (l->certs_cnt == 0)
        return BR_ERR_X509_EMPTY_CHAIN;
    if (!key)
        return (unsigned)br_x509_decoder_last_error(&l->decoder);
    if (!l->accepts || !l->accepts(l, key))
        return BR_ERR_X509_NOT_TRUSTED;
    l->key = key; /* accepted, here only */
    return 0;
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
    const struct otaria_tls_leaf *l = (const struct otaria_tls_leaf *)(const void *)ctx;

    if (usages)
        *usages = BR_KEYTYPE_SIGN;
    return l->key;
}

static const br_x509_class leaf_class = {
    sizeof(struct otaria_tls_leaf), start_chain, start_cert, append, end_cert, end_chain, get_pkey};

/* ---- pin ---- */

/* DER's heads of a SubjectPublicKeyInfo, up to where its own content begins. */
static const uint8_t p256_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t rsa_algorithm[] = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                        0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};

/* Tag and length; the length of both. len < 65536. */
static size_t der_head(uint8_t head[4], uint8_t tag, size_t len)
{
    head[0] = tag;
    if (len < 0x80) {
        head[1] = (uint8_t)len;
        return 2;
    }
    if (len < 0x100) {
        head[1] = 0x81;
        head[2] = (uint8_t)len;
        return 3;
    }
    head[1] = 0x82;
    head[2] = (uint8_t)(len >> 8);
    head[3] = (uint8_t)len;
    return 4;
}

static void put_head(br_sha256_context *hash, uint8_t tag, size_t len)
{
    uint8_t head[4];

    br_sha256_update(hash, head, der_head(head, tag, len));
}

/* A positive INTEGER: a zero goes before a first byte that would look negative. */
static size_t integer_len(const unsigned char *p, size_t len)
{
    uint8_t head[4];
    size_t content = len + (*p >> 7);

    return der_head(head, 0x02, content) + content;
}

static void put_integer(br_sha256_context *hash, const unsigned char *p, size_t len)
{
    static const uint8_t zero;

    put_head(hash, 0x02, len + (*p >> 7));
    br_sha256_update(hash, &zero, *p >> 7);
    br_sha256_update(hash, p, len);
}

static void put_rsa(br_sha256_context *hash, const br_rsa_public_key *k)
{
    static const uint8_t no_unused_bits;
    uint8_t head[4];
    size_t numbers = integer_len(k->n, k->nlen) + integer_len(k->e, k->elen);
    size_t key = der_head(head, 0x30, numbers) + numbers;
    size_t bits = der_head(head, 0x03, key + 1) + key + 1;

    put_head(hash, 0x30, sizeof rsa_algorithm + bits);
    br_sha256_update(hash, rsa_algorithm, sizeof rsa_algorithm);
    put_head(hash, 0x03, key + 1);
    br_sha256_update(hash, &no_unused_bits, 1);
    put_head(hash, 0x30, numbers);
    put_integer(hash, k->n, k->nlen);
    put_integer(hash, k->e, k->elen);
}

/* The decoder strips leading zeroes, but takes a number that is zero, or a point of any length. */
static bool put_key(br_sha256_context *hash, const br_x509_pkey *key)
{
    const br_ec_public_key *ec = &key->key.ec;
    const br_rsa_public_key *rsa = &key->key.rsa;

    if (key->key_type == BR_KEYTYPE_EC) {
        if (ec->curve != BR_EC_secp256r1 || ec->qlen != 65 || ec->q[0] != 0x04)
            return false;
        br_sha256_update(hash, p256_head, sizeof p256_head);
        br_sha256_update(hash, ec->q, ec->qlen);
        return true;
    }
    if (key->key_type != BR_KEYTYPE_RSA || rsa->nlen == 0 || rsa->nlen > RSA_BYTES_MAX ||
        rsa->elen == 0 || rsa->elen > RSA_BYTES_MAX)
        return false;
    put_rsa(hash, rsa);
    return true;
}

static bool is_pinned(const struct otaria_tls_leaf *l, const br_x509_pkey *key)
{
    br_sha256_context hash;
    uint8_t digest[32];

    br_sha256_init(&hash);
    if (!put_key(&hash, key))
        return false;
    br_sha256_out(&hash, digest);
    for (size_t i = 0; i < l->pins_cnt; i++) {
        if (memcmp(digest, l->pins[i], sizeof digest) == 0)
            return true;
    }
    return false;
}

/* A handshake may be under way: what belongs to it stays as it is. */
static void init(struct otaria_tls_leaf *l,
                 bool (*accepts)(const struct otaria_tls_leaf *, const br_x509_pkey *),
                 const uint8_t (*pins)[32], size_t pins_cnt)
{
    l->trust.vtable = &leaf_class;
    l->trust.by_name = false;
    l->trust.age++;
    l->accepts = accepts;
    l->pins = pins;
    l->pins_cnt = pins_cnt;
}

void otaria_tls_pin_init(struct otaria_tls_leaf *leaf, const uint8_t (*pins)[32], size_t pins_cnt)
{
    init(leaf, is_pinned, pins, pins_cnt);
}

/* ---- any ---- */

static bool is_anybody(const struct otaria_tls_leaf *l, const br_x509_pkey *key)
{
    (void)l;
    (void)key;
    return true;
}

void otaria_tls_any_init(struct otaria_tls_leaf *leaf)
{
    init(leaf, is_anybody, NULL, 0);
}
