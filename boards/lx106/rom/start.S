// SPDX-License-Identifier: MIT
// From reset to C, and from C into the image.

    .section .text.start, "ax"
    .literal_position
    .global rom_start
    .align 4
rom_start:
    movi a2, 0x40000000
    wsr a2, vecbase
    movi a2, 0
    wsr a2, intenable
    movi a2, 0x2f // user mode, all interrupts held back, exceptions allowed
    wsr a2, ps
    rsync
    movi a1, rom_start_stack
    movi a0, 0
    call0 rom_main

// void rom_enter(uint32_t entry): as the chip enters an image. Returning is an error there too.
    .global rom_enter
    .align 4
    .literal_position
rom_enter:
    movi a1, 0x3ffffff0
    movi a0, rom_left
    movi a3, 0x20
    wsr a3, ps
    rsync
    jx a2
