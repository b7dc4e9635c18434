// SPDX-License-Identifier: MIT
/*
 * The flash port: SPI NOR as the ESP8266's mask ROM offers it, and where things lie on it.
 *
 * What the library relies on, and nothing else: an erase raises all bits of a sector, a write
 * lowers bits (old & new), and whatever was cut or failed may have left any mixture of old and new
 * bits in the unit it worked on, and in that unit only. A result of 0 is not believed where it
 * matters: what commits a state is read back.
 */
#ifndef OTARIA_FLASH_H
#define OTARIA_FLASH_H

#include <otaria/base.h>

#define OTARIA_SECTOR 4096u /* erase unit, bytes */
#define OTARIA_PAGE \
    256u /* largest single program operation, bytes; never crosses a page boundary */

/* Buffers that flash calls read or fill lie on a word boundary: the ROM traps otherwise. */
#define OTARIA_ALIGNED __attribute__((aligned(4)))

/*
 * addr is a byte offset in flash. addr, len and buf's address are multiples of 4; len > 0. Each
 * call blocks until the chip is done and returns 0, or any negative value for a failure (the
 * library reports it as OTARIA_E_FLASH_IO).
 */
struct otaria_flash {
    void *ctx;
    int (*read)(void *ctx, uint32_t addr, void *buf, size_t len);
    /* Within one page. Every word of it is blank or gets `old & new`, as PUYA chips demand. */
    int (*write)(void *ctx, uint32_t addr, const void *buf, size_t len);
    int (*erase)(void *ctx, uint32_t addr); /* one sector; addr is its first byte */
};

/* One row of the layout table. All addresses are multiples of a sector. */
struct otaria_layout {
    const char *name;    /* host only; NULL on devices */
    uint32_t flash_size; /* bytes */
    uint32_t slot[2];    /* slot A, slot B */
    uint32_t image_max;  /* bytes of a slot */
    uint32_t nv[2];      /* the NV log's sectors */
    uint32_t recovery;   /* reserved sector */
    uint32_t record[2];  /* the record sectors */
    uint32_t fs[2];      /* filesystem areas of the application; fs_len 0 = none */
    uint32_t fs_len[2];
    uint32_t scratch; /* reserved for staged layouts */
    bool staged;      /* slot B cannot run, it is copied to A: otaria_slots_open refuses */
};

/*
 * The row with this name (len bytes, no NUL needed), or NULL when there is none. It stands in a
 * file of its own with the whole table: a device that fills its one row itself (any static const
 * struct otaria_layout will do) never links it.
 */
const struct otaria_layout *otaria_layout_find(const char *name, size_t len);

/* f->read with its failure as OTARIA_E_FLASH_IO; 0 otherwise. */
OTARIA_MUST_CHECK int otaria_flash_read(const struct otaria_flash *f, uint32_t addr, void *buf,
                                        size_t len);

/*
 * Program and read back: 0, OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY. Within one page, aligned as
 * above.
 */
OTARIA_MUST_CHECK int otaria_flash_program(const struct otaria_flash *f, uint32_t addr,
                                           const void *data, size_t len);

/*
 * Erase one sector and read it back: 0, OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY (some bit did not
 * rise). Records and log entries are only ever written to sectors that passed this.
 */
OTARIA_MUST_CHECK int otaria_flash_erase(const struct otaria_flash *f, uint32_t addr);

#endif
