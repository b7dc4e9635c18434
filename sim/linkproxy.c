// SPDX-License-Identifier: MIT
/*
 * otaria-linkproxy: a bad link between a device and its server.
 *
 * Forwards TCP connections and makes them slow, late, silent or short-lived on demand. Used by the
 * demo and the end-to-end tests; knows nothing of HTTP. One thread, one poll loop; each direction
 * of a connection is a queue of chunks that become due after the delay and leave at the rate.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"

#define PAIRS_MAX 512
#define CHUNK_MAX 1024u  /* bytes read at once: small, so that a slow rate is smooth */
#define QUEUE_MAX 16384u /* bytes a direction may hold before its source is made to wait */

struct chunk {
    struct chunk *next;
    uint64_t due_ms;
    size_t len, off;
    uint8_t data[];
};

/* One direction of a connection. */
struct flow {
    int from, to;
    struct chunk *first, *last;
    size_t queued;
    double allowance; /* bytes that may leave now */
    bool ended;       /* `from` said end of stream */
    bool shut;        /* and `to` was told so */
};

struct pair {
    struct flow up, down; /* towards the server, towards the device */
    uint64_t opened_ms;
    bool connecting;
};

struct options {
    const char *listen, *to;
    uint64_t rate, delay_ms, stall_every_ms, stall_for_ms, drop_every_ms, cut_after;
};

struct proxy {
    struct options opt;
    int listener;
    struct sockaddr_storage target;
    socklen_t target_len;
    struct pair *pairs[PAIRS_MAX];
    size_t pairs_cnt;
    uint64_t start_ms, last_ms;
    uint64_t connections, dropped, up_bytes, down_bytes;
    bool cut_done;
};

static volatile sig_atomic_t stopping;

static void on_signal(int sig)
{
    (void)sig;
    stopping = 1;
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "otaria-linkproxy: %s: %s\n", what, why);
    exit(1);
}

static void nonblocking(int fd)
{
    int one = 1;
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* "host:port" to the first address it has. */
static void resolve(const char *text, bool passive, struct sockaddr_storage *out, socklen_t *len)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0};
    struct addrinfo *found = NULL;

    if (!colon || colon == text || (size_t)(colon - text) >= sizeof host) {
        die(text, "must be HOST:PORT");
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    int rc = getaddrinfo(host, colon + 1, &hints, &found);
    if (rc) {
        die(text, gai_strerror(rc));
    }
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
}

static void flow_clear(struct flow *f)
{
    while (f->first) {
        struct chunk *c = f->first;
        f->first = c->next;
        free(c);
    }
}

/* Ends a connection; reset: both ends see a broken link instead of an orderly end. */
static void pair_close(struct pair *p, bool reset)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (reset) {
        (void)setsockopt(p->up.from, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        (void)setsockopt(p->up.to, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(p->up.from);
    close(p->up.to);
    flow_clear(&p->up);
    flow_clear(&p->down);
    free(p);
}

static void accept_one(struct proxy *x)
{
    int near = accept4(x->listener, NULL, NULL, SOCK_CLOEXEC);
    if (near < 0) {
        return;
    }
    int far = socket(x->target.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (far < 0 || x->pairs_cnt == PAIRS_MAX) {
        close(near);
        if (far >= 0) {
            close(far);
        }
        return;
    }
    nonblocking(near);
    nonblocking(far);
    struct pair *p = xcalloc(1, sizeof *p);
    p->up = (struct flow){.from = near, .to = far};
    p->down = (struct flow){.from = far, .to = near};
    p->opened_ms = now_ms();
    p->connecting = connect(far, (struct sockaddr *)&x->target, x->target_len) < 0;
    x->pairs[x->pairs_cnt++] = p;
    x->connections++;
}

/* Takes what `from` has, as far as the queue has room. False when the connection is broken. */
static bool flow_fill(struct proxy *x, struct flow *f)
{
    while (!f->ended && f->queued < QUEUE_MAX) {
        uint8_t data[CHUNK_MAX];
        ssize_t got = recv(f->from, data, sizeof data, 0);
        if (got < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (got == 0) {
            f->ended = true;
            return true;
        }
        struct chunk *c = xmalloc(sizeof *c + (size_t)got);
        *c = (struct chunk){.due_ms = now_ms() + x->opt.delay_ms, .len = (size_t)got};
        memcpy(c->data, data, (size_t)got);
        if (f->first) {
            f->last->next = c;
        } else {
            f->first = c;
        }
        f->last = c;
        f->queued += c->len;
    }
    return true;
}

/* Sends what is due and allowed. False when the connection is broken. */
static bool flow_drain(struct proxy *x, struct flow *f, uint64_t now, uint64_t *sent_cnt)
{
    while (f->first && f->first->due_ms <= now) {
        struct chunk *c = f->first;
        size_t len = c->len - c->off;
        if (x->opt.rate) {
            if (f->allowance < 1) {
                return true;
            }
            len = len < (size_t)f->allowance ? len : (size_t)f->allowance;
        }
        ssize_t sent = send(f->to, c->data + c->off, len, MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        f->allowance -= x->opt.rate ? (double)sent : 0;
        *sent_cnt += (uint64_t)sent;
        c->off += (size_t)sent;
        if (c->off == c->len) {
            f->first = c->next;
            f->queued -= c->len;
            free(c);
        }
    }
    if (f->ended && !f->first && !f->shut) {
        f->shut = true;
        (void)shutdown(f->to, SHUT_WR);
    }
    return true;
}

static bool stalled(const struct proxy *x, uint64_t now)
{
    if (!x->opt.stall_every_ms) {
        return false;
    }
    uint64_t round = x->opt.stall_every_ms + x->opt.stall_for_ms;
    return (now - x->start_ms) % round >= x->opt.stall_every_ms;
}

/* The connection to the server: 1 stands, 0 not yet, -1 refused. */
static int connected(struct pair *p)
{
    struct pollfd w = {.fd = p->up.to, .events = POLLOUT};
    int failed = 0;
    socklen_t len = sizeof failed;

    if (p->connecting && poll(&w, 1, 0) <= 0) {
        return 0;
    }
    if (p->connecting && (getsockopt(p->up.to, SOL_SOCKET, SO_ERROR, &failed, &len) || failed)) {
        return -1;
    }
    p->connecting = false;
    return 1;
}

/* One turn for one connection; false when it is over. */
static bool pair_work(struct proxy *x, struct pair *p, uint64_t now, double earned)
{
    if (x->opt.drop_every_ms && now - p->opened_ms >= x->opt.drop_every_ms) {
        x->dropped++;
        return false;
    }
    if (stalled(x, now)) {
        return true;
    }
    int up = connected(p);
    if (up <= 0) {
        return up == 0;
    }
    double burst = (double)x->opt.rate / 10 + CHUNK_MAX; /* at most a tenth of a second saved up */
    p->up.allowance = p->up.allowance + earned < burst ? p->up.allowance + earned : burst;
    p->down.allowance = p->down.allowance + earned < burst ? p->down.allowance + earned : burst;
    if (!flow_fill(x, &p->up) || !flow_fill(x, &p->down) ||
        !flow_drain(x, &p->up, now, &x->up_bytes) ||
        !flow_drain(x, &p->down, now, &x->down_bytes)) {
        return false;
    }
    if (x->opt.cut_after && !x->cut_done && x->down_bytes >= x->opt.cut_after) {
        x->cut_done = true;
        x->dropped++;
        return false;
    }
    return !(p->up.shut && p->down.shut);
}

/* How long the loop may sleep: until a socket moves, but with shaping never longer than 5 ms. */
static void wait_for_work(struct proxy *x)
{
    struct pollfd fds[1 + 2 * PAIRS_MAX];
    nfds_t cnt = 0;
    bool busy = x->opt.drop_every_ms || x->opt.stall_every_ms;

    fds[cnt++] = (struct pollfd){.fd = x->listener, .events = POLLIN};
    for (size_t i = 0; i < x->pairs_cnt; i++) {
        struct pair *p = x->pairs[i];
        bool queued = p->up.first || p->down.first || p->connecting;
        busy = busy || queued;
        if (!p->up.ended && p->up.queued < QUEUE_MAX) {
            fds[cnt++] = (struct pollfd){.fd = p->up.from, .events = POLLIN};
        }
        if (!p->down.ended && p->down.queued < QUEUE_MAX) {
            fds[cnt++] = (struct pollfd){.fd = p->down.from, .events = POLLIN};
        }
    }
    if (busy) {
        struct timespec nap = {.tv_nsec = 2000000};
        (void)poll(fds, 1, 0);
        nanosleep(&nap, NULL);
    } else {
        (void)poll(fds, cnt, 200);
    }
    if (fds[0].revents & POLLIN) {
        accept_one(x);
    }
}

static void run(struct proxy *x)
{
    x->start_ms = x->last_ms = now_ms();
    while (!stopping) {
        wait_for_work(x);
        uint64_t now = now_ms();
        double earned = (double)x->opt.rate * (double)(now - x->last_ms) / 1000;
        x->last_ms = now;
        for (size_t i = 0; i < x->pairs_cnt;) {
            uint64_t dropped = x->dropped;
            if (pair_work(x, x->pairs[i], now, earned)) {
                i++;
            } else {
                pair_close(x->pairs[i], x->dropped != dropped);
                x->pairs[i] = x->pairs[--x->pairs_cnt];
            }
        }
    }
    while (x->pairs_cnt) {
        pair_close(x->pairs[--x->pairs_cnt], false);
    }
}

static void open_listener(struct proxy *x)
{
    struct sockaddr_storage at;
    socklen_t len;
    char host[INET6_ADDRSTRLEN], port[8];
    int one = 1;

    resolve(x->opt.listen, true, &at, &len);
    x->listener = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(x->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (x->listener < 0 || bind(x->listener, (struct sockaddr *)&at, len) ||
        listen(x->listener, 128)) {
        die(x->opt.listen, strerror(errno));
    }
    len = sizeof at;
    if (getsockname(x->listener, (struct sockaddr *)&at, &len) ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        die(x->opt.listen, "cannot tell the bound address");
    }
    printf("{\"listen\":\"%s:%s\"}\n", host, port);
    fflush(stdout);
}

static const struct argp_option options[] = {
    {"listen", 'l', "HOST:PORT", 0, "Where devices connect; port 0 = any (default 127.0.0.1:0)", 0},
    {"to", 't', "HOST:PORT", 0, "The server behind the link (needed)", 0},
    {"rate", 'r', "BYTES", 0,
     "Bytes a second in each direction of a connection (default: no limit)", 0},
    {"delay", 'd', "MS", 0, "One-way delay", 0},
    {"stall-every", 's', "MS", 0, "Fall silent after so long, again and again", 0},
    {"stall-for", 'S', "MS", 0, "... for so long", 0},
    {"drop-every", 'x', "MS", 0, "Reset each connection when it is so old", 0},
    {"cut-after", 'c', "BYTES", 0,
     "Reset the connection once, after so many bytes towards the device", 0},
    {0},
};

static uint64_t number(struct argp_state *state, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || v > UINT32_MAX) {
        argp_error(state, "'%s' is not a number from 0 to %u", text, UINT32_MAX);
    }
    return v;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    uint64_t *numbers[] = {
        ['r'] = &o->rate,         ['d'] = &o->delay_ms,      ['s'] = &o->stall_every_ms,
        ['S'] = &o->stall_for_ms, ['x'] = &o->drop_every_ms, ['c'] = &o->cut_after};
    switch (key) {
    case 'l':
        o->listen = arg;
        return 0;
    case 't':
        o->to = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->to) {
            argp_error(state, "--to HOST:PORT says where the server is");
        }
        return 0;
    default:
        if (key < 0 || (size_t)key >= sizeof numbers / sizeof numbers[0] || !numbers[key]) {
            return ARGP_ERR_UNKNOWN;
        }
        *numbers[key] = number(state, arg);
        return 0;
    }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "A bad link between a device and its server.\v"
    "When it is ready it prints one line of JSON, {\"listen\":\"HOST:PORT\"}; on SIGTERM or SIGINT another\n"
    "with what went through. Example: 2 KB/s, 800 ms away, dropped every 30 s:\n\n"
    "  otaria-linkproxy --to 127.0.0.1:8266 --rate 2048 --delay 800 --drop-every 30000",
    NULL,
    NULL,
    NULL};

int main(int argc, char **argv)
{
    static struct proxy x = {.opt = {.listen = "127.0.0.1:0"}};
    struct sigaction act = {.sa_handler = on_signal};

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &x.opt);
    resolve(x.opt.to, false, &x.target, &x.target_len);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    open_listener(&x);
    run(&x);
    close(x.listener);
    printf("{\"connections\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"up_bytes\":%" PRIu64
           ",\"down_bytes\":%" PRIu64 "}\n",
           x.connections, x.dropped, x.up_bytes, x.down_bytes);
    return 0;
}
