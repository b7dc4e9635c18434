// SPDX-License-Identifier: MIT
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "http_util.h"

struct client {
    SSL_CTX *ctx;
    SSL *ssl;
    int fd;
};

/* Connects with one version and, for TLS 1.2, a cipher list; false when the handshake fails. */
static bool tls_connect(struct client *c, const struct http_test *t, int version,
                        const char *ciphers)
{
    c->ctx = SSL_CTX_new(TLS_client_method());
    assert_true(SSL_CTX_set_min_proto_version(c->ctx, version));
    assert_true(SSL_CTX_set_max_proto_version(c->ctx, version));
    if (ciphers)
        assert_true(SSL_CTX_set_cipher_list(c->ctx, ciphers));
    c->fd = client_connect(t->tls_port);
    c->ssl = SSL_new(c->ctx);
    SSL_set_fd(c->ssl, c->fd);
    return SSL_connect(c->ssl) == 1;
}

static void tls_close(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    close(c->fd);
}

static size_t read_all(struct client *c, char *buf, size_t max)
{
    size_t len = 0;
    int n;

    while (len < max && (n = SSL_read(c->ssl, buf + len, (int)(max - len))) > 0)
        len += (size_t)n;
    return len;
}

static void tls_1_2_and_1_3_download_the_file_and_pipeline(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const char first[] = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char second[] = "GET /file HTTP/1.0\r\n\r\n";
    const int on = 1, off = 0;
    static char buf[2 << 20];
    struct http_test t;

    (void)state;
    http_test_open(&t, (struct http_config){0}, true);
    for (size_t v = 0; v < 2; v++) {
        struct client c;
        size_t len;

        assert_true(tls_connect(&c, &t, versions[v], NULL));
        /* two records in one segment: the second waits inside OpenSSL while the first is answered */
        assert_int_equal(setsockopt(c.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on), 0);
        assert_int_equal(SSL_write(c.ssl, first, sizeof first - 1), sizeof first - 1);
        assert_int_equal(SSL_write(c.ssl, second, sizeof second - 1), sizeof second - 1);
        assert_int_equal(setsockopt(c.fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off), 0);
        len = read_all(&c, buf, sizeof buf);
        assert_true(len > (1 << 20) + PAYLOAD_LEN);
        for (size_t i = 0; i < PAYLOAD_LEN; i++) {
            if ((uint8_t)buf[len - PAYLOAD_LEN + i] != payload_byte(i))
                fail_msg("byte %zu differs", i);
        }
        assert_int_equal(SSL_get_shutdown(c.ssl), SSL_RECEIVED_SHUTDOWN);
        tls_close(&c);
    }
    http_test_close(&t);
}

static void server_prefers_aes_128_and_gives_chacha20_to_who_wants_it_first(void **state)
{
    static const struct {
        const char *offer, *chosen;
    } table[] = {
        {"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305",
         "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
         "ECDHE-ECDSA-CHACHA20-POLY1305"},
        {"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305",
         "ECDHE-ECDSA-CHACHA20-POLY1305"},
    };
    struct http_test t;

    (void)state;
    http_test_open(&t, (struct http_config){0}, true);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct client c;

        assert_true(tls_connect(&c, &t, TLS1_2_VERSION, table[i].offer));
        assert_string_equal(SSL_get_cipher_name(c.ssl), table[i].chosen);
        tls_close(&c);
    }
    http_test_close(&t);
}

static void check_name(const struct http_test *t, const char *expected)
{
    struct client c;
    X509 *cert;
    char name[64];

    assert_true(tls_connect(&c, t, TLS1_3_VERSION, NULL));
    cert = SSL_get1_peer_certificate(c.ssl);
    assert_non_null(cert);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
    assert_string_equal(name, expected);
    X509_free(cert);
    tls_close(&c);
}

static void reload_takes_a_good_certificate_and_keeps_the_old_one_when_it_is_bad(void **state)
{
    struct http_test t;
    struct err err;

    (void)state;
    http_test_open(&t, (struct http_config){0}, true);
    check_name(&t, "first");
    http_test_cert(&t, "second");
    check_name(&t, "first");
    assert_int_equal(http_server_reload_tls(t.server, &err), 0);
    check_name(&t, "second");
    assert_int_equal(file_write_atomic(t.cert, "junk", 4, 0600, &err), 0);
    assert_int_equal(http_server_reload_tls(t.server, &err), -1);
    assert_non_null(strstr(err.text, t.cert));
    check_name(&t, "second");
    http_test_close(&t);
}

static void silent_or_babbling_tls_client_is_dropped(void **state)
{
    struct http_test t;
    bool closed;
    int silent, plain;

    (void)state;
    http_test_open(&t, (struct http_config){.header_ms = 100}, true);
    silent = client_connect(t.tls_port);
    plain = client_connect(t.tls_port);
    client_send(plain, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    free(client_read_all(plain, 1000, &closed));
    assert_true(closed);
    free(client_read_all(silent, 1000, &closed));
    assert_true(closed);
    assert_int_equal(http_test_stats(&t).tls_failed, 1);
    assert_int_equal(http_test_stats(&t).late_header, 1);
    close(silent);
    close(plain);
    http_test_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_1_2_and_1_3_download_the_file_and_pipeline),
        cmocka_unit_test(server_prefers_aes_128_and_gives_chacha20_to_who_wants_it_first),
        cmocka_unit_test(reload_takes_a_good_certificate_and_keeps_the_old_one_when_it_is_bad),
        cmocka_unit_test(silent_or_babbling_tls_client_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
