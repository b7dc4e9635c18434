// SPDX-License-Identifier: MIT
/*
 * The one thread that uses the store. The loops hand it what polls told through a ring each and wake it at
 * the end of a round when something waits for the disk; otherwise it looks once in API_FLUSH_MS. All that has
 * gathered goes into one commit, so a burst of outcomes costs a few fsyncs and not one each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "server/api/impl.h"

struct journal {
    pthread_t thread;
    int event_fd;
    _Atomic bool stopping;
    pthread_mutex_t mutex; /* of the jobs */
    struct job *first, **last;
    unsigned jobs_cnt;
    struct store_device *rows; /* the batch being gathered */
    struct told *told;
    _Atomic uint64_t commits, rows_cnt, failures, commit_us;
    _Atomic bool failing;
};

bool journal_tell(struct api *api, unsigned loop_index, const struct told *told)
{
    struct loop *loop = &api->loops[loop_index];

    if (!ring_push(loop->ring, told))
        return false;
    if (told->outcome != NULL || ring_used(loop->ring) == API_RING_ITEMS / 2)
        loop->kick = true;
    return true;
}

void journal_wake(struct api *api)
{
    const uint64_t one = 1;

    /* The counter can only overflow when nobody reads it, and then it is awake already. */
    while (write(api->journal->event_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

bool journal_job(struct api *api, struct job *job)
{
    struct journal *j = api->journal;
    bool room;

    pthread_mutex_lock(&j->mutex);
    room = j->jobs_cnt < API_JOBS_MAX;
    if (room) {
        *j->last = job;
        j->last = &job->next;
        j->jobs_cnt++;
    }
    pthread_mutex_unlock(&j->mutex);
    if (room)
        journal_wake(api);
    return room;
}

static struct job *job_take(struct journal *j)
{
    struct job *job;

    pthread_mutex_lock(&j->mutex);
    job = j->first;
    if (job != NULL) {
        j->first = job->next;
        if (j->first == NULL)
            j->last = &j->first;
        j->jobs_cnt--;
    }
    pthread_mutex_unlock(&j->mutex);
    return job;
}

static void address_text(const struct sockaddr_storage *peer, char out[46])
{
    const void *p = peer->ss_family == AF_INET
                        ? (const void *)&((const struct sockaddr_in *)peer)->sin_addr
                        : (const void *)&((const struct sockaddr_in6 *)peer)->sin6_addr;

    if (inet_ntop(peer->ss_family, p, out, 46) == NULL)
        out[0] = '\0';
}

/* Takes what the rings hold, up to a batch. */
static size_t gather(struct api *api)
{
    struct journal *j = api->journal;
    size_t cnt = 0;

    for (unsigned i = 0; i < api->loops_cnt; i++) {
        while (cnt < API_BATCH_MAX && ring_pop(api->loops[i].ring, &j->told[cnt])) {
            j->rows[cnt] = j->told[cnt].device;
            address_text(&j->told[cnt].peer, j->rows[cnt].address);
            cnt++;
        }
    }
    return cnt;
}

static void failed(struct journal *j, const struct err *err)
{
    atomic_fetch_add(&j->failures, 1);
    if (!atomic_exchange(&j->failing, true))
        log_line(LOG_LEVEL_ERROR, "%s; outcomes are answered 503 until it works again", err->text);
}

static bool commit(struct api *api, size_t cnt)
{
    struct journal *j = api->journal;
    int64_t before = monotonic_us();
    struct err err;

    if (api->store->device_seen(api->store, j->rows, cnt, &err) < 0) {
        failed(j, &err);
        return false;
    }
    atomic_fetch_add(&j->commits, 1);
    atomic_fetch_add(&j->rows_cnt, cnt);
    atomic_fetch_add(&j->commit_us, (uint64_t)(monotonic_us() - before));
    if (atomic_exchange(&j->failing, false))
        log_line(LOG_LEVEL_INFO, "the database takes writes again");
    return true;
}

/* One batch; true when there may be more. */
static bool flush(struct api *api)
{
    struct journal *j = api->journal;
    size_t cnt = gather(api);
    bool stored = cnt > 0 && commit(api, cnt);

    for (size_t i = 0; i < cnt; i++) {
        struct told *t = &j->told[i];

        if (t->outcome == NULL)
            continue;
        if (stored)
            fleet_outcome_stored(api->fleet, t->entry, t->device.result, t->device.result_manifest);
        outcome_settle(t->outcome, stored);
    }
    return cnt == API_BATCH_MAX;
}

static void *run(void *arg)
{
    struct api *api = arg;
    struct journal *j = api->journal;
    bool stopping;

    do {
        struct pollfd wait = {.fd = j->event_fd, .events = POLLIN};
        struct job *job;
        uint64_t seen;

        stopping = atomic_load(&j->stopping);
        if (!stopping && poll(&wait, 1, API_FLUSH_MS) > 0)
            (void)!read(j->event_fd, &seen, sizeof seen);
        while (flush(api))
            ;
        while ((job = job_take(j)) != NULL) {
            job->run(api, job);
            job_finish(job);
            while (flush(api))
                ;
        }
    } while (!stopping);
    return NULL;
}

static void journal_free(struct journal *j)
{
    if (j->event_fd >= 0)
        close(j->event_fd);
    pthread_mutex_destroy(&j->mutex);
    free(j->rows);
    free(j->told);
    free(j);
}

int journal_start(struct api *api, struct err *err)
{
    struct journal *j = xcalloc(1, sizeof *j);
    sigset_t all, old;
    int rc;

    pthread_mutex_init(&j->mutex, NULL);
    j->last = &j->first;
    j->rows = xcalloc(API_BATCH_MAX, sizeof *j->rows);
    j->told = xcalloc(API_BATCH_MAX, sizeof *j->told);
    j->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    api->journal = j;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = j->event_fd < 0 ? errno : pthread_create(&j->thread, NULL, run, api);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc == 0)
        return 0;
    journal_free(j);
    api->journal = NULL;
    errno = rc;
    return err_errno(err, "starting the thread of the database");
}

void journal_stop(struct api *api)
{
    struct journal *j = api->journal;

    if (j == NULL)
        return;
    atomic_store(&j->stopping, true);
    journal_wake(api);
    pthread_join(j->thread, NULL);
    journal_free(j);
    api->journal = NULL;
}

void journal_stats(struct api *api, struct journal_stats *out)
{
    struct journal *j = api->journal;

    *out = (struct journal_stats){.commits = atomic_load(&j->commits),
                                  .rows = atomic_load(&j->rows_cnt),
                                  .failures = atomic_load(&j->failures),
                                  .commit_us = atomic_load(&j->commit_us),
                                  .failing = atomic_load(&j->failing)};
}
