// SPDX-License-Identifier: MIT
/*
 * What test_tls.c runs against: certificates made now, and a struct otaria_net whose other end is a TLS server in this
 * process. No sockets, no time: bytes move when somebody asks for them.
 */
#ifndef OTARIA_TESTS_TLS_LAB_H
#define OTARIA_TESTS_TLS_LAB_H

#include <openssl/ssl.h>

#include "device/ports/bearssl/tls.h"

struct lab_cert {
    X509 *x509;
    EVP_PKEY *key;
};

struct lab_cert_spec {
    const char *name;  /* CN, and dNSName unless it is an authority */
    unsigned rsa_bits; /* 0: P-256 */
    int from_h, to_h;  /* hours from now; both 0: -24 and 24 */
    bool authority;
    const struct lab_cert *issuer; /* NULL: itself */
};

struct lab_cert lab_cert_make(struct lab_cert_spec spec);
void lab_cert_free(struct lab_cert *cert);
/* What openssl says: SHA-256 over X509_get_X509_PUBKEY in DER. */
void lab_cert_pin(const struct lab_cert *cert, uint8_t pin[32]);

struct lab_anchor {
    br_x509_trust_anchor anchor;
    uint8_t dn[256], n[512], e[8];
};
void lab_anchor_make(struct lab_anchor *a, const struct lab_cert *cert);

#define LAB_QUEUE 200000u

/* Bytes on their way. */
struct lab_queue {
    uint8_t bytes[LAB_QUEUE];
    size_t at, end;
};

enum lab_kind {
    LAB_OPENSSL,
    LAB_BEARSSL, /* ignores the fragment length that the client asks for */
    LAB_BYTES    /* says what the test put into `down`, hears nothing */
};

struct lab {
    struct otaria_net net; /* below the TLS */
    struct otaria_sys sys;
    enum lab_kind kind;
    struct lab_queue up, down; /* to the server, to the device */
    /* What the test sets. */
    size_t chunk;         /* most bytes in one send or recv */
    size_t flip;          /* this byte of what the server sends is changed; SIZE_MAX: none */
    unsigned ready_after; /* calls of ready until it is connected */
    int open_result, ready_result;
    bool eof;                 /* the server's end is closed, behind what is in `down` */
    bool stalled;             /* nothing comes or goes */
    uint64_t now_ms, step_ms; /* the clock, and by how much it advances when it is read */
    /* What happened. */
    unsigned opens, closes;
    char host[256];
    uint16_t port;
    bool asked_tls;
    size_t taken; /* bytes that the device took in all */
    size_t given; /* bytes that it sent in all */
    uint8_t head[5];
    size_t head_len, body_left, record_max; /* largest record to the device, its head included */
    /* The servers. */
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *rbio, *wbio;
    br_ssl_server_context *bear;
    uint8_t *bear_in, *bear_out, *bear_cert;
    uint8_t bear_key_x[32];
    br_ec_private_key bear_key;
    br_x509_certificate bear_chain;
};

/* A server with this certificate, and behind it its issuer's when that is not NULL. */
void lab_open(struct lab *l, enum lab_kind kind, const struct lab_cert *cert,
              const struct lab_cert *issuer);
/* A new connection to the same server. */
void lab_again(struct lab *l);
void lab_close(struct lab *l);
/* BearSSL only: the server signs with another key than its certificate's. */
void lab_steal(struct lab *l, const struct lab_cert *other);
void lab_pump(struct lab *l);
/* The server writes, reads all it has got, says goodbye. */
void lab_write(struct lab *l, const uint8_t *data, size_t len);
size_t lab_read(struct lab *l, uint8_t *buf, size_t max);
void lab_goodbye(struct lab *l);
/* LAB_BYTES: these bytes come from the server. */
void lab_say(struct lab *l, const void *data, size_t len);

#endif
