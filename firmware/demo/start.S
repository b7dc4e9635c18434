// SPDX-License-Identifier: MIT
/* Entry of both images: the chip's stack below the end of its RAM, zeroed bss, then begin(). */
    .section .start, "ax"
    .literal_position
    .global start
    .type start, @function
    .align 4
start:
    movi    a1, __stack
    movi    a2, __bss_start
    movi    a3, __bss_end
    movi    a4, 0
1:  bgeu    a2, a3, 2f
    s32i    a4, a2, 0
    addi    a2, a2, 4
    j       1b
2:  movi    a0, begin
    callx0  a0
3:  j       3b
    .size start, . - start
