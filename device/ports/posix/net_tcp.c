// SPDX-License-Identifier: MIT
#include "posix.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool net_up(void *ctx)
{
    const struct otaria_posix_net *n = ctx;

    return n->is_up;
}

static void drop_socket(struct otaria_posix_net *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
    n->connected = false;
}

static void net_close(void *ctx)
{
    struct otaria_posix_net *n = ctx;

    drop_socket(n);
    if (n->all)
        freeaddrinfo(n->all);
    n->all = n->next = NULL;
}

/* Begins with the next address that does not fail at once. */
static int try_next(struct otaria_posix_net *n)
{
    const int on = 1;

    drop_socket(n);
    for (; n->next; n->next = n->next->ai_next) {
        const struct addrinfo *a = n->next;

        n->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
        if (n->fd < 0)
            continue;
        (void)setsockopt(n->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(n->fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS) {
            n->next = n->next->ai_next;
            return 0;
        }
        drop_socket(n);
    }
    return OTARIA_E_CONNECT;
}

static int net_open(void *ctx, const char *host, uint16_t port, bool tls)
{
    struct otaria_posix_net *n = ctx;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    size_t len = strlen(host);
    char name[256], service[8];

    net_close(n);
    if (tls)
        return OTARIA_E_TLS;
    if (len >= sizeof name)
        return OTARIA_E_CONNECT;
    if (host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    memcpy(name, host, len);
    name[len] = 0;
    snprintf(service, sizeof service, "%u", port ? port : 80u);
    if (getaddrinfo(name, service, &hints, &n->all) != 0) {
        n->all = NULL;
        return OTARIA_E_CONNECT;
    }
    n->next = n->all;
    return try_next(n);
}

static int net_ready(void *ctx)
{
    struct otaria_posix_net *n = ctx;
    struct pollfd p = {.fd = n->fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;

    if (n->fd < 0)
        return OTARIA_E_CONNECT;
    if (poll(&p, 1, 0) <= 0)
        return OTARIA_MORE;
    if (getsockopt(n->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0) {
        n->connected = true;
        return 0;
    }
    return try_next(n) < 0 ? OTARIA_E_CONNECT : OTARIA_MORE;
}

static bool later(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static int net_send(void *ctx, const uint8_t *data, size_t len, size_t *sent)
{
    struct otaria_posix_net *n = ctx;
    ssize_t put = n->fd < 0 ? -1 : send(n->fd, data, len, MSG_NOSIGNAL);

    *sent = put > 0 ? (size_t)put : 0;
    return put >= 0 || (n->fd >= 0 && later(errno)) ? 0 : OTARIA_E_CLOSED;
}

static int net_recv(void *ctx, uint8_t *buf, size_t max, size_t *got)
{
    struct otaria_posix_net *n = ctx;
    ssize_t len = n->fd < 0 ? 0 : recv(n->fd, buf, max, 0);

    *got = len > 0 ? (size_t)len : 0;
    return len > 0 || (len < 0 && later(errno)) ? 0 : OTARIA_E_CLOSED;
}

void otaria_posix_net_init(struct otaria_posix_net *n)
{
    memset(n, 0, sizeof *n);
    n->port = (struct otaria_net){n, net_up, net_open, net_ready, net_send, net_recv, net_close};
    n->is_up = true;
    n->fd = -1;
}

void otaria_posix_net_wait(const struct otaria_posix_net *n, uint32_t timeout_ms)
{
    struct pollfd p = {.fd = n->fd, .events = n->connected ? POLLIN : POLLOUT};

    /* A descriptor of -1 is skipped by poll: then this only sleeps. */
    (void)poll(&p, 1, timeout_ms > 60000 ? 60000 : (int)timeout_ms);
}
