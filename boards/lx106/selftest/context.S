// SPDX-License-Identifier: MIT
// Code that C cannot write: it knows what is in every register.

    .section .text.context, "ax"
    .literal_position

// uint32_t context_kept(uint32_t rounds): all registers hold known values for that many rounds of a
// loop. 0: they still did at the end.
    .global context_kept
    .align 4
context_kept:
    addi a1, a1, -32
    s32i a0, a1, 0
    s32i a12, a1, 4
    s32i a13, a1, 8
    s32i a14, a1, 12
    s32i a15, a1, 16
    movi a0, 100
    movi a3, 103
    movi a4, 104
    movi a5, 105
    movi a6, 106
    movi a7, 107
    movi a8, 108
    movi a9, 109
    movi a10, 110
    movi a11, 111
    movi a12, 112
    movi a13, 113
    movi a14, 114
    movi a15, 115
    wsr a9, sar // its low six bits: 45
1:  addi a2, a2, -1
    bnez a2, 1b
    addi a0, a0, -100
    or a2, a2, a0
    addi a3, a3, -103
    or a2, a2, a3
    addi a4, a4, -104
    or a2, a2, a4
    addi a5, a5, -105
    or a2, a2, a5
    addi a6, a6, -106
    or a2, a2, a6
    addi a7, a7, -107
    or a2, a2, a7
    addi a8, a8, -108
    or a2, a2, a8
    rsr a0, sar
    addi a0, a0, -45
    or a2, a2, a0
    addi a9, a9, -109
    or a2, a2, a9
    addi a10, a10, -110
    or a2, a2, a10
    addi a11, a11, -111
    or a2, a2, a11
    addi a12, a12, -112
    or a2, a2, a12
    addi a13, a13, -113
    or a2, a2, a13
    addi a14, a14, -114
    or a2, a2, a14
    addi a15, a15, -115
    or a2, a2, a15
    l32i a0, a1, 0
    l32i a12, a1, 4
    l32i a13, a1, 8
    l32i a14, a1, 12
    l32i a15, a1, 16
    addi a1, a1, 32
    ret

// Instructions that trap. All are three bytes long; trap_load's and trap_store's argument is the
// address.
    .macro trap name, insn:vararg
    .global \name
    .align 4
\name:
    \insn
    ret
    .endm
    trap trap_illegal, ill
    trap trap_load, _l32i a2, a2, 0
    trap trap_store, _s32i a2, a2, 0
    trap trap_load16, l16ui a2, a2, 0

// void call_from_there(a2, a3, a4 for the function, a5: the function). At home at any address. Who
// catches the trap on the way back goes on at come_back.
    .global call_from_there
    .global call_from_there_end
    .align 4
call_from_there:
    addi a1, a1, -16
    s32i a12, a1, 0
    mov a12, a0
    callx0 a5
    jx a12 // not from where the tests put it
    .align 4
call_from_there_end:
    .global come_back
    .align 4
come_back:
    mov a0, a12
    l32i a12, a1, 0
    addi a1, a1, 16
    ret
