// SPDX-License-Identifier: MIT
/*
 * Inputs that end at memory which cannot be read: code that looks one byte too far dies on the spot, in every build.
 * guard.c has this for a host, boards/lx106/unit/guard.c for the bare core.
 */
#ifndef OTARIA_TESTS_GUARD_H
#define OTARIA_TESTS_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct guard {
    uint8_t *map;
    size_t room; /* bytes before the guard page */
};

/* Aborts when there is no memory. Three at a time and 64 KB each are always there. */
void guard_open(struct guard *g, size_t max);
void guard_close(struct guard *g);

/* len bytes of the area that end at the guard page. */
static inline uint8_t *guard_tail(const struct guard *g, size_t len)
{
    if (len > g->room)
        abort();
    return g->map + g->room - len;
}

/* The same, filled with a copy of data. */
static inline uint8_t *guard_copy(const struct guard *g, const void *data, size_t len)
{
    uint8_t *at = guard_tail(g, len);

    if (len > 0)
        memcpy(at, data, len);
    return at;
}

#endif
