// SPDX-License-Identifier: MIT
// The cache: a megabyte of flash at 0x40200000, paid for with IRAM.
#include "selftest.h"

enum { BANK_1 = 0x100000, BANK_2 = 0x200000, SECTOR_CNT = 256 };

static uint32_t word_in_window(uint32_t offset)
{
    return *reg(LX106_WINDOW + offset);
}

static bool write_word(uint32_t address, uint32_t word)
{
    return SPIEraseSector(address / LX106_FLASH_SECTOR) == 0 && SPIWrite(address, &word, 4) == 0;
}

test_result test_window(void)
{
    CHECK(write_word(BANK_1 + 0x2000, 0x11111111) && write_word(BANK_2 - 4096, 0x12121212));
    CHECK(write_word(BANK_2 + 0x2000, 0x22222222));
    rom_Cache_Read_Enable(1, 0, 1);
    CHECK(word_in_window(0x2000) == 0x11111111 && word_in_window(0xFF000) == 0x12121212);
    Cache_Read_Disable();
    rom_Cache_Read_Enable(0, 1, 1);
    CHECK(word_in_window(0x2000) == 0x22222222);
    Cache_Read_Disable();
    return NULL;
}

test_result test_window_copies(void)
{
    uint32_t copied;

    rom_Cache_Read_Enable(1, 0, 1);
    Cache_Read_Disable();
    copied = BOARD->window_copied;
    rom_Cache_Read_Enable(1, 0, 1);
    Cache_Read_Disable();
    CHECK(BOARD->window_copied == copied);
    CHECK(write_word(BANK_1 + 0x3000, 0x33333333) && write_word(BANK_1 + 0xA8000, 0x44444444));
    CHECK(write_word(BANK_2 + 0x3000, 0x55555555));
    rom_Cache_Read_Enable(1, 0, 1);
    CHECK(BOARD->window_copied == copied + 2);
    CHECK(word_in_window(0x3000) == 0x33333333 && word_in_window(0xA8000) == 0x44444444);
    Cache_Read_Disable();
    rom_Cache_Read_Enable(0, 1, 1);
    CHECK(BOARD->window_copied == copied + 2 + SECTOR_CNT && word_in_window(0x3000) == 0x55555555);
    Cache_Read_Disable();
    return NULL;
}

test_result test_poison(void)
{
    static const uint32_t at[] = {LX106_IRAM_CACHE32 - 4, LX106_IRAM_CACHE32,
                                  LX106_IRAM_CACHE16 - 4, LX106_IRAM_CACHE16, LX106_IRAM_END - 4};

    for (uint32_t size = 0; size < 2; size++) {
        for (unsigned i = 0; i < 5; i++) {
            *reg(at[i]) = 0x01010101;
        }
        rom_Cache_Read_Enable(1, 0, size);
        Cache_Read_Disable();
        CHECK(*reg(at[0]) != 0 && *reg(at[3]) == 0 && *reg(at[4]) == 0);
        CHECK((*reg(at[1]) == 0) == (size == 1) && (*reg(at[2]) == 0) == (size == 1));
    }
    return NULL;
}

static struct exc_frame trapped;

static void go_back(struct exc_frame *frame, int cause)
{
    (void)cause;
    trapped = *frame;
    frame->pc = (uint32_t)come_back;
}

// The mistake that a boot stage at 0x4010F000 makes by calling, not jumping.
test_result test_return_into_cache(void)
{
    const uint32_t *code = (const uint32_t *)call_from_there;
    call_function *there = (call_function *)0x4010F000;

    for (uint32_t i = 0; code + i < call_from_there_end; i++) {
        reg(0x4010F000)[i] = code[i];
    }
    trapped.pc = 0;
    _xtos_set_exception_handler(0, go_back);
    there(1, 0, 1, (uint32_t)rom_Cache_Read_Enable);
    _xtos_set_exception_handler(0, NULL);
    Cache_Read_Disable();
    CHECK(trapped.pc - 0x4010F000 < 16);
    return NULL;
}

test_result test_flash_with_cache_on(void)
{
    uint32_t ops = BOARD->flash_ops;
    uint32_t refused = BOARD->flash_cache_on;
    uint32_t word = 0;
    bool failed;

    rom_Cache_Read_Enable(1, 0, 1);
    failed = SPIRead(0, &word, 4) == 1 && SPIWrite(BANK_1, &word, 4) == 1 &&
             SPIEraseSector(BANK_1 / 4096) == 1 && SPIUnlock() == 1;
    Cache_Read_Disable();
    CHECK(failed && word == 0);
    CHECK(BOARD->flash_ops == ops && BOARD->flash_cache_on == refused + 4);
    CHECK(SPIRead(0, &word, 4) == 0 && (word & 0xFF) == 0xE9);
    return NULL;
}
