// SPDX-License-Identifier: MIT
// The arguments that QEMU was started with, kept in the board block for ROM and application.
#include "lx106/simcall.h"
#include "rom.h"

void args_read(void)
{
    int32_t size = lx106_simcall(LX106_SIM_ARGV_SIZE, 0, 0, 0);
    int32_t cnt = lx106_simcall(LX106_SIM_ARGC, 0, 0, 0);

    BOARD->argc = 0;
    if (size < 0 || (uint32_t)size > LX106_BOARD_ARGS) {
        rom_say("arguments of more than %u bytes are ignored", LX106_BOARD_ARGS);
        return;
    }
    if (cnt > 0) {
        (void)lx106_simcall(LX106_SIM_ARGV, (uint32_t)BOARD->args, 0, 0);
        BOARD->argc = (uint32_t)cnt;
    }
}
