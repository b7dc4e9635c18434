// SPDX-License-Identifier: MIT
/* Counters that each loop keeps for itself, and the text of /metrics. */
#ifndef OTARIA_SERVER_API_METRICS_H
#define OTARIA_SERVER_API_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

/* X(NAME, metric, help): each is a Prometheus counter otaria_<metric>_total. */
#define METRICS(X)                                                                            \
    X(POLLS, "polls", "polls that could be read")                                             \
    X(POLLS_MALFORMED, "polls_malformed", "polls that could not be read")                     \
    X(POLLS_SHED, "polls_shed", "polls answered 503 because of overload")                     \
    X(OFFERS, "offers", "polls answered with a release")                                      \
    X(UNKNOWN_CLASS, "polls_unknown_class", "polls of a vendor and class without a release")  \
    X(NEW_LIMITED, "devices_limited", "polls of new ids beyond what their address may bring") \
    X(NEW_FULL, "devices_not_stored", "polls of new ids that the inventory has no room for")  \
    X(SEEN_DROPPED, "seen_dropped", "polls that were answered and not recorded")              \
    X(OUTCOMES_REFUSED, "outcomes_refused",                                                   \
      "outcomes answered 503 since they could not be stored")                                 \
    X(PAYLOADS, "payload_requests", "payload requests that found their payload")              \
    X(PAYLOADS_MISSING, "payload_misses", "payload requests for what is not there")           \
    X(PAYLOAD_BYTES, "payload_bytes", "payload bytes answered")                               \
    X(ADMIN, "admin_requests", "admin requests that were let in")                             \
    X(ADMIN_TOKEN, "admin_refused_token", "admin requests without the right token")           \
    X(ADMIN_HOST, "admin_refused_host", "admin requests for another host")

#define METRIC_NAME(name, metric, help) METRIC_##name,
enum metric { METRICS(METRIC_NAME) METRIC_CNT };
#undef METRIC_NAME

struct metrics {
    _Atomic uint64_t value[METRIC_CNT];
};

/* One thread writes, others read. */
static inline void metric_add(struct metrics *m, enum metric which, uint64_t n)
{
    uint64_t now = atomic_load_explicit(&m->value[which], memory_order_relaxed);

    atomic_store_explicit(&m->value[which], now + n, memory_order_relaxed);
}

#endif
