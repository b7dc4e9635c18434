// SPDX-License-Identifier: MIT
/* What the tests of server/http share: a server in this process, raw clients, certificates made now. */
#ifndef OTARIA_TESTS_HTTP_UTIL_H
#define OTARIA_TESTS_HTTP_UTIL_H

#include <openssl/ssl.h>

#include "server/http/http.h"

#define PAYLOAD_LEN 400000u

struct http_test {
    struct http_server *server;
    uint16_t port, tls_port;
    struct http_file *file; /* PAYLOAD_LEN bytes, payload_byte() */
    char dir[64];           /* certificate and key of the server, and the payload */
    char cert[96], key[96];
    _Atomic(struct http_parked *) parked;
};

uint8_t payload_byte(size_t off);

/*
 * Starts a server on 127.0.0.1. Paths: /hello, /file, /file?<from>, /big (1 MB from memory), /park,
 * /echo (POST), /none (forgets to answer), /inject (a field with CR LF), /peer.
 */
void http_test_open(struct http_test *t, struct http_config config, bool tls);
void http_test_close(struct http_test *t);
void http_test_cert(const struct http_test *t, const char *name); /* a new certificate and key */
struct http_stats http_test_stats(const struct http_test *t);

int client_connect(uint16_t port);
void client_send(int fd, const char *text);
/* Reads until the peer closes or `ms` pass; returns a string to be freed, *closed tells which. */
char *client_read_all(int fd, unsigned ms, bool *closed);
/* Reads one answer with its body (by Content-Length) as a string to be freed. */
char *client_read_answer(int fd, size_t *body_len);
/* Sends and returns all until the server closes; fails when it does not close. */
char *client_exchange(uint16_t port, const char *text);
unsigned long long test_clock_ms(void);

#endif
