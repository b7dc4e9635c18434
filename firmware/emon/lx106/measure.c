// SPDX-License-Identifier: MIT
/*
 * Linked in front of the agent in images that measure (-Wl,--wrap): what one call of otaria_loop costs, apart from
 * signature verification and TLS handshakes, which are counted on their own. A new maximum is said on the serial line, in
 * ticks of the core's cycle counter; QEMU's -icount makes such a tick 25 instructions. The work of the ROM's flash model
 * is part of the count: it stands for the flash chip, so the figures are upper bounds.
 */
#include <stdbool.h>

#include <bearssl/bearssl_ssl.h>

#include <otaria/agent.h>
#include <otaria/crypto.h>

#include "rom.h"

int __real_otaria_loop(struct otaria *o);
int __wrap_otaria_loop(struct otaria *o);
bool __real_otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32],
                               const uint8_t signature[64]);
bool __wrap_otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32],
                               const uint8_t signature[64]);
void __real_br_ssl_engine_recvrec_ack(br_ssl_engine_context *e, size_t len);
void __wrap_br_ssl_engine_recvrec_ack(br_ssl_engine_context *e, size_t len);
void __real_br_ssl_engine_sendrec_ack(br_ssl_engine_context *e, size_t len);
void __wrap_br_ssl_engine_sendrec_ack(br_ssl_engine_context *e, size_t len);

static struct {
    uint32_t apart; /* of the call that runs */
    uint32_t loop, verify, handshake;
} most;

static uint32_t ticks(void)
{
    uint32_t count;

    __asm__ volatile("rsr.ccount %0" : "=r"(count));
    return count;
}

static void note(const char *what, uint32_t *record, uint32_t cost)
{
    if (cost <= *record)
        return;
    *record = cost;
    ets_printf("measure: %s %u\n", what, cost);
}

int __wrap_otaria_loop(struct otaria *o)
{
    uint32_t start, cost;
    int result;

    most.apart = 0;
    start = ticks();
    result = __real_otaria_loop(o);
    cost = ticks() - start - most.apart;
    note("loop", &most.loop, cost);
    return result;
}

static void set_apart(const char *what, uint32_t *record, uint32_t start)
{
    uint32_t cost = ticks() - start;

    note(what, record, cost);
    most.apart += ticks() - start; /* the line that was said with it */
}

bool __wrap_otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32],
                               const uint8_t signature[64])
{
    uint32_t start = ticks();
    bool good = __real_otaria_p256_verify(key, hash, signature);

    set_apart("verify", &most.verify, start);
    return good;
}

/* Before the first byte of application data may flow, a record is one of the handshake's. */
static bool is_handshake(const br_ssl_engine_context *e)
{
    return (br_ssl_engine_current_state(e) & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) == 0;
}

void __wrap_br_ssl_engine_recvrec_ack(br_ssl_engine_context *e, size_t len)
{
    bool handshake = is_handshake(e);
    uint32_t start = ticks();

    __real_br_ssl_engine_recvrec_ack(e, len);
    if (handshake)
        set_apart("handshake", &most.handshake, start);
}

void __wrap_br_ssl_engine_sendrec_ack(br_ssl_engine_context *e, size_t len)
{
    bool handshake = is_handshake(e);
    uint32_t start = ticks();

    __real_br_ssl_engine_sendrec_ack(e, len);
    if (handshake)
        set_apart("handshake", &most.handshake, start);
}
