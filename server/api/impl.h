// SPDX-License-Identifier: MIT
/* Inside server/api: the structs behind the handles, and who calls whom. */
#ifndef OTARIA_SERVER_API_IMPL_H
#define OTARIA_SERVER_API_IMPL_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include <otaria/poll.h>

#include "server/api/api.h"
#include "server/api/metrics.h"
#include "server/fleet/fleet.h"
#include "server/fleet/ring.h"
#include "server/store/payload.h"
#include "server/store/store.h"

/* ---- lifetime.c: what is shared ---- */

/* A payload that a loop keeps open. */
struct open_payload {
    uint8_t sha256[32];
    struct http_file *file; /* NULL: free */
    uint64_t used;          /* number of the request that used it last */
};

/* What one loop has for itself. */
struct loop {
    struct metrics metrics;
    struct open_payload payloads[API_PAYLOADS_OPEN];
    uint64_t payload_uses;
    uint64_t random;      /* xorshift state */
    int64_t shed_ms;      /* bucket of polls_per_s; 0: never used, so full */
    uint64_t shed_tokens; /* thousandths */
    struct ring *ring;    /* of struct told, to the journal */
    _Atomic unsigned outcomes_waiting;
    bool kick; /* the journal is to be woken when this round is over */
};

/* Immutable; replaced as a whole. Old ones stay until api_free(), since a loop may still read them. */
struct settings {
    struct api_settings s;
    struct settings *older;
};

struct api {
    struct api_config config;
    int lock_fd;
    struct store *store; /* used by the journal's thread once that runs */
    struct payloads *payloads;
    struct fleet *fleet;
    _Atomic(struct settings *) settings;
    uint8_t token_sha256[32];
    bool token_known;
    struct http_plane planes[2];
    struct http_server *http;
    unsigned loops_cnt;
    struct loop loops[FLEET_READERS_MAX];
    struct journal *journal;
    /* Of the journal's thread: devices that do not follow the default channel. */
    struct store_device *overrides;
    size_t overrides_cnt, overrides_max;
};

static inline const struct api_settings *settings_of(struct api *api)
{
    return &atomic_load_explicit(&api->settings, memory_order_acquire)->s;
}

int64_t wall_ms(void);      /* since 1970 */
int64_t monotonic_us(void); /* for intervals */

/* `mean` spread evenly by so many percent each way; at least 1. */
unsigned spread(struct loop *loop, unsigned mean, unsigned percent);

/* Builds the snapshot anew from the store. */
int api_fleet_refresh(struct api *api, struct err *err) __attribute__((warn_unused_result));
void api_override_set(struct api *api, const struct store_id *id, const char *channel);

/* ---- journal.c: the thread that owns the store ---- */

struct outcome; /* a parked poll, device.c */

/* What a poll told. */
struct told {
    struct store_device device; /* without address */
    struct sockaddr_storage peer;
    struct fleet_device *entry;
    struct outcome *outcome; /* NULL: nothing waits for it */
};

struct journal_stats {
    uint64_t commits, rows, failures, commit_us;
    bool failing; /* the last write failed */
};

int journal_start(struct api *api, struct err *err) __attribute__((warn_unused_result));
void journal_stop(struct api *api); /* after the loops ended */
bool journal_tell(struct api *api, unsigned loop_index, const struct told *told);
void journal_wake(struct api *api);
void journal_stats(struct api *api, struct journal_stats *out);

/* ---- route.c ---- */

#define ROUTE_ARGS_MAX 2
struct route_args {
    char text[ROUTE_ARGS_MAX][API_ARG_MAX + 1];
    unsigned cnt;
};

/* Whether path is pattern, where {} stands for one part; parts are percent-decoded into args. */
bool route_match(const char *pattern, struct http_str path, struct route_args *args);

/* ---- job.c: an admin request on its way through the journal's thread ---- */

struct job;
typedef void job_fn(struct api *api, struct job *job);

struct job {
    struct job *next;
    struct api *api;
    struct http_parked *parked;
    job_fn *run;
    struct route_args args;
    char *query;
    uint8_t *body;
    size_t body_len;
    int status; /* 0 until answered */
    const char *type;
    char *answer;
    size_t answer_len;
};

void job_submit(struct api *api, struct http_exchange *x, const struct http_request *r,
                const struct route_args *args, job_fn *run);
bool journal_job(struct api *api, struct job *job); /* journal.c; false: too many wait */
void job_finish(struct job *job);                   /* runs on the journal's thread; job is gone */
/* Takes the reference of `json`. */
void job_json(struct job *job, int status, json_t *json);
void job_error(struct job *job, int status, const char *name, int code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The value of a query parameter, decoded. False: absent; *bad when it cannot be read. */
bool job_query(const struct job *job, const char *name, char *out, size_t max, bool *bad);
/* An error answer on the loop. */
void respond_error(struct http_exchange *x, int status, const char *name, int code,
                   const char *message);

/* ---- auth.c ---- */

/* Host names one of the ways to call us: an address, localhost, or one of the names. */
bool auth_host(const struct api_settings *settings, struct http_str host);
bool auth_token(const struct api *api, const struct http_request *r);
void auth_digest(const char *token, size_t len, uint8_t sha256[32]);

/* ---- device.c ---- */

http_handler device_handle;
/* The outcome is on disk, or could not be written: answers its poll. */
void outcome_settle(struct outcome *outcome, bool stored);

/* ---- admin*.c ---- */

http_handler admin_handle;
job_fn admin_payload_put, admin_publish, admin_withdraw;
job_fn admin_releases, admin_devices, admin_device, admin_device_set, admin_status;
job_fn admin_metrics, admin_ready;

/* An outcome's name: "CONFIRMED" for 0. Codes of newer devices are told as numbers beside it. */
const char *result_name(int code);
json_t *release_json(const struct store_release *r);

/* What a release request says. Pure, for tests and the fuzzer. */
struct publish_request {
    uint8_t suit[OTARIA_ENVELOPE_MAX];
    size_t suit_len;
    char channel[STORE_CHANNEL_MAX + 1];
    unsigned percent;
    struct store_id *only; /* free() */
    size_t only_cnt;
};
int publish_request_read(struct publish_request *p, const void *body, size_t len, struct err *err)
    __attribute__((warn_unused_result));

#endif
