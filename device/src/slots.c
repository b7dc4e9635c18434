// SPDX-License-Identifier: MIT
#include "slots_private.h"

#include <string.h>

enum otaria_run_state otaria_slots_state(const struct otaria_slots *s)
{
    return s->state;
}

unsigned otaria_slots_target(const struct otaria_slots *s)
{
    return s->running ^ 1u;
}

bool otaria_slots_staged(const struct otaria_slots *s)
{
    return s->record.trial == otaria_slots_target(s) && !otaria_word_set(s->words.confirmed) &&
           otaria_words_tries_left(&s->words) > 0;
}

static bool header_stands(const struct otaria_slots *s, unsigned slot)
{
    uint8_t head[4] OTARIA_ALIGNED;

    return otaria_flash_read(s->flash, s->layout->slot[slot], head, sizeof head) == 0 &&
           otaria_image_header(head);
}

bool otaria_slots_can_revert(const struct otaria_slots *s)
{
    uint8_t data[OTARIA_NV_DATA_MAX];
    size_t len;

    if (s->state != OTARIA_RUN_CONFIRMED || s->record.trial != s->running ||
        s->record.active_len == 0) {
        return false;
    }
    /* An update that began to overwrite it says so in the log before it touches it. */
    if (otaria_nvlog_get(&s->nv, OTARIA_NV_PROGRESS, data, sizeof data, &len) != 0 ||
        (len == OTARIA_NV_DATA_MAX && otaria_load_le32(data + 12) == s->record.active)) {
        return false;
    }
    return header_stands(s, s->record.active);
}

uint64_t otaria_slots_floor(const struct otaria_slots *s, uint8_t digest[32], bool *has_digest)
{
    memcpy(digest, s->floor_digest, 32);
    *has_digest = s->has_floor_digest;
    return s->floor_seq;
}

void otaria_slots_running_image(const struct otaria_slots *s, uint8_t sha256[32], uint32_t *len)
{
    bool is_trial = s->record.trial == s->running;

    memcpy(sha256, is_trial ? s->record.trial_digest : s->record.active_digest, 32);
    *len = is_trial ? s->record.trial_len : s->record.active_len;
}

bool otaria_slots_running_manifest(const struct otaria_slots *s, uint8_t digest[32])
{
    static const uint8_t unknown[32];

    memcpy(digest, s->record.trial == s->running ? s->manifest_digest : s->record.active_manifest,
           32);
    return memcmp(digest, unknown, 32) != 0;
}

uint64_t otaria_slots_running_seq(const struct otaria_slots *s)
{
    return s->running_seq;
}

unsigned otaria_slots_stages(const struct otaria_slots *s)
{
    return s->state == OTARIA_RUN_TRIAL ? ~s->words.stage & OTARIA_STAGE_ALL : 0;
}

unsigned otaria_slots_tries_left(const struct otaria_slots *s)
{
    return s->state == OTARIA_RUN_TRIAL ? otaria_words_tries_left(&s->words) : 0;
}

int otaria_slots_word(struct otaria_slots *s, enum otaria_word_off off, uint32_t *word,
                      uint32_t value)
{
    uint8_t raw[4] OTARIA_ALIGNED;

    value &= *word;
    if (value == *word) {
        return 0;
    }
    otaria_store_le32(raw, value);
    int result = otaria_flash_program(
        s->flash, s->layout->record[s->record_index] + OTARIA_RECORD_WORDS + off, raw, sizeof raw);
    if (result == 0) {
        *word = value;
    }
    return result;
}

int otaria_slots_stage_reached(struct otaria_slots *s, unsigned stages)
{
    if (s->state != OTARIA_RUN_TRIAL) {
        return 0;
    }
    return otaria_slots_word(s, OTARIA_WORD_STAGE, &s->words.stage,
                             ~(uint32_t)(stages & OTARIA_STAGE_ALL));
}

int otaria_slots_healthy(struct otaria_slots *s)
{
    if (s->state != OTARIA_RUN_TRIAL) {
        return 0;
    }
    return otaria_slots_word(s, OTARIA_WORD_HEALTHY, &s->words.healthy, s->words.healthy - 1);
}

int otaria_slots_result_set(struct otaria_slots *s, int code, const uint8_t manifest8[8])
{
    uint8_t data[13];

    otaria_store_le32(data, (uint32_t)code);
    memcpy(data + 4, manifest8, 8);
    data[12] = 0;
    return otaria_nvlog_put(&s->nv, OTARIA_NV_RESULT, data, sizeof data);
}

bool otaria_slots_result(const struct otaria_slots *s, int *code, uint8_t manifest8[8])
{
    uint8_t data[13];
    size_t len;

    if (otaria_nvlog_get(&s->nv, OTARIA_NV_RESULT, data, sizeof data, &len) != 0 ||
        len != sizeof data || data[12] != 0) {
        return false;
    }
    *code = (int)(int32_t)otaria_load_le32(data);
    memcpy(manifest8, data + 4, 8);
    return true;
}

int otaria_slots_result_reported(struct otaria_slots *s)
{
    uint8_t data[13];
    size_t len;

    int result = otaria_nvlog_get(&s->nv, OTARIA_NV_RESULT, data, sizeof data, &len);
    if (result != 0 || len != sizeof data) {
        return result;
    }
    data[12] = 1;
    return otaria_nvlog_put(&s->nv, OTARIA_NV_RESULT, data, sizeof data);
}

/* Floor and result follow the commit; the floor's entry last, for it tells that both were done. */
int otaria_slots_settle_confirmed(struct otaria_slots *s)
{
    uint8_t data[40];
    uint8_t stood[40] = {0};
    size_t len;

    if (!s->has_manifest) {
        return 0;
    }
    int result = otaria_nvlog_get(&s->nv, OTARIA_NV_FLOOR, stood, sizeof stood, &len);
    if (result == OTARIA_E_FLASH_IO || otaria_load_le64(stood) > s->manifest_seq) {
        return result;
    }
    otaria_store_le64(data, s->manifest_seq);
    memcpy(data + 8, s->manifest_digest, 32);
    if (memcmp(data, stood, sizeof data) == 0) {
        return 0;
    }
    result = otaria_slots_result_set(s, 0, s->manifest_digest);
    if (result != 0) {
        return result;
    }
    return otaria_nvlog_put(&s->nv, OTARIA_NV_FLOOR, data, sizeof data);
}

int otaria_slots_confirm(struct otaria_slots *s)
{
    if (s->state == OTARIA_RUN_TRIAL) {
        if (otaria_slots_stages(s) != OTARIA_STAGE_ALL) {
            return OTARIA_E_STATE;
        }
        /* A confirm that is cut needs one more boot to be finished in: make sure there is one. */
        int result = otaria_slots_tries_left(s) == 0 ? otaria_slots_healthy(s) : 0;
        if (result != 0) {
            return result;
        }
        /* COMMIT POINT: confirmed */
        result = otaria_slots_word(s, OTARIA_WORD_CONFIRMED, &s->words.confirmed, 0);
        if (result != 0) {
            return result;
        }
        s->state = OTARIA_RUN_CONFIRMED;
        otaria_slots_learn(s);
    }
    if (s->state != OTARIA_RUN_CONFIRMED || s->record.trial != s->running) {
        return 0; /* nothing was on trial */
    }
    return otaria_slots_settle_confirmed(s);
}

int otaria_slots_give_up(struct otaria_slots *s)
{
    if (s->state != OTARIA_RUN_TRIAL) {
        return OTARIA_E_STATE;
    }
    /* COMMIT POINT: the trial is over. Torn, it has fewer tries and gives itself up again. */
    return otaria_slots_word(s, OTARIA_WORD_TRIES, &s->words.tries, 0);
}

int otaria_slots_revert(struct otaria_slots *s)
{
    uint8_t digest[32];

    if (s->state == OTARIA_RUN_TRIAL) {
        return OTARIA_E_ON_TRIAL;
    }
    if (!otaria_slots_can_revert(s)) {
        return OTARIA_E_NO_PREVIOUS;
    }
    int result = otaria_image_digest(s->flash, s->layout->slot[s->record.active],
                                     s->record.active_len, s->scratch, digest);
    if (result != 0) {
        return result;
    }
    if (memcmp(digest, s->record.active_digest, 32) != 0) {
        return OTARIA_E_NO_PREVIOUS;
    }
    /* COMMIT POINT: reverted */
    return otaria_slots_word(s, OTARIA_WORD_REVERT, &s->words.revert, 0);
}

struct otaria_record *otaria_slots_record_running(struct otaria_slots *s)
{
    struct otaria_record *rec = &s->made;

    memset(rec, 0, sizeof *rec);
    rec->active = (uint8_t)s->running;
    rec->trial = OTARIA_NO_SLOT;
    rec->floor_seq = s->floor_seq;
    otaria_slots_running_image(s, rec->active_digest, &rec->active_len);
    if (!otaria_slots_running_manifest(s, rec->active_manifest)) {
        memset(rec->active_manifest, 0, 32);
    }
    return rec;
}

/* No record changes under a trial, and there is one component. */
static int check_change(const struct otaria_slots *s, const struct otaria_manifest *m)
{
    if (s->state == OTARIA_RUN_TRIAL) {
        return OTARIA_E_ON_TRIAL;
    }
    return m->components_cnt != 1 ? OTARIA_E_COMPONENTS : 0;
}

int otaria_slots_stage(struct otaria_slots *s, const struct otaria_manifest *m)
{
    int result = check_change(s, m);

    if (result != 0) {
        return result;
    }
    if (m->component[0].size > s->layout->image_max || m->manifest.len > OTARIA_MANIFEST_MAX ||
        !header_stands(s, otaria_slots_target(s))) {
        return OTARIA_E_STATE;
    }
    struct otaria_record *rec = otaria_slots_record_running(s);
    rec->trial = (uint8_t)otaria_slots_target(s);
    rec->trial_len = m->component[0].size;
    memcpy(rec->trial_digest, m->component[0].digest, 32);
    return otaria_slots_write_record(s, m->manifest.p, m->manifest.len, false);
}

int otaria_slots_unstage(struct otaria_slots *s)
{
    if (!otaria_slots_staged(s)) {
        return 0;
    }
    (void)otaria_slots_record_running(s);
    return otaria_slots_write_record(s, NULL, 0, false);
}

int otaria_slots_adopt(struct otaria_slots *s, const struct otaria_manifest *m)
{
    struct otaria_record *rec = otaria_slots_record_running(s);
    int result = check_change(s, m);

    if (result != 0) {
        return result;
    }
    if (m->component[0].size != rec->active_len ||
        memcmp(m->component[0].digest, rec->active_digest, 32) != 0 ||
        m->manifest.len > OTARIA_MANIFEST_MAX || m->seq < s->floor_seq) {
        return OTARIA_E_STATE;
    }
    /* A confirmed image keeps the record's shape, so that its owner can still revert. */
    bool keeps = s->record.trial == s->running;
    if (keeps) {
        *rec = s->record;
        rec->floor_seq = s->floor_seq;
    } else {
        memcpy(rec->active_manifest, m->digest, 32);
    }
    result = otaria_slots_write_record(s, m->manifest.p, m->manifest.len, keeps);
    if (result != 0) {
        return result;
    }
    s->state = OTARIA_RUN_CONFIRMED;
    otaria_slots_learn(s);
    return otaria_slots_settle_confirmed(s);
}

int otaria_slots_may_take(const struct otaria_slots *s, const struct otaria_manifest *m, bool asked)
{
    uint8_t data[OTARIA_NV_DATA_MAX];
    size_t len;

    int result = check_change(s, m);

    if (result != 0 || asked) {
        return result;
    }
    if (otaria_nvlog_get(&s->nv, OTARIA_NV_LEFT, data, sizeof data, &len) == 0 && len == 32 &&
        memcmp(data, m->digest, 32) == 0) {
        return OTARIA_E_LEFT_BEHIND;
    }
    if (otaria_nvlog_get(&s->nv, OTARIA_NV_FAILED, data, sizeof data, &len) == 0 &&
        len == OTARIA_NV_FAILED_LEN && memcmp(data + 4, m->digest, 32) == 0) {
        return OTARIA_E_KNOWN_BAD;
    }
    return 0;
}
