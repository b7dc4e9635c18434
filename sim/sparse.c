// SPDX-License-Identifier: MIT
#include "sim/sparse.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static bool allowed(const struct sparse_flash *f, uint32_t addr, const void *buf, size_t len)
{
    return addr % 4 == 0 && len % 4 == 0 && (uintptr_t)buf % 4 == 0 && addr <= f->size &&
           len <= f->size - addr;
}

static int sparse_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    const struct sparse_flash *f = ctx;
    uint8_t *out = buf;

    if (!allowed(f, addr, buf, len))
        return -1;
    while (len > 0) {
        uint32_t off = addr % OTARIA_SECTOR;
        size_t n = OTARIA_SECTOR - off < len ? OTARIA_SECTOR - off : len;
        const uint8_t *sector = f->sector[addr / OTARIA_SECTOR];

        if (sector)
            memcpy(out, sector + off, n);
        else
            memset(out, 0xFF, n);
        addr += (uint32_t)n;
        out += n;
        len -= n;
    }
    return 0;
}

static int sparse_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    const struct sparse_flash *f = ctx;
    const uint8_t *bits = buf;
    uint8_t **sector;

    if (!allowed(f, addr, buf, len) || addr == f->size || addr % OTARIA_PAGE + len > OTARIA_PAGE)
        return -1;
    sector = &f->sector[addr / OTARIA_SECTOR];
    if (!*sector) {
        *sector = xmalloc(OTARIA_SECTOR);
        memset(*sector, 0xFF, OTARIA_SECTOR);
    }
    for (size_t i = 0; i < len; i++)
        (*sector)[addr % OTARIA_SECTOR + i] &= bits[i];
    return 0;
}

static int sparse_erase(void *ctx, uint32_t addr)
{
    const struct sparse_flash *f = ctx;

    if (addr % OTARIA_SECTOR || addr >= f->size)
        return -1;
    free(f->sector[addr / OTARIA_SECTOR]);
    f->sector[addr / OTARIA_SECTOR] = NULL;
    return 0;
}

void sparse_open(struct sparse_flash *f, uint32_t size)
{
    f->size = size;
    f->sector = xcalloc(size / OTARIA_SECTOR, sizeof *f->sector);
    f->port = (struct otaria_flash){f, sparse_read, sparse_write, sparse_erase};
}

void sparse_close(struct sparse_flash *f)
{
    for (uint32_t i = 0; i < f->size / OTARIA_SECTOR; i++)
        free(f->sector[i]);
    free(f->sector);
}
