// SPDX-License-Identifier: MIT
/*
 * QEMU's lx60-nommu leaves holes between its memories, and a load or store there traps. An area is the end of a memory
 * that has a hole behind it; no test program puts anything else there.
 */
#include "tests/guard.h"

#define ROOM (1u << 16)

/* From unit.ld: the end of the RAM, of the board's own ROM, and of what is the chip's cache window. */
extern uint8_t ram_end[], rom_end[], window_end[];

static uint8_t *const hole[] = {ram_end, rom_end, window_end};
static uint8_t *taken[sizeof hole / sizeof hole[0]];

void guard_open(struct guard *g, size_t max)
{
    for (size_t i = 0; i < sizeof hole / sizeof hole[0] && max <= ROOM; i++) {
        if (!taken[i]) {
            g->room = ROOM;
            g->map = taken[i] = hole[i] - ROOM;
            return;
        }
    }
    abort();
}

void guard_close(struct guard *g)
{
    for (size_t i = 0; i < sizeof hole / sizeof hole[0]; i++) {
        if (taken[i] == g->map)
            taken[i] = NULL;
    }
}
