// SPDX-License-Identifier: MIT
/* One epoll loop on one thread. A round: events, deadlines, tick, batch, freeing what died. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "server/http/impl.h"

uint64_t loop_clock_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static struct conn *conn_of(struct deadline *d)
{
    return (struct conn *)((char *)d - offsetof(struct conn, deadline));
}

int loop_init(struct http_loop *l, struct http_server *server, unsigned index, struct err *err)
{
    const struct http_config *config = &server->config;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &l->wake_source};

    l->server = server;
    l->index = index;
    l->wake_source = SOURCE_WAKE;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    park_queue_init(&l->unparked);
    deadline_list_init(&l->waits[WAIT_HEAD], config->header_ms);
    deadline_list_init(&l->waits[WAIT_IDLE], config->idle_ms);
    deadline_list_init(&l->waits[WAIT_BODY], config->body_ms);
    deadline_list_init(&l->waits[WAIT_RATE], config->rate_ms);
    deadline_list_init(&l->waits[WAIT_LINGER], config->linger_ms);
    deadline_list_init(&l->waits[WAIT_PARKED], 0);
    if (l->epoll_fd < 0 || l->wake_fd < 0 || l->spare_fd < 0 ||
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &event) < 0)
        return err_errno(err, "cannot make an event loop");
    return 0;
}

void loop_wake(struct http_loop *l)
{
    uint64_t one = 1;

    while (write(l->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void fd_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

void loop_free(struct http_loop *l)
{
    fd_close(l->epoll_fd);
    fd_close(l->wake_fd);
    fd_close(l->spare_fd);
    pthread_mutex_destroy(&l->unparked.lock);
}

static void reap(struct http_loop *l)
{
    while (l->dead) {
        struct conn *c = l->dead;

        l->dead = c->deadline.next ? conn_of(c->deadline.next) : NULL;
        input_free(c);
        free(c);
    }
}

static void expire(struct http_loop *l)
{
    struct deadline *d;

    for (unsigned kind = 0; kind < WAIT_CNT; kind++) {
        while ((d = deadline_expired(&l->waits[kind], l->now_ms)))
            conn_expired(conn_of(d), (enum wait)kind);
    }
    if (l->accept_again_ms && l->accept_again_ms <= l->now_ms)
        listeners_resume(l);
}

static void event_handle(struct http_loop *l, const struct epoll_event *event)
{
    uint64_t wakes;

    switch (*(const uint8_t *)event->data.ptr) {
    case SOURCE_CONN:
        conn_event(event->data.ptr, event->events);
        break;
    case SOURCE_LISTENER:
        listener_accept(l, event->data.ptr);
        break;
    case SOURCE_WAKE: /* read before the queue is taken: a later wake is then not lost */
        if (read(l->wake_fd, &wakes, sizeof wakes) < 0)
            break;
        park_queue_run(l);
        break;
    default:
        abort();
    }
}

static int timeout_ms(const struct http_loop *l)
{
    uint64_t at = DEADLINE_NEVER;

    for (unsigned kind = 0; kind < WAIT_CNT; kind++) {
        uint64_t next = deadline_next_ms(&l->waits[kind]);

        at = next < at ? next : at;
    }
    if (l->server->tick && l->tick_ms < at)
        at = l->tick_ms;
    if (l->accept_again_ms && l->accept_again_ms < at)
        at = l->accept_again_ms;
    if (l->stopping && atomic_load(&l->server->stop_at_ms) < at)
        at = atomic_load(&l->server->stop_at_ms);
    if (at == DEADLINE_NEVER)
        return -1;
    if (at <= l->now_ms)
        return 0;
    return at - l->now_ms > INT_MAX ? INT_MAX : (int)(at - l->now_ms);
}

static void round_end(struct http_loop *l)
{
    const struct http_server *s = l->server;

    expire(l);
    if (s->tick && l->tick_ms <= l->now_ms) {
        l->tick_ms = l->now_ms + s->tick_ms;
        s->tick(l->index, s->tick_ctx);
    }
    if (s->batch)
        s->batch(l->index, s->batch_ctx);
    reap(l);
}

/* A request that is already in the socket is still answered; whoever is silent goes. */
static void dismiss(struct http_loop *l, enum wait kind)
{
    struct deadline *d;

    while ((d = deadline_oldest(&l->waits[kind]))) {
        struct conn *c = conn_of(d);

        if (c->state == CONN_READ)
            input_read(c);
        if (c->state == CONN_HANDSHAKE || (c->state == CONN_READ && c->wait == kind))
            conn_close(c);
        conn_settle(c);
    }
}

static void stopping_begin(struct http_loop *l)
{
    l->stopping = true;
    for (size_t i = 0; i < l->listeners_cnt; i++)
        listener_accept(l, &l->listeners[i]); /* those that the kernel has accepted for us */
    listeners_close(l);
    dismiss(l, WAIT_IDLE);
    dismiss(l, WAIT_HEAD);
}

static void close_all(struct http_loop *l)
{
    struct deadline *d;

    for (unsigned kind = 0; kind < WAIT_CNT; kind++) {
        while ((d = deadline_oldest(&l->waits[kind])))
            conn_close(conn_of(d));
    }
}

static bool all_gone(const struct http_loop *l)
{
    return atomic_load_explicit(&l->counts[COUNT_ACTIVE], memory_order_relaxed) == 0;
}

static bool finished(struct http_loop *l)
{
    if (!atomic_load(&l->server->stop))
        return false;
    if (!l->stopping)
        stopping_begin(l);
    return all_gone(l) || atomic_load(&l->server->stop_at_ms) <= l->now_ms;
}

static void *loop_main(void *arg)
{
    struct http_loop *l = arg;
    struct epoll_event events[HTTP_EVENTS_MAX];

    l->now_ms = loop_clock_ms();
    l->tick_ms = l->now_ms + l->server->tick_ms;
    while (!finished(l)) {
        int cnt = epoll_wait(l->epoll_fd, events, HTTP_EVENTS_MAX, timeout_ms(l));

        l->now_ms = loop_clock_ms();
        for (int i = 0; i < cnt; i++)
            event_handle(l, &events[i]);
        round_end(l);
    }
    close_all(l);
    park_queue_end(l);
    if (l->server->batch)
        l->server->batch(l->index, l->server->batch_ctx);
    reap(l);
    return NULL;
}

int loop_start(struct http_loop *l, struct err *err)
{
    sigset_t all, old;
    char name[16];
    int rc;

    /* Signals are for the thread that owns the server; sendfile and OpenSSL may raise SIGPIPE here. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&l->thread, NULL, loop_main, l);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0)
        return err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(rc));
    l->thread_runs = true;
    (void)snprintf(name, sizeof name, "http-%u", l->index % 1000u);
    (void)pthread_setname_np(l->thread, name);
    return 0;
}
