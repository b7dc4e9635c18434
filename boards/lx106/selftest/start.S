// SPDX-License-Identifier: MIT
    .section .text.start, "ax"
    .literal_position
    .global selftest_start
    .align 4
selftest_start:
    movi a2, selftest_bss
    movi a3, selftest_bss_end
    movi a4, 0
1:  bgeu a2, a3, 2f
    s32i a4, a2, 0
    addi a2, a2, 4
    j 1b
2:  movi a0, selftest_main
    jx a0
