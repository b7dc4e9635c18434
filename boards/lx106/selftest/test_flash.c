// SPDX-License-Identifier: MIT
// The flash as serial NOR.
#include "selftest.h"

enum { AREA = 0x300000, WORDS = 256 };

static uint32_t data[WORDS], back[WORDS];

static bool reads(uint32_t address, uint32_t len)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        back[i] = 0x5A5A5A5A;
    }
    return SPIRead(address, back, len) == 0 && (len == sizeof back || back[len / 4] == 0x5A5A5A5A);
}

static void fill(uint32_t seed)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        data[i] = noise(&seed);
    }
}

test_result test_erase(void)
{
    uint32_t ops = BOARD->flash_ops;
    uint32_t zero = 0;

    CHECK(SPIUnlock() == 0);
    CHECK(SPIWrite(AREA, &zero, 4) == 0 && SPIWrite(AREA + 4092, &zero, 4) == 0);
    CHECK(SPIWrite(AREA + 4096, &zero, 4) == 0 && SPIWrite(AREA - 4, &zero, 4) == 0);
    CHECK(SPIEraseSector(AREA / 4096) == 0);
    CHECK(reads(AREA, 4) && back[0] == 0xFFFFFFFF);
    CHECK(reads(AREA + 4092, 8) && back[0] == 0xFFFFFFFF && back[1] == 0);
    CHECK(reads(AREA - 4, 4) && back[0] == 0);
    CHECK(BOARD->flash_ops == ops + 5);
    CHECK(SPIEraseBlock(AREA / 65536) == 0 && BOARD->flash_ops == ops + 6);
    CHECK(reads(AREA + 4096, 4) && back[0] == 0xFFFFFFFF);
    CHECK(reads(AREA - 4, 4) && back[0] == 0);
    return NULL;
}

test_result test_program(void)
{
    uint32_t illegal = BOARD->flash_illegal;
    uint32_t word = 0xFFFF0F0F;

    fill(7);
    CHECK(SPIEraseSector(AREA / 4096) == 0);
    CHECK(SPIWrite(AREA + 0x100, data, 256) == 0 && reads(AREA + 0x100, 260));
    for (uint32_t i = 0; i < 64; i++) {
        CHECK(back[i] == data[i]);
    }
    CHECK(back[64] == 0xFFFFFFFF);
    CHECK(SPIWrite(AREA, &word, 4) == 0);
    word = 0x0FF00F0F;
    CHECK(SPIWrite(AREA, &word, 4) == 0 && reads(AREA, 4) && back[0] == 0x0FF00F0F);
    CHECK(BOARD->flash_illegal == illegal);
    return NULL;
}

test_result test_illegal_program(void)
{
    uint32_t illegal = BOARD->flash_illegal;
    uint32_t word = 0x00FF00FF;

    CHECK(SPIEraseSector(AREA / 4096) == 0 && SPIWrite(AREA, &word, 4) == 0);
    word = 0x0F0F0F0F;
    CHECK(SPIWrite(AREA, &word, 4) == 0);
    CHECK(reads(AREA, 4) && back[0] == 0x000F000F);
    CHECK(BOARD->flash_illegal == illegal + 1);
    return NULL;
}

test_result test_page_split(void)
{
    uint32_t ops;

    fill(9);
    CHECK(SPIEraseSector(AREA / 4096) == 0);
    ops = BOARD->flash_programs;
    CHECK(SPIWrite(AREA + 0xF0, data, 600) == 0);
    CHECK(BOARD->flash_programs == ops + 4);
    CHECK(reads(AREA + 0xF0, 604));
    for (uint32_t i = 0; i < 150; i++) {
        CHECK(back[i] == data[i]);
    }
    CHECK(back[150] == 0xFFFFFFFF);
    CHECK(reads(AREA, 0xF4) && back[0x3B] == 0xFFFFFFFF && back[0x3C] == data[0]);
    return NULL;
}

test_result test_refused_calls(void)
{
    uint32_t ops = BOARD->flash_ops;

    CHECK(SPIRead(LX106_FLASH_LEN - 4, back, 4) == 0);
    CHECK(SPIRead(LX106_FLASH_LEN - 4, back, 8) != 0);
    CHECK(SPIRead(0xFFFFFFFC, back, 8) != 0);
    CHECK(SPIWrite(LX106_FLASH_LEN, data, 4) != 0);
    CHECK(SPIEraseSector(1024) != 0 && SPIEraseBlock(64) != 0);
    CHECK(SPIWrite(AREA, data, 6) != 0 && SPIWrite(AREA + 2, data, 4) != 0);
    CHECK(BOARD->flash_ops == ops);
    return NULL;
}
