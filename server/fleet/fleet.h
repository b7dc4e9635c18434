// SPDX-License-Identifier: MIT
/*
 * Who gets what: the releases as an immutable snapshot, the devices that are known, and the decision.
 *
 * Readers (the loops that answer polls) take no lock and make no system call: they enter, decide against the
 * snapshot of that moment, and leave. One writer replaces the snapshot as a whole:
 *
 *     struct fleet_snapshot *next = fleet_snapshot_new();
 *     ... fleet_snapshot_add(next, &release); fleet_snapshot_channel(next, &id, "beta"); ...
 *     fleet_replace(fleet, next);
 *
 *     const struct fleet_snapshot *now = fleet_enter(fleet, reader);
 *     answer = fleet_decide(now, &poll, &release);
 *     ... use release ...
 *     fleet_leave(fleet, reader);
 *
 * Threads: reader i is one thread; fleet_replace() is called by one thread at a time, never between that
 * thread's own enter and leave. The device functions may be called by any reader at any time.
 */
#ifndef OTARIA_SERVER_FLEET_FLEET_H
#define OTARIA_SERVER_FLEET_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <otaria/poll.h>

#include "server/fleet/limits.h"
#include "server/store/store.h"

struct fleet;
struct fleet_snapshot;
struct fleet_device; /* a known device: lives as long as the fleet */

#define FLEET_DEFAULT_CHANNEL "stable"

/* 0 = the default of limits.h. */
struct fleet_config {
    unsigned readers; /* 1..FLEET_READERS_MAX */
    size_t devices_max;
    unsigned new_burst;
    unsigned new_per_minute;
    bool count_local; /* limit loopback too: by default it is exempt, for a proxy in front */
    uint8_t key[16];  /* random: keeps others from steering the hash table */
};

struct fleet *fleet_new(const struct fleet_config *config);
void fleet_free(struct fleet *fleet); /* no reader is inside; NULL is fine */

/* ---- Snapshot ---- */

struct fleet_snapshot *fleet_snapshot_new(void);
void fleet_snapshot_free(struct fleet_snapshot *snapshot); /* of one that was never given away */

/* Copies the release. A withdrawn one makes its class known and its payloads available, and is never offered. */
void fleet_snapshot_add(struct fleet_snapshot *snapshot, const struct store_release *release);

/* A device that does not follow the default channel. */
void fleet_snapshot_channel(struct fleet_snapshot *snapshot, const struct store_id *id,
                            const char *channel);

/* Makes it the one that readers enter from now on, waits until none uses the old one, and frees that. */
void fleet_replace(struct fleet *fleet, struct fleet_snapshot *snapshot);

const struct fleet_snapshot *fleet_enter(struct fleet *fleet, unsigned reader);
void fleet_leave(struct fleet *fleet, unsigned reader);

/* ---- Decision (pure) ---- */

enum fleet_answer {
    FLEET_OFFER,         /* *offer is set */
    FLEET_UNKNOWN_CLASS, /* no release of that vendor and class: nothing is stored of such devices */
    FLEET_CURRENT,       /* nothing newer than what it has */
    FLEET_ON_TRIAL,      /* it judges what it runs first */
    FLEET_FAILED, /* it reported that the newest release for it failed or was refused there */
};

/*
 * The newest release of the device's channel that it may have: not withdrawn, listed in the only-list or
 * (without one) below the percentage. It is not offered when the device runs it, is on trial, has reported
 * the release's fault (-32..-63) or a security refusal (-64..-95) for it, or has confirmed this or a
 * higher sequence. One exception: a device that lost its record (it names no running M) and runs other bytes
 * is offered its confirmed sequence again.
 */
enum fleet_answer fleet_decide(const struct fleet_snapshot *snapshot,
                               const struct otaria_poll_request *poll,
                               const struct store_release **offer);

/*
 * Whether a device is within the first `percent` of a release's rollout: SipHash-2-4 of the id, keyed with the
 * first 16 bytes of the release's digest, modulo 100, is below percent. Raising percent keeps everybody in.
 */
bool fleet_in_percent(const struct store_id *id, const uint8_t digest[32], unsigned percent);

/* Whether a release (withdrawn or not) consists of these bytes. */
bool fleet_payload(const struct fleet_snapshot *snapshot, const uint8_t sha256[32], uint32_t *size);

/* ---- Devices ---- */

enum fleet_note {
    FLEET_NOTED,   /* *device is set: it was known, or is now */
    FLEET_FULL,    /* the inventory is full */
    FLEET_LIMITED, /* that address brought too many new ids */
};

/* now_ms: a monotonic clock. */
enum fleet_note fleet_device_note(struct fleet *fleet, unsigned reader, const struct store_id *id,
                                  const struct sockaddr_storage *peer, int64_t now_ms,
                                  struct fleet_device **device);

/* At start: a device from the store. False when the inventory is full. */
bool fleet_device_load(struct fleet *fleet, const struct store_device *stored);

/* Whether this outcome differs from the last one stored for the device. */
bool fleet_outcome_new(const struct fleet *fleet, const struct fleet_device *device, int code,
                       const uint8_t manifest[8]);

/* The outcome is on disk. */
void fleet_outcome_stored(const struct fleet *fleet, struct fleet_device *device, int code,
                          const uint8_t manifest[8]);

size_t fleet_devices(const struct fleet *fleet);

#endif
