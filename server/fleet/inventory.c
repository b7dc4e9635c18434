// SPDX-License-Identifier: MIT
/*
 * The devices that are known: a hash table that only grows, up to its bound. A slot is claimed by one
 * compare-and-swap, filled, and then never changes its id; so lookups need no lock.
 */
#include <sched.h>
#include <string.h>

#include "server/fleet/impl.h"
#include "server/fleet/siphash.h"

static size_t first_slot(const struct fleet *fleet, const struct store_id *id)
{
    return (size_t)siphash(fleet->config.key, id->bytes, id->len) & (fleet->slots_cnt - 1);
}

/* The filled slot's state, waiting out the few instructions in which its claimer writes the id. */
static unsigned slot_state(struct fleet_device *d)
{
    unsigned slot;

    while ((slot = atomic_load_explicit(&d->slot, memory_order_acquire)) == SLOT_CLAIMED)
        sched_yield();
    return slot;
}

/* The device, or the free slot where it would be. */
static struct fleet_device *find(const struct fleet *fleet, const struct store_id *id, bool *found)
{
    size_t at = first_slot(fleet, id);

    for (;;) {
        struct fleet_device *d = &fleet->devices[at];

        if (slot_state(d) == SLOT_FREE) {
            *found = false;
            return d;
        }
        if (store_id_compare(&d->id, id) == 0) {
            *found = true;
            return d;
        }
        at = (at + 1) & (fleet->slots_cnt - 1);
    }
}

/* Adds the id unless another thread just did. NULL: full. */
static struct fleet_device *add(struct fleet *fleet, const struct store_id *id)
{
    if (atomic_fetch_add(&fleet->devices_cnt, 1) >= fleet->config.devices_max) {
        atomic_fetch_sub(&fleet->devices_cnt, 1);
        return NULL;
    }
    for (;;) {
        bool found;
        struct fleet_device *d = find(fleet, id, &found);
        unsigned expected = SLOT_FREE;

        if (found) {
            atomic_fetch_sub(&fleet->devices_cnt, 1);
            return d;
        }
        if (atomic_compare_exchange_strong(&d->slot, &expected, SLOT_CLAIMED)) {
            d->id = *id;
            atomic_store_explicit(&d->slot, SLOT_FILLED, memory_order_release);
            return d;
        }
    }
}

enum fleet_note fleet_device_note(struct fleet *fleet, unsigned reader, const struct store_id *id,
                                  const struct sockaddr_storage *peer, int64_t now_ms,
                                  struct fleet_device **device)
{
    bool found;

    *device = find(fleet, id, &found);
    if (found)
        return FLEET_NOTED;
    *device = NULL;
    if (!address_take(fleet->readers[reader].addresses, &fleet->config, peer, now_ms))
        return FLEET_LIMITED;
    *device = add(fleet, id);
    return *device != NULL ? FLEET_NOTED : FLEET_FULL;
}

/* Never 0, which says "none". Two outcomes collide with 2^-63, and then one of them is not recorded. */
static uint64_t outcome_hash(const struct fleet *fleet, int code, const uint8_t manifest[8])
{
    uint8_t bytes[12];

    otaria_store_le32(bytes, (uint32_t)code);
    memcpy(bytes + 4, manifest, 8);
    return siphash(fleet->config.key, bytes, sizeof bytes) | 1;
}

bool fleet_outcome_new(const struct fleet *fleet, const struct fleet_device *device, int code,
                       const uint8_t manifest[8])
{
    return atomic_load(&device->outcome) != outcome_hash(fleet, code, manifest);
}

void fleet_outcome_stored(const struct fleet *fleet, struct fleet_device *device, int code,
                          const uint8_t manifest[8])
{
    atomic_store(&device->outcome, outcome_hash(fleet, code, manifest));
}

bool fleet_device_load(struct fleet *fleet, const struct store_device *stored)
{
    bool found;
    struct fleet_device *d = find(fleet, &stored->id, &found);

    if (!found)
        d = add(fleet, &stored->id);
    if (d != NULL && stored->has_result)
        fleet_outcome_stored(fleet, d, stored->result, stored->result_manifest);
    return d != NULL;
}

size_t fleet_devices(const struct fleet *fleet)
{
    return atomic_load(&fleet->devices_cnt);
}
