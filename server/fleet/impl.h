// SPDX-License-Identifier: MIT
/* Inside server/fleet: the structs behind the handles. */
#ifndef OTARIA_SERVER_FLEET_IMPL_H
#define OTARIA_SERVER_FLEET_IMPL_H

#include <stdatomic.h>

#include "server/fleet/fleet.h"

/* Releases of one class and channel, highest sequence first; withdrawn ones are left out. */
struct line {
    uint8_t vendor[16], class_id[16];
    char channel[STORE_CHANNEL_MAX + 1];
    const struct store_release **releases;
    size_t releases_cnt;
};

struct override {
    struct store_id id;
    char channel[STORE_CHANNEL_MAX + 1];
};

/* Filled by the writer; sorted by snapshot_seal(), after which it does not change. */
struct fleet_snapshot {
    struct store_release **releases; /* owned, with their bytes */
    size_t releases_cnt, releases_max;
    struct line *lines; /* by vendor, class, channel */
    size_t lines_cnt;
    struct override *overrides; /* by id */
    size_t overrides_cnt, overrides_max;
    struct store_component *payloads; /* by digest */
    size_t payloads_cnt;
};

void snapshot_seal(struct fleet_snapshot *snapshot);
const char *snapshot_channel_of(const struct fleet_snapshot *s, const struct store_id *id);
/* NULL: nothing in that channel. *known: whether any channel has the class. */
const struct line *snapshot_line(const struct fleet_snapshot *s, const uint8_t vendor[16],
                                 const uint8_t class_id[16], const char *channel, bool *known);

/* How many new ids each address may bring: a token bucket an address, in a table of one reader. */
struct address_bucket {
    uint64_t address; /* 0: free */
    int64_t last_ms;
    uint32_t millitokens;
};

struct address_table {
    struct address_bucket buckets[FLEET_ADDRESSES];
};

bool address_take(struct address_table *table, const struct fleet_config *config,
                  const struct sockaddr_storage *peer, int64_t now_ms);

enum { SLOT_FREE, SLOT_CLAIMED, SLOT_FILLED };

struct fleet_device {
    _Atomic unsigned slot;
    struct store_id id;       /* written once, between claimed and filled */
    _Atomic uint64_t outcome; /* hash of the last stored one, 0 = none */
};

/* A reader is inside a snapshot while its epoch is odd. One cache line each. */
struct reader {
    _Atomic uint64_t epoch;
    struct address_table *addresses;
    char gap[64 - sizeof(uint64_t) - sizeof(void *)];
};

struct fleet {
    struct fleet_config config;
    _Atomic(struct fleet_snapshot *) snapshot;
    struct reader readers[FLEET_READERS_MAX];
    struct fleet_device *devices; /* open addressing, at most half full */
    size_t slots_cnt;             /* a power of two */
    _Atomic size_t devices_cnt;
};

#endif
