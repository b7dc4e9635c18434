// SPDX-License-Identifier: MIT
/*
 * Requests that wait for another thread. Whichever comes first, the answer or the end of the peer: the
 * struct http_parked lives until http_unpark() has been called and its answer has run.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

struct http_parked {
    struct http_parked *next;
    struct http_loop *loop;
    struct conn *conn; /* loop thread only; NULL when the peer went away */
    void (*answer)(struct http_exchange *x, void *arg);
    void *arg;
    bool head_only;
    uint8_t minor;
};

struct http_parked *http_park(struct http_exchange *x)
{
    struct http_parked *p = xcalloc(1, sizeof *p);
    struct conn *c = x->conn;

    assert(!x->done);
    x->done = true;
    p->loop = c->loop;
    p->conn = c;
    p->head_only = x->head_only;
    p->minor = x->minor;
    c->state = CONN_PARKED;
    c->parked = p;
    c->want = EPOLLRDHUP;
    conn_wait(c, WAIT_PARKED);
    return p;
}

void park_gone(struct conn *c)
{
    c->parked->conn = NULL;
    c->parked = NULL;
    c->state = CONN_READ;
    count_add(c->loop, COUNT_GONE_PARKED, 1);
    conn_close(c);
}

void http_unpark(struct http_parked *p, void (*answer)(struct http_exchange *x, void *arg),
                 void *arg)
{
    struct park_queue *q = &p->loop->unparked;
    bool ended, wake;

    p->answer = answer;
    p->arg = arg;
    pthread_mutex_lock(&q->lock);
    ended = q->ended;
    wake = !ended && !q->first;
    if (!ended) {
        p->next = NULL;
        *q->last = p;
        q->last = &p->next;
        if (wake) /* inside the lock: the loop is alive until it has taken the queue */
            loop_wake(p->loop);
    }
    pthread_mutex_unlock(&q->lock);
    if (ended) {
        answer(NULL, arg);
        free(p);
    }
}

static struct http_parked *queue_take(struct park_queue *q, bool end)
{
    struct http_parked *first;

    pthread_mutex_lock(&q->lock);
    first = q->first;
    q->first = NULL;
    q->last = &q->first;
    q->ended = q->ended || end;
    pthread_mutex_unlock(&q->lock);
    return first;
}

static void wake_up(struct http_parked *p)
{
    struct conn *c = p->conn;
    struct http_exchange x = {.conn = c, .head_only = p->head_only, .minor = p->minor};

    if (!c) {
        p->answer(NULL, p->arg);
        return;
    }
    c->state = CONN_READ;
    c->parked = NULL;
    if (c->loop->stopping)
        c->keep = false;
    p->answer(&x, p->arg);
    if (!x.done)
        respond_missing(&x);
    conn_go_on(c);
    conn_settle(c);
}

static void run_all(struct http_parked *first)
{
    while (first) {
        struct http_parked *next = first->next;

        wake_up(first);
        free(first);
        first = next;
    }
}

void park_queue_run(struct http_loop *l)
{
    run_all(queue_take(&l->unparked, false));
}

/* All connections are closed by now, so every answer gets NULL. */
void park_queue_end(struct http_loop *l)
{
    run_all(queue_take(&l->unparked, true));
}

void park_queue_init(struct park_queue *q)
{
    pthread_mutex_init(&q->lock, NULL);
    q->last = &q->first;
}
