// SPDX-License-Identifier: MIT
/*
 * The life of a connection:
 *
 *   HANDSHAKE -> READ -> (PARKED ->) (WRITE ->) READ ...     kept
 *                                            -> LINGER       refused, or more was sent than was read
 *                                            -> DEAD
 *
 * A state's function does one bounded turn and sets c->want, the events for the next one.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

void conn_wait(struct conn *c, enum wait kind)
{
    c->wait = (uint8_t)kind;
    deadline_set(&c->loop->waits[kind], &c->deadline, c->loop->now_ms);
}

void conn_open(struct http_loop *l, int fd, const struct listener *from, const struct peer *peer,
               struct address *address)
{
    struct conn *c = xcalloc(1, sizeof *c);

    c->source = SOURCE_CONN;
    c->fd = fd;
    c->loop = l;
    c->plane = from->plane;
    c->peer = *peer;
    c->address = address;
    c->want = EPOLLIN;
    c->state = from->tls ? CONN_HANDSHAKE : CONN_READ;
    count_add(l, COUNT_ACCEPTED, 1);
    count_add(l, COUNT_ACTIVE, 1);
    conn_wait(c, WAIT_HEAD);
    if (!from->tls)
        input_read(c); /* the request is often there already: saves a round of epoll */
    conn_settle(c);
}

void conn_close(struct conn *c)
{
    struct http_loop *l = c->loop;

    if (c->state == CONN_DEAD)
        return;
    if (c->state == CONN_PARKED) {
        park_gone(c);
        return;
    }
    c->state = CONN_DEAD;
    output_free(c);
    if (c->ssl)
        tls_close(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    address_leave(l->server->addresses, c->address);
    atomic_fetch_sub(&l->server->conns_cnt, 1);
    count_add(l, COUNT_ACTIVE, UINT64_MAX);
    deadline_clear(&c->deadline);
    c->deadline.next = l->dead ? &l->dead->deadline : NULL;
    l->dead = c; /* a handler may still be looking at its input: loop.c frees it */
}

void conn_settle(struct conn *c)
{
    struct epoll_event event = {.events = c->want, .data.ptr = c};

    if (c->state == CONN_DEAD || c->want == c->interest)
        return;
    if (epoll_ctl(c->loop->epoll_fd, c->interest ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event) <
        0)
        conn_close(c);
    c->interest = c->want;
}

/*
 * Closing a socket with unread bytes makes TCP send a reset, which can overtake the answer. So a peer
 * that is told something while it is still sending gets the end of our side first, and some time.
 */
static void conn_linger(struct conn *c)
{
    if (c->ssl)
        (void)SSL_shutdown(c->ssl);
    (void)shutdown(c->fd, SHUT_WR);
    c->state = CONN_LINGER;
    c->want = EPOLLIN;
    conn_wait(c, WAIT_LINGER);
}

void conn_answered(struct conn *c)
{
    c->answered = true;
    if (c->keep && !c->loop->stopping) {
        c->state = CONN_READ;
        c->want = EPOLLIN;
        conn_wait(c, WAIT_IDLE);
    } else if (c->leftover) {
        conn_linger(c);
    } else {
        conn_close(c);
    }
}

void conn_go_on(struct conn *c)
{
    if (c->state == CONN_READ)
        input_rerun(c);
    if (c->state == CONN_READ && c->ssl)
        input_read(c); /* OpenSSL may hold bytes of the next request */
}

static void conn_handshake(struct conn *c)
{
    struct http_loop *l = c->loop;
    enum io io;

    if (!c->ssl)
        c->ssl = tls_open(l->server->tls, c->fd); /* not before the peer says something */
    if (!c->ssl) {
        conn_close(c);
        return;
    }
    io = tls_handshake(c->ssl);
    c->want = io == IO_WRITE ? EPOLLOUT : EPOLLIN;
    if (io == IO_DONE) {
        count_add(l, SSL_session_reused(c->ssl) ? COUNT_TLS_RESUMED : COUNT_TLS_FULL, 1);
        c->state = CONN_READ;
        input_read(c);
    } else if (io != IO_READ && io != IO_WRITE) {
        count_add(l, COUNT_TLS_FAILED, 1);
        conn_close(c);
    }
}

void conn_write(struct conn *c)
{
    enum io io = send_more(c);

    if (io == IO_DONE) {
        output_free(c);
        conn_answered(c);
    } else if (io == IO_READ || io == IO_WRITE) {
        c->want = io == IO_READ ? EPOLLIN : EPOLLOUT;
    } else {
        conn_close(c);
    }
}

static void conn_drain(struct conn *c)
{
    ssize_t n = recv(c->fd, c->loop->in, sizeof c->loop->in, MSG_DONTWAIT);

    if (n > 0)
        c->drained += (uint32_t)n;
    if (n <= 0 || c->drained > HTTP_LINGER_BYTES)
        conn_close(c);
}

void conn_event(struct conn *c, uint32_t events)
{
    (void)events; /* an error shows in the read or write that follows */
    switch ((enum conn_state)c->state) {
    case CONN_HANDSHAKE:
        conn_handshake(c);
        break;
    case CONN_READ:
        input_read(c);
        break;
    case CONN_WRITE:
        conn_write(c);
        conn_go_on(c);
        break;
    case CONN_PARKED:
        park_gone(c); /* only a hang-up is asked for */
        break;
    case CONN_LINGER:
        conn_drain(c);
        break;
    case CONN_DEAD:
        break;
    }
    conn_settle(c);
}

static bool moved_enough(const struct conn *c, uint64_t bytes, unsigned window_ms)
{
    return bytes * 1000 >= (uint64_t)c->loop->server->config.rate_min * window_ms;
}

static void body_late(struct conn *c)
{
    size_t len = c->in ? c->in->len : 0;

    if (c->in && moved_enough(c, len - c->in->mark, c->loop->server->config.body_ms)) {
        c->in->mark = len;
        conn_wait(c, WAIT_BODY);
        return;
    }
    count_add(c->loop, COUNT_LATE_BODY, 1);
    respond_refusal(c, 408, NULL);
}

static void answer_late(struct conn *c)
{
    uint64_t acked = send_acked(c);

    if (moved_enough(c, acked - c->out->mark, c->loop->server->config.rate_ms)) {
        c->out->mark = acked;
        conn_wait(c, WAIT_RATE);
        return;
    }
    count_add(c->loop, COUNT_LATE_DOWNLOAD, 1);
    conn_close(c);
}

static void head_late(struct conn *c)
{
    count_add(c->loop, COUNT_LATE_HEADER, 1);
    if (c->in)
        respond_refusal(c, 408, NULL);
    else
        conn_close(c); /* said nothing, hears nothing */
}

void conn_expired(struct conn *c, enum wait kind)
{
    switch (kind) {
    case WAIT_HEAD:
        head_late(c);
        break;
    case WAIT_BODY:
        body_late(c);
        break;
    case WAIT_RATE:
        answer_late(c);
        break;
    case WAIT_IDLE:
    case WAIT_LINGER:
    case WAIT_PARKED:
    case WAIT_CNT:
        conn_close(c);
        break;
    }
    conn_settle(c);
}
