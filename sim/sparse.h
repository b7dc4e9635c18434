// SPDX-License-Identifier: MIT
/*
 * NOR flash that costs only the memory of the sectors that were written: for hundreds of devices in one process. Keeps
 * the rules of the chip (bits go down, sectors come up, pages are not crossed); has no power supply to cut, see sim/nor.h.
 */
#ifndef OTARIA_SIM_SPARSE_H
#define OTARIA_SIM_SPARSE_H

#include <otaria/flash.h>

struct sparse_flash {
    struct otaria_flash port; /* give this to the library */
    uint32_t size;
    uint8_t **sector; /* NULL: erased */
};

/* Erased. size: a multiple of a sector. Aborts when memory is short. */
void sparse_open(struct sparse_flash *f, uint32_t size);
void sparse_close(struct sparse_flash *f);

#endif
