// SPDX-License-Identifier: MIT
/*
 * Any bytes as a server's certificate: the three kinds of trust say the same however the bytes are split; a pin lets in
 * only its key; what `ca` takes with a time it takes without one. corpus/tls_cert/self is the certificate that is pinned
 * and anchored here; the name is the one in it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "device/ports/bearssl/tls.h"

#define UNIX_S 1800000000u /* within the certificate's dates */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t dn[] = {0x30, 0x0C, 0x31, 0x0A, 0x30, 0x08, 0x06,
                       0x03, 0x55, 0x04, 0x03, 0x0C, 0x01, 't'};
static uint8_t point[] = {0x04, 0x42, 0x2F, 0x7E, 0x68, 0xC8, 0x1C, 0xB2, 0xB7, 0xB4, 0xEF,
                          0x0E, 0x0B, 0xF1, 0x73, 0x11, 0x6E, 0x0A, 0x91, 0x9F, 0x92, 0x31,
                          0xF9, 0x9D, 0x87, 0xFD, 0xC4, 0x91, 0x7B, 0x45, 0x8E, 0xFF, 0xD5,
                          0x2B, 0xC8, 0xE8, 0xB1, 0x50, 0x1E, 0xF6, 0x5D, 0xBC, 0xF3, 0xB8,
                          0x7C, 0x52, 0xB2, 0x2E, 0x26, 0x5B, 0x3C, 0x1B, 0x2A, 0x1D, 0xBD,
                          0x18, 0x52, 0xDE, 0xA5, 0x06, 0xD1, 0x55, 0xA9, 0x5E, 0xEF, 0xA3};
static const br_x509_trust_anchor anchor = {
    {dn, sizeof dn},
    BR_X509_TA_CA,
    {BR_KEYTYPE_EC, {.ec = {BR_EC_secp256r1, point, sizeof point}}}};

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* 0 or BearSSL's error. */
static unsigned judge(struct otaria_tls_trust *trust, const uint8_t *data, size_t len, size_t piece)
{
    const br_x509_class **ctx = &trust->vtable;

    (*ctx)->start_chain(ctx, "t");
    (*ctx)->start_cert(ctx, (uint32_t)len);
    for (size_t at = 0; at < len; at += piece)
        (*ctx)->append(ctx, data + at, len - at < piece ? len - at : piece);
    (*ctx)->end_cert(ctx);
    return (*ctx)->end_chain(ctx);
}

static bool trusted(struct otaria_tls_trust *trust, const uint8_t *data, size_t len)
{
    unsigned verdict = judge(trust, data, len, len + 1);

    demand(judge(trust, data, len, 1) == verdict);
    return verdict == 0;
}

static bool is_the_key(struct otaria_tls_trust *trust)
{
    const br_x509_class **ctx = &trust->vtable;
    unsigned usages;
    const br_x509_pkey *key = (*ctx)->get_pkey(ctx, &usages);

    return key && key->key_type == BR_KEYTYPE_EC && key->key.ec.qlen == sizeof point &&
           memcmp(key->key.ec.q, point, sizeof point) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t spki[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                   0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                   0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    static struct otaria_tls_leaf leaf;
    static struct otaria_tls_ca ca;
    uint8_t pin[1][32];
    br_sha256_context hash;
    bool pinned, any, dated;

    br_sha256_init(&hash);
    br_sha256_update(&hash, spki, sizeof spki);
    br_sha256_update(&hash, point, sizeof point);
    br_sha256_out(&hash, pin[0]);

    otaria_tls_pin_init(&leaf, (const uint8_t(*)[32])pin, 1);
    pinned = trusted(&leaf.trust, data, len);
    demand(pinned == is_the_key(&leaf.trust));
    otaria_tls_any_init(&leaf);
    any = trusted(&leaf.trust, data, len);
    demand(any || !pinned);
    otaria_tls_ca_init(&ca, &anchor, 1);
    otaria_tls_ca_time(&ca, UNIX_S);
    dated = trusted(&ca.trust, data, len);
    otaria_tls_ca_time(&ca, 0);
    demand(trusted(&ca.trust, data, len) || !dated);
    return 0;
}
