// SPDX-License-Identifier: MIT
/*
 * A bounded queue of fixed-size items from one thread to one other, without locks: what a loop hands to
 * the writer of the database. Neither side ever waits.
 */
#ifndef OTARIA_SERVER_FLEET_RING_H
#define OTARIA_SERVER_FLEET_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* Room for items_max (a power of two) items of item_len bytes. */
struct ring *ring_new(size_t items_max, size_t item_len);
void ring_free(struct ring *ring); /* NULL is fine */

bool ring_push(struct ring *ring, const void *item); /* producer; false: full, nothing is queued */
bool ring_pop(struct ring *ring, void *item);        /* consumer; false: empty */
size_t ring_used(const struct ring *ring);           /* either side; the other may be moving */

#endif
