// SPDX-License-Identifier: MIT
/* The TLS client of the chip, with its smallest buffers: 512-byte fragments, resumption by session ID. */
#include <bearssl.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/http_util.h"

struct chip {
    br_ssl_client_context client;
    br_x509_minimal_context unused;
    br_x509_knownkey_context known;
    unsigned char point[65], in[512 + 325], out[512 + 85];
    br_ec_public_key key;
    br_sslio_context io;
    int fd;
};

static void key_read(struct chip *c, const struct http_test *t)
{
    FILE *f = fopen(t->cert, "r");
    X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    size_t len;

    assert_non_null(cert);
    assert_true(EVP_PKEY_get_octet_string_param(X509_get0_pubkey(cert), OSSL_PKEY_PARAM_PUB_KEY,
                                                c->point, sizeof c->point, &len));
    assert_int_equal(len, sizeof c->point);
    c->key = (br_ec_public_key){BR_EC_secp256r1, c->point, len};
    X509_free(cert);
    fclose(f);
}

static int sock_read(void *ctx, unsigned char *p, size_t len)
{
    ssize_t n = recv(*(int *)ctx, p, len, 0);

    return n > 0 ? (int)n : -1;
}

static int sock_write(void *ctx, const unsigned char *p, size_t len)
{
    ssize_t n = send(*(int *)ctx, p, len, MSG_NOSIGNAL);

    return n > 0 ? (int)n : -1;
}

/* Connects and asks for the payload from `off` on; session: resumed when not NULL. */
static void chip_get(struct chip *c, const struct http_test *t, size_t off,
                     const br_ssl_session_parameters *session)
{
    br_ssl_engine_context *eng = &c->client.eng;
    char request[96];
    int len = snprintf(request, sizeof request, "GET /file?%zu HTTP/1.1\r\nHost: a\r\n\r\n", off);

    memset(c, 0, sizeof *c);
    key_read(c, t);
    br_ssl_client_init_full(&c->client, &c->unused, NULL, 0);
    br_x509_knownkey_init_ec(&c->known, &c->key, BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX);
    br_ssl_engine_set_x509(eng, &c->known.vtable);
    br_ssl_engine_set_buffers_bidi(eng, c->in, sizeof c->in, c->out, sizeof c->out);
    if (session)
        br_ssl_engine_set_session_parameters(eng, session);
    assert_true(br_ssl_client_reset(&c->client, "localhost", session != NULL));
    c->fd = client_connect(t->tls_port);
    br_sslio_init(&c->io, eng, sock_read, &c->fd, sock_write, &c->fd);
    if (br_sslio_write_all(&c->io, request, (size_t)len) < 0 || br_sslio_flush(&c->io) < 0)
        fail_msg("BearSSL error %d", br_ssl_engine_last_error(eng));
}

/* Reads the head, then `max` bytes of the body, which begins at `off` of the payload. */
static void chip_read(struct chip *c, size_t off, size_t max)
{
    char head[512];
    size_t len = 0;

    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < sizeof head);
        if (br_sslio_read_all(&c->io, head + len, 1) < 0)
            fail_msg("BearSSL error %d", br_ssl_engine_last_error(&c->client.eng));
        len++;
    }
    assert_memory_equal(head, "HTTP/1.1 20", 11);
    for (size_t i = 0; i < max; i++) {
        uint8_t byte;

        if (br_sslio_read_all(&c->io, &byte, 1) < 0)
            fail_msg("BearSSL error %d at %zu", br_ssl_engine_last_error(&c->client.eng), i);
        assert_int_equal(byte, payload_byte(off + i));
    }
}

static void chip_reset(struct chip *c)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    close(c->fd);
}

static void downloads_in_512_byte_fragments_and_resumes_its_session(void **state)
{
    static struct chip c;
    br_ssl_session_parameters session;
    struct http_test t;

    (void)state;
    http_test_open(&t, (struct http_config){0}, true);
    chip_get(&c, &t, 0, NULL);
    chip_read(&c, 0, PAYLOAD_LEN);
    br_ssl_engine_get_session_parameters(&c.client.eng, &session);
    assert_int_equal(session.session_id_len, 32);
    assert_int_equal(session.version, BR_TLS12);
    assert_int_equal(session.cipher_suite, BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256);
    close(c.fd);
    chip_get(&c, &t, 1000, &session);
    chip_read(&c, 1000, PAYLOAD_LEN - 1000);
    chip_reset(&c); /* of an idle connection */
    chip_get(&c, &t, PAYLOAD_LEN - 1, &session);
    chip_read(&c, PAYLOAD_LEN - 1, 1);
    close(c.fd);
    assert_int_equal(http_test_stats(&t).tls_full, 1);
    assert_int_equal(http_test_stats(&t).tls_resumed, 2);
    http_test_close(&t);
}

static void comes_back_resumed_after_resets_in_mid_download_and_a_new_certificate(void **state)
{
    static struct chip c;
    br_ssl_session_parameters session;
    struct http_test t;
    struct err err;

    (void)state;
    http_test_open(&t, (struct http_config){.loops = 2}, true);
    chip_get(&c, &t, 0, NULL);
    chip_read(&c, 0, 50000);
    br_ssl_engine_get_session_parameters(&c.client.eng, &session);
    chip_reset(&c);
    for (size_t off = 50000; off <= 200000; off += 50000) {
        chip_get(&c, &t, off, &session);
        chip_read(&c, off, 50000);
        chip_reset(&c);
    }
    http_test_cert(&t, "second");
    assert_int_equal(http_server_reload_tls(t.server, &err), 0);
    chip_get(&c, &t, 250000, &session);
    chip_read(&c, 250000, PAYLOAD_LEN - 250000);
    close(c.fd);
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
