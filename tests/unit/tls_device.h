// SPDX-License-Identifier: MIT
/* The device's side of the tests of device/ports/bearssl: one device, one lab, and what they do together. */
#ifndef OTARIA_TESTS_TLS_DEVICE_H
#define OTARIA_TESTS_TLS_DEVICE_H

#include "tls_lab.h"

#define NAME     "ota.example"
#define DATA_LEN 40000u

struct device_certs {
    struct lab_cert ec, rsa, other, authority, rsa_authority, stranger, middle;
    struct lab_cert by_ca, by_rsa_ca, by_middle, past, future, weak;
};

extern struct lab lab;
extern struct otaria_tls tls;
extern struct otaria_tls_leaf leaf;
extern struct device_certs certs;
extern uint8_t in[OTARIA_TLS_IN_FULL], data[DATA_LEN];

/* Setup and teardown of the group: certs and data. */
int make_certs(void **state);
int free_certs(void **state);

void device(struct otaria_tls_trust *trust, size_t in_len);
/* leaf trusts this certificate's key, and another one. */
void pin_to(const struct lab_cert *cert);
/* Calls ready until it says something, or until nothing moves any more. */
int shake(void);
int connect_to(const char *host);
void hang_up(void);
/* Reads in pieces until len bytes are there, an error, or nothing more comes; the bytes must be data[0..len). */
int take(size_t len, size_t piece, size_t *total);
/* A request up, data down. */
void exchange(size_t piece);
/* A whole connection to a server with this certificate. */
void good(const struct lab_cert *cert, struct otaria_tls_trust *trust, const char *host);
/* One that is refused with this BearSSL error, and nothing but the handshake was said. */
void bad(const struct lab_cert *cert, struct otaria_tls_trust *trust, const char *host, int error);

#endif
