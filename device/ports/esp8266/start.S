// SPDX-License-Identifier: MIT
/*
 * Entry of an application that brings no SDK: its own stack, filled with a mark that shows how deep it went
 * (otaria_esp8266_stack_used), zeroed variables, then app_main(), which does not return.
 */
    .section .start, "ax"
    .literal_position
    .global start
    .type start, @function
    .align 4
start:
    movi    a1, __stack
    movi    a2, __stack_end
    movi    a4, 0x6b617453
1:  bgeu    a2, a1, 2f
    s32i    a4, a2, 0
    addi    a2, a2, 4
    j       1b
2:  movi    a2, __bss_start
    movi    a3, __bss_end
    movi    a4, 0
3:  bgeu    a2, a3, 4f
    s32i    a4, a2, 0
    addi    a2, a2, 4
    j       3b
4:  movi    a0, app_main
    callx0  a0
5:  j       5b
    .size start, . - start
