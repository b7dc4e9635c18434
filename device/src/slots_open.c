// SPDX-License-Identifier: MIT
#include "slots_private.h"

#include <otaria/cbor.h>

#include <string.h>

/* M begins {1: 1, 2: sequence, ..}: it was matched against the template before it was written. */
static uint64_t manifest_seq(const uint8_t *p, size_t len)
{
    struct otaria_cbor_reader r;

    otaria_cbor_open(&r, p, len);
    (void)otaria_cbor_map(&r);
    uint64_t version_key = otaria_cbor_uint(&r);
    uint64_t version = otaria_cbor_uint(&r);
    uint64_t seq_key = otaria_cbor_uint(&r);
    uint64_t seq = otaria_cbor_uint(&r);
    return !r.failed && version_key == 1 && version == 1 && seq_key == 2 ? seq : 0;
}

/* The digest covers the head of the byte string that M is wrapped in, too. */
static void hash_bstr_head(struct otaria_sha256 *hash, size_t len)
{
    uint8_t head[3] = {0x59, (uint8_t)(len >> 8), (uint8_t)len};

    if (len < 24) {
        head[2] = (uint8_t)(0x40 + len);
        otaria_sha256_update(hash, head + 2, 1);
    } else if (len < 256) {
        head[1] = 0x58;
        otaria_sha256_update(hash, head + 1, 2);
    } else {
        otaria_sha256_update(hash, head, 3);
    }
}

/* Sequence and digest of M in a record's sector; false when there is none or it makes no sense. */
static bool read_manifest(struct otaria_slots *s, unsigned index, size_t len, uint64_t *seq,
                          uint8_t digest[32])
{
    struct otaria_sha256 hash;
    uint32_t addr = s->layout->record[index] + OTARIA_RECORD_MANIFEST;

    *seq = 0;
    memset(digest, 0, 32);
    if (len == 0) {
        return false;
    }
    otaria_sha256_init(&hash, NULL, 0);
    hash_bstr_head(&hash, len);
    for (size_t at = 0; at < len; at += OTARIA_PAGE) {
        size_t n = len - at < OTARIA_PAGE ? len - at : OTARIA_PAGE;
        if (otaria_flash_read(s->flash, addr + (uint32_t)at, s->scratch, (n + 3u) & ~3u) != 0) {
            return false;
        }
        if (at == 0) {
            *seq = manifest_seq(s->scratch, n);
        }
        otaria_sha256_update(&hash, s->scratch, n);
    }
    if (*seq == 0) {
        return false;
    }
    otaria_sha256_final(&hash, digest);
    return true;
}

static void learn_manifest(struct otaria_slots *s)
{
    s->has_manifest = s->has_record && read_manifest(s, s->record_index, s->record.manifest_len,
                                                     &s->manifest_seq, s->manifest_digest);
    if (!s->has_manifest) {
        s->manifest_seq = 0;
        memset(s->manifest_digest, 0, 32);
    }
}

static void raise_floor(struct otaria_slots *s, uint64_t seq, const uint8_t *digest)
{
    if (seq > s->floor_seq) {
        s->floor_seq = seq;
        s->has_floor_digest = false;
    }
    if (seq == s->floor_seq && digest != NULL) {
        s->has_floor_digest = true;
        memcpy(s->floor_digest, digest, 32);
    }
}

/* The running image's sequence, from whatever still knows it. */
static uint64_t learn_running_seq(struct otaria_slots *s)
{
    struct otaria_record *other = &s->made;
    uint8_t want[32];
    uint8_t digest[32];
    uint64_t seq;

    if (!otaria_slots_running_manifest(s, want)) {
        return 0;
    }
    if (s->has_manifest && memcmp(want, s->manifest_digest, 32) == 0) {
        return s->manifest_seq;
    }
    if (s->has_floor_digest && memcmp(want, s->floor_digest, 32) == 0) {
        return s->floor_seq;
    }
    /* The record before this one was, as a rule, the trial of the image that runs. */
    unsigned before = s->record_index ^ 1u;
    if (otaria_record_read_at(s->flash, s->layout, before, other) == 0 &&
        read_manifest(s, before, other->manifest_len, &seq, digest) &&
        memcmp(want, digest, 32) == 0) {
        return seq;
    }
    return 0;
}

void otaria_slots_learn(struct otaria_slots *s)
{
    uint8_t data[40];
    size_t len;

    if (otaria_nvlog_get(&s->nv, OTARIA_NV_FLOOR, data, sizeof data, &len) == 0 &&
        len == sizeof data) {
        raise_floor(s, otaria_load_le64(data), data + 8);
    }
    if (s->has_record) {
        raise_floor(s, s->record.floor_seq, NULL);
        /* M beside the record: the trial's, or the active image's when there is no trial */
        if (s->has_manifest &&
            (s->record.trial == OTARIA_NO_SLOT || otaria_word_set(s->words.confirmed))) {
            raise_floor(s, s->manifest_seq, s->manifest_digest);
        }
    }
    s->running_seq = learn_running_seq(s);
}

static int write_manifest(struct otaria_slots *s, uint32_t addr, const uint8_t *p, size_t len)
{
    for (int result; len > 0; addr += OTARIA_PAGE) {
        size_t n = len < OTARIA_PAGE ? len : OTARIA_PAGE;
        memset(s->scratch, 0xFF, OTARIA_PAGE);
        memcpy(s->scratch, p, n);
        result = otaria_flash_program(s->flash, addr, s->scratch, (n + 3u) & ~3u);
        if (result != 0) {
            return result;
        }
        p += n;
        len -= n;
    }
    return 0;
}

int otaria_slots_write_record(struct otaria_slots *s, const uint8_t *manifest, size_t len,
                              bool confirmed)
{
    static const uint32_t zero = 0;
    unsigned index = s->has_record ? s->record_index ^ 1u : 0;
    uint32_t addr = s->layout->record[index];

    s->made.counter = s->record.counter + 1; /* 0 + 1 without a record */
    s->made.manifest_len = (uint16_t)len;
    int result = otaria_flash_erase(s->flash, addr);
    if (result == 0) {
        result = write_manifest(s, addr + OTARIA_RECORD_MANIFEST, manifest, len);
    }
    if (result == 0 && confirmed) {
        result = otaria_flash_program(s->flash, addr + OTARIA_RECORD_WORDS + OTARIA_WORD_CONFIRMED,
                                      &zero, sizeof zero);
    }
    if (result != 0) {
        return result;
    }
    otaria_record_encode(&s->made, s->scratch);
    /* COMMIT POINT: the new record counts, with all that was written beside it */
    result = otaria_flash_program(s->flash, addr, s->scratch, OTARIA_RECORD_SIZE);
    if (result != 0) {
        return result;
    }
    s->has_record = true;
    s->record = s->made;
    s->record_index = index;
    memset(&s->words, 0xFF, sizeof s->words);
    s->words.confirmed = confirmed ? 0 : 0xFFFFFFFFu;
    learn_manifest(s);
    return 0;
}

/* Length and digest of the running image into s->made, which holds what is said of it, or zeroes. */
static int find_image(struct otaria_slots *s, bool *as_said)
{
    struct otaria_record *rec = &s->made;
    uint32_t addr = s->layout->slot[s->running];
    uint8_t said[32];

    *as_said = false;
    memcpy(said, rec->active_digest, 32);
    if (rec->active_len > 0) {
        int result =
            otaria_image_digest(s->flash, addr, rec->active_len, s->scratch, rec->active_digest);
        *as_said = result == 0 && memcmp(rec->active_digest, said, 32) == 0;
        if (result != 0 || *as_said) {
            return result;
        }
    }
    int result =
        otaria_image_check(s->flash, addr, s->layout->image_max, s->scratch, &rec->active_len);
    if (result != 0) {
        return result;
    }
    return otaria_image_digest(s->flash, addr, rec->active_len, s->scratch, rec->active_digest);
}

/* No record, or none that explains why this slot runs: say what is. */
static int write_first_record(struct otaria_slots *s)
{
    bool as_said;

    (void)otaria_slots_record_running(s);
    int result = find_image(s, &as_said);
    if (result != 0) {
        return result;
    }
    if (!as_said) {
        memset(s->made.active_manifest, 0, 32);
    }
    return otaria_slots_write_record(s, NULL, 0, false);
}

/* Does the record explain why this slot runs? Then *state is how. */
static bool explains(const struct otaria_slots *s, enum otaria_run_state *state)
{
    bool runs_trial = s->running == s->record.trial;
    bool confirmed = s->record.trial != OTARIA_NO_SLOT && otaria_word_set(s->words.confirmed);
    bool reverted = confirmed && otaria_word_set(s->words.revert);

    if (!s->has_record || (!runs_trial && s->running != s->record.active)) {
        return false;
    }
    if (!confirmed) {
        *state = runs_trial ? OTARIA_RUN_TRIAL : OTARIA_RUN_CONFIRMED;
        return true;
    }
    *state = reverted ? OTARIA_RUN_REVERTED : OTARIA_RUN_CONFIRMED;
    return runs_trial != reverted;
}

static int failure_reason(const struct otaria_words *w)
{
    static const struct {
        uint32_t stage;
        int code;
    } reasons[] = {
        {OTARIA_STAGE_STARTED, OTARIA_E_TRIAL_STARTED},
        {OTARIA_STAGE_CONFIGURATION, OTARIA_E_TRIAL_CONFIGURATION},
        {OTARIA_STAGE_NETWORK, OTARIA_E_TRIAL_NETWORK},
    };

    if (otaria_words_tries_left(w) > 0) {
        return OTARIA_E_TRIAL_IMAGE;
    }
    for (unsigned i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if ((w->stage & reasons[i].stage) != 0) {
            return reasons[i].code;
        }
    }
    return OTARIA_E_TRIAL_SOURCE;
}

/*
 * The active image runs although a trial was started: it failed. Each step may be cut and done
 * again; the entry that names this very record comes last and tells that all were done. (One of a
 * release that could not boot names it too, and can only be younger: after them.)
 */
static int clean_up_failed(struct otaria_slots *s)
{
    static const uint8_t zero[4] OTARIA_ALIGNED = {0};
    uint8_t done[OTARIA_NV_FAILED_LEN];
    uint8_t data[OTARIA_NV_FAILED_LEN];
    size_t len;

    otaria_store_le32(data, (uint32_t)failure_reason(&s->words));
    memcpy(data + 4, s->manifest_digest, 32);
    otaria_store_le32(data + 36, s->record.counter);
    int result = otaria_nvlog_get(&s->nv, OTARIA_NV_FAILED, done, sizeof done, &len);
    if (result == OTARIA_E_FLASH_IO) {
        return result;
    }
    if (len != sizeof done || memcmp(done + 36, data + 36, 4) != 0) {
        result = otaria_slots_result_set(s, (int)(int32_t)otaria_load_le32(data), data + 4);
        if (result == 0) {
            result = otaria_flash_program(s->flash, s->layout->slot[s->record.trial], zero, 4);
        }
        if (result == 0) {
            /* COMMIT POINT: the failed trial is dealt with */
            result = otaria_nvlog_put(&s->nv, OTARIA_NV_FAILED, data, sizeof data);
        }
        if (result != 0) {
            return result;
        }
    }
    /* The boot stage need not look at that slot again, whatever is written to it next. */
    return otaria_slots_word(s, OTARIA_WORD_TRIES, &s->words.tries, 0);
}

/*
 * The active image runs and a trial stands in the record. It waits for the next boot when none was
 * begun, or when its image is whole: then the boot stage could not spend a try. Else it failed.
 */
static int look_after_trial(struct otaria_slots *s)
{
    uint8_t digest[32];
    uint8_t head[4] OTARIA_ALIGNED;
    uint32_t addr = s->layout->slot[s->record.trial];

    if (s->words.tries == 0xFFFFFFFFu) {
        return 0;
    }
    if (otaria_words_tries_left(&s->words) == 0) {
        return clean_up_failed(s);
    }
    int result = otaria_image_digest(s->flash, addr, s->record.trial_len, s->scratch, digest);
    if (result != 0 || otaria_flash_read(s->flash, addr, head, sizeof head) != 0) {
        return OTARIA_E_FLASH_IO;
    }
    if (otaria_image_header(head) && memcmp(digest, s->record.trial_digest, 32) == 0) {
        return 0;
    }
    return clean_up_failed(s);
}

/* What an earlier boot may have left to do, by state. */
static int finish_earlier(struct otaria_slots *s)
{
    if (s->state == OTARIA_RUN_TRIAL) {
        /* all stages stand, so the confirm was due or was cut */
        return otaria_slots_stages(s) == OTARIA_STAGE_ALL ? otaria_slots_confirm(s) : 0;
    }
    if (s->state == OTARIA_RUN_REVERTED) {
        int result = otaria_slots_word(s, OTARIA_WORD_REVERT, &s->words.revert, 0);
        if (result != 0 || !s->has_manifest) {
            return result;
        }
        return otaria_nvlog_put(&s->nv, OTARIA_NV_LEFT, s->manifest_digest, 32);
    }
    if (s->record.trial == s->running) {
        int result = otaria_slots_word(s, OTARIA_WORD_CONFIRMED, &s->words.confirmed, 0);
        return result != 0 ? result : otaria_slots_settle_confirmed(s);
    }
    return s->record.trial != OTARIA_NO_SLOT ? look_after_trial(s) : 0;
}

int otaria_slots_open(struct otaria_slots *s, const struct otaria_flash *f,
                      const struct otaria_layout *l, unsigned running)
{
    memset(s, 0, sizeof *s);
    s->flash = f;
    s->layout = l;
    s->running = running;
    if (l->staged) {
        return OTARIA_E_LAYOUT;
    }
    if (running > 1) {
        return OTARIA_E_ARGUMENT;
    }
    int result = otaria_nvlog_open(&s->nv, f, l->nv);
    if (result != 0) {
        return result;
    }
    s->has_record = otaria_record_read(f, l, &s->record, &s->words, &s->record_index) == 0;
    if (!s->has_record) { /* it may hold what was refused */
        memset(&s->record, 0, sizeof s->record);
        s->record.trial = OTARIA_NO_SLOT;
    }
    learn_manifest(s);
    otaria_slots_learn(s);
    if (!explains(s, &s->state)) {
        s->state = OTARIA_RUN_CONFIRMED;
        result = write_first_record(s);
    } else {
        result = finish_earlier(s);
    }
    otaria_slots_learn(s);
    return result;
}
