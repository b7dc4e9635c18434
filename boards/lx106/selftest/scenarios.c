// SPDX-License-Identifier: MIT
// What other tests have the board do: argument scenario=NAME.
#include "selftest.h"

void *memcpy(void *to, const void *from, size_t len);
int strcmp(const char *a, const char *b);

enum { AREA = 0x180000, SECTORS = 6, BUFFER_WORDS = 160, IRAM_DATA = 0x40104000 };

// The same 60-odd erases, page programs and overwrites each time, for power cuts.
static void flash(void)
{
    static uint32_t words[BUFFER_WORDS];
    uint32_t state = 42;

    for (uint32_t sector = 0; sector < SECTORS; sector++) {
        uint32_t at = AREA + sector % 4 * LX106_FLASH_SECTOR;

        for (uint32_t i = 0; i < BUFFER_WORDS; i++) {
            words[i] = noise(&state);
        }
        (void)SPIEraseSector(at / LX106_FLASH_SECTOR);
        for (uint32_t i = 0; i < 3; i++) {
            (void)SPIWrite(at + 1024 * i + sector * 4, words, sizeof words);
        }
        words[0] = 0;
        (void)SPIWrite(at + sector * 4, words, 4);
    }
    (void)SPIEraseBlock(AREA / 65536);
    (void)SPIWrite(AREA, words, sizeof words);
}

// One of each mistake that QEMU lets pass and the chip does not.
static void mistakes(void)
{
    static uint32_t words[4];
    volatile uint8_t *bytes = (volatile uint8_t *)IRAM_DATA;

    bytes[0] = 1;                                      // 8-bit store, IRAM
    words[0] = bytes[1];                               // 8-bit load
    words[1] = *(volatile uint16_t *)(IRAM_DATA + 2);  // 16-bit load
    (void)memcpy(words, (const void *)(IRAM_DATA), 5); // the ROM's memcpy ends with a byte
    rom_Cache_Read_Enable(1, 0, 1);
    words[2] = *(volatile uint16_t *)(LX106_WINDOW + 8); // 16-bit load, window
    *reg(LX106_WINDOW) = 0;                              // store into flash
    Cache_Read_Disable();
    words[3] = *reg(LX106_WINDOW + 4); // load while the cache is off
}

static void wait(void)
{
    for (;;) {
        *reg(OTARIA_ROM_WDT_FEED) = OTARIA_ROM_WDT_FOOD;
        ets_delay_us(10000);
    }
}

bool scenario_run(const char *name)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } scenarios[] = {
        {"flash", flash}, {"mistakes", mistakes}, {"wait", wait}, {"reset", software_reset}};

    for (unsigned i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(name, scenarios[i].name) == 0) {
            scenarios[i].run();
            return true;
        }
    }
    ets_printf("no scenario %s\n", name);
    return false;
}
