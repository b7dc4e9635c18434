// SPDX-License-Identifier: MIT
    .section .irom0.text, "a"
    .global assets_begin, assets_end
    .align 4
assets_begin:
    .incbin ASSETS
    .align 4
assets_end:
