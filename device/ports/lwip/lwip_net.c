// SPDX-License-Identifier: MIT
#include "lwip_net.h"

#include <string.h>

#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>

#define HTTP_PORT 80u

enum state {
    NET_CLOSED,
    NET_LOOKUP,  /* of the name */
    NET_CONNECT, /* SYN is out */
    NET_OPEN,
    NET_FAILED
};

/* A pbuf's lengths have 16 bits, and all that the window allows may end up in one chain. */
_Static_assert(TCP_WND <= 0xFFFF, "TCP_WND does not fit a pbuf chain");

static bool net_up(void *ctx)
{
    const struct otaria_lwip_net *n = ctx;
    const struct netif *netif = n->netif ? n->netif : netif_default;

    return netif && netif_is_up(netif) && netif_is_link_up(netif) &&
           !ip4_addr_isany_val(*netif_ip4_addr(netif));
}

/* ---- what lwIP calls ---- */

/* The connection is gone, and its pcb with it; what was received before is still there to be read. */
static void on_error(void *ctx, err_t error)
{
    struct otaria_lwip_net *n = ctx;

    (void)error;
    n->pcb = NULL;
    n->ended = true;
    if (n->state == NET_CONNECT)
        n->state = NET_FAILED;
}

static err_t on_connected(void *ctx, struct tcp_pcb *pcb, err_t error)
{
    struct otaria_lwip_net *n = ctx;

    (void)pcb;
    (void)error;
    n->state = NET_OPEN;
    return ERR_OK;
}

static err_t on_received(void *ctx, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    struct otaria_lwip_net *n = ctx;

    (void)pcb;
    (void)error;
    if (!p) {
        n->ended = true;
        return ERR_OK;
    }
    if (!n->received) {
        n->received = p;
        return ERR_OK;
    }
    /* lwIP keeps what is refused, offers it again, and takes no more from the peer until then. */
    if (pbuf_clen(n->received) + pbuf_clen(p) > OTARIA_LWIP_PBUFS_MAX)
        return ERR_MEM;
    pbuf_cat(n->received, p);
    return ERR_OK;
}

/* ---- open and close ---- */

static void drop(struct otaria_lwip_net *n)
{
    if (n->pcb) {
        tcp_arg(n->pcb, NULL);
        tcp_err(n->pcb, NULL);
        tcp_recv(n->pcb, NULL);
        /* Unread data would make this a reset, which overtakes what was sent last. */
        if (n->received && n->state == NET_OPEN)
            tcp_recved(n->pcb, n->received->tot_len);
        if (tcp_close(n->pcb) != ERR_OK)
            tcp_abort(n->pcb);
    }
    n->pcb = NULL;
    if (n->received)
        pbuf_free(n->received);
    n->received = NULL;
}

static int failed(struct otaria_lwip_net *n)
{
    drop(n);
    n->state = NET_FAILED;
    return OTARIA_E_CONNECT;
}

static int connect_to(struct otaria_lwip_net *n, const ip_addr_t *addr)
{
    n->pcb = tcp_new_ip_type(IP_GET_TYPE(addr));
    if (!n->pcb)
        return failed(n);
    tcp_arg(n->pcb, n);
    tcp_err(n->pcb, on_error);
    tcp_recv(n->pcb, on_received);
    tcp_nagle_disable(n->pcb);
    n->state = NET_CONNECT;
    return tcp_connect(n->pcb, addr, n->port_no, on_connected) == ERR_OK ? 0 : failed(n);
}

/* May come after close, or while another name is looked up: then it is for nobody. */
static void on_found(const char *name, const ip_addr_t *addr, void *ctx)
{
    struct otaria_lwip_net *n = ctx;

    if (n->state != NET_LOOKUP || strcmp(name, n->host) != 0)
        return;
    if (addr)
        (void)connect_to(n, addr); /* state says how it went */
    else
        n->state = NET_FAILED;
}

static void net_close(void *ctx)
{
    struct otaria_lwip_net *n = ctx;

    drop(n);
    n->state = NET_CLOSED;
    n->ended = false;
}

/* "[::1]" for those who have IPv6; lwIP without it reads no such address. */
static bool bracketed(const char *host, ip_addr_t *addr)
{
    char text[48];
    size_t len = strlen(host);

    if (len < 2 || len - 2 >= sizeof text)
        return false;
    memcpy(text, host + 1, len - 2);
    text[len - 2] = 0;
    return ipaddr_aton(text, addr);
}

static int net_open(void *ctx, const char *host, uint16_t port, bool tls)
{
    struct otaria_lwip_net *n = ctx;
    ip_addr_t addr;

    net_close(n);
    n->state = NET_FAILED;
    if (tls)
        return OTARIA_E_TLS;
    n->host = host;
    n->port_no = port ? port : HTTP_PORT;
    if (host[0] == '[')
        return bracketed(host, &addr) ? connect_to(n, &addr) : failed(n);
    n->state = NET_LOOKUP;
    switch (dns_gethostbyname(host, &addr, on_found, n)) {
    case ERR_OK:
        return connect_to(n, &addr);
    case ERR_INPROGRESS:
        return 0;
    default:
        return failed(n);
    }
}

static int net_ready(void *ctx)
{
    const struct otaria_lwip_net *n = ctx;

    if (n->state == NET_LOOKUP || n->state == NET_CONNECT)
        return OTARIA_MORE;
    return n->state == NET_OPEN ? 0 : OTARIA_E_CONNECT;
}

/* ---- data ---- */

static int net_send(void *ctx, const uint8_t *data, size_t len, size_t *sent)
{
    struct otaria_lwip_net *n = ctx;
    u16_t most;

    *sent = 0;
    if (n->state != NET_OPEN || !n->pcb)
        return OTARIA_E_CLOSED;
    most = tcp_sndbuf(n->pcb);
    if (len < most)
        most = (u16_t)len;
    /* A heap in pieces may have room for less. */
    while (most > 0 && tcp_write(n->pcb, data, most, TCP_WRITE_FLAG_COPY) != ERR_OK)
        most /= 2;
    *sent = most;
    (void)tcp_output(n->pcb); /* tried again by lwIP's timer */
    return 0;
}

static int net_recv(void *ctx, uint8_t *buf, size_t max, size_t *got)
{
    struct otaria_lwip_net *n = ctx;
    u16_t len;

    *got = 0;
    if (n->state != NET_OPEN)
        return OTARIA_E_CLOSED;
    if (!n->received)
        return n->ended ? OTARIA_E_CLOSED : 0;
    len = n->received->tot_len;
    if (max < len)
        len = (u16_t)max;
    len = pbuf_copy_partial(n->received, buf, len, 0);
    n->received = pbuf_free_header(n->received, len);
    if (n->pcb)
        tcp_recved(n->pcb, len);
    *got = len;
    return 0;
}

void otaria_lwip_net_init(struct otaria_lwip_net *n, struct netif *netif)
{
    memset(n, 0, sizeof *n);
    n->port = (struct otaria_net){n, net_up, net_open, net_ready, net_send, net_recv, net_close};
    n->netif = netif;
}
