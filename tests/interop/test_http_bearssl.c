// SPDX-License-Identifier: MIT
/* The device's TLS with its smallest buffers against our server: 512-byte fragments, resumption by session ID. */
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "device/ports/bearssl/tls.h"
#include "device/ports/posix/posix.h"
#include "tests/unit/http_util.h"

#define PATIENCE_MS 5000u

struct chip {
    struct otaria_posix_net net;
    struct otaria_posix_sys sys;
    struct otaria_tls_leaf leaf;
    struct otaria_tls tls;
    uint8_t pin[32], in[OTARIA_TLS_IN_SMALL];
};

/* Trusts the key of the server's present certificate. */
static void chip_pin(struct chip *c, const struct http_test *t)
{
    FILE *f = fopen(t->cert, "r");
    X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    uint8_t *der = NULL;
    int len;

    assert_non_null(cert);
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    assert_true(len > 0 && EVP_Digest(der, (size_t)len, c->pin, NULL, EVP_sha256(), NULL));
    OPENSSL_free(der);
    X509_free(cert);
    fclose(f);
    otaria_tls_pin_init(&c->leaf, (const uint8_t(*)[32]) & c->pin, 1);
}

static void chip_begin(struct chip *c, const struct http_test *t)
{
    memset(c, 0, sizeof *c);
    otaria_posix_net_init(&c->net);
    otaria_posix_sys_init(&c->sys);
    chip_pin(c, t);
    assert_int_equal(otaria_tls_init(&c->tls, &(struct otaria_tls_config){.net = &c->net.port,
                                                                          .sys = &c->sys.port,
                                                                          .trust = &c->leaf.trust,
                                                                          .in = c->in,
                                                                          .in_len = sizeof c->in}),
                     0);
}

/* Connects and asks for the payload from `off` on. */
static void chip_get(struct chip *c, const struct http_test *t, size_t off, bool resumed)
{
    unsigned long long end = test_clock_ms() + PATIENCE_MS;
    struct otaria_net *net = &c->tls.port;
    char request[96];
    int len = snprintf(request, sizeof request, "GET /file?%zu HTTP/1.1\r\nHost: a\r\n\r\n", off);
    size_t sent;
    int result;

    assert_int_equal(net->open(net->ctx, "localhost", t->tls_port, true), 0);
    while ((result = net->ready(net->ctx)) == OTARIA_MORE && test_clock_ms() < end)
        otaria_posix_net_wait(&c->net, 10);
    if (result != 0)
        fail_msg("%d, BearSSL's error %d", result, otaria_tls_error(&c->tls));
    assert_int_equal(otaria_tls_resumed(&c->tls), resumed);
    assert_int_equal(net->send(net->ctx, (const uint8_t *)request, (size_t)len, &sent), 0);
    assert_int_equal(sent, len);
}

static size_t chip_recv(struct chip *c, void *buf, size_t max)
{
    unsigned long long end = test_clock_ms() + PATIENCE_MS;
    struct otaria_net *net = &c->tls.port;
    size_t got = 0;

    while (got == 0 && test_clock_ms() < end) {
        int result = net->recv(net->ctx, buf, max, &got);

        if (result < 0)
            fail_msg("%d, BearSSL's error %d", result, otaria_tls_error(&c->tls));
        if (got == 0)
            otaria_posix_net_wait(&c->net, 10);
    }
    assert_true(got > 0);
    return got;
}

/* Reads the head, then `max` bytes of the body, which begins at `off` of the payload. */
static void chip_read(struct chip *c, size_t off, size_t max)
{
    char head[512];
    uint8_t buf[1024];
    size_t len = 0, got;

    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < sizeof head);
        len += chip_recv(c, head + len, 1);
    }
    assert_memory_equal(head, "HTTP/1.1 20", 11);
    for (size_t i = 0; i < max; i += got) {
        got = chip_recv(c, buf, max - i < sizeof buf ? max - i : sizeof buf);
        for (size_t k = 0; k < got; k++)
            assert_int_equal(buf[k], payload_byte(off + i + k));
    }
}

static void chip_close(struct chip *c)
{
    c->tls.port.close(c->tls.port.ctx);
}

/* The power fails: no goodbye, and the session is all that a chip may have kept. */
static void chip_reset(struct chip *c)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(c->net.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    c->net.port.close(c->net.port.ctx);
}

static void downloads_in_512_byte_fragments_and_resumes_its_session(void **state)
{
    static struct chip c;
    struct http_test t;

    (void)state;
    http_test_open(&t, (struct http_config){0}, true);
    chip_begin(&c, &t);
    chip_get(&c, &t, 0, false);
    chip_read(&c, 0, PAYLOAD_LEN);
    assert_int_equal(c.tls.session.session_id_len, 32);
    assert_int_equal(c.tls.session.version, BR_TLS12);
    assert_int_equal(c.tls.session.cipher_suite, BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256);
    chip_close(&c);
    chip_get(&c, &t, 1000, true);
    chip_read(&c, 1000, PAYLOAD_LEN - 1000);
    chip_reset(&c); /* of an idle connection */
    chip_get(&c, &t, PAYLOAD_LEN - 1, true);
    chip_read(&c, PAYLOAD_LEN - 1, 1);
    chip_close(&c);
    assert_int_equal(http_test_stats(&t).tls_full, 1);
    assert_int_equal(http_test_stats(&t).tls_resumed, 2);
    http_test_close(&t);
}

static void comes_back_resumed_after_resets_in_mid_download_and_a_new_certificate(void **state)
{
    static struct chip c;
    struct http_test t;
    struct err err;

    (void)state;
    http_test_open(&t, (struct http_config){.loops = 2}, true);
    chip_begin(&c, &t);
    chip_get(&c, &t, 0, false);
    chip_read(&c, 0, 50000);
    chip_reset(&c);
    for (size_t off = 50000; off <= 200000; off += 50000) {
        chip_get(&c, &t, off, true);
        chip_read(&c, off, 50000);
        chip_reset(&c);
    }
    http_test_cert(&t, "second");
    assert_int_equal(http_server_reload_tls(t.server, &err), 0);
    chip_get(&c, &t, 250000, true);
    chip_read(&c, 250000, PAYLOAD_LEN - 250000);
    chip_close(&c);
    assert_int_equal(http_test_stats(&t).tls_full, 1);
    assert_int_equal(http_test_stats(&t).tls_resumed, 5);
    http_test_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(downloads_in_512_byte_fragments_and_resumes_its_session),
        cmocka_unit_test(comes_back_resumed_after_resets_in_mid_download_and_a_new_certificate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
