// SPDX-License-Identifier: MIT
// Exceptions and interrupts: the whole context on the ROM's own stack, then C, then back.
//
// The frame begins as the chip's does (epc1, ps, sar, a free word, a0, a2 to a15, cause), so that
// handlers which change it work; a1 follows. Handlers run in user mode with interrupts held back
// and exceptions allowed, so a handler that crashes is reported like other code. Each level of
// nesting has 4 KB.

#define FRAME      96
#define LEVEL      4096
#define FRAME_PC   0
#define FRAME_PS   4
#define FRAME_SAR  8
#define FRAME_ADDR 12
#define FRAME_A0   16
#define FRAME_A2   20
#define FRAME_CAUSE 76
#define FRAME_A1   80

    .section .data.exc_cell, "aw"
    .align 4
exc_cell: // the stack for the next exception; a1 in passing
    .word rom_exc_stack
    .word 0

    .section .text.irq, "ax"
    .literal_position
    .global rom_exception_entry
    .align 4
rom_exception_entry: // a0 is in EXCSAVE1
    movi a0, exc_cell
    s32i a1, a0, 4
    l32i a1, a0, 0
    addi a1, a1, -FRAME
    s32i a2, a1, FRAME_A2
    s32i a3, a1, FRAME_A2 + 4
    s32i a4, a1, FRAME_A2 + 8
    s32i a5, a1, FRAME_A2 + 12
    s32i a6, a1, FRAME_A2 + 16
    s32i a7, a1, FRAME_A2 + 20
    s32i a8, a1, FRAME_A2 + 24
    s32i a9, a1, FRAME_A2 + 28
    s32i a10, a1, FRAME_A2 + 32
    s32i a11, a1, FRAME_A2 + 36
    s32i a12, a1, FRAME_A2 + 40
    s32i a13, a1, FRAME_A2 + 44
    s32i a14, a1, FRAME_A2 + 48
    s32i a15, a1, FRAME_A2 + 52
    l32i a2, a0, 4
    s32i a2, a1, FRAME_A1
    rsr a2, excsave1
    s32i a2, a1, FRAME_A0
    rsr a2, epc1
    s32i a2, a1, FRAME_PC
    rsr a2, ps
    s32i a2, a1, FRAME_PS
    rsr a2, sar
    s32i a2, a1, FRAME_SAR
    rsr a2, excvaddr
    s32i a2, a1, FRAME_ADDR
    rsr a2, exccause
    s32i a2, a1, FRAME_CAUSE
    l32i a2, a0, 0
    addmi a2, a2, -LEVEL
    s32i a2, a0, 0
    movi a2, 0x23
    wsr a2, ps
    rsync
    mov a2, a1
    call0 rom_exception

    movi a2, 0x33 // nothing may come between here and rfe
    wsr a2, ps
    rsync
    movi a0, exc_cell
    l32i a2, a0, 0
    addmi a2, a2, LEVEL
    s32i a2, a0, 0
    l32i a2, a1, FRAME_PC
    wsr a2, epc1
    l32i a2, a1, FRAME_SAR
    wsr a2, sar
    l32i a2, a1, FRAME_PS
    wsr a2, ps
    rsync
    l32i a0, a1, FRAME_A0
    l32i a2, a1, FRAME_A2
    l32i a3, a1, FRAME_A2 + 4
    l32i a4, a1, FRAME_A2 + 8
    l32i a5, a1, FRAME_A2 + 12
    l32i a6, a1, FRAME_A2 + 16
    l32i a7, a1, FRAME_A2 + 20
    l32i a8, a1, FRAME_A2 + 24
    l32i a9, a1, FRAME_A2 + 28
    l32i a10, a1, FRAME_A2 + 32
    l32i a11, a1, FRAME_A2 + 36
    l32i a12, a1, FRAME_A2 + 40
    l32i a13, a1, FRAME_A2 + 44
    l32i a14, a1, FRAME_A2 + 48
    l32i a15, a1, FRAME_A2 + 52
    l32i a1, a1, FRAME_A1
    rfe

// An exception while one was being taken: the ROM is wrong, or its memory is.
    .global rom_double
    .align 4
    .literal_position
rom_double:
    movi a1, rom_start_stack
    movi a2, 0x2f
    rsr a3, exccause
    rsr a4, depc
    rsr a5, excvaddr
    wsr a2, ps
    rsync
    mov a2, a3
    mov a3, a4
    mov a4, a5
    call0 rom_double_exception

// A break: the debugger that the chip might have is not here.
    .global rom_debug
    .align 4
    .literal_position
rom_debug:
    movi a1, rom_start_stack
    movi a2, 0x2f
    wsr a2, ps
    rsync
    rsr a2, epc2
    call0 rom_break
