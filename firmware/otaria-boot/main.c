// SPDX-License-Identifier: MIT
/*
 * otaria-boot: the first code of ours that runs on the chip. It decides nothing, device/boot/ does: read the records,
 * choose the slot, spend a try. This file loads that image's RAM segments, tells the application by an RTC word which
 * slot it is, and jumps. It writes nothing but the word that otaria_boot_choose spends, and never erases.
 *
 * It runs from 0x4010F000 with the cache off, on the ROM's stack, without variables: the application's segments may
 * land anywhere below. Constants lie in IRAM, which the chip reads in 32-bit words only. Not proven on silicon.
 */
#include <otaria/boot.h>

#include "device_block.h"
#include "esp8266.h"
#include "rom.h"

void boot_main(void) __attribute__((noreturn));

/* start.S. size: of the cache, as in rom.h. */
void boot_enter(uint32_t odd, uint32_t pair, uint32_t size, uint32_t entry)
    __attribute__((noreturn));

/* ---- flash: the cache is off, so the ROM's functions can be called as they are ---- */

static int boot_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    (void)ctx;
    return SPIRead(addr, buf, len);
}

static int boot_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    (void)ctx;
    return SPIWrite(addr, buf, len);
}

static const struct otaria_flash flash = {.read = boot_read, .write = boot_write};

/* ---- layout ---- */

/* Anything but a whole block that says otherwise is two banks: never a reason not to boot. */
static bool is_staged(void)
{
    uint8_t block[OTARIA_DEVICE_BLOCK_SIZE] OTARIA_ALIGNED;

    return otaria_device_block_read(&flash, block) == 0 &&
           block[OTARIA_DEVICE_BLOCK_LAYOUT] == OTARIA_DEVICE_STAGED;
}

static void layout_of_device(struct otaria_layout *l)
{
    *l = (struct otaria_layout){
        .slot = {0x001000, 0x101000}, .image_max = 0xF8000, .record = {0x0FF000, 0x100000}};
    if (is_staged())
        *l = (struct otaria_layout){.slot = {0x001000, 0x07B000},
                                    .image_max = 0x7A000,
                                    .record = {0x0F9000, 0x0FA000},
                                    .staged = true};
}

/* ---- boot ---- */

#define CACHE_32K   1u
#define CACHE_16K   0u
#define IRAM_OF_32K 0x40108000u /* where IRAM ends when the cache is the larger one */
#define IRAM        0x40100000u
#define MAPPED      0x40200000u

/* ctx: the size of the cache, which is the larger one unless the application needs the memory. */
static int load(void *ctx, uint32_t to, uint32_t from, uint32_t len)
{
    uint32_t *cache = ctx;

    if (to >= MAPPED || len == 0)
        return 0;
    if (to >= IRAM && to + len > IRAM_OF_32K)
        *cache = CACHE_16K;
    return SPIRead(from, (uint32_t *)to, len);
}

static void say(const uint32_t *words)
{
    for (;; words++) {
        for (uint32_t four = *words, i = 0; i < 4; i++, four >>= 8) {
            if ((four & 0xFF) == 0)
                return;
            ets_putc((char)four);
        }
    }
}

/* The watchdog stays off: a reset would only come back here. */
static void __attribute__((noreturn)) wait_for_recovery(void)
{
    static const union {
        char text[64];
        uint32_t words[16];
    } line = {"\notaria-boot: no bootable image, flash one by serial line\n"};

    say(line.words);
    for (;;)
        ets_delay_us(1000000);
}

void boot_main(void)
{
    uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;
    struct otaria_layout layout;
    uint32_t entry, cache = CACHE_32K;

    ets_wdt_disable(); /* hashing an image takes longer than its patience */
    (void)SPIUnlock();
    layout_of_device(&layout);
    otaria_boot_choose(&flash, &layout, buf, &choice);
    if (choice.kind == OTARIA_BOOT_NONE ||
        otaria_image_segments(&flash, layout.slot[choice.slot], layout.image_max, load, &cache,
                              &entry) != 0)
        wait_for_recovery();
    *(volatile uint32_t *)OTARIA_ESP8266_BOOT_WORD =
        otaria_esp8266_boot_word(choice.slot, choice.kind);
    ets_wdt_enable();
    boot_enter(choice.slot, 0, cache, entry);
}
