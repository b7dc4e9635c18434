// SPDX-License-Identifier: MIT
#include "listen.h"

#include <string.h>

#include <lwip/tcp.h>

static unsigned number(const struct listen_conn *c)
{
    return (unsigned)(c - c->owner->conn);
}

/* lwIP calls us no more for this connection; a close for which it has no memory becomes a reset. */
static void let_go(struct listen_conn *c)
{
    struct tcp_pcb *pcb = c->pcb;

    c->pcb = NULL;
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    if (tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct listen_conn *c = arg;

    (void)err;
    if (p == NULL) {
        c->ended = true;
        return ERR_OK;
    }
    for (const struct pbuf *q = p; q != NULL; q = q->next)
        emon_web_input(c->owner->web, number(c), q->payload, q->len);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

/* The pcb is gone already. */
static void on_error(void *arg, err_t err)
{
    struct listen_conn *c = arg;

    (void)err;
    c->pcb = NULL;
    emon_web_close(c->owner->web, number(c));
}

static err_t on_accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct listen *l = arg;
    struct listen_conn *c;
    int i;

    if (err != ERR_OK || pcb == NULL)
        return ERR_VAL;
    i = emon_web_open(l->web);
    if (i < 0) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    c = &l->conn[i];
    if (c->pcb != NULL)
        let_go(c);
    *c = (struct listen_conn){.owner = l, .pcb = pcb};
    tcp_arg(pcb, c);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
    return ERR_OK;
}

int listen_begin(struct listen *l, struct emon_web *web, uint16_t port)
{
    struct tcp_pcb *pcb = tcp_new(), *listener = NULL;

    memset(l, 0, sizeof *l);
    l->web = web;
    if (pcb == NULL)
        return OTARIA_E_CONNECT;
    if (tcp_bind(pcb, IP4_ADDR_ANY, port) == ERR_OK)
        listener = tcp_listen_with_backlog(pcb, EMON_CONNS);
    if (listener == NULL) {
        (void)tcp_close(pcb);
        return OTARIA_E_CONNECT;
    }
    tcp_arg(listener, l);
    tcp_accept(listener, on_accepted);
    return 0;
}

static void send_output(struct listen_conn *c)
{
    const uint8_t *data;
    size_t len;

    while ((len = emon_web_output(c->owner->web, number(c), &data)) > 0) {
        if (len > tcp_sndbuf(c->pcb))
            len = tcp_sndbuf(c->pcb);
        if (len == 0 || tcp_write(c->pcb, data, (u16_t)len, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break; /* acknowledgements make room */
        emon_web_sent(c->owner->web, number(c), len);
    }
    (void)tcp_output(c->pcb);
}

void listen_turn(struct listen *l)
{
    const uint8_t *data;

    for (unsigned i = 0; i < EMON_CONNS; i++) {
        struct listen_conn *c = &l->conn[i];

        if (c->pcb == NULL)
            continue;
        send_output(c);
        if (emon_web_finished(l->web, i) || (c->ended && emon_web_output(l->web, i, &data) == 0)) {
            let_go(c);
            emon_web_close(l->web, i);
        }
    }
}
