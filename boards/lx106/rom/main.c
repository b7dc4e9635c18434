// SPDX-License-Identifier: MIT
// From reset into the image at flash 0.
#include "rom.h"

_Noreturn void rom_main(void);
_Noreturn void rom_left(void);

static _Noreturn void wait_for_ever(void)
{
    for (;;) {
        rom_wait();
    }
}

_Noreturn void rom_main(void)
{
    uint32_t entry;

    reset_begin();
    time_begin();
    exception_begin();
    rom_say("boot %u, reset reason %u", BOARD->boots, BOARD->reset);
    entry = load_image();
    if (entry == 0) {
        rom_say("waiting; write an image to the flash and start anew");
        BOARD->wdt_ms = 0;
        time_begin();
        wait_for_ever();
    }
    rom_enter(entry);
}

// The image's entry returned.
_Noreturn void rom_left(void)
{
    rom_fail("the image returned to the ROM", 0);
}
