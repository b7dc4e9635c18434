// SPDX-License-Identifier: MIT
#include <otaria/boot.h>
#include <otaria/nvlog.h>

#include <string.h>

/*
 * An entry: kind u8, len u8, 0 u16, generation u32, data, crc32 of all before. Entry 0 of a sector
 * is its head (kind HEAD), written last when the log moves in: without it the sector is nothing.
 * The generation in each entry tells it from leftovers of a torn erase.
 */
enum {
    ENTRY = 64,
    ENTRIES = OTARIA_SECTOR / ENTRY,
    AT_KIND = 0,
    AT_LEN = 1,
    AT_GENERATION = 4,
    AT_DATA = 8,
    AT_CRC = 60,
    HEAD = 0x4F /* no otaria_nv_kind */
};
_Static_assert(AT_DATA + OTARIA_NV_DATA_MAX == AT_CRC, "an entry holds OTARIA_NV_DATA_MAX bytes");
_Static_assert(OTARIA_NV_KINDS < ENTRIES / 2, "a compacted log leaves most of its sector free");

static uint32_t entry_addr(const struct otaria_nvlog *nv, unsigned sector, unsigned entry)
{
    return nv->sector[sector] + entry * ENTRY;
}

static void entry_make(uint8_t e[ENTRY], unsigned kind, uint32_t generation, const void *data,
                       size_t len)
{
    memset(e, 0, ENTRY);
    e[AT_KIND] = (uint8_t)kind;
    e[AT_LEN] = (uint8_t)len;
    otaria_store_le32(e + AT_GENERATION, generation);
    if (len > 0) {
        memcpy(e + AT_DATA, data, len);
    }
    otaria_store_le32(e + AT_CRC, otaria_crc32(0, e, AT_CRC));
}

static bool entry_is_sound(const uint8_t e[ENTRY])
{
    return otaria_load_le32(e + AT_CRC) == otaria_crc32(0, e, AT_CRC) &&
           e[AT_LEN] <= OTARIA_NV_DATA_MAX;
}

static bool entry_is_blank(const uint8_t e[ENTRY])
{
    for (unsigned i = 0; i < ENTRY; i++) {
        if (e[i] != 0xFF) {
            return false;
        }
    }
    return true;
}

static int entry_read(const struct otaria_nvlog *nv, unsigned sector, unsigned entry,
                      uint8_t e[ENTRY])
{
    return otaria_flash_read(nv->flash, entry_addr(nv, sector, entry), e, ENTRY);
}

/* The current sector is the one whose head has the higher generation. */
static int find_current(struct otaria_nvlog *nv)
{
    uint8_t e[ENTRY] OTARIA_ALIGNED;

    for (unsigned i = 0; i < 2; i++) {
        int result = entry_read(nv, i, 0, e);
        if (result != 0) {
            return result;
        }
        uint32_t generation = otaria_load_le32(e + AT_GENERATION);
        if (entry_is_sound(e) && e[AT_KIND] == HEAD && generation > nv->generation) {
            nv->generation = generation;
            nv->current = (uint8_t)i;
        }
    }
    return 0;
}

int otaria_nvlog_open(struct otaria_nvlog *nv, const struct otaria_flash *f,
                      const uint32_t sector[2])
{
    uint8_t e[ENTRY] OTARIA_ALIGNED;

    *nv = (struct otaria_nvlog){.flash = f, .sector = {sector[0], sector[1]}, .next = ENTRIES};
    int result = find_current(nv);
    if (result != 0 || nv->generation == 0) {
        return result;
    }
    /* What a torn write left is neither sound nor blank: the next entry goes behind it */
    nv->next = 1;
    for (unsigned i = 1; i < ENTRIES; i++) {
        result = entry_read(nv, nv->current, i, e);
        if (result != 0) {
            return result;
        }
        if (entry_is_blank(e)) {
            continue;
        }
        nv->next = (uint8_t)(i + 1);
        if (entry_is_sound(e) && otaria_load_le32(e + AT_GENERATION) == nv->generation &&
            e[AT_KIND] >= 1 && e[AT_KIND] < OTARIA_NV_KINDS) {
            nv->at[e[AT_KIND]] = e[AT_LEN] > 0 ? (uint8_t)i : 0;
        }
    }
    return 0;
}

/* The whole newest entry of a kind; e[AT_LEN] is 0 when there is none. */
static int newest(const struct otaria_nvlog *nv, unsigned kind, uint8_t e[ENTRY])
{
    e[AT_LEN] = 0;
    if (nv->at[kind] == 0) {
        return 0;
    }
    int result = entry_read(nv, nv->current, nv->at[kind], e);
    if (result == 0 && !entry_is_sound(e)) {
        e[AT_LEN] = 0; /* it was sound when the log was opened: the cell fades */
    }
    return result;
}

int otaria_nvlog_get(const struct otaria_nvlog *nv, enum otaria_nv_kind kind, void *data,
                     size_t max, size_t *len)
{
    uint8_t e[ENTRY] OTARIA_ALIGNED;

    *len = 0;
    int result = newest(nv, kind, e);
    if (result != 0) {
        return result;
    }
    if (e[AT_LEN] > max) {
        return OTARIA_E_BUFFER;
    }
    *len = e[AT_LEN];
    memcpy(data, e + AT_DATA, *len);
    return 0;
}

/* Move to the other sector: erase, copy the newest of each kind, and the head last. */
static int compact(struct otaria_nvlog *nv)
{
    uint8_t e[ENTRY] OTARIA_ALIGNED;
    struct otaria_nvlog moved = *nv;

    moved.current = nv->generation == 0 ? 0 : nv->current ^ 1u;
    moved.generation = nv->generation + 1;
    moved.next = 1;
    int result = otaria_flash_erase(nv->flash, nv->sector[moved.current]);
    for (unsigned kind = 1; kind < OTARIA_NV_KINDS && result == 0; kind++) {
        moved.at[kind] = 0;
        result = newest(nv, kind, e);
        if (result != 0 || e[AT_LEN] == 0) {
            continue;
        }
        otaria_store_le32(e + AT_GENERATION, moved.generation);
        otaria_store_le32(e + AT_CRC, otaria_crc32(0, e, AT_CRC));
        moved.at[kind] = moved.next;
        result =
            otaria_flash_program(nv->flash, entry_addr(nv, moved.current, moved.next), e, ENTRY);
        moved.next++;
    }
    if (result != 0) {
        return result;
    }
    entry_make(e, HEAD, moved.generation, NULL, 0);
    /* COMMIT POINT: the log lies in the other sector */
    result = otaria_flash_program(nv->flash, entry_addr(nv, moved.current, 0), e, ENTRY);
    if (result == 0) {
        *nv = moved;
    }
    return result;
}

int otaria_nvlog_put(struct otaria_nvlog *nv, enum otaria_nv_kind kind, const void *data,
                     size_t len)
{
    uint8_t e[ENTRY] OTARIA_ALIGNED;

    if (len > OTARIA_NV_DATA_MAX || kind < 1 || kind >= OTARIA_NV_KINDS) {
        return OTARIA_E_ARGUMENT;
    }
    int result = newest(nv, kind, e);
    if (result != 0) {
        return result;
    }
    if (e[AT_LEN] == len && (len == 0 || memcmp(e + AT_DATA, data, len) == 0)) {
        return 0;
    }
    /* An entry that does not stick is spent; the next one is tried, a full sector at most once. */
    for (unsigned attempt = 0; attempt < 3; attempt++) {
        if (nv->next == ENTRIES) {
            result = compact(nv);
            if (result != 0) {
                return result;
            }
        }
        entry_make(e, kind, nv->generation, data, len);
        unsigned at = nv->next++;
        /* COMMIT POINT: the newest entry of its kind */
        result = otaria_flash_program(nv->flash, entry_addr(nv, nv->current, at), e, ENTRY);
        if (result == 0) {
            nv->at[kind] = len > 0 ? (uint8_t)at : 0;
        }
        if (result != OTARIA_E_FLASH_VERIFY) {
            break;
        }
    }
    return result;
}
