// SPDX-License-Identifier: MIT
/*
 * TCP by lwIP's raw API: a struct otaria_net for systems with NO_SYS, or for code that runs in lwIP's own thread.
 * lwIP must be polled by the application; nothing here does.
 *
 * Received segments stay in lwIP's buffers until they are taken, and only what was taken opens the window again: at most
 * TCP_WND bytes wait here. Needs LWIP_TCP, LWIP_DNS (names), LWIP_IPV4; one pcb, one dns request. IPv6 addresses in
 * brackets are refused with OTARIA_E_CONNECT.
 */
#ifndef OTARIA_LWIP_NET_H
#define OTARIA_LWIP_NET_H

#include <otaria/net.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tcp_pcb;
struct pbuf;

/* Caller-owned; lives as long as lwIP does, since a name may be answered after close. */
struct otaria_lwip_net {
    struct otaria_net port; /* give &port to the agent, or to ports/bearssl */
    /* private */
    struct tcp_pcb *pcb;
    struct pbuf *received;
    const char *host; /* of the lookup that runs */
    uint16_t tcp_port;
    uint8_t state;
};

/*
 * Fills in port. up() is true once the default interface has an IPv4 address. open() refuses tls with OTARIA_E_TLS:
 * that is the business of a layer above.
 */
void otaria_lwip_net_init(struct otaria_lwip_net *n);

#ifdef __cplusplus
}
#endif

#endif
