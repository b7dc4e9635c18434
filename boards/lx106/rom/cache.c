// SPDX-License-Identifier: MIT
// The flash cache. On the chip a megabyte of flash appears at 0x40200000 through 16 or 32 KB of
// IRAM; here the window is RAM that is filled when the cache goes on. What is in it stays there
// over resets and while the cache is off, so only sectors changed since are copied again: an
// update switches the cache off and on for every page it writes.
#include "rom.h"

void Cache_Read_Enable(uint32_t odd, uint32_t pair, uint32_t size);
void Cache_Read_Disable(void);

static bool on;

bool cache_is_on(void)
{
    return on;
}

static void copy_sector(uint32_t bank, uint32_t sector)
{
    uint32_t offset = sector * LX106_FLASH_SECTOR;
    const volatile uint32_t *from = pflash_at(bank * LX106_FLASH_BANK + offset);
    volatile uint32_t *to = reg(LX106_WINDOW + offset);

    for (uint32_t i = 0; i < LX106_FLASH_SECTOR / 4; i++) {
        to[i] = from[i];
    }
    BOARD->window_copied++;
}

static void fill_window(uint32_t bank)
{
    bool whole = BOARD->window_bank != bank;

    // First nothing counts as valid: a reset may come in between.
    for (uint32_t i = 0; whole && i < LX106_FLASH_BANK / LX106_FLASH_SECTOR / 32; i++) {
        BOARD->window_dirty[i] = 0xFFFFFFFF;
    }
    BOARD->window_bank = bank;
    for (uint32_t i = 0; i < LX106_FLASH_BANK / LX106_FLASH_SECTOR / 32; i++) {
        for (uint32_t bit = 0; BOARD->window_dirty[i] != 0; bit++) {
            if ((BOARD->window_dirty[i] >> bit & 1) != 0) {
                copy_sector(bank, i * 32 + bit);
                BOARD->window_dirty[i] &= ~(1u << bit);
            }
        }
    }
}

void cache_forget(uint32_t sector)
{
    uint32_t per_bank = LX106_FLASH_BANK / LX106_FLASH_SECTOR;

    if (sector / per_bank == BOARD->window_bank) {
        sector %= per_bank;
        BOARD->window_dirty[sector / 32] |= 1u << (sector % 32);
    }
}

// What was IRAM is cache now. Zeros are the illegal instruction: code that stays there traps.
static void poison(uint32_t from)
{
    for (; from < LX106_IRAM_END; from += 4) {
        *reg(from) = 0;
    }
}

void Cache_Read_Enable(uint32_t odd, uint32_t pair, uint32_t size)
{
    uint32_t bank = (odd & 1) | (pair & 0xFF) << 1;
    uint32_t ps;

    if (bank >= LX106_FLASH_LEN / LX106_FLASH_BANK) {
        rom_fail("Cache_Read_Enable: no such bank", (uint32_t)__builtin_return_address(0));
    }
    ps = rom_lock();
    fill_window(bank);
    poison((size & 0xFF) != 0 ? LX106_IRAM_CACHE32 : LX106_IRAM_CACHE16);
    on = true;
    BOARD->cache_on = 1;
    rom_unlock(ps);
}

void Cache_Read_Disable(void)
{
    on = false;
    BOARD->cache_off = 1;
    cache_check_caller((uint32_t)__builtin_return_address(0));
}

void cache_check_caller(uint32_t pc)
{
    if (!on && in_window(pc)) {
        rom_fail("code in flash runs while the cache is off", pc);
    }
}
