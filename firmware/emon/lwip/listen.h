// SPDX-License-Identifier: MIT
/*
 * The web listener by lwIP's raw API, for any chip whose network is lwIP. It carries bytes between connections and
 * emon_web; see web.h for who decides what.
 */
#ifndef EMON_LWIP_LISTEN_H
#define EMON_LWIP_LISTEN_H

#include "../web.h"

struct tcp_pcb;

struct listen_conn {
    struct listen *owner;
    struct tcp_pcb *pcb; /* NULL: free */
    bool ended;          /* the peer sends no more */
};

/* Lives as long as lwIP does: connections point into it. */
struct listen {
    /* private */
    struct emon_web *web;
    struct listen_conn conn[EMON_CONNS];
};

/* Accepts connections on this TCP port of every interface. 0, or OTARIA_E_CONNECT when lwIP has no memory for it. */
OTARIA_MUST_CHECK int listen_begin(struct listen *l, struct emon_web *web, uint16_t port);

/* Sends what there is, closes what is finished. Call it between lwIP's polls. */
void listen_turn(struct listen *l);

#endif
