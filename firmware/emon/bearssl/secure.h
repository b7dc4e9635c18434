// SPDX-License-Identifier: MIT
/*
 * The update source over TLS, trusted as the configuration says: for any port whose TCP is a struct otaria_net.
 *
 *     tls=pin   the server's key is one of `pins`
 *     tls=ca    its certificate leads to an authority that was compiled in (emon_anchors), and carries the URL's name
 *     tls=any   whoever answers; what may run is told by the release keys alone
 *
 * 7.4 KB of RAM and one record of the server's.
 */
#ifndef EMON_SECURE_H
#define EMON_SECURE_H

#include "../config.h"
#include "tls.h"

/* The authorities, from `otaria keys anchors`; none unless the build names a header (EMON_ANCHORS). */
extern const br_x509_trust_anchor *const emon_anchors;
extern const size_t emon_anchors_cnt;

struct emon_secure {
    struct otaria_tls tls; /* &tls.port is for the agent */
    /* private */
    struct otaria_tls_config cfg;
    enum emon_tls kind;
    union {
        struct otaria_tls_leaf leaf; /* pin, any */
        struct otaria_tls_ca ca;
    } trust;
    uint8_t pins[EMON_PINS_MAX][32];
};

/* Nobody is trusted until emon_secure_configure. record: OTARIA_TLS_IN_SMALL bytes or more, borrowed, as net and sys. */
OTARIA_MUST_CHECK int emon_secure_init(struct emon_secure *s, const struct otaria_net *net,
                                       const struct otaria_sys *sys, uint8_t *record, size_t len);

/* From now on as config says. A connection that is open ends: the agent tries again. */
void emon_secure_configure(struct emon_secure *s, const struct emon_config *config);

/* The time is unix_s: dates in certificates must hold from now on (tls=ca). 0 = unknown, and they are not looked at. */
void emon_secure_time(struct emon_secure *s, uint64_t unix_s);

#endif
