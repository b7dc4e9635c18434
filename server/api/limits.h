// SPDX-License-Identifier: MIT
/* Every limit of the api; those that a serve option sets are defaults. */
#ifndef OTARIA_SERVER_API_LIMITS_H
#define OTARIA_SERVER_API_LIMITS_H

/* Device plane */
#define API_POLL_INTERVAL_S  3600
#define API_POLL_SPREAD      10  /* key 4 and Retry-After vary by so many percent each way */
#define API_RETRY_BUSY_S     300 /* Retry-After of an answer 503, with API_BUSY_SPREAD */
#define API_BUSY_SPREAD      50
#define API_RING_ITEMS       8192 /* polls of one loop that wait for the database, a power of two */
#define API_OUTCOMES_WAITING 4096 /* outcomes of one loop that wait; more are told to come back */
#define API_PAYLOADS_OPEN    8    /* payload files that each loop keeps open */
#define API_CACHE_CONTROL    "public, max-age=31536000, immutable"

/* Database */
#define API_FLUSH_MS  1000 /* polls are on disk after at most this and one commit */
#define API_BATCH_MAX 4096 /* rows in one commit */

/* Admin plane */
#define API_BODY_MAX     (1024 * 1024 + 64 * 1024) /* the largest payload, with room */
#define API_JSON_MAX     (64 * 1024)
#define API_JOBS_MAX     64 /* admin requests that wait */
#define API_PAGE_DEFAULT 100
#define API_PAGE_MAX     1000
#define API_FUTURE_S     86400 /* how far a sequence may be ahead of the clock */
#define API_TOKEN_SIZE   32    /* random bytes of a token */
#define API_HOSTS_MAX    16
#define API_ARG_MAX      128 /* a part of a path that names something */

#endif
