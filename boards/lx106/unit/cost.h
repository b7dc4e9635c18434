// SPDX-License-Identifier: MIT
/* Between the files of test_cost.elf. */
#ifndef OTARIA_BOARDS_LX106_UNIT_COST_H
#define OTARIA_BOARDS_LX106_UNIT_COST_H

#include <stdint.h>

#include "boards/lx106/unit/runtime.h"

#define COST_TICK 25u /* instructions, with -icount shift=0 */

/* One line of the table. */
void cost_say(const char *name, uint64_t number);

/* cost_tls.c */
void cost_tls(void);

#endif
