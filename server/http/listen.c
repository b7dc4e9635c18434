// SPDX-License-Identifier: MIT
/* Accepting: who gets in, who is told that the house is full, and what happens without descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "server/http/impl.h"

static int listener_watch(struct http_loop *l, struct listener *from)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = from};

    if (from->shared)
        event.events |= EPOLLEXCLUSIVE; /* one loop wakes for a connection, not all */
    return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, from->fd, &event);
}

int listeners_watch(struct http_loop *l, struct err *err)
{
    for (size_t i = 0; i < l->listeners_cnt; i++) {
        if (listener_watch(l, &l->listeners[i]) < 0)
            return err_errno(err, "epoll");
    }
    return 0;
}

static void unwatch(struct http_loop *l)
{
    for (size_t i = 0; i < l->listeners_cnt; i++)
        (void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, l->listeners[i].fd, NULL);
}

/* Without it a full backlog would wake the loop again and again. */
static void pause_accepting(struct http_loop *l)
{
    if (l->accept_again_ms)
        return;
    unwatch(l);
    l->accept_again_ms = l->now_ms + HTTP_ACCEPT_PAUSE_MS;
}

void listeners_resume(struct http_loop *l)
{
    struct err err;

    l->accept_again_ms = 0;
    if (listeners_watch(l, &err) < 0) {
        log_line(LOG_LEVEL_ERROR, "http: cannot accept: %s", err.text);
        pause_accepting(l);
    }
}

void listeners_close(struct http_loop *l)
{
    unwatch(l);
    for (size_t i = 0; i < l->listeners_cnt; i++) {
        if (!l->listeners[i].shared)
            close(l->listeners[i].fd);
        l->listeners[i].fd = l->listeners[i].shared ? l->listeners[i].fd : -1;
    }
    l->accept_again_ms = 0;
}

/* Tells a peer to come again later, as well as that can be done without holding anything for it. */
static void turn_away(struct http_loop *l, int fd, const struct listener *from)
{
    if (!from->tls) {
        (void)!send(fd, http_full_answer, strlen(http_full_answer), MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)shutdown(fd, SHUT_WR);
        (void)!recv(fd, l->in, sizeof l->in, MSG_DONTWAIT);
    }
    close(fd);
}

/* Closes the connection that has been idle longest; false when none is. */
static bool evict(struct http_loop *l)
{
    struct deadline *d = deadline_oldest(&l->waits[WAIT_IDLE]);

    if (!d)
        return false;
    count_add(l, COUNT_EVICTED, 1);
    conn_close((struct conn *)((char *)d - offsetof(struct conn, deadline)));
    return true;
}

static void admit(struct http_loop *l, int fd, const struct listener *from,
                  const struct sockaddr_storage *addr)
{
    struct http_server *s = l->server;
    struct address *address = NULL;
    struct peer peer;

    peer_from(&peer, addr);
    if (atomic_load(&s->conns_cnt) >= s->config.conns_max && !evict(l)) {
        count_add(l, COUNT_REFUSED_FULL, 1);
        turn_away(l, fd, from);
        return;
    }
    if ((s->config.address_count_local || !peer_is_loopback(&peer)) &&
        !address_enter(s->addresses, &peer, &address)) {
        count_add(l, COUNT_REFUSED_ADDRESS, 1);
        turn_away(l, fd, from);
        return;
    }
    atomic_fetch_add(&s->conns_cnt, 1);
    conn_open(l, fd, from, &peer, address);
}

/*
 * No descriptor for a waiting connection: it would stay in the backlog and keep the listener readable.
 * The spare one serves to take it; then it is let in at the cost of an idle one, or turned away. The
 * kernel complains before it looks whether anybody waits at all. False: nothing to be done now.
 */
static bool accept_without_files(struct http_loop *l, const struct listener *from)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof addr;
    int fd;

    if (l->spare_fd >= 0)
        close(l->spare_fd);
    fd = accept4(from->fd, (struct sockaddr *)&addr, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 && evict(l)) {
        admit(l, fd, from, &addr);
    } else if (fd >= 0) {
        count_add(l, COUNT_REFUSED_FILES, 1);
        turn_away(l, fd, from);
    } else if (errno != EAGAIN) {
        count_add(l, COUNT_REFUSED_FILES, 1);
        pause_accepting(l);
    }
    l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

void listener_accept(struct http_loop *l, const struct listener *from)
{
    for (unsigned i = 0; i < HTTP_ACCEPTS_MAX; i++) {
        struct sockaddr_storage addr = {0};
        socklen_t len = sizeof addr;
        int fd = accept4(from->fd, (struct sockaddr *)&addr, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            admit(l, fd, from, &addr);
            continue;
        }
        switch (errno) {
        case EAGAIN:
            return;
        case EMFILE:
        case ENFILE:
            if (!accept_without_files(l, from))
                return;
            break;
        case ENOBUFS:
        case ENOMEM:
            count_add(l, COUNT_REFUSED_FILES, 1);
            pause_accepting(l);
            return;
        default: /* that connection failed before it was accepted; the next may be fine */
            break;
        }
    }
}
