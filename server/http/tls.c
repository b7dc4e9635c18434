// SPDX-License-Identifier: MIT
/*
 * TLS for clients with little memory: resumption by session ID (BearSSL has no tickets), records as
 * small as they ask for, ECDSA certificates, ChaCha20 for those without AES in hardware.
 *
 * Two contexts: `base` has the session cache and lives as long as the server; `cert` has the certificate
 * in use and changes with a reload. A connection begins with base, whose cache it keeps, and is then
 * given the certificate of cert. So a new certificate does not cost every device a full handshake.
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

struct tls {
    pthread_mutex_t lock; /* cert */
    SSL_CTX *base, *cert;
};

static const unsigned char session_context[] = "otaria";

/* The server's order holds, but a client that puts ChaCha20 first gets it. AES-256 costs chips most. */
static const char ciphers_12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
static const char ciphers_13[] =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";

static int tls_err(struct err *err, const char *what)
{
    char reason[256];

    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return err_set(err, ERR_FAILED, "%s: %s", what, reason);
}

static SSL_CTX *context_new(struct err *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(ctx, ciphers_12) || !SSL_CTX_set_ciphersuites(ctx, ciphers_13) ||
        !SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1) ||
        !SSL_CTX_set_num_tickets(ctx, 0)) {
        tls_err(err, "TLS");
        SSL_CTX_free(ctx);
        return NULL;
    }
    /* Chips leave without a close_notify, which is no reason to forget their session: Content-Length
     * tells a request from a truncated one. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);
    return ctx;
}

static SSL_CTX *context_with_cert(const char *cert, const char *key, struct err *err)
{
    SSL_CTX *ctx = context_new(err);

    if (!ctx)
        return NULL;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1) {
        tls_err(err, cert);
    } else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
               SSL_CTX_check_private_key(ctx) != 1) {
        tls_err(err, key);
    } else {
        return ctx;
    }
    SSL_CTX_free(ctx);
    return NULL;
}

int tls_new(const struct http_config *config, struct tls **tls, struct err *err)
{
    struct tls *t = xcalloc(1, sizeof *t);

    *tls = NULL;
    pthread_mutex_init(&t->lock, NULL);
    t->base = context_new(err);
    t->cert = t->base ? context_with_cert(config->tls_cert, config->tls_key, err) : NULL;
    if (!t->cert) {
        tls_free(t);
        return -1;
    }
    SSL_CTX_set_session_cache_mode(t->base, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(t->base, config->tls_sessions_max);
    SSL_CTX_set_timeout(t->base, config->tls_session_s);
    SSL_CTX_set_timeout(t->cert, config->tls_session_s);
    *tls = t;
    return 0;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->cert);
    SSL_CTX_free(tls->base);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

int tls_reload(struct tls *tls, const char *cert, const char *key, struct err *err)
{
    SSL_CTX *fresh = context_with_cert(cert, key, err), *old;

    if (!fresh)
        return -1;
    SSL_CTX_set_timeout(fresh, SSL_CTX_get_timeout(tls->base));
    pthread_mutex_lock(&tls->lock);
    old = tls->cert;
    tls->cert = fresh;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old); /* connections hold references of their own */
    return 0;
}

SSL *tls_open(struct tls *tls, int fd)
{
    SSL *ssl = SSL_new(tls->base);
    bool ok;

    if (!ssl)
        return NULL;
    pthread_mutex_lock(&tls->lock);
    ok = SSL_set_SSL_CTX(ssl, tls->cert) != NULL;
    pthread_mutex_unlock(&tls->lock);
    if (!ok || !SSL_set_fd(ssl, fd)) {
        SSL_free(ssl);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}

/* Without the shutdown OpenSSL drops the session from the cache, and a device that was reset in
 * mid-download pays for a full handshake. */
void tls_close(SSL *ssl)
{
    ERR_clear_error();
    (void)SSL_shutdown(ssl);
    SSL_free(ssl);
    ERR_clear_error();
}

static enum io result(SSL *ssl, int rc)
{
    switch (SSL_get_error(ssl, rc)) {
    case SSL_ERROR_NONE:
        return IO_DONE;
    case SSL_ERROR_WANT_READ:
        return IO_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_END;
    default:
        ERR_clear_error();
        return IO_BROKEN;
    }
}

enum io tls_handshake(SSL *ssl)
{
    ERR_clear_error();
    return result(ssl, SSL_do_handshake(ssl));
}

enum io tls_read(SSL *ssl, void *p, size_t max, size_t *len)
{
    *len = 0;
    ERR_clear_error();
    return result(ssl, SSL_read_ex(ssl, p, max, len));
}

enum io tls_write(SSL *ssl, const void *p, size_t len, size_t *written)
{
    *written = 0;
    ERR_clear_error();
    return result(ssl, SSL_write_ex(ssl, p, len, written));
}
