// SPDX-License-Identifier: MIT
/* ca: BearSSL's chain validation, and the dates only when there is a time. */
#include "tls_private.h"

#include <string.h>

#define DAY_S        86400u
#define DAYS_TO_1970 719528u     /* BearSSL counts from the year 0 */
#define AFTER_ANY    0x7FFFFFFFu /* days: later than every date in a certificate, */
#define BEFORE_ANY   1u          /* and earlier */
#define NOT_AFTER    7           /* at.step, when notBefore lies behind */
#define VALIDITY     5
#define SERIAL       2
#define TAG_VERSION  0xA0
#define TBS          1

static struct otaria_tls_ca *ca_of(const br_x509_class **ctx)
{
    return (struct otaria_tls_ca *)(void *)ctx;
}

static void start_chain(const br_x509_class **ctx, const char *server_name)
{
    struct otaria_tls_ca *c = ca_of(ctx);

    br_x509_minimal_init(&c->x509, &br_sha256_vtable, c->anchors, c->anchors_cnt);
    tls_profile_x509(&c->x509);
    br_x509_minimal_set_time(&c->x509, (uint32_t)(c->unix_s / DAY_S) + DAYS_TO_1970,
                             (uint32_t)(c->unix_s % DAY_S));
    c->dated = c->unix_s != 0; /* for the whole chain, whatever is told meanwhile */
    c->x509.vtable->start_chain(&c->x509.vtable, server_name);
}

static void start_cert(const br_x509_class **ctx, uint32_t length)
{
    struct otaria_tls_ca *c = ca_of(ctx);

    memset(&c->at, 0, sizeof c->at);
    c->x509.vtable->start_cert(&c->x509.vtable, length);
}

/* The head of an element is complete: into it, or over it. */
static void next_element(struct otaria_tls_ca *c)
{
    c->at.head = 0;
    if (c->at.step > TBS && c->at.step != VALIDITY)
        c->at.skip = c->at.len;
    if (c->at.step != SERIAL || c->at.tag != TAG_VERSION)
        c->at.step++;
}

/*
 * Follows the certificate byte by byte, up to the end of notBefore: Certificate, TBSCertificate, [version,] serial,
 * algorithm, issuer, validity, notBefore. Whatever a liar makes of this, it only moves when a date is not looked at.
 */
static void follow(struct otaria_tls_ca *c, uint8_t byte)
{
    if (c->at.skip) {
        c->at.skip--;
    } else if (c->at.step >= NOT_AFTER) {
        return;
    } else if (c->at.head == 0) {
        c->at.tag = byte;
        c->at.head = 1;
    } else if (c->at.head == 1) {
        c->at.len = byte < 0x80 ? byte : 0;
        c->at.more = byte < 0x80 ? 0 : byte & 0x7F;
        c->at.head = 2;
        if (!c->at.more)
            next_element(c);
    } else {
        c->at.len = c->at.len << 8 | byte;
        if (--c->at.more == 0)
            next_element(c);
    }
}

/*
 * BearSSL compares each date with the time as it comes by, and cannot leave that out. Without a time it is shown one
 * after notBefore, then one before notAfter.
 */
static void append_undated(struct otaria_tls_ca *c, const unsigned char *buf, size_t len)
{
    for (; len > 0; buf++, len--) {
        bool behind = c->at.step == NOT_AFTER && c->at.skip == 0;

        br_x509_minimal_set_time(&c->x509, behind ? BEFORE_ANY : AFTER_ANY, 0);
        c->x509.vtable->append(&c->x509.vtable, buf, 1);
        follow(c, *buf);
    }
}

static void append(const br_x509_class **ctx, const unsigned char *buf, size_t len)
{
    struct otaria_tls_ca *c = ca_of(ctx);

    if (c->dated)
        c->x509.vtable->append(&c->x509.vtable, buf, len);
    else
        append_undated(c, buf, len);
}

static void end_cert(const br_x509_class **ctx)
{
    struct otaria_tls_ca *c = ca_of(ctx);

    c->x509.vtable->end_cert(&c->x509.vtable);
}

static unsigned end_chain(const br_x509_class **ctx)
{
    struct otaria_tls_ca *c = ca_of(ctx);

    return c->x509.vtable->end_chain(&c->x509.vtable);
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
    const struct otaria_tls_ca *c = (const struct otaria_tls_ca *)(const void *)ctx;

    return c->x509.vtable->get_pkey(&c->x509.vtable, usages);
}

static const br_x509_class ca_class = {
    sizeof(struct otaria_tls_ca), start_chain, start_cert, append, end_cert, end_chain, get_pkey};

void otaria_tls_ca_init(struct otaria_tls_ca *ca, const br_x509_trust_anchor *anchors,
                        size_t anchors_cnt)
{
    ca->trust.vtable = &ca_class;
    ca->trust.by_name = true;
    ca->trust.age++;
    ca->unix_s = 0;
    ca->anchors = anchors;
    ca->anchors_cnt = anchors_cnt;
}

void otaria_tls_ca_time(struct otaria_tls_ca *ca, uint64_t unix_s)
{
    /* What was trusted without a date must not live on in a session. */
    if (!ca->unix_s && unix_s)
        ca->trust.age++;
    ca->unix_s = unix_s;
}
