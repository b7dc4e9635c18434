// SPDX-License-Identifier: MIT
/*
 * Entry and exception vectors of a unit test on QEMU's lx106. An exception that nobody expects ends the run: runtime_exception()
 * says what and where. The loader of QEMU has zeroed .bss.
 */
    .equ    PS_USER, 0x20           /* user vector, interrupts open, no exception under way */

    .section .vectors, "ax"
    .global _vectors
    .align  256
_vectors:
    .org    _vectors + 0x20         /* NMI, never raised here */
    j       _vectors + 0x20
    .org    _vectors + 0x30         /* kernel */
    wsr     a0, excsave1
    rsr     a0, epc1
    j       dump
    .org    _vectors + 0x50         /* user */
    wsr     a0, excsave1
    rsr     a0, epc1
    j       dump
    .org    _vectors + 0x70         /* double */
    wsr     a0, excsave1
    rsr     a0, depc
    j       dump

    .org    _vectors + 0x100
    .literal_position
dump:                               /* a0: where it happened */
    wsr     a1, epc1                /* the way it came is of no more use */
    movi    a1, runtime_registers
    s32i    a2, a1, 8
    s32i    a3, a1, 12
    s32i    a4, a1, 16
    s32i    a5, a1, 20
    s32i    a6, a1, 24
    s32i    a7, a1, 28
    s32i    a8, a1, 32
    s32i    a9, a1, 36
    s32i    a10, a1, 40
    s32i    a11, a1, 44
    s32i    a12, a1, 48
    s32i    a13, a1, 52
    s32i    a14, a1, 56
    s32i    a15, a1, 60
    rsr     a2, excsave1
    s32i    a2, a1, 0
    rsr     a2, epc1
    s32i    a2, a1, 4
    mov     a3, a0                  /* pc */
    rsr     a2, exccause
    rsr     a4, excvaddr
    movi    a5, PS_USER
    wsr     a5, ps
    rsync
    movi    a1, runtime_exception_stack_end
    movi    a0, runtime_exception
    callx0  a0

    .text
    .align  4
    .literal_position
    .global _start
    .type   _start, @function
_start:
    movi    a0, _vectors
    wsr     a0, vecbase
    movi    a0, 0
    wsr     a0, intenable
    movi    a0, PS_USER
    wsr     a0, ps
    rsync
    movi    a1, _stack_end
    movi    a0, runtime_start
    callx0  a0
    .size   _start, . - _start

    /* int runtime_simcall(number, a, b, c, int *error): QEMU's semihosting; a2 is the result, a3 the host's errno. */
    .global runtime_simcall
    .type   runtime_simcall, @function
runtime_simcall:
    simcall
    s32i    a3, a6, 0
    ret
    .size   runtime_simcall, . - runtime_simcall
