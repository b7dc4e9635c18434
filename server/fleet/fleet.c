// SPDX-License-Identifier: MIT
/*
 * The fleet object, and how a snapshot is replaced under its readers.
 *
 * A reader makes its epoch odd, then loads the pointer; the writer exchanges the pointer, then looks at the
 * epochs; all four are sequentially consistent. So either the writer sees the odd epoch and waits for it to
 * change, or the reader's load comes after the exchange and finds the new snapshot.
 */
#include <sched.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "server/fleet/impl.h"

struct fleet *fleet_new(const struct fleet_config *config)
{
    struct fleet *fleet = xcalloc(1, sizeof *fleet);
    struct fleet_config *c = &fleet->config;
    struct fleet_snapshot *empty = fleet_snapshot_new();

    *c = *config;
    if (c->devices_max == 0)
        c->devices_max = FLEET_DEVICES_MAX;
    if (c->new_burst == 0)
        c->new_burst = FLEET_NEW_BURST;
    if (c->new_per_minute == 0)
        c->new_per_minute = FLEET_NEW_PER_MINUTE;
    fleet->slots_cnt = 16;
    while (fleet->slots_cnt < 2 * c->devices_max)
        fleet->slots_cnt *= 2;
    fleet->devices = xcalloc(fleet->slots_cnt, sizeof *fleet->devices);
    for (unsigned i = 0; i < c->readers; i++)
        fleet->readers[i].addresses = xcalloc(1, sizeof(struct address_table));
    snapshot_seal(empty);
    atomic_store(&fleet->snapshot, empty);
    return fleet;
}

void fleet_free(struct fleet *fleet)
{
    if (fleet == NULL)
        return;
    fleet_snapshot_free(atomic_load(&fleet->snapshot));
    for (unsigned i = 0; i < fleet->config.readers; i++)
        free(fleet->readers[i].addresses);
    free(fleet->devices);
    free(fleet);
}

const struct fleet_snapshot *fleet_enter(struct fleet *fleet, unsigned reader)
{
    struct reader *r = &fleet->readers[reader];

    atomic_fetch_add(&r->epoch, 1);
    return atomic_load(&fleet->snapshot);
}

void fleet_leave(struct fleet *fleet, unsigned reader)
{
    atomic_fetch_add_explicit(&fleet->readers[reader].epoch, 1, memory_order_release);
}

void fleet_replace(struct fleet *fleet, struct fleet_snapshot *snapshot)
{
    struct fleet_snapshot *old;

    snapshot_seal(snapshot);
    old = atomic_exchange(&fleet->snapshot, snapshot);
    for (unsigned i = 0; i < fleet->config.readers; i++) {
        uint64_t seen = atomic_load(&fleet->readers[i].epoch);

        /* A reader is inside for some microseconds: handlers do not block. */
        while (seen % 2 == 1 && atomic_load(&fleet->readers[i].epoch) == seen)
            sched_yield();
    }
    fleet_snapshot_free(old);
}
