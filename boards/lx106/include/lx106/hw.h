// SPDX-License-Identifier: MIT
// The virtual board: where things are in QEMU's lx60-nommu machine with the lx106 core, and the
// board block, through which the mask-ROM stand-in tells about itself.
//
// RAM lies at the chip's own addresses (identity mapped, larger than the chip's). What the chip has
// at 0x3FF00000 (peripheral registers) is not there: a load traps. The devices from 0x90000000 on
// are the machine's, not the chip's; only the ROM, the network driver and the tests know them.
#ifndef LX106_HW_H
#define LX106_HW_H

#include <stdint.h>

// Memory of the chip.
#define LX106_DRAM          0x3FFE8000u // 80 KB for the application
#define LX106_DRAM_ROM      0x3FFFC000u // 16 KB of DRAM that the ROM uses; boot stacks end here
#define LX106_DRAM_END      0x40000000u
#define LX106_BOOT_STACK    0x3FFFFFF0u
#define LX106_ROM           0x40000000u
#define LX106_IRAM          0x40100000u
#define LX106_IRAM_CACHE32  0x40108000u // becomes cache when the cache is 32 KB
#define LX106_IRAM_CACHE16  0x4010C000u // ... 16 KB
#define LX106_IRAM_END      0x40110000u
#define LX106_WINDOW        0x40200000u // one megabyte of flash, through the cache
#define LX106_WINDOW_LEN    0x00100000u
#define LX106_RTC           0x60001000u // RTC memory; the user's part begins at +0x200
#define LX106_RTC_USER      0x60001200u
#define LX106_RTC_END       0x60001400u
#define LX106_RTC_BOOT_WORD 0x60001278u // see boot stage

// Registers of the chip that the ROM polls. They are plain RAM here.
#define LX106_RTC_CONTROL   0x60000700u // bit 31 set: reset
#define LX106_WDT_FEED      0x60000914u // 0x73: the watchdog starts anew
#define LX106_WDT_FEED_WORD 0x73u

// Flash: parallel NOR in the machine, serial NOR in the ROM's model.
#define LX106_FLASH        0x98000000u
#define LX106_FLASH_LEN    0x00400000u
#define LX106_FLASH_SECTOR 4096u
#define LX106_FLASH_PAGE   256u
#define LX106_FLASH_BANK   0x00100000u

// Devices of the machine.
#define LX106_UART            0x9D050020u // 16550, registers four bytes apart
#define LX106_FPGA_CLOCK      0x9D020004u // Hz
#define LX106_FPGA_RESET      0x9D020010u // LX106_FPGA_RESET_WORD: reset of the whole machine
#define LX106_FPGA_RESET_WORD 0xDEADu
#define LX106_ETH_REGS        0x9D030000u
#define LX106_ETH_DESC        0x9D030400u
#define LX106_ETH_RAM         0x9D800000u

#define LX106_TICK_INT 6 // CCOMPARE0
#define LX106_TICK_HZ  1000u

// What rtc_get_reset_reason() answers.
enum lx106_reset {
    LX106_RESET_POWER_ON = 1, // the process started
    LX106_RESET_EXTERNAL = 2, // the reset pin, QEMU's system_reset, or an exception
    LX106_RESET_SOFTWARE = 3,
    LX106_RESET_WATCHDOG = 4,
};

enum lx106_cut {
    LX106_CUT_BEFORE, // the flash operation did not begin
    LX106_CUT_TORN,   // it was cut in the middle
    LX106_CUT_AFTER,  // it was the last that happened
};

// The board block survives resets of the machine, not the end of the process. It belongs to the
// ROM; others read it. Flash operations count from 1 since the process started: one for a sector
// or block erase, one for each page that a write touches.
#define LX106_BOARD       0x3FFC8000u
#define LX106_BOARD_MAGIC 0x4F544231u
#define LX106_BOARD_ARGS  3072u
#define LX106_NO_BANK     0xFFFFFFFFu

struct lx106_board {
    uint32_t magic;
    uint32_t boots; // 1 after power on
    uint32_t reset; // enum lx106_reset: why this boot
    uint32_t next_reset;
    uint32_t cut; // the flash operation at which power fails, 0: none
    uint32_t cut_mode;
    uint32_t wdt_ms;     // 0: no watchdog
    uint32_t reset_exit; // end the process instead of a reset
    int32_t log_fd;      // of the flash log, -1: none
    uint32_t flash_ops;
    uint32_t flash_programs;
    uint32_t flash_erases;
    uint32_t flash_illegal;  // programs that asked for a 0 to become 1
    uint32_t flash_cache_on; // SPI calls while the cache was on: each failed
    uint32_t window_bank;    // the megabyte of flash that lies in the window, or LX106_NO_BANK
    uint32_t window_dirty[LX106_FLASH_BANK / LX106_FLASH_SECTOR / 32]; // its sectors changed since
    uint32_t window_copied; // sectors copied into the window since the process started
    uint32_t cache_on;      // stored to when the cache goes on: the plugin watches these two
    uint32_t cache_off;     // stored to when it goes off
    uint32_t argc;
    char *args[LX106_BOARD_ARGS / sizeof(char *)]; // argc + 1 pointers, then the strings
};

#endif
