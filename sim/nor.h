// SPDX-License-Identifier: MIT
/*
 * A NOR flash chip in memory, with a power supply that can be cut at any operation.
 *
 * Programming can only clear bits; an erase raises those of one 4 KB sector; a program stays
 * within one 256-byte page and everything is aligned to words. What breaks these rules is refused
 * and counted, so that a test can demand that nothing did. Operations (programs and erases, not
 * reads) are numbered from 1; the power can be cut at one of them, before it, in the middle of it,
 * or right after. From then on every call fails until nor_power_on.
 *
 * Deterministic: what a torn operation leaves depends on the seed and the operation's number.
 */
#ifndef OTARIA_SIM_NOR_H
#define OTARIA_SIM_NOR_H

#include <otaria/flash.h>

enum nor_cut {
    NOR_CUT_BEFORE, /* the operation did nothing */
    NOR_CUT_TORN,   /* it did a part of its work */
    NOR_CUT_AFTER   /* it did all of its work, but nobody learned of it */
};

struct nor {
    struct otaria_flash port; /* give this to the library */
    uint32_t size;            /* bytes */
    uint8_t *mem;
    uint32_t *erases;   /* of each sector */
    uint32_t *programs; /* of each sector */
    uint64_t ops;       /* operations so far */
    uint64_t reads;     /* bytes */
    bool off;

    uint64_t cut_at; /* operation to cut at, 0 = none */
    enum nor_cut cut_mode;
    uint32_t seed;

    uint64_t silent_from; /* operations silent_from .. silent_to report success and do nothing */
    uint64_t silent_to;

    unsigned illegal_programs; /* programs that asked a 0 to become 1 */
    unsigned refused_calls;    /* out of range, unaligned, across a page */
};

/* Erased, powered. size: a multiple of a sector. Aborts when memory is short. */
void nor_open(struct nor *n, uint32_t size);
void nor_close(struct nor *n);

/* dst, opened with the same size, becomes what src is; its plans for cuts are taken over too. */
void nor_copy(struct nor *dst, const struct nor *src);

/* Cut the power at the ops-th operation from now on (1 = the next one). */
void nor_plan_cut(struct nor *n, uint64_t ops, enum nor_cut mode, uint32_t seed);

/* The power is back, and no cut is planned. */
void nor_power_on(struct nor *n);

/* As a serial programmer would: any content, no rules, no operation counted. */
void nor_poke(struct nor *n, uint32_t addr, const void *data, size_t len);

#endif
