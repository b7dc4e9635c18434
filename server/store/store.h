// SPDX-License-Identifier: MIT
/*
 * What the server must not forget: releases, devices, outcomes, the token's hash, counters. A struct of
 * domain verbs that a backend embeds as its first member; nobody outside a backend sees SQL.
 *
 *     struct store *store;
 *
 *     if (store_sqlite_open("otaria-data/otaria.db", 0, &store, err) < 0)
 *         return -1;
 *     if (store->release_put(store, &release, err) < 0) ...
 *     store->close(store);
 *
 * Results: 0, or -1 with a sentence in err and everything as it was before the call. Each verb that
 * writes is one transaction and is on the disk (fsync'ed) when it returns 0.
 *
 * Threads: one at a time. Time is milliseconds since 1970, 64 bit. Strings given to a callback are
 * borrowed until it returns; a callback that returns non-zero ends the listing, which then succeeds.
 */
#ifndef OTARIA_SERVER_STORE_STORE_H
#define OTARIA_SERVER_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <otaria/constants.h>

#include "base/err.h"
#include "server/store/limits.h"

#define STORE_MUST_CHECK __attribute__((warn_unused_result))

/* A device id: 6..16 bytes; those behind len are zero. */
struct store_id {
    uint8_t bytes[STORE_ID_MAX];
    uint8_t len;
};

/* Reads 12..32 hex digits. */
bool store_id_parse(struct store_id *id, const char *hex, size_t len);

/* By length, then bytes: the order of every listing. */
int store_id_compare(const struct store_id *a, const struct store_id *b);

/* 1..STORE_CHANNEL_MAX of a-z 0-9 . _ -, not beginning with '.' or '-'. */
bool store_channel_valid(const char *name);

struct store_component {
    uint32_t size;
    uint8_t digest[32];
};

/* A release in a channel; the pair of digest and channel is its key. */
struct store_release {
    uint8_t digest[32]; /* the signed digest of M */
    char channel[STORE_CHANNEL_MAX + 1];
    uint8_t vendor[16], class_id[16];
    uint64_t seq;
    char vendor_text[128], product[64], hardware[64], layout[16];
    char version[OTARIA_VERSION_MAX + 1];
    const uint8_t *suit; /* the envelope: the caller's when put, borrowed when listed */
    size_t suit_len;
    struct store_component component[OTARIA_COMPONENTS_MAX];
    unsigned components_cnt;
    unsigned percent;            /* 0..100 */
    const struct store_id *only; /* when only_cnt > 0: offered to these and to nobody else */
    size_t only_cnt;
    bool withdrawn;
    int64_t at_ms; /* published */
};

/* What a device said of itself last. Claims, not facts. */
struct store_device {
    struct store_id id;
    uint8_t vendor[16], class_id[16];
    char channel[STORE_CHANNEL_MAX +
                 1]; /* empty: never set, so "stable"; not written by poll verbs */
    char version[OTARIA_VERSION_MAX + 1];
    char reset_reason[32];
    char address[46]; /* where its last poll came from, as text */
    unsigned state;   /* enum otaria_poll_state */
    unsigned trial_boots;
    uint64_t confirmed_seq, counter;
    uint8_t running_sha256[32];
    bool has_manifest;
    uint8_t manifest[32]; /* digest of the running M */
    uint32_t uptime_s, free_heap, capabilities;
    int rssi;
    int64_t first_ms, last_ms; /* first_ms is set by the store */
    bool has_result;           /* result, result_manifest, result_ms: the last outcome */
    int result;
    uint8_t result_manifest[8];
    int64_t result_ms;
};

/* An outcome in a device's history. */
struct store_result {
    int code;
    uint8_t manifest[8];
    int64_t at_ms;
    char version[OTARIA_VERSION_MAX + 1]; /* that ran when it was told */
};

/* How many devices share these properties. */
struct store_count {
    const char *channel, *version, *product; /* product: empty when its class has no release */
    unsigned state;
    bool has_result;
    int result;
    uint64_t devices;
};

typedef int store_release_fn(void *ctx, const struct store_release *release);
typedef int store_device_fn(void *ctx, const struct store_device *device);
typedef int store_result_fn(void *ctx, const struct store_result *result);
typedef int store_count_fn(void *ctx, const struct store_count *count);
typedef int store_counter_fn(void *ctx, const char *name, uint64_t value);

struct store {
    /* Frees it; what was acknowledged stays. */
    void (*close)(struct store *s);

    /*
     * Adds the release, or, when this M is already in this channel, replaces percent and only-list and nothing
     * else. (A withdrawn one stays withdrawn.)
     */
    int (*release_put)(struct store *s, const struct store_release *release, struct err *err);
    /* All, oldest first. The only-lists are sorted. */
    int (*release_list)(struct store *s, store_release_fn *fn, void *ctx, struct err *err);
    /* Every channel and class of that product and version that is not withdrawn yet; their number. */
    int (*release_withdraw)(struct store *s, const char *product, const char *version, size_t *cnt,
                            struct err *err);

    /*
     * What polls told, in the order of arrival: adds or updates devices. With has_result and result_ms ==
     * last_ms the row is an outcome too: it becomes the last result and enters the history (the newest
     * STORE_RESULTS_KEPT stay) and the counter "outcome.<code>". Otherwise results stay as they are.
     */
    int (*device_seen)(struct store *s, const struct store_device *devices, size_t cnt,
                       struct err *err);
    /* Those behind *after (NULL: from the first) in the order of ids, at most limit. */
    int (*device_list)(struct store *s, const struct store_id *after, size_t limit,
                       store_device_fn *fn, void *ctx, struct err *err);
    int (*device_get)(struct store *s, const struct store_id *id, struct store_device *device,
                      bool *found, struct err *err);
    int (*device_results)(struct store *s, const struct store_id *id, store_result_fn *fn,
                          void *ctx, struct err *err); /* newest first */
    int (*device_set_channel)(struct store *s, const struct store_id *id, const char *channel,
                              bool *found, struct err *err);
    int (*device_counts)(struct store *s, store_count_fn *fn, void *ctx, struct err *err);

    /* SHA-256 of the admin token. */
    int (*token_get)(struct store *s, uint8_t hash[32], bool *found, struct err *err);
    int (*token_set)(struct store *s, const uint8_t hash[32], struct err *err);

    int (*counter_add)(struct store *s, const char *name, uint64_t n, struct err *err);
    int (*counter_list)(struct store *s, store_counter_fn *fn, void *ctx, struct err *err);

    /* Whether a small write reaches the disk. */
    int (*probe)(struct store *s, struct err *err);
};

/*
 * Opens the SQLite database, creating and migrating it as needed. A database of a newer version is refused and
 * left alone. bytes_max > 0 limits its size (rounded to pages): a write beyond it fails like a full disk.
 */
STORE_MUST_CHECK int store_sqlite_open(const char *path, uint64_t bytes_max, struct store **store,
                                       struct err *err);

#endif
