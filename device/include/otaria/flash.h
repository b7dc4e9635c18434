// SPDX-License-Identifier: MIT
/* The flash port: SPI NOR as the ESP8266's mask ROM offers it. */
#ifndef OTARIA_FLASH_H
#define OTARIA_FLASH_H

#include <otaria/base.h>

#define OTARIA_SECTOR 4096u /* erase unit, bytes */
#define OTARIA_PAGE 256u    /* largest single program operation, bytes; never crosses a page boundary */

/*
 * addr is a byte offset in flash and a multiple of 4, as are len and buf's alignment. Return 0, or any negative
 * value for a failure (reported as OTARIA_E_FLASH_IO). write programs bits from 1 to 0 only (NOR); a failed or
 * interrupted write or erase leaves the page or sector undefined.
 */
struct otaria_flash {
    void *ctx;
    int (*read)(void *ctx, uint32_t addr, void *buf, size_t len);
    int (*write)(void *ctx, uint32_t addr, const void *buf, size_t len); /* within one page */
    int (*erase)(void *ctx, uint32_t addr);                              /* one sector */
};

struct otaria_layout {
    const char *name; /* host only; NULL on devices */
    uint32_t flash_size, slot[2], image_max, nv[2], recovery, record[2], fs[2], fs_len[2], scratch;
    bool staged;
};

/* The row with this name (len bytes, no NUL needed), or NULL when there is none. */
const struct otaria_layout *otaria_layout_find(const char *name, size_t len);

#endif
