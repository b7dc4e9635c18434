// SPDX-License-Identifier: MIT
#include "http_util.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"

uint8_t payload_byte(size_t off)
{
    return (uint8_t)(off * 31 + off / 251);
}

unsigned long long test_clock_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (unsigned long long)ts.tv_sec * 1000 + (unsigned long long)ts.tv_nsec / 1000000;
}

static void answer_file(struct http_exchange *x, const struct http_request *r,
                        struct http_file *file)
{
    uint64_t off = 0;

    for (size_t i = 0; i < r->query.len; i++)
        off = off * 10 + (uint64_t)(r->query.p[i] - '0');
    http_respond_file(x, off ? 206 : 200, NULL, 0, file, off, http_file_size(file) - off);
}

static void answer_peer(struct http_exchange *x, const struct http_request *r)
{
    char text[INET6_ADDRSTRLEN] = "?";

    if (r->peer->ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)r->peer)->sin_addr, text, sizeof text);
    else if (r->peer->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)r->peer)->sin6_addr, text, sizeof text);
    http_respond(x, 200, NULL, 0, text, strlen(text));
}

static void handle(struct http_exchange *x, const struct http_request *r, void *ctx)
{
    static const struct http_field bad = {"X-Bad", "a\r\nSet-Cookie: b"};
    static uint8_t big[1 << 20];
    struct http_test *t = ctx;

    if (http_str_is(r->path, "/hello"))
        http_respond(x, 200, NULL, 0, "hello\n", 6);
    else if (http_str_is(r->path, "/file"))
        answer_file(x, r, t->file);
    else if (http_str_is(r->path, "/big"))
        http_respond(x, 200, NULL, 0, big, sizeof big);
    else if (http_str_is(r->path, "/park"))
        atomic_store(&t->parked, http_park(x));
    else if (http_str_is(r->path, "/echo"))
        http_respond(x, 200, NULL, 0, r->body, r->body_len);
    else if (http_str_is(r->path, "/inject"))
        http_respond(x, 200, &bad, 1, "x", 1);
    else if (http_str_is(r->path, "/peer"))
        answer_peer(x, r);
    else if (!http_str_is(r->path, "/none"))
        http_respond(x, 404, NULL, 0, NULL, 0);
}

static void payload_make(struct http_test *t)
{
    uint8_t *data = xmalloc(PAYLOAD_LEN);
    char *path = xasprintf("%s/payload", t->dir);
    struct err err;

    for (size_t i = 0; i < PAYLOAD_LEN; i++)
        data[i] = payload_byte(i);
    assert_int_equal(file_write_atomic(path, data, PAYLOAD_LEN, 0600, &err), 0);
    assert_int_equal(http_file_open(path, &t->file, &err), 0);
    free(data);
    free(path);
}

void http_test_cert(const struct http_test *t, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *subject = X509_get_subject_name(cert);
    FILE *f;

    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, subject);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    f = fopen(t->cert, "w");
    assert_true(f && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
    f = fopen(t->key, "w");
    assert_true(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                fclose(f) == 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void http_test_open(struct http_test *t, struct http_config config, bool tls)
{
    const struct http_plane plane = {.tag = 7,
                                     .handler = handle,
                                     .ctx = t,
                                     .body_max = 300000,
                                     .methods = HTTP_BIT(HTTP_GET) | HTTP_BIT(HTTP_HEAD) |
                                                HTTP_BIT(HTTP_POST)};
    struct err err;

    memset(t, 0, sizeof *t);
    log_set_level(LOG_LEVEL_ERROR);
    memcpy(t->dir, "/tmp/otaria-http-XXXXXX", sizeof "/tmp/otaria-http-XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    snprintf(t->cert, sizeof t->cert, "%s/cert", t->dir);
    snprintf(t->key, sizeof t->key, "%s/key", t->dir);
    payload_make(t);
    if (tls) {
        http_test_cert(t, "first");
        config.tls_cert = t->cert;
        config.tls_key = t->key;
    }
    if (config.loops == 0)
        config.loops = 2;
    if (http_server_new(&config, &plane, 1, &t->server, &err) < 0 ||
        http_server_listen(t->server, "127.0.0.1:0", false, 7, &t->port, &err) < 0 ||
        (tls && http_server_listen(t->server, "127.0.0.1:0", true, 7, &t->tls_port, &err) < 0) ||
        http_server_start(t->server, &err) < 0)
        fail_msg("%s", err.text);
}

void http_test_close(struct http_test *t)
{
    char *path = xasprintf("%s/payload", t->dir);

    http_server_free(t->server);
    http_file_unref(t->file);
    unlink(path);
    unlink(t->cert);
    unlink(t->key);
    assert_int_equal(rmdir(t->dir), 0);
    free(path);
}

struct http_stats http_test_stats(const struct http_test *t)
{
    struct http_stats stats;

    http_server_stats(t->server, &stats);
    return stats;
}

int client_connect(uint16_t port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

void client_send(int fd, const char *text)
{
    size_t len = strlen(text);

    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

char *client_read_all(int fd, unsigned ms, bool *closed)
{
    unsigned long long end = test_clock_ms() + ms;
    size_t len = 0, max = 4096;
    char *buf = xmalloc(max);

    *closed = false;
    for (;;) {
        unsigned long long now = test_clock_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;

        if (now >= end || poll(&p, 1, (int)(end - now)) <= 0)
            break;
        n = recv(fd, buf + len, max - len - 1, 0);
        if (n <= 0) {
            *closed = true;
            break;
        }
        len += (size_t)n;
        if (len == max - 1)
            buf = xrealloc(buf, max *= 2);
    }
    buf[len] = '\0';
    return buf;
}

char *client_read_answer(int fd, size_t *body_len)
{
    size_t len = 0, max = 4096, total = 0;
    char *buf = xmalloc(max + 1), *end, *field;

    while (total == 0 || len < total) {
        size_t want = total ? total - len : 1; /* never into the next answer */
        ssize_t n = recv(fd, buf + len, want, 0);

        if (n <= 0)
            fail_msg("no whole answer: %.200s", buf);
        len += (size_t)n;
        buf[len] = '\0';
        if (total || !(end = strstr(buf, "\r\n\r\n"))) {
            assert_true(total || len < max);
            continue;
        }
        field = strstr(buf, "Content-Length: ");
        *body_len = field ? strtoul(field + 16, NULL, 10) : 0;
        total = (size_t)(end + 4 - buf) + *body_len;
        buf = xrealloc(buf, total + 1);
    }
    return buf;
}

char *client_exchange(uint16_t port, const char *text)
{
    int fd = client_connect(port);
    bool closed;
    char *all;

    client_send(fd, text);
    all = client_read_all(fd, 3000, &closed);
    if (!closed)
        fail_msg("still open after: %s", all);
    close(fd);
    return all;
}
