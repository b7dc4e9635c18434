// SPDX-License-Identifier: MIT
/*
 * What a hosted test program finds on the bare core: main() with arguments, files that can be read, standard output, a
 * heap, and an end that the host sees. By QEMU's semihosting, so it exists on no chip.
 */
#ifndef OTARIA_BOARDS_LX106_UNIT_RUNTIME_H
#define OTARIA_BOARDS_LX106_UNIT_RUNTIME_H

#include <stdint.h>

/* Exit status after an exception. */
#define RUNTIME_EXCEPTION 70

/* a2 of the simcall; *error is the host's errno. */
int runtime_simcall(int number, uintptr_t a, uintptr_t b, uintptr_t c, int *error);

/* CCOUNT. With -icount shift=0, 25 instructions are one tick. */
static inline uint32_t runtime_ticks(void)
{
    uint32_t ticks;

    __asm__ volatile("rsr %0, ccount" : "=a"(ticks));
    return ticks;
}

/* From start.S. */
void runtime_start(void) __attribute__((noreturn));
void runtime_exception(uint32_t cause, uint32_t pc, uint32_t address) __attribute__((noreturn));

#endif
