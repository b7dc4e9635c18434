// SPDX-License-Identifier: MIT
#include <otaria/flash.h>

#include <string.h>

enum { PIECE = 64 }; /* bytes read back at a time, on the stack */

int otaria_flash_program(const struct otaria_flash *f, uint32_t addr, const void *data, size_t len)
{
    const uint8_t *want = data;
    uint8_t got[PIECE] OTARIA_ALIGNED;

    if (f->write(f->ctx, addr, data, len) != 0) {
        return OTARIA_E_FLASH_IO;
    }
    for (size_t at = 0; at < len; at += PIECE) {
        size_t n = len - at < PIECE ? len - at : PIECE;
        if (otaria_flash_read(f, addr + (uint32_t)at, got, n) != 0) {
            return OTARIA_E_FLASH_IO;
        }
        if (memcmp(got, want + at, n) != 0) {
            return OTARIA_E_FLASH_VERIFY;
        }
    }
    return 0;
}

int otaria_flash_erase(const struct otaria_flash *f, uint32_t addr)
{
    uint32_t got[PIECE / 4];

    if (f->erase(f->ctx, addr) != 0) {
        return OTARIA_E_FLASH_IO;
    }
    for (uint32_t at = 0; at < OTARIA_SECTOR; at += PIECE) {
        if (otaria_flash_read(f, addr + at, got, PIECE) != 0) {
            return OTARIA_E_FLASH_IO;
        }
        for (unsigned i = 0; i < PIECE / 4; i++) {
            if (got[i] != 0xFFFFFFFFu) {
                return OTARIA_E_FLASH_VERIFY;
            }
        }
    }
    return 0;
}
