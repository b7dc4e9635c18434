// SPDX-License-Identifier: MIT
#include "lwip_net.h"

#include <string.h>

#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>

#define DEFAULT_PORT 80

enum state {
    NET_CLOSED,
    NET_LOOKUP,
    NET_CONNECTING,
    NET_OPEN,
    NET_ENDED, /* by the peer or the network; what was received may still be taken */
    NET_FAILED /* no connection came about */
};

static bool net_up(void *ctx)
{
    (void)ctx;
    return netif_default != NULL && netif_is_up(netif_default) &&
           !ip4_addr_isany(netif_ip4_addr(netif_default));
}

/* ---- what lwIP tells ---- */

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct otaria_lwip_net *n = arg;

    (void)pcb;
    n->state = err == ERR_OK ? NET_OPEN : NET_FAILED;
    return ERR_OK;
}

/* The pcb is gone already. */
static void on_error(void *arg, err_t err)
{
    struct otaria_lwip_net *n = arg;

    (void)err;
    n->pcb = NULL;
    n->state = n->state == NET_CONNECTING ? NET_FAILED : NET_ENDED;
}

/* At most a window of data can be here: the peer gets no credit before it is taken. */
static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct otaria_lwip_net *n = arg;

    (void)pcb;
    (void)err;
    if (p == NULL)
        n->state = NET_ENDED;
    else if (n->received == NULL)
        n->received = p;
    else
        pbuf_cat(n->received, p);
    return ERR_OK;
}

/* ---- open ---- */

static void connect_to(struct otaria_lwip_net *n, const ip_addr_t *addr)
{
    n->state = NET_FAILED;
    n->pcb = tcp_new();
    if (n->pcb == NULL)
        return;
    tcp_arg(n->pcb, n);
    tcp_recv(n->pcb, on_received);
    tcp_err(n->pcb, on_error);
    tcp_nagle_disable(n->pcb);
    if (tcp_connect(n->pcb, addr, n->tcp_port, on_connected) == ERR_OK)
        n->state = NET_CONNECTING;
}

/*
 * lwIP cannot take a question back, so an answer may come after close, or in the middle of the next lookup: it counts
 * when it is for the name that is looked up now.
 */
static void on_found(const char *name, const ip_addr_t *addr, void *arg)
{
    struct otaria_lwip_net *n = arg;

    if (n->state != NET_LOOKUP || strcmp(name, n->host) != 0)
        return;
    if (addr != NULL)
        connect_to(n, addr);
    else
        n->state = NET_FAILED;
}

static void net_close(void *ctx)
{
    struct otaria_lwip_net *n = ctx;
    struct tcp_pcb *pcb = n->pcb;

    n->pcb = NULL;
    n->state = NET_CLOSED;
    n->host = NULL;
    if (pcb != NULL) {
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_err(pcb, NULL);
        if (tcp_close(pcb) != ERR_OK)
            tcp_abort(pcb);
    }
    if (n->received != NULL)
        pbuf_free(n->received);
    n->received = NULL;
}

static int net_open(void *ctx, const char *host, uint16_t port, bool tls)
{
    struct otaria_lwip_net *n = ctx;
    ip_addr_t addr;
    err_t result;

    net_close(n);
    if (tls)
        return OTARIA_E_TLS;
    n->host = host;
    n->tcp_port = port ? port : DEFAULT_PORT;
    n->state = NET_LOOKUP;
    result = dns_gethostbyname(host, &addr, on_found, n);
    if (result == ERR_OK)
        connect_to(n, &addr);
    else if (result != ERR_INPROGRESS)
        n->state = NET_FAILED;
    if (n->state != NET_FAILED)
        return 0;
    net_close(n);
    return OTARIA_E_CONNECT;
}

/* ---- use ---- */

static int net_ready(void *ctx)
{
    const struct otaria_lwip_net *n = ctx;

    switch ((enum state)n->state) {
    case NET_LOOKUP:
    case NET_CONNECTING:
        return OTARIA_MORE;
    case NET_OPEN:
    case NET_ENDED:
        return 0;
    case NET_CLOSED:
    case NET_FAILED:
        break;
    }
    return OTARIA_E_CONNECT;
}

static int net_send(void *ctx, const uint8_t *data, size_t len, size_t *sent)
{
    struct otaria_lwip_net *n = ctx;

    *sent = 0;
    if (n->pcb == NULL || (n->state != NET_OPEN && n->state != NET_ENDED))
        return OTARIA_E_CLOSED;
    if (len > tcp_sndbuf(n->pcb))
        len = tcp_sndbuf(n->pcb);
    /* Out of memory is for a while only: acknowledgements bring it back. */
    if (len > 0 && tcp_write(n->pcb, data, (u16_t)len, TCP_WRITE_FLAG_COPY) == ERR_OK)
        *sent = len;
    (void)tcp_output(n->pcb);
    return 0;
}

static int net_recv(void *ctx, uint8_t *buf, size_t max, size_t *got)
{
    struct otaria_lwip_net *n = ctx;
    u16_t len = (u16_t)(max < UINT16_MAX ? max : UINT16_MAX);

    *got = 0;
    if (n->received == NULL)
        return n->state == NET_OPEN ? 0 : OTARIA_E_CLOSED;
    len = pbuf_copy_partial(n->received, buf, len, 0);
    n->received = pbuf_free_header(n->received, len);
    if (n->pcb != NULL)
        tcp_recved(n->pcb, len);
    *got = len;
    return 0;
}

void otaria_lwip_net_init(struct otaria_lwip_net *n)
{
    memset(n, 0, sizeof *n);
    n->port = (struct otaria_net){n, net_up, net_open, net_ready, net_send, net_recv, net_close};
}
