// SPDX-License-Identifier: MIT
// The ROM's flash functions. Addresses and lengths are multiples of 4 and must lie in the flash;
// a call while the cache uses the bus fails, and code in flash must not make one while it is off.
#include "rom.h"

int SPIRead(uint32_t address, uint32_t *to, uint32_t len);
int SPIWrite(uint32_t address, const uint32_t *from, uint32_t len);
int SPIEraseSector(uint32_t sector);
int SPIEraseBlock(uint32_t block);
int SPIUnlock(void);

enum { DONE, FAILED };
enum { ERASE_BLOCK_LEN = 65536 };

static bool may_run(const char *what, void *caller)
{
    if (cache_is_on()) {
        if (BOARD->flash_cache_on++ == 0) {
            rom_say("%s while the cache is on fails, caller 0x%08x", what, (uint32_t)caller);
        }
        return false;
    }
    cache_check_caller((uint32_t)caller);
    return true;
}

static bool in_flash(const char *what, uint32_t address, uint32_t len)
{
    if (address > LX106_FLASH_LEN || len > LX106_FLASH_LEN - address) {
        return false;
    }
    if (((address | len) & 3) != 0) {
        rom_say("%s of %u bytes at 0x%06x: only multiples of 4", what, len, address);
        return false;
    }
    return true;
}

int SPIRead(uint32_t address, uint32_t *to, uint32_t len)
{
    const volatile uint32_t *from = pflash_at(address);

    if (!may_run("SPIRead", __builtin_return_address(0)) || !in_flash("SPIRead", address, len)) {
        return FAILED;
    }
    for (uint32_t i = 0; i < len / 4; i++) {
        to[i] = from[i];
    }
    return DONE;
}

int SPIWrite(uint32_t address, const uint32_t *from, uint32_t len)
{
    if (!may_run("SPIWrite", __builtin_return_address(0)) || !in_flash("SPIWrite", address, len)) {
        return FAILED;
    }
    while (len > 0) {
        uint32_t part = LX106_FLASH_PAGE - address % LX106_FLASH_PAGE;

        part = part < len ? part : len;
        nor_program(address, from, part);
        address += part;
        from += part / 4;
        len -= part;
    }
    return DONE;
}

int SPIEraseSector(uint32_t sector)
{
    if (!may_run("SPIEraseSector", __builtin_return_address(0)) ||
        sector >= LX106_FLASH_LEN / LX106_FLASH_SECTOR) {
        return FAILED;
    }
    nor_erase(sector * LX106_FLASH_SECTOR, LX106_FLASH_SECTOR);
    return DONE;
}

int SPIEraseBlock(uint32_t block)
{
    if (!may_run("SPIEraseBlock", __builtin_return_address(0)) ||
        block >= LX106_FLASH_LEN / ERASE_BLOCK_LEN) {
        return FAILED;
    }
    nor_erase(block * ERASE_BLOCK_LEN, ERASE_BLOCK_LEN);
    return DONE;
}

int SPIUnlock(void)
{
    return may_run("SPIUnlock", __builtin_return_address(0)) ? DONE : FAILED;
}
