// SPDX-License-Identifier: MIT
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLOSING_MS 1000u

int listener_open(struct listener *l, unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t len = sizeof address;
    const int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (unsigned i = 0; i < EMON_CONNS; i++)
        l->conn[i] = -1;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return -1;
    (void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(l->fd, (struct sockaddr *)&address, len) < 0 || listen(l->fd, EMON_CONNS) < 0 ||
        getsockname(l->fd, (struct sockaddr *)&address, &len) < 0) {
        int error = errno;

        close(l->fd);
        errno = error;
        return -1;
    }
    *port = ntohs(address.sin_port);
    return 0;
}

unsigned listener_fds(const struct listener *l, struct emon_web *w, struct pollfd *fds)
{
    const uint8_t *data;
    unsigned n = 0;

    fds[n++] = (struct pollfd){.fd = l->fd, .events = POLLIN};
    for (unsigned i = 0; i < EMON_CONNS; i++) {
        if (l->conn[i] < 0)
            continue;
        fds[n++] = (struct pollfd){.fd = l->conn[i],
                                   .events = !l->closing[i] && emon_web_output(w, i, &data) > 0
                                                 ? POLLIN | POLLOUT
                                                 : POLLIN};
    }
    return n;
}

static void drop(struct listener *l, struct emon_web *w, unsigned i)
{
    if (l->conn[i] >= 0)
        close(l->conn[i]);
    l->conn[i] = -1;
    l->closing[i] = false;
    emon_web_close(w, i);
}

static void accept_one(struct listener *l, struct emon_web *w)
{
    int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), i;

    if (fd < 0)
        return;
    i = emon_web_open(w);
    if (i < 0) {
        close(fd);
        return;
    }
    if (l->conn[i] >= 0)
        close(l->conn[i]);
    l->conn[i] = fd;
    l->closing[i] = false;
}

static bool later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* False when the peer is gone. */
static bool take_input(struct listener *l, struct emon_web *w, unsigned i)
{
    uint8_t piece[512];
    ssize_t len = recv(l->conn[i], piece, sizeof piece, 0);

    if (len > 0 && !l->closing[i])
        emon_web_input(w, i, piece, (size_t)len);
    return len > 0 || (len < 0 && later());
}

static bool give_output(struct listener *l, struct emon_web *w, unsigned i)
{
    const uint8_t *data;
    size_t len;

    while (!l->closing[i] && (len = emon_web_output(w, i, &data)) > 0) {
        ssize_t put = send(l->conn[i], data, len, MSG_NOSIGNAL);

        if (put < 0)
            return later();
        emon_web_sent(w, i, (size_t)put);
    }
    return true;
}

static void turn(struct listener *l, struct emon_web *w, unsigned i, uint64_t now_ms)
{
    bool alive = take_input(l, w, i) && give_output(l, w, i);

    if (alive && !l->closing[i] && emon_web_finished(w, i)) {
        (void)shutdown(l->conn[i], SHUT_WR);
        l->closing[i] = true;
        l->closing_ms[i] = now_ms;
    }
    if (!alive || (l->closing[i] && now_ms - l->closing_ms[i] >= CLOSING_MS))
        drop(l, w, i);
}

void listener_turn(struct listener *l, struct emon_web *w, uint64_t now_ms)
{
    accept_one(l, w);
    for (unsigned i = 0; i < EMON_CONNS; i++) {
        if (l->conn[i] >= 0)
            turn(l, w, i, now_ms);
    }
}
