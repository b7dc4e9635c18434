// SPDX-License-Identifier: MIT
/*
 * Inputs that end at a page which cannot be read: code that looks one byte too far dies on the spot, in
 * every build.
 */
#ifndef OTARIA_TESTS_GUARD_H
#define OTARIA_TESTS_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
    uint8_t *map;
    size_t room; /* bytes before the guard page */
};

/* Aborts when there is no memory. */
static inline void guard_open(struct guard *g, size_t max)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    g->room = (max + page - 1) / page * page;
    g->map = (uint8_t *)mmap(NULL, g->room + page, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g->map == MAP_FAILED || mprotect(g->map + g->room, page, PROT_NONE) < 0)
        abort();
}

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

static inline void guard_close(struct guard *g)
{
    munmap(g->map, g->room + (size_t)sysconf(_SC_PAGESIZE));
}

#endif
