// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

static void sent(struct conn *c, size_t len)
{
    c->sent += len;
    count_add(c->loop, COUNT_BYTES_OUT, len);
}

static enum io failed(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? IO_WRITE : IO_BROKEN;
}

static enum io plain_write(struct conn *c, struct iovec *iov, size_t cnt, int flags, size_t *len)
{
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = cnt};
    ssize_t n = sendmsg(c->fd, &msg, MSG_NOSIGNAL | flags);

    *len = n < 0 ? 0 : (size_t)n;
    return n < 0 ? failed() : IO_DONE;
}

static enum io bytes_write(struct conn *c, const uint8_t *p, size_t len, int flags, size_t *written)
{
    struct iovec iov = {(void *)(uintptr_t)p, len};

    return c->ssl ? tls_write(c->ssl, p, least(len, HTTP_SLICE_SIZE), written)
                  : plain_write(c, &iov, 1, flags, written);
}

/*
 * One attempt at head and body. A TLS record costs its overhead and its system call, so both go into one
 * as far as they fit. OpenSSL wants a write that it could not finish repeated with the same bytes:
 * bytes_write() cuts the copy that output_keep() makes in the same way.
 */
static enum io first_write(struct conn *c, const char *head, size_t head_len,
                           const struct payload *payload, size_t *len)
{
    struct iovec iov[2] = {{(void *)(uintptr_t)head, head_len},
                           {(void *)(uintptr_t)payload->body, payload->body_len}};
    uint8_t *slice = c->loop->slice;
    size_t body_part = least(payload->body_len, HTTP_SLICE_SIZE - head_len);

    if (!c->ssl)
        return plain_write(c, iov, payload->body_len ? 2 : 1, payload->file_len ? MSG_MORE : 0,
                           len);
    memcpy(slice, head, head_len);
    if (body_part > 0)
        memcpy(slice + head_len, payload->body, body_part);
    return tls_write(c->ssl, slice, head_len + body_part, len);
}

/* Many small records (a chip asks for 512 bytes) shall not become as many packets. */
static void cork(struct conn *c, int on)
{
    c->corked = on;
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

/* Keeps what the first attempt left of head and body, and the file. */
static void output_keep(struct conn *c, const char *head, size_t head_len,
                        const struct payload *payload, size_t written)
{
    size_t head_off = least(written, head_len);
    size_t body_off = written - head_off;
    size_t rest = head_len + payload->body_len - written;
    struct output *out = xcalloc(1, sizeof *out + rest);

    memcpy(out->bytes, head + head_off, head_len - head_off);
    if (payload->body_len > body_off)
        memcpy(out->bytes + (head_len - head_off), (const uint8_t *)payload->body + body_off,
               payload->body_len - body_off);
    out->len = rest;
    if (payload->file_len > 0) {
        out->file = http_file_ref(payload->file);
        out->file_off = payload->file_off;
        out->file_len = payload->file_len;
    }
    c->out = out;
}

void output_free(struct conn *c)
{
    if (!c->out)
        return;
    http_file_unref(c->out->file);
    free(c->out);
    c->out = NULL;
}

static enum io file_write(struct conn *c, struct output *out, size_t *len)
{
    off_t off = (off_t)out->file_off;
    const uint8_t *map;
    ssize_t n;

    *len = 0;
    if (c->ssl) {
        map = http_file_map(out->file);
        return map ? bytes_write(c, map + out->file_off, least(out->file_len, HTTP_SLICE_SIZE), 0,
                                 len)
                   : IO_BROKEN;
    }
    n = sendfile(c->fd, http_file_fd(out->file), &off, least(out->file_len, HTTP_TURN_SIZE));
    if (n < 0)
        return failed();
    *len = (size_t)n;
    return n > 0 ? IO_DONE : IO_BROKEN; /* 0: the file became shorter */
}

enum io send_more(struct conn *c)
{
    struct output *out = c->out;
    size_t budget = HTTP_TURN_SIZE;
    enum io io = IO_DONE;

    while (io == IO_DONE && (out->len > out->off || out->file_len > 0)) {
        bool bytes = out->len > out->off;
        size_t n;

        if (budget == 0)
            return IO_WRITE; /* the socket is still writable, so epoll brings us back */
        io = bytes ? bytes_write(c, out->bytes + out->off, out->len - out->off,
                                 out->file_len ? MSG_MORE : 0, &n)
                   : file_write(c, out, &n);
        sent(c, n);
        budget -= least(n, budget);
        if (bytes) {
            out->off += n;
        } else {
            out->file_off += n;
            out->file_len -= n;
        }
    }
    if (io == IO_DONE && c->corked)
        cork(c, 0);
    return io;
}

void send_answer(struct conn *c, const char *head, size_t head_len, const struct payload *payload)
{
    size_t written;
    enum io io;

    if (c->ssl && payload->file_len > 0)
        cork(c, 1);
    io = first_write(c, head, head_len, payload, &written);
    sent(c, written);
    if (io == IO_DONE && written == head_len + payload->body_len && payload->file_len == 0) {
        conn_answered(c);
        return;
    }
    if (io == IO_BROKEN || io == IO_END) {
        conn_close(c);
        return;
    }
    output_keep(c, head, head_len, payload, written);
    c->state = CONN_WRITE;
    c->want = io == IO_READ ? EPOLLIN : EPOLLOUT;
    conn_wait(c, WAIT_RATE);
    c->out->mark = send_acked(c);
    if (io == IO_DONE)
        conn_write(c);
}

bool send_now(struct conn *c, const char *p, size_t len)
{
    size_t written;

    (void)bytes_write(c, (const uint8_t *)p, len, 0, &written);
    sent(c, written);
    return written == len;
}

/* What the peer has acknowledged: the kernel's buffer hides how slow a peer is. */
uint64_t send_acked(const struct conn *c)
{
    uint64_t all = c->ssl ? BIO_number_written(SSL_get_wbio(c->ssl)) : c->sent;
    int queued = 0;

    if (ioctl(c->fd, SIOCOUTQ, &queued) < 0 || queued < 0)
        return all;
    return all > (uint64_t)queued ? all - (uint64_t)queued : 0;
}
