// SPDX-License-Identifier: MIT
#include "cli/anchors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/xalloc.h"

#define RSA_BITS_MAX 4096

static FILE *open_pem(const char *path, struct err *err)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

    if (!f)
        err_errno(err, "%s", path);
    return f;
}

static void close_pem(FILE *f)
{
    if (f && f != stdin)
        fclose(f);
    ERR_clear_error();
}

static bool usable(const EVP_PKEY *key)
{
    char curve[32];
    size_t len;

    if (!key)
        return false;
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, curve, sizeof curve, &len) == 1 &&
           strcmp(curve, "prime256v1") == 0;
}

static int key_error(const char *path, struct err *err)
{
    return err_set(err, ERR_FAILED,
                   "%s: a device cannot use this certificate's key, only P-256 or RSA up to %d "
                   "bits",
                   path, RSA_BITS_MAX);
}

static size_t number(const EVP_PKEY *key, const char *name, unsigned char **out)
{
    BIGNUM *n = NULL;
    int len;

    if (!EVP_PKEY_get_bn_param(key, name, &n))
        abort(); /* an RSA key has both */
    len = BN_num_bytes(n);
    *out = xmalloc((size_t)len + 1);
    BN_bn2bin(n, *out);
    BN_free(n);
    return (size_t)len;
}

static void fill(br_x509_trust_anchor *a, X509 *cert)
{
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    size_t len = 0;
    int dn;

    memset(a, 0, sizeof *a);
    dn = i2d_X509_NAME(X509_get_subject_name(cert), &a->dn.data);
    if (dn < 0)
        abort();
    a->dn.len = (size_t)dn;
    a->flags = BR_X509_TA_CA;
    if (EVP_PKEY_is_a(key, "RSA")) {
        a->pkey.key_type = BR_KEYTYPE_RSA;
        a->pkey.key.rsa.nlen = number(key, OSSL_PKEY_PARAM_RSA_N, &a->pkey.key.rsa.n);
        a->pkey.key.rsa.elen = number(key, OSSL_PKEY_PARAM_RSA_E, &a->pkey.key.rsa.e);
        return;
    }
    a->pkey.key_type = BR_KEYTYPE_EC;
    a->pkey.key.ec.curve = BR_EC_secp256r1;
    a->pkey.key.ec.q = xmalloc(65);
    if (!EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, a->pkey.key.ec.q,
                                         65, &len) ||
        len != 65)
        abort(); /* usable() said it is P-256; OpenSSL writes points uncompressed */
    a->pkey.key.ec.qlen = len;
}

int anchors_load(const char *path, struct anchors *out, struct err *err)
{
    FILE *f = open_pem(path, err);
    X509 *cert = NULL;
    int result = 0;

    memset(out, 0, sizeof *out);
    if (!f)
        return -1;
    while (result == 0 && (cert = PEM_read_X509(f, NULL, NULL, NULL))) {
        if (!usable(X509_get0_pubkey(cert))) {
            result = key_error(path, err);
        } else {
            out->anchor = xrealloc(out->anchor, (out->cnt + 1) * sizeof *out->anchor);
            fill(&out->anchor[out->cnt++], cert);
        }
        X509_free(cert);
    }
    close_pem(f);
    if (result == 0 && out->cnt == 0)
        result = err_set(err, ERR_FAILED, "%s: no certificate (PEM) in it", path);
    if (result < 0)
        anchors_free(out);
    return result;
}

void anchors_free(struct anchors *a)
{
    for (size_t i = 0; i < a->cnt; i++) {
        OPENSSL_free(a->anchor[i].dn.data);
        if (a->anchor[i].pkey.key_type == BR_KEYTYPE_RSA) {
            free(a->anchor[i].pkey.key.rsa.n);
            free(a->anchor[i].pkey.key.rsa.e);
        } else {
            free(a->anchor[i].pkey.key.ec.q);
        }
    }
    free(a->anchor);
    memset(a, 0, sizeof *a);
}

int anchors_pin(const char *path, uint8_t pin[32], struct err *err)
{
    FILE *f = open_pem(path, err);
    X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    uint8_t *der = NULL;
    int len, result = -1;

    close_pem(f);
    if (!f)
        return -1;
    if (!cert)
        return err_set(err, ERR_FAILED, "%s: no certificate (PEM) in it", path);
    if (!usable(X509_get0_pubkey(cert))) {
        key_error(path, err);
    } else {
        len = i2d_PUBKEY(X509_get0_pubkey(cert), &der);
        if (len < 0 || !EVP_Digest(der, (size_t)len, pin, NULL, EVP_sha256(), NULL))
            abort();
        OPENSSL_free(der);
        result = 0;
    }
    X509_free(cert);
    return result;
}
