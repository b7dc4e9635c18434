// SPDX-License-Identifier: MIT
#include "tls_private.h"

#include <string.h>

#include <otaria/crypto.h>

#define HTTPS_PORT 443u
#define WORK_MS    10u /* of handshake in one call */
#define SEED_LEN   48u
/*
 * Bytes that the engine is given at once during a handshake. The shortest message has 4: so no call finishes two, and
 * what takes long comes singly, however the server packs its messages.
 */
#define BITE       3u
#define READ_MAX \
    8u /* pieces of records that one recv looks at, since an attacker can send empty ones */

enum tls_state {
    TLS_CLOSED,
    TLS_PLAIN,     /* everything goes to the net below */
    TLS_CONNECT,   /* the net below connects */
    TLS_HANDSHAKE, /* with the engine */
    TLS_OPEN,
    TLS_FAILED /* result says how */
};

/* Promise: 8 KB for everything, on a chip with 4-byte pointers. */
_Static_assert(sizeof(void *) != 4 ||
                   sizeof(struct otaria_tls) + sizeof(struct otaria_tls_ca) + OTARIA_TLS_IN_SMALL <=
                       8 * 1024,
               "over 8 KB with ca");
_Static_assert(sizeof(struct otaria_tls_leaf) <= sizeof(struct otaria_tls_ca), "pin is the larger");

/* ---- work that needs a large stack ---- */

enum job { JOB_START, JOB_SENT, JOB_GOT };

struct work {
    struct otaria_tls *t;
    enum job job;
    const char *name; /* JOB_START: for SNI and ca; NULL for an address */
    size_t len;
    bool ran;
};

static void work(void *arg)
{
    struct work *w = arg;
    br_ssl_engine_context *eng = &w->t->client.eng;

    if (w->job == JOB_START)
        (void)br_ssl_client_reset(&w->t->client, w->name, w->t->resumed);
    else if (w->job == JOB_SENT)
        br_ssl_engine_sendrec_ack(eng, w->len);
    else
        br_ssl_engine_recvrec_ack(eng, w->len);
    w->ran = true;
}

/* A hook that cannot run the work must not leave an engine behind that waits for it. */
static void run(struct work *w)
{
    const struct otaria_tls_config *c = &w->t->cfg;

    if (c->on_stack && w->t->state == TLS_HANDSHAKE)
        c->on_stack(c->on_stack_ctx, work, w);
    else
        work(w);
    w->t->broken = w->t->broken || !w->ran;
}

static bool is_over(const struct otaria_tls *t)
{
    return t->broken || br_ssl_engine_current_state(&t->client.eng) == BR_SSL_CLOSED;
}

/* ---- the session ---- */

void otaria_tls_forget(struct otaria_tls *t)
{
    otaria_wipe(&t->session, sizeof t->session);
    memset(t->session_host, 0, sizeof t->session_host);
}

static bool has_session(const struct otaria_tls *t)
{
    return t->session_host[0] && strcmp(t->session_host, t->host) == 0 &&
           t->session_port == t->port_no && t->session_age == t->age;
}

/* Was the session that was offered taken up? From now on the one that is open now is offered. */
static bool keep_session(struct otaria_tls *t)
{
    size_t len = strlen(t->host);
    uint8_t id[sizeof t->session.session_id];

    memcpy(id, t->session.session_id, sizeof id);
    br_ssl_engine_get_session_parameters(&t->client.eng, &t->session);
    t->session_port = t->port_no;
    t->session_age = t->age;
    if (len > OTARIA_TLS_HOST_MAX || t->session.session_id_len == 0)
        otaria_tls_forget(t);
    else
        memcpy(t->session_host, t->host, len + 1);
    return t->session_host[0] && memcmp(id, t->session.session_id, sizeof id) == 0;
}

/* ---- open ---- */

/* An address: in brackets, or a last label that is a number (decimal, or hexadecimal behind 0x). */
static bool is_address(const char *host)
{
    const char *label = strrchr(host, '.'), *digits = "0123456789";

    label = label ? label + 1 : host;
    if (label[0] == '0' && (label[1] == 'x' || label[1] == 'X')) {
        label += 2;
        digits = "0123456789abcdefABCDEF";
    }
    return host[0] == '[' || label[strspn(label, digits)] == 0;
}

static int fail(struct otaria_tls *t, int result)
{
    if (result == OTARIA_E_TLS && !t->error)
        t->error = br_ssl_engine_last_error(&t->client.eng);
    t->state = TLS_FAILED;
    t->result = result;
    return result;
}

static bool tls_up(void *ctx)
{
    const struct otaria_tls *t = ctx;

    return t->cfg.net && t->cfg.net->up(t->cfg.net->ctx);
}

static void wipe(struct otaria_tls *t)
{
    otaria_wipe(&t->client, sizeof t->client);
    otaria_wipe(t->out, sizeof t->out);
    otaria_wipe(t->cfg.in, t->cfg.in_len);
}

static void flush(struct otaria_tls *t);

static void tls_close(void *ctx)
{
    struct otaria_tls *t = ctx;

    if (t->state == TLS_OPEN) {
        br_ssl_engine_close(&t->client.eng);
        flush(t);
    }
    if (t->state != TLS_CLOSED && t->state != TLS_PLAIN)
        wipe(t);
    if (t->cfg.net)
        t->cfg.net->close(t->cfg.net->ctx);
    t->state = TLS_CLOSED;
    t->resumed = false;
}

static int tls_open(void *ctx, const char *host, uint16_t port, bool tls)
{
    struct otaria_tls *t = ctx;
    const struct otaria_net *net = t->cfg.net;
    int result;

    tls_close(t);
    t->error = 0;
    if (!net)
        return fail(t, OTARIA_E_TLS);
    if (!tls) {
        t->state = TLS_PLAIN;
        return net->open(net->ctx, host, port, false);
    }
    /* BearSSL's chain validation takes any name when it is given none. */
    if (!t->cfg.trust || (t->cfg.trust->by_name && is_address(host))) {
        t->error = BR_ERR_X509_NOT_TRUSTED;
        return fail(t, OTARIA_E_TLS);
    }
    t->host = host;
    t->port_no = port ? port : HTTPS_PORT;
    result = net->open(net->ctx, host, t->port_no, false);
    if (result < 0)
        return fail(t, result);
    t->state = TLS_CONNECT;
    return 0;
}

/* ---- records ---- */

/* What the engine has for the wire, as far as the net below takes it. */
static void flush(struct otaria_tls *t)
{
    const struct otaria_net *net = t->cfg.net;
    const unsigned char *p;
    size_t len, sent;

    while (!t->broken && (p = br_ssl_engine_sendrec_buf(&t->client.eng, &len))) {
        struct work w = {.t = t, .job = JOB_SENT};

        sent = 0;
        /* A connection that is gone says so to recv, after what came before. */
        if (net->send(net->ctx, p, len, &sent) < 0 || sent == 0)
            return;
        w.len = sent;
        run(&w);
    }
}

/* 0 with *got bytes given to the engine, or OTARIA_E_CLOSED. */
static int feed(struct otaria_tls *t, size_t most, size_t *got)
{
    const struct otaria_net *net = t->cfg.net;
    struct work w = {.t = t, .job = JOB_GOT};
    size_t room;
    unsigned char *p = br_ssl_engine_recvrec_buf(&t->client.eng, &room);
    int result;

    *got = 0;
    if (!p || t->broken)
        return 0;
    result = net->recv(net->ctx, p, room < most ? room : most, got);
    if (result < 0)
        return result;
    if (*got) {
        w.len = *got;
        run(&w);
    }
    return 0;
}

/* ---- handshake ---- */

static void start(struct otaria_tls *t)
{
    br_ssl_engine_context *eng = &t->client.eng;
    struct work w = {.t = t, .job = JOB_START};
    uint8_t seed[SEED_LEN];

    t->broken = false;
    br_ssl_client_zero(&t->client);
    tls_profile(eng);
    br_ssl_engine_set_all_flags(eng, BR_OPT_NO_RENEGOTIATION);
    br_ssl_engine_set_x509(eng, &t->cfg.trust->vtable);
    br_ssl_engine_set_buffers_bidi(eng, t->cfg.in, t->cfg.in_len, t->out, sizeof t->out);
    t->cfg.sys->random(t->cfg.sys->ctx, seed, sizeof seed);
    br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
    otaria_wipe(seed, sizeof seed);
    t->age = t->cfg.trust->age;
    t->resumed = has_session(t);
    if (t->resumed)
        br_ssl_engine_set_session_parameters(eng, &t->session);
    if (!is_address(t->host))
        w.name = t->host;
    t->state = TLS_HANDSHAKE;
    run(&w);
}

static int shake(struct otaria_tls *t)
{
    const struct otaria_sys *sys = t->cfg.sys;
    br_ssl_engine_context *eng = &t->client.eng;
    uint64_t end_ms = sys->now_ms(sys->ctx) + WORK_MS;
    int result;
    size_t got;

    do {
        flush(t);
        result = feed(t, BITE, &got);
        if (!t->broken && br_ssl_engine_current_state(eng) & BR_SSL_SENDAPP) {
            t->resumed = keep_session(t);
            t->state = TLS_OPEN;
            return 0;
        }
        if (result < 0 || is_over(t)) {
            /* A session that a server cannot go on with must not fail the next handshake too. */
            otaria_tls_forget(t);
            return fail(t, OTARIA_E_TLS);
        }
    } while (got && sys->now_ms(sys->ctx) < end_ms);
    return OTARIA_MORE;
}

static int tls_ready(void *ctx)
{
    struct otaria_tls *t = ctx;
    const struct otaria_net *net = t->cfg.net;
    int result;

    switch ((enum tls_state)t->state) {
    case TLS_PLAIN:
        return net->ready(net->ctx);
    case TLS_CONNECT:
        result = net->ready(net->ctx);
        if (result < 0)
            return fail(t, result);
        if (result == OTARIA_MORE)
            return OTARIA_MORE;
        start(t);
        return shake(t);
    case TLS_HANDSHAKE:
        return shake(t);
    case TLS_OPEN:
        return 0;
    default:
        return t->state == TLS_FAILED ? t->result : OTARIA_E_CONNECT;
    }
}

/* ---- data ---- */

static int tls_send(void *ctx, const uint8_t *data, size_t len, size_t *sent)
{
    struct otaria_tls *t = ctx;
    br_ssl_engine_context *eng = &t->client.eng;
    size_t room;
    unsigned char *p;

    *sent = 0;
    if (t->state == TLS_PLAIN)
        return t->cfg.net->send(t->cfg.net->ctx, data, len, sent);
    if (t->state != TLS_OPEN || is_over(t))
        return OTARIA_E_CLOSED;
    flush(t);
    p = br_ssl_engine_sendapp_buf(eng, &room);
    if (!p || len == 0)
        return 0;
    *sent = len < room ? len : room;
    memcpy(p, data, *sent);
    br_ssl_engine_sendapp_ack(eng, *sent);
    br_ssl_engine_flush(eng, 0);
    flush(t);
    return 0;
}

/* Data that was received and authenticated comes first; only then is said that there will be no more. */
static int tls_recv(void *ctx, uint8_t *buf, size_t max, size_t *got)
{
    struct otaria_tls *t = ctx;
    br_ssl_engine_context *eng = &t->client.eng;
    const unsigned char *p;
    size_t len;
    int result = 0;

    *got = 0;
    if (t->state == TLS_PLAIN)
        return t->cfg.net->recv(t->cfg.net->ctx, buf, max, got);
    if (t->state != TLS_OPEN)
        return t->state == TLS_FAILED ? t->result : OTARIA_E_CLOSED;
    for (unsigned i = 0; i < READ_MAX; i++) {
        p = br_ssl_engine_recvapp_buf(eng, &len);
        if (p) {
            *got = len < max ? len : max;
            memcpy(buf, p, *got);
            br_ssl_engine_recvapp_ack(eng, *got);
            return 0;
        }
        flush(t);
        if (is_over(t))
            return fail(t, br_ssl_engine_last_error(eng) ? OTARIA_E_TLS : OTARIA_E_CLOSED);
        result = feed(t, SIZE_MAX, &len);
        if (result < 0)
            return fail(t, result);
        if (len == 0)
            return 0;
    }
    return 0;
}

/* ---- the rest ---- */

int otaria_tls_init(struct otaria_tls *t, const struct otaria_tls_config *cfg)
{
    memset(t, 0, sizeof *t);
    t->port = (struct otaria_net){t, tls_up, tls_open, tls_ready, tls_send, tls_recv, tls_close};
    if (cfg->in_len < OTARIA_TLS_IN_SMALL)
        return OTARIA_E_ARGUMENT;
    t->cfg = *cfg;
    return 0;
}

int otaria_tls_error(const struct otaria_tls *t)
{
    return t->error;
}

bool otaria_tls_resumed(const struct otaria_tls *t)
{
    return t->state == TLS_OPEN && t->resumed;
}
