// SPDX-License-Identifier: MIT
/*
 * From bytes to requests. A read goes into the loop's buffer; whole requests are answered from there, and
 * only what is incomplete, or waits behind an answer that the socket has not taken, is copied into a
 * buffer of the connection. So an idle connection has none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/http/impl.h"

void input_free(struct conn *c)
{
    if (!c->in)
        return;
    if (c->in->reserved)
        atomic_fetch_sub(&c->loop->server->body_memory, c->in->max);
    free(c->in);
    c->in = NULL;
}

/* Counts memory whose size a peer chose. */
static bool try_reserve(struct http_server *s, size_t len)
{
    size_t before = atomic_fetch_add(&s->body_memory, len);

    if (before <= s->config.body_memory_max && len <= s->config.body_memory_max - before)
        return true;
    atomic_fetch_sub(&s->body_memory, len);
    return false;
}

/* Makes the connection's buffer hold at least `max` bytes; false when there is no memory for it. */
static bool try_input_grow(struct conn *c, size_t max, bool body)
{
    struct http_server *s = c->loop->server;
    struct input *old = c->in, *in;
    size_t counted = old && old->reserved ? old->max : 0;

    body = body || counted > 0;
    if (old && old->max >= max && old->reserved >= body)
        return true;
    if (old && old->max > max)
        max = old->max;
    if (body && !try_reserve(s, max - counted))
        return false;
    in = realloc(old, sizeof *in + max);
    if (!in) {
        if (body)
            atomic_fetch_sub(&s->body_memory, max - counted);
        return false;
    }
    if (!old)
        memset(in, 0, sizeof *in);
    in->max = max;
    in->reserved = body;
    c->in = in;
    return true;
}

/* Whatever the result, the peer gets an answer and then the end: what follows cannot be trusted. */
static size_t refuse(struct conn *c, int status, const struct http_head *head, size_t len)
{
    respond_refusal(c, status, head);
    return len;
}

/* What the parser cannot know: the rules of the plane. 0, or the status to refuse with. */
static int head_check(const struct conn *c, const struct http_head *head)
{
    bool takes_body = head->method == HTTP_POST || head->method == HTTP_PUT;
    struct http_str own = c->ssl ? (struct http_str){"https", 5} : (struct http_str){"http", 4};

    if (head->scheme.len > 0 && !http_str_same(head->scheme, own))
        return 400;
    if (!(c->plane->methods & HTTP_BIT(head->method)))
        return 405;
    if (!takes_body)
        return head->body_len > 0 ? 400 : 0;
    if (!head->has_body_len)
        return 411;
    return head->body_len > c->plane->body_max ? 413 : 0;
}

static void dispatch(struct conn *c, const struct http_head *head, const uint8_t *body)
{
    struct sockaddr_storage peer;
    struct http_exchange x = {
        .conn = c, .head_only = head->method == HTTP_HEAD, .minor = (uint8_t)head->minor};
    const struct http_request r = {
        .method = head->method,
        .path = head->path,
        .query = head->query,
        .host = head->host,
        .minor = head->minor,
        .headers = head->headers,
        .headers_cnt = head->headers_cnt,
        .body = body,
        .body_len = (size_t)head->body_len,
        .peer = &peer,
        .tls = c->ssl != NULL,
        .plane = c->plane->tag,
    };

    peer_to(&c->peer, &peer);
    c->keep = head->keep_alive && !c->loop->stopping;
    count_add(c->loop, COUNT_REQUESTS, 1);
    c->plane->handler(&x, &r, c->plane->ctx);
    if (!x.done)
        respond_missing(&x);
}

/* The head is there, the body is not: makes room for it and lets a waiting client begin. */
static size_t body_begin(struct conn *c, const struct http_head *head, size_t len, size_t *total)
{
    static const char go[] = "HTTP/1.1 100 Continue\r\n\r\n";

    *total = head->head_len + (size_t)head->body_len;
    if (c->in && c->in->total_len > 0)
        return 0;
    conn_wait(c, WAIT_BODY);
    if (head->expect_continue && len == head->head_len && !send_now(c, go, sizeof go - 1))
        conn_close(c);
    return 0;
}

/*
 * Answers the request at p, if it is complete. Returns how many bytes are done with; 0: more must come,
 * *total of them in all, if that is known.
 */
static size_t request_next(struct conn *c, const uint8_t *p, size_t len, size_t seen, size_t *total)
{
    struct http_head *head = &c->loop->head;
    int rc = http_head_parse(p, len, seen, head);
    int status;

    *total = 0;
    if (rc == HTTP_PARSE_MORE) {
        if (c->wait != WAIT_HEAD)
            conn_wait(c, WAIT_HEAD);
        return 0;
    }
    if (rc < 0)
        return refuse(c, -rc, NULL, len);
    status = head_check(c, head);
    if (status != 0)
        return refuse(c, status, head, len);
    if (len - head->head_len < head->body_len)
        return body_begin(c, head, len, total);
    c->leftover = len - head->head_len > head->body_len;
    dispatch(c, head, p + head->head_len);
    return head->head_len + (size_t)head->body_len;
}

/* Keeps p[0..len), which may lie in the connection's own buffer, as the beginning of the next request. */
static void keep(struct conn *c, const uint8_t *p, size_t len, size_t total)
{
    bool own = c->in && p >= c->in->bytes && p <= c->in->bytes + c->in->len;
    size_t own_off = own ? (size_t)(p - c->in->bytes) : 0;
    size_t max = len > HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;

    if (len == 0) {
        input_free(c);
        return;
    }
    if (total > 0) /* grows as the body arrives, so that a promise of bytes costs nothing */
        max = total < len + HTTP_READ_SIZE ? total : len + HTTP_READ_SIZE;
    if (!try_input_grow(c, max, total > 0)) {
        if (c->state == CONN_READ)
            respond_refusal(c, 503, NULL);
        else
            conn_close(c);
        return;
    }
    memmove(c->in->bytes, own ? c->in->bytes + own_off : p, len);
    c->in->len = len;
    c->in->seen = c->state == CONN_READ ? len : 0;
    if (total > 0 && c->in->total_len == 0)
        c->in->mark = len;
    c->in->total_len = total;
}

/* Answers all complete requests of p[0..len) until one has to wait. */
static void run(struct conn *c, const uint8_t *p, size_t len, size_t seen)
{
    size_t off = 0, total = 0;

    while (c->state == CONN_READ && off < len) {
        size_t used = request_next(c, p + off, len - off, seen, &total);

        if (used == 0)
            break;
        off += used;
        seen = 0;
        if (c->in)
            c->in->total_len = 0;
    }
    if (c->state != CONN_DEAD && c->state != CONN_LINGER)
        keep(c, p + off, len - off, total);
}

void input_rerun(struct conn *c)
{
    if (c->in)
        run(c, c->in->bytes, c->in->len, c->in->seen);
}

static enum io io_read(struct conn *c, uint8_t *p, size_t max, size_t *len)
{
    ssize_t n;

    if (c->ssl)
        return tls_read(c->ssl, p, max, len);
    n = recv(c->fd, p, max, 0);
    *len = n > 0 ? (size_t)n : 0;
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? IO_READ : IO_BROKEN;
    return n > 0 ? IO_DONE : IO_END;
}

/* Where the next bytes go; false when a body has no more memory (the peer has been told). */
static bool room(struct conn *c, uint8_t **p, size_t *max)
{
    struct input *in = c->in;
    size_t twice;

    *p = c->loop->in;
    *max = sizeof c->loop->in;
    if (!in)
        return true;
    if (in->len == in->max) {
        twice = in->max > in->total_len / 2 ? in->total_len : in->max * 2;
        if (!try_input_grow(c, twice, true)) {
            respond_refusal(c, 503, NULL);
            return false;
        }
        in = c->in;
    }
    *p = in->bytes + in->len;
    *max = in->max - in->len;
    return true;
}

static void take(struct conn *c, const uint8_t *p, size_t len)
{
    struct input *in = c->in;

    if (!in) {
        run(c, p, len, 0);
        return;
    }
    in->len += len;
    if (in->len >= in->total_len)
        run(c, in->bytes, in->len, in->total_len ? 0 : in->seen);
}

void input_read(struct conn *c)
{
    uint8_t *p;
    size_t max, len;

    for (unsigned turn = 0; turn < HTTP_READS_MAX && c->state == CONN_READ; turn++) {
        enum io io;

        if (!room(c, &p, &max))
            return;
        io = io_read(c, p, max, &len);
        c->want = io == IO_WRITE ? EPOLLOUT : EPOLLIN;
        if (io == IO_READ || io == IO_WRITE)
            return;
        if (io != IO_DONE) {
            conn_close(c);
            return;
        }
        take(c, p, len);
        if (!c->ssl && len < max)
            return;
    }
    /* Bytes that OpenSSL holds make no event: asking for "writable" brings us back at once. */
    if (c->state == CONN_READ && c->ssl && SSL_has_pending(c->ssl))
        c->want = EPOLLIN | EPOLLOUT;
}
