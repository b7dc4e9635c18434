// SPDX-License-Identifier: MIT
#include "sim/nor.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum fate { FATE_DONE, FATE_NOTHING, FATE_TORN, FATE_SILENT };

/* splitmix64: any seed gives well mixed bits, and the same ones each time */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* May the port be asked this? Counted if not. */
static bool is_allowed(struct nor *n, uint32_t addr, const void *buf, size_t len)
{
    bool fine = addr % 4 == 0 && len % 4 == 0 && (uintptr_t)buf % 4 == 0 && len > 0 &&
                addr <= n->size && len <= n->size - addr;

    n->refused_calls += !fine;
    return fine && !n->off;
}

static int port_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    struct nor *n = ctx;

    if (!is_allowed(n, addr, buf, len)) {
        return -1;
    }
    n->reads += len;
    memcpy(buf, n->mem + addr, len);
    return 0;
}

/* Counts the operation and says what becomes of it; the power may go. */
static enum fate next_fate(struct nor *n)
{
    n->ops++;
    if (n->cut_at != 0 && n->ops == n->cut_at) {
        n->off = true;
        return n->cut_mode == NOR_CUT_BEFORE ? FATE_NOTHING
               : n->cut_mode == NOR_CUT_TORN ? FATE_TORN
                                             : FATE_DONE;
    }
    return n->ops >= n->silent_from && n->ops <= n->silent_to ? FATE_SILENT : FATE_DONE;
}

static void program_torn(struct nor *n, uint32_t addr, const uint8_t *data, size_t len)
{
    uint64_t random = n->seed ^ n->ops << 32;
    size_t whole = len > 4 ? len / 2 : 0;

    for (size_t i = 0; i < whole; i++) {
        n->mem[addr + i] &= data[i];
    }
    /* half the bits of one byte; of a word, half the bits of all four */
    for (size_t i = whole; i < (len > 4 ? whole + 1 : len); i++) {
        n->mem[addr + i] &= (uint8_t)(data[i] | mix(&random));
    }
}

static int port_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    struct nor *n = ctx;
    const uint8_t *data = buf;

    if (addr % OTARIA_PAGE + len > OTARIA_PAGE) {
        n->refused_calls++;
        return -1;
    }
    if (!is_allowed(n, addr, buf, len)) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        if ((data[i] & ~n->mem[addr + i]) != 0) {
            n->illegal_programs++;
            break;
        }
    }
    enum fate fate = next_fate(n);
    n->programs[addr / OTARIA_SECTOR]++;
    if (fate == FATE_TORN) {
        program_torn(n, addr, data, len);
    }
    for (size_t i = 0; fate == FATE_DONE && i < len; i++) {
        n->mem[addr + i] &= data[i];
    }
    return n->off ? -1 : 0;
}

static int port_erase(void *ctx, uint32_t addr)
{
    struct nor *n = ctx;
    uint64_t random = n->seed ^ n->ops << 32;

    if (addr % OTARIA_SECTOR != 0 || addr >= n->size) {
        n->refused_calls++;
        return -1;
    }
    if (n->off) {
        return -1;
    }
    enum fate fate = next_fate(n);
    n->erases[addr / OTARIA_SECTOR]++;
    if (fate == FATE_DONE) {
        memset(n->mem + addr, 0xFF, OTARIA_SECTOR);
    }
    for (size_t i = 0; fate == FATE_TORN && i < OTARIA_SECTOR; i += 8) {
        uint64_t bits = mix(&random);
        for (size_t k = 0; k < 8; k++) {
            n->mem[addr + i + k] |= (uint8_t)(bits >> 8 * k);
        }
    }
    return n->off ? -1 : 0;
}

void nor_open(struct nor *n, uint32_t size)
{
    memset(n, 0, sizeof *n);
    n->port = (struct otaria_flash){n, port_read, port_write, port_erase};
    n->size = size;
    n->mem = xmalloc(size);
    memset(n->mem, 0xFF, size);
    n->erases = xcalloc(size / OTARIA_SECTOR, sizeof *n->erases);
    n->programs = xcalloc(size / OTARIA_SECTOR, sizeof *n->programs);
}

void nor_close(struct nor *n)
{
    free(n->mem);
    free(n->erases);
    free(n->programs);
    memset(n, 0, sizeof *n);
}

void nor_copy(struct nor *dst, const struct nor *src)
{
    struct nor old = *dst;
    size_t sectors = src->size / OTARIA_SECTOR;

    /* only what was ever touched differs from erased: most of the chip never is */
    for (size_t i = 0; i < sectors; i++) {
        size_t at = i * OTARIA_SECTOR;
        if ((src->erases[i] | src->programs[i]) != 0) {
            memcpy(old.mem + at, src->mem + at, OTARIA_SECTOR);
        } else if ((old.erases[i] | old.programs[i]) != 0) {
            memset(old.mem + at, 0xFF, OTARIA_SECTOR);
        }
    }
    memcpy(old.erases, src->erases, sectors * sizeof *old.erases);
    memcpy(old.programs, src->programs, sectors * sizeof *old.programs);
    *dst = *src;
    dst->port.ctx = dst;
    dst->mem = old.mem;
    dst->erases = old.erases;
    dst->programs = old.programs;
}

void nor_plan_cut(struct nor *n, uint64_t ops, enum nor_cut mode, uint32_t seed)
{
    n->cut_at = n->ops + ops;
    n->cut_mode = mode;
    n->seed = seed;
}

void nor_power_on(struct nor *n)
{
    n->off = false;
    n->cut_at = 0;
}

void nor_poke(struct nor *n, uint32_t addr, const void *data, size_t len)
{
    memcpy(n->mem + addr, data, len);
    for (uint32_t i = addr / OTARIA_SECTOR; i <= (addr + len - 1) / OTARIA_SECTOR; i++) {
        n->programs[i]++;
    }
}
