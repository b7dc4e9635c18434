// SPDX-License-Identifier: MIT
/*
 * Deadlines of connections. All deadlines of one kind have the same length, so a list in the order of
 * setting is also in the order of expiry: set, clear and "which is next" are a few pointer writes.
 * Not thread-safe; times are milliseconds of a monotonic clock.
 */
#ifndef OTARIA_SERVER_HTTP_DEADLINE_H
#define OTARIA_SERVER_HTTP_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

/* Embedded in what expires; in at most one list. All zero is "in no list". */
struct deadline {
    struct deadline *next, *prev;
    uint64_t at_ms;
};

/* A ring through its head. after_ms 0: its members never expire. */
struct deadline_list {
    struct deadline ring;
    unsigned after_ms;
};

void deadline_list_init(struct deadline_list *list, unsigned after_ms);

/* Moves d to the end of list, from whichever list it is in. */
void deadline_set(struct deadline_list *list, struct deadline *d, uint64_t now_ms);

void deadline_clear(struct deadline *d);

/* The member set longest ago, or NULL. */
struct deadline *deadline_oldest(const struct deadline_list *list);

/* The member that expired longest ago, or NULL when none has expired. */
struct deadline *deadline_expired(const struct deadline_list *list, uint64_t now_ms);

/* When the next member expires, or DEADLINE_NEVER. */
uint64_t deadline_next_ms(const struct deadline_list *list);

#endif
