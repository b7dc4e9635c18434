// SPDX-License-Identifier: MIT
#include <otaria/boot.h>

#include <string.h>

/* Offsets inside the record. */
enum {
    AT_MAGIC = 0,
    AT_COUNTER = 4,
    AT_ACTIVE = 8,
    AT_TRIAL = 9,
    AT_MANIFEST_LEN = 10,
    AT_ACTIVE_LEN = 12,
    AT_TRIAL_LEN = 16,
    AT_FLOOR_SEQ = 20,
    AT_ACTIVE_DIGEST = 28,
    AT_TRIAL_DIGEST = 60,
    AT_ACTIVE_MANIFEST = 92,
    AT_CRC = 124
};
_Static_assert(AT_CRC + 4 == OTARIA_RECORD_SIZE, "the record fills its 128 bytes");

/* The three digests lie one behind the other on flash and in memory: one copy moves them. */
#define DIGESTS     offsetof(struct otaria_record, active_digest)
#define AT_DIGESTS  AT_ACTIVE_DIGEST
#define DIGESTS_LEN 96u
_Static_assert(offsetof(struct otaria_record, trial_digest) - DIGESTS ==
                       AT_TRIAL_DIGEST - AT_DIGESTS &&
                   offsetof(struct otaria_record, active_manifest) - DIGESTS ==
                       AT_ACTIVE_MANIFEST - AT_DIGESTS &&
                   AT_DIGESTS + DIGESTS_LEN == AT_CRC,
               "the same order");

int otaria_flash_read(const struct otaria_flash *f, uint32_t addr, void *buf, size_t len)
{
    return f->read(f->ctx, addr, buf, len) != 0 ? OTARIA_E_FLASH_IO : 0;
}

/* No table: 1 KB of it would not fit a boot stage, and 124 bytes a boot are no work. */
uint32_t otaria_crc32(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;

    crc = ~crc;
    while (len-- > 0) {
        crc ^= *p++;
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

void otaria_record_encode(const struct otaria_record *rec, uint8_t out[OTARIA_RECORD_SIZE])
{
    otaria_store_le32(out + AT_MAGIC, OTARIA_RECORD_MAGIC);
    otaria_store_le32(out + AT_COUNTER, rec->counter);
    out[AT_ACTIVE] = rec->active;
    out[AT_TRIAL] = rec->trial;
    out[AT_MANIFEST_LEN] = (uint8_t)rec->manifest_len;
    out[AT_MANIFEST_LEN + 1] = (uint8_t)(rec->manifest_len >> 8);
    otaria_store_le32(out + AT_ACTIVE_LEN, rec->active_len);
    otaria_store_le32(out + AT_TRIAL_LEN, rec->trial_len);
    otaria_store_le64(out + AT_FLOOR_SEQ, rec->floor_seq);
    memcpy(out + AT_DIGESTS, (const uint8_t *)rec + DIGESTS, DIGESTS_LEN);
    otaria_store_le32(out + AT_CRC, otaria_crc32(0, out, AT_CRC));
}

/* Lengths and slots are used as they stand by a stage that has no other check: refuse here. */
static bool in_range(const struct otaria_record *rec, const struct otaria_layout *l)
{
    if (rec->active > 1 || rec->active_len > l->image_max || rec->trial_len > l->image_max) {
        return false;
    }
    if (rec->manifest_len > OTARIA_MANIFEST_MAX) {
        return false;
    }
    return rec->trial == OTARIA_NO_SLOT || (rec->trial == (rec->active ^ 1u) && rec->trial_len > 0);
}

int otaria_record_read_at(const struct otaria_flash *f, const struct otaria_layout *l,
                          unsigned index, struct otaria_record *rec)
{
    uint8_t raw[OTARIA_RECORD_SIZE] OTARIA_ALIGNED;

    if (otaria_flash_read(f, l->record[index], raw, sizeof raw) != 0) {
        return OTARIA_E_FLASH_IO;
    }
    if (otaria_load_le32(raw + AT_MAGIC) != OTARIA_RECORD_MAGIC ||
        otaria_load_le32(raw + AT_CRC) != otaria_crc32(0, raw, AT_CRC)) {
        return OTARIA_E_STATE;
    }
    rec->counter = otaria_load_le32(raw + AT_COUNTER);
    rec->active = raw[AT_ACTIVE];
    rec->trial = raw[AT_TRIAL];
    rec->manifest_len = (uint16_t)(raw[AT_MANIFEST_LEN] | raw[AT_MANIFEST_LEN + 1] << 8);
    rec->active_len = otaria_load_le32(raw + AT_ACTIVE_LEN);
    rec->trial_len = otaria_load_le32(raw + AT_TRIAL_LEN);
    rec->floor_seq = otaria_load_le64(raw + AT_FLOOR_SEQ);
    memcpy((uint8_t *)rec + DIGESTS, raw + AT_DIGESTS, DIGESTS_LEN);
    return in_range(rec, l) ? 0 : OTARIA_E_STATE;
}

int otaria_record_read(const struct otaria_flash *f, const struct otaria_layout *l,
                       struct otaria_record *rec, struct otaria_words *words, unsigned *index)
{
    uint32_t raw[OTARIA_WORDS_SIZE / 4];
    unsigned at = 1;

    /* Each is read into the same place: a second record on the stack would cost more than a read */
    bool first = otaria_record_read_at(f, l, 0, rec) == 0;
    uint32_t counter = first ? rec->counter : 0;
    bool second = otaria_record_read_at(f, l, 1, rec) == 0;
    if (!second || (first && counter >= rec->counter)) {
        at = 0;
        if (!first || otaria_record_read_at(f, l, 0, rec) != 0) {
            return OTARIA_E_STATE;
        }
    }
    if (otaria_flash_read(f, l->record[at] + OTARIA_RECORD_WORDS, raw, sizeof raw) != 0) {
        return OTARIA_E_STATE;
    }
    words->tries = otaria_load_le32((const uint8_t *)&raw[OTARIA_WORD_TRIES / 4]);
    words->healthy = otaria_load_le32((const uint8_t *)&raw[OTARIA_WORD_HEALTHY / 4]);
    words->stage = otaria_load_le32((const uint8_t *)&raw[OTARIA_WORD_STAGE / 4]);
    words->confirmed = otaria_load_le32((const uint8_t *)&raw[OTARIA_WORD_CONFIRMED / 4]);
    words->revert = otaria_load_le32((const uint8_t *)&raw[OTARIA_WORD_REVERT / 4]);
    *index = at;
    return 0;
}

static unsigned zeros(uint32_t word)
{
    unsigned n = 32;

    for (; word != 0; word &= word - 1) {
        n--;
    }
    return n;
}

bool otaria_word_set(uint32_t word)
{
    return zeros(word) >= 16;
}

unsigned otaria_words_tries_left(const struct otaria_words *w)
{
    unsigned allowed = OTARIA_TRIES + OTARIA_TRIES * zeros(w->healthy);
    unsigned spent = zeros(w->tries);

    if (allowed > 32) {
        allowed = 32;
    }
    return allowed > spent ? allowed - spent : 0;
}
