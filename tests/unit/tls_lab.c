// SPDX-License-Identifier: MIT
#include "tls_lab.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"

#define FULL_IN  (16384 + 325)
#define FULL_OUT (16384 + 85)

/* ---- certificates ---- */

static void extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(e);
    assert_true(X509_add_ext(x509, e, -1));
    X509_EXTENSION_free(e);
}

struct lab_cert lab_cert_make(struct lab_cert_spec spec)
{
    static long serial;
    struct lab_cert c = {.x509 = X509_new()};
    X509_NAME *subject = X509_get_subject_name(c.x509);
    char text[300];

    c.key = spec.rsa_bits ? EVP_RSA_gen(spec.rsa_bits) : EVP_EC_gen("P-256");
    assert_non_null(c.key);
    X509_set_version(c.x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c.x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(c.x509), 3600L * (spec.from_h ? spec.from_h : -24));
    X509_gmtime_adj(X509_getm_notAfter(c.x509), 3600L * (spec.to_h ? spec.to_h : 24));
    X509_set_pubkey(c.x509, c.key);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)spec.name, -1,
                               -1, 0);
    X509_set_issuer_name(c.x509, spec.issuer ? X509_get_subject_name(spec.issuer->x509) : subject);
    if (spec.authority) {
        extension(c.x509, NID_basic_constraints, "critical,CA:TRUE");
    } else {
        snprintf(text, sizeof text, "DNS:%s", spec.name);
        extension(c.x509, NID_subject_alt_name, text);
    }
    assert_true(X509_sign(c.x509, spec.issuer ? spec.issuer->key : c.key, EVP_sha256()) > 0);
    return c;
}

void lab_cert_free(struct lab_cert *cert)
{
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
}

void lab_cert_pin(const struct lab_cert *cert, uint8_t pin[32])
{
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert->x509), &der);

    assert_true(len > 0 && EVP_Digest(der, (size_t)len, pin, NULL, EVP_sha256(), NULL));
    OPENSSL_free(der);
}

static size_t number(const EVP_PKEY *key, const char *name, uint8_t *out, size_t max)
{
    BIGNUM *n = NULL;
    int len;

    assert_true(EVP_PKEY_get_bn_param(key, name, &n));
    len = BN_num_bytes(n);
    assert_true(len > 0 && (size_t)len <= max);
    BN_bn2bin(n, out);
    BN_clear_free(n);
    return (size_t)len;
}

void lab_anchor_make(struct lab_anchor *a, const struct lab_cert *cert)
{
    uint8_t *dn = a->dn;
    int len = i2d_X509_NAME(X509_get_subject_name(cert->x509), NULL);
    size_t point;

    memset(a, 0, sizeof *a);
    assert_true(len > 0 && (size_t)len <= sizeof a->dn);
    i2d_X509_NAME(X509_get_subject_name(cert->x509), &dn);
    a->anchor.dn.data = a->dn;
    a->anchor.dn.len = (size_t)len;
    a->anchor.flags = BR_X509_TA_CA;
    if (EVP_PKEY_is_a(cert->key, "EC")) {
        assert_true(EVP_PKEY_get_octet_string_param(cert->key, OSSL_PKEY_PARAM_PUB_KEY, a->n,
                                                    sizeof a->n, &point));
        a->anchor.pkey.key_type = BR_KEYTYPE_EC;
        a->anchor.pkey.key.ec = (br_ec_public_key){BR_EC_secp256r1, a->n, point};
        return;
    }
    a->anchor.pkey.key_type = BR_KEYTYPE_RSA;
    a->anchor.pkey.key.rsa =
        (br_rsa_public_key){a->n, number(cert->key, OSSL_PKEY_PARAM_RSA_N, a->n, sizeof a->n), a->e,
                            number(cert->key, OSSL_PKEY_PARAM_RSA_E, a->e, sizeof a->e)};
}

/* ---- queues ---- */

static void put(struct lab_queue *q, const uint8_t *data, size_t len)
{
    assert_true(len <= LAB_QUEUE);
    if (q->end + len > LAB_QUEUE) {
        memmove(q->bytes, q->bytes + q->at, q->end - q->at);
        q->end -= q->at;
        q->at = 0;
    }
    assert_true(q->end + len <= LAB_QUEUE);
    memcpy(q->bytes + q->end, data, len);
    q->end += len;
}

static size_t waiting(const struct lab_queue *q)
{
    return q->end - q->at;
}

/* ---- the net below ---- */

static bool net_up(void *ctx)
{
    return !((struct lab *)ctx)->stalled;
}

static int net_open(void *ctx, const char *host, uint16_t port, bool tls)
{
    struct lab *l = ctx;

    l->opens++;
    snprintf(l->host, sizeof l->host, "%s", host);
    l->port = port;
    l->asked_tls = tls;
    return l->open_result;
}

static int net_ready(void *ctx)
{
    struct lab *l = ctx;

    if (l->ready_after) {
        l->ready_after--;
        return OTARIA_MORE;
    }
    return l->ready_result;
}

static int net_send(void *ctx, const uint8_t *data, size_t len, size_t *sent)
{
    struct lab *l = ctx;

    *sent = 0;
    if (l->stalled)
        return 0;
    *sent = len < l->chunk ? len : l->chunk;
    put(&l->up, data, *sent);
    l->given += *sent;
    return 0;
}

/* Follows the records that go to the device. */
static void note_records(struct lab *l, const uint8_t *data, size_t len)
{
    for (; len > 0; data++, len--) {
        if (l->body_left) {
            l->body_left--;
            continue;
        }
        l->head[l->head_len++] = *data;
        if (l->head_len < 5)
            continue;
        l->head_len = 0;
        l->body_left = (size_t)l->head[3] << 8 | l->head[4];
        if (l->body_left + 5 > l->record_max)
            l->record_max = l->body_left + 5;
    }
}

static int net_recv(void *ctx, uint8_t *buf, size_t max, size_t *got)
{
    struct lab *l = ctx;
    size_t len;

    *got = 0;
    if (l->stalled)
        return 0;
    lab_pump(l);
    len = waiting(&l->down);
    if (len == 0)
        return l->eof ? OTARIA_E_CLOSED : 0;
    if (len > l->chunk)
        len = l->chunk;
    if (len > max)
        len = max;
    memcpy(buf, l->down.bytes + l->down.at, len);
    l->down.at += len;
    note_records(l, buf, len);
    if (l->flip >= l->taken && l->flip < l->taken + len)
        buf[l->flip - l->taken] ^= 0x20;
    l->taken += len;
    *got = len;
    return 0;
}

static void net_close(void *ctx)
{
    ((struct lab *)ctx)->closes++;
}

static uint64_t now_ms(void *ctx)
{
    struct lab *l = ctx;

    return l->now_ms += l->step_ms;
}

static void random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    assert_true(RAND_bytes(buf, (int)len) == 1);
}

/* ---- the servers ---- */

static void openssl_new(struct lab *l)
{
    l->ssl = SSL_new(l->ctx);
    l->rbio = BIO_new(BIO_s_mem());
    l->wbio = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(l->rbio, -1);
    SSL_set_bio(l->ssl, l->rbio, l->wbio);
    SSL_set_accept_state(l->ssl);
}

static void bear_new(struct lab *l)
{
    br_ssl_engine_context *eng = &l->bear->eng;
    uint8_t seed[32];

    br_ssl_server_init_full_ec(l->bear, &l->bear_chain, 1, BR_KEYTYPE_EC, &l->bear_key);
    br_ssl_engine_set_buffers_bidi(eng, l->bear_in, FULL_IN, l->bear_out, FULL_OUT);
    random_bytes(NULL, seed, sizeof seed);
    br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
    assert_true(br_ssl_server_reset(l->bear));
}

static void bear_pump(struct lab *l)
{
    br_ssl_engine_context *eng = &l->bear->eng;
    unsigned char *p;
    size_t len;

    for (;;) {
        if ((p = br_ssl_engine_sendrec_buf(eng, &len))) {
            put(&l->down, p, len);
            br_ssl_engine_sendrec_ack(eng, len);
        } else if (waiting(&l->up) && (p = br_ssl_engine_recvrec_buf(eng, &len))) {
            len = len < waiting(&l->up) ? len : waiting(&l->up);
            memcpy(p, l->up.bytes + l->up.at, len);
            l->up.at += len;
            br_ssl_engine_recvrec_ack(eng, len);
        } else {
            return;
        }
    }
}

void lab_pump(struct lab *l)
{
    uint8_t buf[4096];
    int len;

    if (l->kind == LAB_BEARSSL)
        bear_pump(l);
    if (l->kind != LAB_OPENSSL)
        return;
    if (waiting(&l->up)) {
        BIO_write(l->rbio, l->up.bytes + l->up.at, (int)waiting(&l->up));
        l->up.at = l->up.end;
    }
    if (!SSL_is_init_finished(l->ssl))
        (void)SSL_do_handshake(l->ssl);
    while ((len = BIO_read(l->wbio, buf, sizeof buf)) > 0)
        put(&l->down, buf, (size_t)len);
}

void lab_write(struct lab *l, const uint8_t *data, size_t len)
{
    br_ssl_engine_context *eng;
    unsigned char *p;
    size_t room;

    lab_pump(l);
    if (l->kind == LAB_OPENSSL) {
        assert_int_equal(SSL_write(l->ssl, data, (int)len), len);
        lab_pump(l);
        return;
    }
    eng = &l->bear->eng;
    eng->max_frag_len = 16384;
    while (len > 0) {
        p = br_ssl_engine_sendapp_buf(eng, &room);
        assert_non_null(p);
        room = room < len ? room : len;
        memcpy(p, data, room);
        br_ssl_engine_sendapp_ack(eng, room);
        br_ssl_engine_flush(eng, 0);
        bear_pump(l);
        data += room;
        len -= room;
    }
}

size_t lab_read(struct lab *l, uint8_t *buf, size_t max)
{
    size_t len = 0;
    int got;

    lab_pump(l);
    while (len < max && (got = SSL_read(l->ssl, buf + len, (int)(max - len))) > 0)
        len += (size_t)got;
    return len;
}

void lab_goodbye(struct lab *l)
{
    SSL_shutdown(l->ssl);
    lab_pump(l);
}

void lab_say(struct lab *l, const void *data, size_t len)
{
    put(&l->down, data, len);
}

static void openssl_open(struct lab *l, const struct lab_cert *cert, const struct lab_cert *issuer)
{
    l->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(l->ctx, 0);
    assert_true(SSL_CTX_use_certificate(l->ctx, cert->x509));
    assert_true(SSL_CTX_use_PrivateKey(l->ctx, cert->key));
    if (issuer)
        assert_true(SSL_CTX_add1_chain_cert(l->ctx, issuer->x509));
    SSL_CTX_set_session_id_context(l->ctx, (const unsigned char *)"lab", 3);
    SSL_CTX_set_options(l->ctx, SSL_OP_NO_TICKET);
    openssl_new(l);
}

static void bear_open(struct lab *l, const struct lab_cert *cert)
{
    int len = i2d_X509(cert->x509, &l->bear_cert);

    assert_true(len > 0);
    l->bear = xcalloc(1, sizeof *l->bear);
    l->bear_in = xmalloc(FULL_IN);
    l->bear_out = xmalloc(FULL_OUT);
    l->bear_chain = (br_x509_certificate){l->bear_cert, (size_t)len};
    lab_steal(l, cert);
}

void lab_steal(struct lab *l, const struct lab_cert *other)
{
    size_t len = number(other->key, OSSL_PKEY_PARAM_PRIV_KEY, l->bear_key_x, 32);

    l->bear_key = (br_ec_private_key){BR_EC_secp256r1, l->bear_key_x, len};
    bear_new(l);
}

void lab_open(struct lab *l, enum lab_kind kind, const struct lab_cert *cert,
              const struct lab_cert *issuer)
{
    memset(l, 0, sizeof *l);
    l->net = (struct otaria_net){l, net_up, net_open, net_ready, net_send, net_recv, net_close};
    l->sys = (struct otaria_sys){.ctx = l, .now_ms = now_ms, .random = random_bytes};
    l->kind = kind;
    l->chunk = SIZE_MAX;
    l->flip = SIZE_MAX;
    if (kind == LAB_OPENSSL)
        openssl_open(l, cert, issuer);
    else if (kind == LAB_BEARSSL)
        bear_open(l, cert);
}

void lab_again(struct lab *l)
{
    memset(&l->up, 0, sizeof l->up);
    memset(&l->down, 0, sizeof l->down);
    l->eof = false;
    l->taken = l->given = l->head_len = l->body_left = l->record_max = 0;
    if (l->kind == LAB_OPENSSL) {
        /* as a server should: otherwise the session is gone */
        SSL_set_shutdown(l->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(l->ssl);
        openssl_new(l);
    } else if (l->kind == LAB_BEARSSL) {
        bear_new(l);
    }
}

void lab_close(struct lab *l)
{
    SSL_free(l->ssl);
    SSL_CTX_free(l->ctx);
    free(l->bear);
    free(l->bear_in);
    free(l->bear_out);
    OPENSSL_free(l->bear_cert);
    memset(l, 0, sizeof *l);
}
