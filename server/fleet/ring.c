// SPDX-License-Identifier: MIT
#include "server/fleet/ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Each side's counter has a cache line of its own. The counters only grow; their difference is the fill. */
struct ring {
    size_t items_max, item_len;
    uint8_t *items;
    char gap0[64];
    _Atomic size_t head; /* written by the producer */
    char gap1[64];
    _Atomic size_t tail; /* written by the consumer */
};

struct ring *ring_new(size_t items_max, size_t item_len)
{
    struct ring *ring = xcalloc(1, sizeof *ring);

    assert(items_max > 0 && (items_max & (items_max - 1)) == 0);
    ring->items_max = items_max;
    ring->item_len = item_len;
    ring->items = xcalloc(items_max, item_len);
    return ring;
}

void ring_free(struct ring *ring)
{
    if (ring == NULL)
        return;
    free(ring->items);
    free(ring);
}

static uint8_t *item_at(const struct ring *ring, size_t at)
{
    return ring->items + (at & (ring->items_max - 1)) * ring->item_len;
}

bool ring_push(struct ring *ring, const void *item)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) == ring->items_max)
        return false;
    memcpy(item_at(ring, head), item, ring->item_len);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

bool ring_pop(struct ring *ring, void *item)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (atomic_load_explicit(&ring->head, memory_order_acquire) == tail)
        return false;
    memcpy(item, item_at(ring, tail), ring->item_len);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

size_t ring_used(const struct ring *ring)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

    return atomic_load_explicit(&ring->head, memory_order_acquire) - tail;
}
