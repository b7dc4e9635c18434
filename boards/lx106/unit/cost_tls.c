// SPDX-License-Identifier: MIT
/*
 * What TLS costs a device: device/ports/bearssl against BearSSL's server in the same program. Only the calls of the device
 * are counted; the server works between them. The clock is that of a core with 80 MHz that does an instruction a cycle.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "boards/lx106/unit/cost.h"
#include "device/ports/bearssl/tls_private.h"

#define QUEUE      4096u
#define PER_MS     80000u /* instructions */
#define STACK_LEN  12288u
#define PAINT      0xA5
#define RECORD_LEN 512u
#define RECORDS    16u

struct queue {
    uint8_t bytes[QUEUE];
    size_t at, end;
};

static struct queue up, down;
static br_ssl_server_context server;
static br_ssl_session_cache_lru cache;
static uint8_t cache_room[500], server_in[BR_SSL_BUFSIZE_INPUT], server_out[BR_SSL_BUFSIZE_OUTPUT];
static uint8_t certificate[364], key_x[32];
static br_x509_certificate chain = {certificate, sizeof certificate};
static br_ec_private_key key = {BR_EC_secp256r1, key_x, sizeof key_x};
static struct otaria_tls tls;
static struct otaria_tls_leaf leaf;
static uint8_t in[OTARIA_TLS_IN_SMALL], stack[STACK_LEN] __attribute__((aligned(16)));

/* ---- the net below ---- */

static bool net_up(void *ctx)
{
    return ctx == NULL;
}

static int net_open(void *ctx, const char *host, uint16_t port, bool secure)
{
    (void)host;
    return ctx || port != 443 || secure ? OTARIA_E_CONNECT : 0;
}

static int net_ready(void *ctx)
{
    return ctx ? OTARIA_E_CONNECT : 0;
}

static size_t put(struct queue *q, const uint8_t *p, size_t len)
{
    if (q->at == q->end)
        q->at = q->end = 0;
    if (len > QUEUE - q->end)
        len = QUEUE - q->end;
    memcpy(q->bytes + q->end, p, len);
    q->end += len;
    return len;
}

static size_t take(struct queue *q, uint8_t *p, size_t max)
{
    size_t len = q->end - q->at < max ? q->end - q->at : max;

    memcpy(p, q->bytes + q->at, len);
    q->at += len;
    return len;
}

static int net_send(void *ctx, const uint8_t *data, size_t len, size_t *sent)
{
    *sent = put(&up, data, len);
    return ctx ? OTARIA_E_CLOSED : 0;
}

static int net_recv(void *ctx, uint8_t *buf, size_t max, size_t *got)
{
    *got = take(&down, buf, max);
    return ctx ? OTARIA_E_CLOSED : 0;
}

static void net_close(void *ctx)
{
    (void)ctx;
    memset(&up, 0, sizeof up);
    memset(&down, 0, sizeof down);
}

static const struct otaria_net net = {NULL,     net_up,   net_open, net_ready,
                                      net_send, net_recv, net_close};

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return (uint64_t)runtime_ticks() * COST_TICK / PER_MS;
}

/* The same handshake each time. */
static void random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    for (uint8_t *p = buf; len > 0; len--)
        *p++ = (uint8_t)(len * 59);
}

static const struct otaria_sys sys = {.now_ms = now_ms, .random = random_bytes};

/* ---- the server ---- */

static void server_open(const uint16_t *suite)
{
    br_ssl_engine_context *eng = &server.eng;

    br_ssl_server_zero(&server);
    tls_profile(eng);
    if (suite)
        br_ssl_engine_set_suites(eng, suite, 1);
    br_ssl_server_set_single_ec(&server, &chain, 1, &key, BR_KEYTYPE_SIGN, 0, &br_ec_p256_m15,
                                br_ecdsa_i15_sign_asn1);
    br_ssl_server_set_cache(&server, &cache.vtable);
    br_ssl_engine_set_buffers_bidi(eng, server_in, sizeof server_in, server_out, sizeof server_out);
    br_ssl_engine_inject_entropy(eng, "no secret", 9);
    if (!br_ssl_server_reset(&server))
        abort();
}

static void server_run(void)
{
    br_ssl_engine_context *eng = &server.eng;
    unsigned char *p;
    size_t len;

    for (;;) {
        if ((p = br_ssl_engine_sendrec_buf(eng, &len)) && (len = put(&down, p, len)))
            br_ssl_engine_sendrec_ack(eng, len);
        else if ((p = br_ssl_engine_recvrec_buf(eng, &len)) && (len = take(&up, p, len)))
            br_ssl_engine_recvrec_ack(eng, len);
        else
            return;
    }
}

static void server_write(size_t len)
{
    unsigned char *p;
    size_t room;

    p = br_ssl_engine_sendapp_buf(&server.eng, &room);
    if (!p || room < len)
        abort();
    memset(p, 'x', len);
    br_ssl_engine_sendapp_ack(&server.eng, len);
    br_ssl_engine_flush(&server.eng, 0);
    server_run();
}

/* ---- the device ---- */

/* Both run fn on the stack below: the hook, and what is measured without one. */
void cost_on_stack(void *top, void (*fn)(void *arg), void *arg);
__asm__(".text\n"
        ".align 4\n"
        ".global cost_on_stack\n"
        "cost_on_stack:\n"
        "    addi    a2, a2, -16\n"
        "    s32i    a0, a2, 0\n"
        "    s32i    a1, a2, 4\n"
        "    mov     a1, a2\n"
        "    mov     a2, a4\n"
        "    callx0  a3\n"
        "    l32i    a0, a1, 0\n"
        "    l32i    a1, a1, 4\n"
        "    ret\n");

static void on_stack(void *ctx, void (*fn)(void *arg), void *arg)
{
    cost_on_stack(ctx, fn, arg);
}

static void paint(void)
{
    memset(stack, PAINT, sizeof stack);
}

static size_t painted_over(void)
{
    size_t clean = 0;

    while (clean < sizeof stack && stack[clean] == PAINT)
        clean++;
    return sizeof stack - clean;
}

struct call {
    int result;
    size_t got;
    uint8_t *to;
    size_t max;
};

static void call_ready(void *arg)
{
    ((struct call *)arg)->result = tls.port.ready(tls.port.ctx);
}

static void call_recv(void *arg)
{
    struct call *c = arg;

    c->result = tls.port.recv(tls.port.ctx, c->to, c->max, &c->got);
}

struct cost {
    uint64_t all, longest;
    unsigned calls;
};

static void count(struct cost *cost, uint32_t began)
{
    uint64_t instructions = (uint64_t)(runtime_ticks() - began) * COST_TICK;

    cost->all += instructions;
    cost->calls++;
    if (instructions > cost->longest)
        cost->longest = instructions;
}

/* To the end of the handshake; with `hooked` only what goes on the hook's stack is there. */
static struct cost connect_to(const uint16_t *suite, bool hooked)
{
    struct cost cost = {0};
    struct call call = {.result = OTARIA_MORE};

    server_open(suite);
    tls.cfg.on_stack = hooked ? on_stack : NULL;
    tls.cfg.on_stack_ctx = stack + sizeof stack;
    if (tls.port.open(tls.port.ctx, "cost.example", 0, true) != 0)
        abort();
    paint();
    while (call.result == OTARIA_MORE) {
        uint32_t began = runtime_ticks();

        if (hooked)
            call_ready(&call);
        else
            cost_on_stack(stack + sizeof stack, call_ready, &call);
        count(&cost, began);
        server_run();
    }
    if (call.result != 0)
        abort();
    return cost;
}

static uint64_t receive(void)
{
    static uint8_t data[RECORD_LEN];
    struct cost cost = {0};
    struct call call = {.to = data, .max = sizeof data};

    paint();
    for (unsigned i = 0; i < RECORDS; i++) {
        uint32_t began;

        server_write(RECORD_LEN);
        began = runtime_ticks();
        cost_on_stack(stack + sizeof stack, call_recv, &call);
        count(&cost, began);
        if (call.result != 0 || call.got != RECORD_LEN)
            abort();
    }
    return cost.all / RECORDS;
}

static void close_it(void)
{
    tls.port.close(tls.port.ctx);
}

void cost_tls(void)
{
    static const uint16_t gcm = BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    const struct otaria_tls_config cfg = {
        .net = &net, .sys = &sys, .trust = &leaf.trust, .in = in, .in_len = sizeof in};
    struct cost cost;

    if (!hex_decode(
            certificate, sizeof certificate,
            "308201683082010fa0030201020214045b5217bee314fba52b15fce93827160821c016300a06082a8648ce3d04030230"
            "0c310a300806035504030c01743020170d3236313132363232343432395a180f32313236313130323232343432395a30"
            "0c310a300806035504030c01743059301306072a8648ce3d020106082a8648ce3d03010703420004422f7e68c81cb2b7"
            "b4ef0e0bf173116e0a919f9231f99d87fdc4917b458effd52bc8e8b1501ef65dbcf3b87c52b22e265b3c1b2a1dbd1852"
            "dea506d155a95eefa34d304b301d0603551d0e04160414593e93a65d0f726192010cd63441bef7bc4f31b8301f060355"
            "1d23041830168014593e93a65d0f726192010cd63441bef7bc4f31b830090603551d1304023000300a06082a8648ce3d"
            "040302034700304402201b31bc1b946418192088dd814d33f8701b49d83422ba82bb7de9822f15c813c90220328bb8b8"
            "559683a6eb2654d7f2f0f1bec468cd7c6bf2e2b4bdb6b0acd0f29502") ||
        !hex_decode(key_x, sizeof key_x,
                    "d7e620bd45565d3dd374abcf90f352201f156105415fcb963149327f3a472b2b"))
        abort();
    br_ssl_session_cache_lru_init(&cache, cache_room, sizeof cache_room);
    otaria_tls_any_init(&leaf);
    if (otaria_tls_init(&tls, &cfg) != 0)
        abort();
    cost = connect_to(NULL, false);
    cost_say("TLS handshake, ECDSA", cost.all);
    cost_say("TLS handshake, longest call of ready", cost.longest);
    cost_say("bytes of stack, TLS handshake", painted_over());
    cost_say("TLS, receiving 512 bytes, ChaCha20-Poly1305", receive());
    cost_say("bytes of stack, TLS receiving, ChaCha20-Poly1305", painted_over());
    close_it();
    cost = connect_to(NULL, true);
    if (!otaria_tls_resumed(&tls))
        abort();
    cost_say("TLS handshake, resumed", cost.all);
    close_it();
    otaria_tls_forget(&tls);
    (void)connect_to(&gcm, true);
    cost_say("bytes of stack, TLS handshake, of on_stack's", painted_over());
    cost_say("TLS, receiving 512 bytes, AES-128-GCM", receive());
    cost_say("bytes of stack, TLS receiving, AES-128-GCM", painted_over());
    close_it();
}
