// SPDX-License-Identifier: MIT
/*
 * Any content of the record and NV sectors: something boots as long as a slot is complete, the
 * slots open, and both are bounded. The first byte says what else is odd about the flash:
 * bit 0 repairs the CRC of the records, bit 1 those of the log's first entries, bits 2 and 3 take
 * the image out of slot A and B.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <otaria/slots.h>

#include "sim/nor.h"
#include "sim/small_release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct small_release release;
static struct nor nor, blank;

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void repair(uint32_t addr, uint32_t crc_at, bool is_record)
{
    if (is_record) {
        otaria_store_le32(nor.mem + addr, OTARIA_RECORD_MAGIC);
    }
    otaria_store_le32(nor.mem + addr + crc_at, otaria_crc32(0, nor.mem + addr, crc_at));
}

/* The input fills the interesting parts of the four sectors, one after the other. */
static void fill(const struct otaria_layout *l, const uint8_t *data, size_t len, unsigned flags)
{
    const struct {
        uint32_t addr, len;
    } parts[] = {{l->record[0], OTARIA_RECORD_SIZE},
                 {l->record[0] + OTARIA_RECORD_WORDS, OTARIA_WORDS_SIZE},
                 {l->record[1], OTARIA_RECORD_SIZE},
                 {l->record[1] + OTARIA_RECORD_WORDS, OTARIA_WORDS_SIZE},
                 {l->nv[0], 512},
                 {l->nv[1], 512},
                 {l->record[0] + OTARIA_RECORD_MANIFEST, OTARIA_MANIFEST_MAX},
                 {l->record[1] + OTARIA_RECORD_MANIFEST, OTARIA_MANIFEST_MAX}};

    for (unsigned i = 0; i < sizeof parts / sizeof parts[0] && len > 0; i++) {
        size_t n = len < parts[i].len ? len : parts[i].len;
        nor_poke(&nor, parts[i].addr, data, n);
        data += n;
        len -= n;
    }
    for (unsigned i = 0; i < 2; i++) {
        if ((flags & 1) != 0) {
            repair(l->record[i], OTARIA_RECORD_SIZE - 4, true);
        }
        for (uint32_t at = 0; (flags & 2) != 0 && at < 512; at += 64) {
            repair(l->nv[i] + at, 60, false);
        }
        if ((flags & 4u << i) == 0) {
            nor_poke(&nor, l->slot[i], release.image, release.len);
        }
    }
}

static void check(const struct otaria_layout *l)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    static struct otaria_slots slots;
    struct otaria_boot_choice choice;
    struct otaria_record rec;
    struct otaria_words words;
    unsigned index;

    bool has = otaria_record_read(&nor.port, l, &rec, &words, &index) == 0;
    otaria_boot_choose(&nor.port, l, buf, &choice);
    demand(nor.ops <= 1 && choice.slot <= 1);
    bool whole[2] = {nor.mem[l->slot[0]] == 0xE9, nor.mem[l->slot[1]] == 0xE9};
    if (choice.kind == OTARIA_BOOT_NONE) {
        /* no image at all, or only a trial that is not the signed one */
        bool unsigned_trial = has && rec.trial != OTARIA_NO_SLOT && whole[rec.trial] &&
                              !whole[rec.active] && !otaria_word_set(words.confirmed);
        demand((!whole[0] && !whole[1]) || unsigned_trial);
        return;
    }
    demand(whole[choice.slot]);
    for (unsigned i = 0; i < 2; i++) {
        /* once to finish what was left, once more to find nothing left */
        demand(otaria_slots_open(&slots, &nor.port, l, choice.slot) == 0);
    }
    demand(nor.refused_calls == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct otaria_layout *l = otaria_layout_find("2m", 2);

    if (len == 0) {
        return 0;
    }
    if (release.len == 0) {
        small_release_make(&release, 2000, "1", 5000000001u, 1);
        nor_open(&nor, l->flash_size);
        nor_open(&blank, l->flash_size);
    }
    nor_copy(&nor, &blank);
    fill(l, data + 1, len - 1, data[0]);
    check(l);
    return 0;
}
