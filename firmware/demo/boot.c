// SPDX-License-Identifier: MIT
/*
 * The boot stage of the demo image: loads the application's RAM segments from flash address 0x1000, turns
 * the flash cache on and jumps. It knows one slot and checks nothing; it is what makes the demo's file a
 * complete image for a serial flasher. It has not run on silicon.
 */
#include "rom.h"

#define APPLICATION  0x1000u
#define MAGIC        0xE9u
#define SEGMENTS_MAX 16u
#define DRAM         0x3FFE8000u
#define DRAM_END     0x3FFFB000u /* from here on: this stage's own text */
#define IRAM         0x40100000u
#define IRAM_END     0x40108000u /* from here on: the cache */

void begin(void);

static int is_ram(uint32_t address, uint32_t len)
{
    if (address >= DRAM && address < DRAM_END)
        return len <= DRAM_END - address;
    return address >= IRAM && address < IRAM_END && len <= IRAM_END - address;
}

/* Loads what belongs in RAM; what is mapped stays where it is. Returns the entry point, or 0. */
static uint32_t load(uint32_t at)
{
    uint32_t head[2], segment[2];

    if (SPIRead(at, head, sizeof head) != 0 || (head[0] & 0xFF) != MAGIC)
        return 0;
    at += sizeof head;
    for (uint32_t left = head[0] >> 8 & 0xFF; left > 0 && left <= SEGMENTS_MAX; left--) {
        if (SPIRead(at, segment, sizeof segment) != 0)
            return 0;
        at += sizeof segment;
        if (is_ram(segment[0], segment[1]) &&
            SPIRead(at, (uint32_t *)segment[0], (segment[1] + 3) & ~3u) != 0)
            return 0;
        at += segment[1];
    }
    return head[1];
}

/*
 * The cache takes over the RAM that this code runs from, so the call that turns it on must not come back
 * here: it gets the application's entry as its return address.
 */
static void __attribute__((noreturn)) enter(uint32_t entry)
{
    register uint32_t a2 __asm__("a2") = 0;
    register uint32_t a3 __asm__("a3") = 0;
    register uint32_t a4 __asm__("a4") = 1;
    register void (*enable)(uint32_t, uint32_t, uint32_t) __asm__("a5") = Cache_Read_Enable;

    __asm__ volatile("mov a0, %0\n\tjx %1"
                     :
                     : "r"(entry), "r"(enable), "r"(a2), "r"(a3), "r"(a4)
                     : "a0");
    __builtin_unreachable();
}

void begin(void)
{
    uint32_t entry = load(APPLICATION);

    if (entry != 0) {
        ets_printf("boot: application at 0x%x\n", APPLICATION);
        enter(entry);
    }
    ets_printf("boot: no application\n");
}
