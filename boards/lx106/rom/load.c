// SPDX-License-Identifier: MIT
// Loads the image at flash 0 as the chip's ROM does: E9, number of segments, flash mode, size and
// frequency, entry; each segment as address, length, data; the xor of all data, seeded, as the last
// byte of a 16-byte line. Word accesses only: most of it goes to IRAM.
#include "rom.h"

enum { MAGIC = 0xE9, CHECKSUM_SEED = 0xEF, SEGMENTS_MAX = 16 };

static bool is_memory(uint32_t address, uint32_t len)
{
    return (address >= LX106_DRAM && address < LX106_DRAM_END && len <= LX106_DRAM_END - address) ||
           (address >= LX106_IRAM && address < LX106_IRAM_END && len <= LX106_IRAM_END - address);
}

static uint32_t load_segment(uint32_t offset, uint32_t address, uint32_t len)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < len; i += 4) {
        uint32_t word = *pflash_at(offset + i);

        *reg(address + i) = word;
        sum ^= word;
    }
    return sum;
}

uint32_t load_image(void)
{
    uint32_t head = *pflash_at(0);
    uint32_t cnt = head >> 8 & 0xFF;
    uint32_t offset = 8;
    uint32_t sum = CHECKSUM_SEED;

    if ((head & 0xFF) != MAGIC || cnt == 0 || cnt > SEGMENTS_MAX) {
        rom_say("no image at flash 0 (first word 0x%08x)", head);
        return 0;
    }
    while (cnt-- > 0) {
        uint32_t address = *pflash_at(offset);
        uint32_t len = *pflash_at(offset + 4);

        offset += 8;
        if (((address | len) & 3) != 0 || !is_memory(address, len)) {
            rom_say("image at flash 0: segment 0x%08x of %u bytes is in no memory", address, len);
            return 0;
        }
        sum ^= load_segment(offset, address, len);
        offset += len;
    }
    sum ^= sum >> 16;
    sum = (sum ^ sum >> 8) & 0xFF;
    if (sum != *pflash_at(offset | 12) >> 24) {
        rom_say("image at flash 0: checksum is 0x%02x, not 0x%02x", sum,
                *pflash_at(offset | 12) >> 24);
        return 0;
    }
    return *pflash_at(4);
}
