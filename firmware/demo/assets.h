// SPDX-License-Identifier: MIT
/*
 * The pages and tables that the application carries in mapped flash, made by make_assets.py:
 *
 *     u32 count, then count entries { u32 name offset, u32 offset, u32 length }, then names and content
 *
 * Offsets count from the beginning and are multiples of 4. The chip reads mapped flash in aligned 32-bit words
 * only, so nothing here hands out a byte pointer.
 */
#ifndef DEMO_ASSETS_H
#define DEMO_ASSETS_H

#include <stdint.h>

uint32_t assets_cnt(void);
uint32_t assets_len(void);

/* Sum over all words: says at each start whether the mapped flash holds what was built. */
uint32_t assets_sum(void);

/* Copies the name of asset i, NUL-terminated, cut to max. */
void assets_name(uint32_t i, char *name, uint32_t max);

#endif
