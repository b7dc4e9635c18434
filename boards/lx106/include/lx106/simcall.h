// SPDX-License-Identifier: MIT
// Semihosting: calls to the host through QEMU. They open host files and end QEMU, so they are for
// the board's own needs and for tests; no code that is meant for the chip may use them.
//
// Needs `-semihosting-config enable=on,target=native,arg=...` with at least one argument.
#ifndef LX106_SIMCALL_H
#define LX106_SIMCALL_H

#include <stdint.h>

enum lx106_simcall {
    LX106_SIM_EXIT = 1,
    LX106_SIM_READ = 3,
    LX106_SIM_WRITE = 4,
    LX106_SIM_OPEN = 5,
    LX106_SIM_CLOSE = 6,
    LX106_SIM_ARGC = 1000,
    LX106_SIM_ARGV_SIZE = 1001,
    LX106_SIM_ARGV = 1002,
};

// Flags of LX106_SIM_OPEN, the host's (Linux).
#define LX106_SIM_RDONLY 0
#define LX106_SIM_WRONLY 1
#define LX106_SIM_CREAT  0100
#define LX106_SIM_TRUNC  01000

// Result of the call; negative: failed.
static inline int32_t lx106_simcall(enum lx106_simcall number, uint32_t a, uint32_t b, uint32_t c)
{
    register uint32_t a2 __asm__("a2") = (uint32_t)number;
    register uint32_t a3 __asm__("a3") = a;
    register uint32_t a4 __asm__("a4") = b;
    register uint32_t a5 __asm__("a5") = c;

    // The assembler's lx106 has no name for the opcode.
    __asm__ volatile(".byte 0x00, 0x51, 0x00" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
    return (int32_t)a2;
}

static inline _Noreturn void lx106_sim_exit(int status)
{
    for (;;) {
        (void)lx106_simcall(LX106_SIM_EXIT, (uint32_t)status, 0, 0);
    }
}

#endif
