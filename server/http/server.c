// SPDX-License-Identifier: MIT
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

static unsigned cores(void)
{
    cpu_set_t set;
    int cnt = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return cnt < 1 ? 1 : (unsigned)cnt;
}

/* Files and sockets of the rest of the process must not fail because many devices called. */
static unsigned conns_limit(unsigned wanted)
{
    struct rlimit files;
    rlim_t most;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == RLIM_INFINITY)
        return wanted;
    most = files.rlim_cur > 2 * HTTP_FILES_SPARE ? files.rlim_cur - HTTP_FILES_SPARE
                                                 : files.rlim_cur / 2;
    if (most < 1)
        most = 1;
    return wanted < most ? wanted : (unsigned)most;
}

static void or_default(unsigned *value, unsigned otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static void fill_in(struct http_config *c)
{
    or_default(&c->loops, cores());
    or_default(&c->header_ms, HTTP_HEADER_MS);
    or_default(&c->idle_ms, HTTP_IDLE_MS);
    or_default(&c->body_ms, HTTP_BODY_MS);
    or_default(&c->rate_ms, HTTP_RATE_MS);
    or_default(&c->rate_min, HTTP_RATE_MIN);
    or_default(&c->linger_ms, HTTP_LINGER_MS);
    or_default(&c->conns_max, HTTP_CONNS_MAX);
    or_default(&c->address_max, HTTP_ADDRESS_MAX);
    or_default(&c->tls_sessions_max, HTTP_TLS_SESSIONS_MAX);
    or_default(&c->tls_session_s, HTTP_TLS_SESSION_S);
    if (c->body_memory_max == 0)
        c->body_memory_max = HTTP_BODY_MEMORY_MAX;
    if (c->loops > HTTP_LOOPS_MAX)
        c->loops = HTTP_LOOPS_MAX;
    c->conns_max = conns_limit(c->conns_max);
}

static int planes_check(const struct http_plane *planes, size_t cnt, struct err *err)
{
    if (cnt == 0 || cnt > HTTP_PLANES_MAX)
        return err_set(err, ERR_USAGE, "a server has 1 to %d planes", HTTP_PLANES_MAX);
    for (size_t i = 0; i < cnt; i++) {
        if (!planes[i].handler || !planes[i].methods)
            return err_set(err, ERR_USAGE, "plane %u: no handler or no methods", planes[i].tag);
        for (size_t j = 0; j < i; j++) {
            if (planes[i].tag == planes[j].tag)
                return err_set(err, ERR_USAGE, "two planes with tag %u", planes[i].tag);
        }
    }
    return 0;
}

static int loops_new(struct http_server *s, struct err *err)
{
    s->loops = xcalloc(s->config.loops, sizeof s->loops[0]);
    for (unsigned i = 0; i < s->config.loops; i++) {
        s->loops_cnt++; /* loop_free() copes with one that failed half-way */
        if (loop_init(&s->loops[i], s, i, err) < 0)
            return -1;
    }
    return 0;
}

int http_server_new(const struct http_config *config, const struct http_plane *planes,
                    size_t planes_cnt, struct http_server **server, struct err *err)
{
    struct http_server *s;

    *server = NULL;
    if (planes_check(planes, planes_cnt, err) < 0)
        return -1;
    if (!config->tls_cert != !config->tls_key)
        return err_set(err, ERR_USAGE, "TLS needs a certificate and a key");
    s = xcalloc(1, sizeof *s);
    s->config = *config;
    fill_in(&s->config);
    memcpy(s->planes, planes, planes_cnt * sizeof planes[0]);
    s->planes_cnt = planes_cnt;
    if (config->tls_cert) {
        s->config.tls_cert = s->tls_cert = xstrdup(config->tls_cert);
        s->config.tls_key = s->tls_key = xstrdup(config->tls_key);
    }
    s->addresses = addresses_new(s->config.conns_max, s->config.address_max);
    s->inherited = inherited_new();
    if ((s->tls_cert && tls_new(&s->config, &s->tls, err) < 0) || loops_new(s, err) < 0) {
        http_server_free(s);
        return -1;
    }
    *server = s;
    return 0;
}

static const struct http_plane *plane_find(const struct http_server *s, unsigned tag)
{
    for (size_t i = 0; i < s->planes_cnt; i++) {
        if (s->planes[i].tag == tag)
            return &s->planes[i];
    }
    return NULL;
}

static void listener_add(struct http_loop *l, int fd, bool shared, bool tls,
                         const struct http_plane *plane)
{
    l->listeners[l->listeners_cnt++] = (struct listener){
        .source = SOURCE_LISTENER, .tls = tls, .shared = shared, .fd = fd, .plane = plane};
}

int http_server_listen(struct http_server *s, const char *addr_port, bool tls, unsigned plane_tag,
                       uint16_t *bound_port, struct err *err)
{
    const struct http_plane *plane = plane_find(s, plane_tag);
    int fds[HTTP_LOOPS_MAX];
    struct sockaddr_storage addr;
    int inherited;

    if (s->started)
        return err_set(err, ERR_FAILED, "%s: the server is already running", addr_port);
    if (!plane)
        return err_set(err, ERR_USAGE, "%s: no plane has tag %u", addr_port, plane_tag);
    if (tls && !s->tls)
        return err_set(err, ERR_USAGE, "%s: TLS needs a certificate and a key", addr_port);
    if (s->loops[0].listeners_cnt == HTTP_LISTENERS_MAX)
        return err_set(err, ERR_USAGE, "%s: more than %d listeners", addr_port, HTTP_LISTENERS_MAX);
    if (socket_addr_parse(addr_port, &addr, err) < 0)
        return -1;
    inherited = inherited_take(s->inherited, &addr);
    if (inherited >= 0)
        socket_tune(inherited);
    else if (socket_listen_group(&addr, fds, s->loops_cnt, err) < 0)
        return err_prefix(err, "%s", addr_port);
    for (unsigned i = 0; i < s->loops_cnt; i++)
        listener_add(&s->loops[i], inherited >= 0 ? inherited : fds[i], inherited >= 0, tls, plane);
    if (bound_port)
        *bound_port = sockaddr_port(&addr);
    return 0;
}

void http_on_tick(struct http_server *s, void (*fn)(unsigned loop_index, void *ctx), void *ctx,
                  unsigned ms)
{
    s->tick = fn;
    s->tick_ctx = ctx;
    s->tick_ms = ms ? ms : 1;
}

void http_on_batch(struct http_server *s, void (*fn)(unsigned loop_index, void *ctx), void *ctx)
{
    s->batch = fn;
    s->batch_ctx = ctx;
}

unsigned http_server_loops(const struct http_server *s)
{
    return s->loops_cnt;
}

int http_server_start(struct http_server *s, struct err *err)
{
    if (s->started)
        return err_set(err, ERR_FAILED, "the server is already running");
    s->started = true;
    for (unsigned i = 0; i < s->loops_cnt; i++) {
        if (listeners_watch(&s->loops[i], err) < 0 || loop_start(&s->loops[i], err) < 0) {
            http_server_stop(s, 0);
            return -1;
        }
    }
    return 0;
}

int http_server_reload_tls(struct http_server *s, struct err *err)
{
    return s->tls ? tls_reload(s->tls, s->tls_cert, s->tls_key, err) : 0;
}

/* Sockets that no loop thread has closed: shared ones, and all of them when it never ran. */
static void sockets_close(struct http_server *s)
{
    for (unsigned i = 0; i < s->loops_cnt; i++) {
        struct http_loop *l = &s->loops[i];

        for (size_t j = 0; j < l->listeners_cnt; j++) {
            if (l->listeners[j].fd >= 0 && (!l->listeners[j].shared || i == 0))
                close(l->listeners[j].fd);
        }
        l->listeners_cnt = 0;
    }
}

void http_server_stop(struct http_server *s, unsigned deadline_ms)
{
    atomic_store(&s->stop_at_ms, loop_clock_ms() + deadline_ms);
    atomic_store(&s->stop, true);
    for (unsigned i = 0; i < s->loops_cnt; i++) {
        if (s->loops[i].thread_runs)
            loop_wake(&s->loops[i]);
    }
    for (unsigned i = 0; i < s->loops_cnt; i++) {
        if (s->loops[i].thread_runs)
            pthread_join(s->loops[i].thread, NULL);
        s->loops[i].thread_runs = false;
    }
    sockets_close(s);
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    http_server_stop(s, 0);
    for (unsigned i = 0; i < s->loops_cnt; i++)
        loop_free(&s->loops[i]);
    free(s->loops);
    tls_free(s->tls);
    addresses_free(s->addresses);
    inherited_free(s->inherited);
    free(s->tls_cert);
    free(s->tls_key);
    free(s);
}

void http_server_stats(const struct http_server *s, struct http_stats *out)
{
    uint64_t *const to[COUNT_CNT] = {
        [COUNT_ACCEPTED] = &out->accepted,
        [COUNT_ACTIVE] = &out->active,
        [COUNT_REQUESTS] = &out->requests,
        [COUNT_BYTES_OUT] = &out->bytes_out,
        [COUNT_ANSWERS] = &out->answers[0],
        [COUNT_ANSWERS + 1] = &out->answers[1],
        [COUNT_ANSWERS + 2] = &out->answers[2],
        [COUNT_ANSWERS + 3] = &out->answers[3],
        [COUNT_ANSWERS + 4] = &out->answers[4],
        [COUNT_ANSWERS + 5] = &out->answers[5],
        [COUNT_REFUSED_FULL] = &out->refused_full,
        [COUNT_REFUSED_ADDRESS] = &out->refused_address,
        [COUNT_REFUSED_FILES] = &out->refused_files,
        [COUNT_REFUSED_MALFORMED] = &out->refused_malformed,
        [COUNT_EVICTED] = &out->evicted,
        [COUNT_LATE_HEADER] = &out->late_header,
        [COUNT_LATE_BODY] = &out->late_body,
        [COUNT_LATE_DOWNLOAD] = &out->late_download,
        [COUNT_GONE_PARKED] = &out->gone_parked,
        [COUNT_TLS_FULL] = &out->tls_full,
        [COUNT_TLS_RESUMED] = &out->tls_resumed,
        [COUNT_TLS_FAILED] = &out->tls_failed,
    };

    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < s->loops_cnt; i++) {
        for (unsigned what = 0; what < COUNT_CNT; what++)
            *to[what] += atomic_load_explicit(&s->loops[i].counts[what], memory_order_relaxed);
    }
}
