// SPDX-License-Identifier: MIT
/*
 * TCP for the agent over lwIP's raw API, version 2.1, without an operating system (NO_SYS 1): no threads, no sockets.
 *
 *     static struct otaria_lwip_net net;
 *
 *     otaria_lwip_net_init(&net, NULL);
 *     cfg.net = &net.port;                     (or under TLS: device/ports/bearssl/tls.h)
 *     for (;;) {
 *         ... the driver's packets to lwIP, sys_check_timeouts() ...
 *         otaria_loop(&agent);
 *     }
 *
 * All calls come from where lwIP runs, never from an interrupt. The object lives as long as lwIP does: an unanswered
 * name lookup holds on to it even after close. Plain TCP: open refuses tls with OTARIA_E_TLS.
 *
 * Memory: the object (below 64 bytes) and lwIP's. What was received stays in lwIP's pbufs until it is read, and only
 * then does the peer get to send more: so never more than TCP_WND bytes, and never more than OTARIA_LWIP_PBUFS_MAX
 * pbufs, which a peer that sends single bytes cannot make use up the pool. Sending copies into lwIP's heap, at most
 * TCP_SND_BUF. A closed connection may linger in lwIP, which takes it back when it needs the memory.
 *
 * lwipopts.h needs LWIP_TCP, LWIP_IPV4 and LWIP_DNS, and TCP_WND below 64 KB. Recommended for a small chip, about 14 KB:
 *
 *     TCP_MSS 536                              one segment fits a pbuf of 600 bytes
 *     TCP_WND (4 * TCP_MSS)                    below PBUF_POOL_SIZE - 2 segments, or a burst is dropped
 *     PBUF_POOL_SIZE 10, PBUF_POOL_BUFSIZE 600
 *     TCP_SND_BUF (2 * TCP_MSS)                a poll is below 1 KB
 *     MEMP_NUM_TCP_PCB 6                       one for the agent, one or two that linger, the application's
 *     DNS_MAX_NAME_LENGTH 64                   OTARIA_HOST_MAX + 1
 *     LWIP_RAND()                              from the hardware: ports, sequence numbers, lookups
 */
#ifndef OTARIA_LWIP_NET_H
#define OTARIA_LWIP_NET_H

#include <otaria/net.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTARIA_LWIP_PBUFS_MAX 6

struct netif;
struct pbuf;
struct tcp_pcb;

struct otaria_lwip_net {
    struct otaria_net port; /* give &port to the agent */
    /* The rest is private. */
    struct netif *netif;
    struct tcp_pcb *pcb;   /* NULL: closed, or lwIP took it back */
    struct pbuf *received; /* not yet read; its first byte is the next one */
    const char *host;
    uint16_t port_no;
    uint8_t state;
    bool ended; /* the peer will send no more */
};

/* netif: whose address `up` asks for; NULL: netif_default, as it is then. */
void otaria_lwip_net_init(struct otaria_lwip_net *n, struct netif *netif);

#ifdef __cplusplus
}
#endif

#endif
