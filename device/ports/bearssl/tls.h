// SPDX-License-Identifier: MIT
/*
 * TLS 1.2 for the agent: a struct otaria_net over another one (lwIP's, a POSIX host's, an application's own). With
 * BearSSL's engine, which neither blocks nor allocates.
 *
 * What it speaks: ECDHE on P-256 with an ECDSA or RSA certificate, ChaCha20-Poly1305 or AES-128-GCM, SHA-256; nothing
 * else, and no renegotiation. It asks for fragments of 512 bytes. A failed handshake, a failed check and a record that
 * is not authentic are OTARIA_E_TLS; nothing is ever sent or taken in the clear instead. open(tls = false) is passed
 * through untouched.
 *
 * Trust: M's signatures are what a device trusts (spec/PROTOCOL.md); TLS keeps reports and versions private, and keeps
 * strangers from offering things. Whom the connection is with is decided by one of the objects below, each in a file of
 * its own: an application links only what it uses.
 *
 *     static const uint8_t pins[][32] = {{0x5b, ...}, {0x11, ...}};    (otaria keys pin cert.pem)
 *     static struct otaria_tls_leaf leaf;
 *     static struct otaria_tls tls;
 *     static uint8_t in[OTARIA_TLS_IN_SMALL];
 *
 *     otaria_tls_pin_init(&leaf, pins, 2);
 *     result = otaria_tls_init(&tls, &(struct otaria_tls_config){
 *         .net = &lwip.port, .sys = &sys, .trust = &leaf.trust, .in = in, .in_len = sizeof in});
 *     cfg.net = &tls.port;
 *
 * Memory, on a 32-bit chip: struct otaria_tls 4.2 KB, `in`, and 1.2 KB for pin and any or 3.1 KB for ca: with the small
 * buffer below 8 KB in every case. BearSSL has no other state, but 8.6 KB of constants (10.4 KB with ca), which are RAM
 * on an ESP8266; code is 40 KB (41 KB).
 *   OTARIA_TLS_IN_SMALL  837    for servers that do as they are asked (RFC 6066, section 4): OpenSSL's, and so ours
 *                               and nginx. Larger records end the connection, OTARIA_E_TLS.
 *   OTARIA_TLS_IN_FULL   16709  any record that TLS allows, for servers that ignore the request
 *
 * Time and stack, measured on lx106 (boards/lx106/unit/README.md): in `ready` one call goes on for 10 ms and then finishes
 * the message that it is at. The longest messages are 27 M instructions, 0.35 to 0.5 s at 80 MHz: the server's key exchange
 * (a signature; RSA-2048: 11 M), its last one (the shared key), and with ca each certificate. All of a handshake is 54 M,
 * 1 M when a session is resumed. That work needs 5 KB of stack, which on_stack may provide, and 300 bytes of the caller's.
 * `recv` decrypts at most one record a call, `send` encrypts one: 512 bytes are 54,000 instructions with ChaCha20, 192,000
 * with AES, 16 KB 32 times that (20 and 77 ms); 1.1 KB of the caller's stack.
 *
 * Sessions: the last session is kept in the object and resumed, by session id, when the same host, port and trust are
 * asked for again. Everything else is wiped by close; otaria_tls_forget wipes that too.
 *
 * Threads: one object belongs to one thread at a time. Link wipe.c of device/crypto/ with it.
 */
#ifndef OTARIA_TLS_H
#define OTARIA_TLS_H

#include <bearssl/bearssl_ssl.h>

#include <otaria/net.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTARIA_TLS_IN_SMALL (512 + 325)
#define OTARIA_TLS_IN_FULL  (16384 + 325)
#define OTARIA_TLS_OUT      (512 + 85)
#define OTARIA_TLS_HOST_MAX 63 /* a session with a longer name is not resumed */

/* ---- whom to trust ---- */

/*
 * The objects must be all zero before their first _init. That may be called again at any time, even while a connection is
 * being made, which then is judged by the new rule or the old one; sessions from before are not resumed. What it was given
 * before must stay until the next connection is open.
 */

/* What the three kinds have in common. Private. */
struct otaria_tls_trust {
    const br_x509_class *vtable; /* first: BearSSL finds the object by it */
    bool by_name; /* the certificate must carry the host's name, so an address will not do */
    uint32_t age; /* grows when an older session no longer counts */
};

/* pin and any: they look at the server's own certificate only. Private. */
struct otaria_tls_leaf {
    struct otaria_tls_trust trust;
    bool (*accepts)(const struct otaria_tls_leaf *leaf, const br_x509_pkey *key);
    const uint8_t (*pins)[32];
    size_t pins_cnt;
    const br_x509_pkey *key; /* NULL until the certificate was accepted */
    size_t certs_cnt;
    br_x509_decoder_context decoder;
};

/*
 * pin: the server's public key has one of these SHA-256 digests. Names, dates, issuer and signature of the certificate
 * do not matter; a new certificate for the same key is fine. No pins: nobody is trusted. pins: borrowed.
 *
 * A pin is the SHA-256 of the DER SubjectPublicKeyInfo, as in HPKP (RFC 7469) and `curl --pinnedpubkey`. What is hashed
 * here is the SubjectPublicKeyInfo written anew, in its one DER form, from the very key that the handshake goes on to
 * use (P-256 uncompressed, RSA): so there is no second parser that could be shown another key. A certificate that
 * encodes its key in another form never matches.
 */
void otaria_tls_pin_init(struct otaria_tls_leaf *leaf, const uint8_t (*pins)[32], size_t pins_cnt);

/* any: whoever answers. Encrypts, and keeps out who only listens; M is the trust. */
void otaria_tls_any_init(struct otaria_tls_leaf *leaf);

/* ca. Private. */
struct otaria_tls_ca {
    struct otaria_tls_trust trust;
    const br_x509_trust_anchor *anchors;
    size_t anchors_cnt;
    uint64_t unix_s;
    bool dated; /* the chain that is being judged */
    struct {
        uint32_t skip, len;
        uint8_t step, head, more, tag;
    } at; /* where in the certificate, while there is no time */
    br_x509_minimal_context x509;
};

/*
 * ca: the certificate chain leads to one of these anchors, and the certificate carries the URL's host name; a URL with
 * an address is refused. Chains of P-256 or RSA (up to 4096 bits) keys signed with SHA-256. anchors: borrowed.
 */
void otaria_tls_ca_init(struct otaria_tls_ca *ca, const br_x509_trust_anchor *anchors,
                        size_t anchors_cnt);

/*
 * The time is unix_s now. Until this was called the dates in certificates are not looked at; from then on they must
 * hold. The object has no clock: call it from time to time, it costs nothing. 0 = unknown.
 */
void otaria_tls_ca_time(struct otaria_tls_ca *ca, uint64_t unix_s);

/* ---- the connection ---- */

struct otaria_tls_config {
    const struct otaria_net *net;   /* what carries the records; borrowed, as all of these */
    const struct otaria_sys *sys;   /* now_ms; random, of which keys are made */
    struct otaria_tls_trust *trust; /* NULL: nobody */
    uint8_t *in;                    /* one received record */
    size_t in_len;                  /* OTARIA_TLS_IN_SMALL, OTARIA_TLS_IN_FULL or between */
    /* Runs fn(arg) to its end on a stack of at least 5 KB, then returns. NULL: on the caller's. */
    void (*on_stack)(void *ctx, void (*fn)(void *arg), void *arg);
    void *on_stack_ctx;
};

struct otaria_tls {
    struct otaria_net port; /* give &port to the agent */
    /* The rest is private. */
    struct otaria_tls_config cfg;
    const char *host;
    uint16_t port_no;
    uint8_t state;
    bool resumed;
    bool broken; /* on_stack did not run what it was given */
    int error;   /* the engine's last one, kept over close */
    int result;  /* sticky, until close */
    uint16_t session_port;
    uint32_t session_age, age; /* of the trust: when the session began; when this handshake did */
    char session_host[OTARIA_TLS_HOST_MAX + 1]; /* empty: no session */
    br_ssl_session_parameters session;
    uint8_t out[OTARIA_TLS_OUT];
    br_ssl_client_context client;
};

/* 0; OTARIA_E_ARGUMENT when in_len is below OTARIA_TLS_IN_SMALL: the object then connects nowhere. */
OTARIA_MUST_CHECK int otaria_tls_init(struct otaria_tls *t, const struct otaria_tls_config *cfg);

/* Wipes the session: the next handshake is a full one. */
void otaria_tls_forget(struct otaria_tls *t);

/* Why the last connection failed: a BR_ERR_ of bearssl_ssl.h or bearssl_x509.h (256 + n: the server's alert), 0 if it
 * did not. For logs. */
int otaria_tls_error(const struct otaria_tls *t);

/* Did the connection that is open resume a session? */
bool otaria_tls_resumed(const struct otaria_tls *t);

#ifdef __cplusplus
}
#endif

#endif
