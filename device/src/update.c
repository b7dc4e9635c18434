// SPDX-License-Identifier: MIT
#include <otaria/update.h>

#include <string.h>

enum state {
    STATE_IDLE,
    STATE_FILL,   /* bytes come in */
    STATE_HASHED, /* all came and were the signed ones; the log does not know it yet */
    STATE_VERIFY, /* reading back */
    STATE_DONE
};

/* An OTARIA_NV_PROGRESS entry. */
enum { AT_MANIFEST8 = 0, AT_OFFSET = 8, AT_SLOT = 12, AT_FIRST_WORD = 16, AT_SHA = 20, LEN = 52 };
_Static_assert(LEN <= OTARIA_NV_DATA_MAX, "a progress entry fits the log");
_Static_assert(OTARIA_PROGRESS_STEP % OTARIA_SECTOR == 0,
               "a resume erases whole sectors from the saved offset on");

static int fail(struct otaria_update *u, int error)
{
    u->error = error;
    return error;
}

static const struct otaria_flash *flash(const struct otaria_update *u)
{
    return u->slots->flash;
}

static int read_first_word(const struct otaria_update *u, uint8_t word[4])
{
    return otaria_flash_read(flash(u), u->addr, word, 4);
}

/* At written bytes; a whole number of hash blocks, or all of them. */
static int save_progress(struct otaria_update *u)
{
    uint8_t data[LEN] = {0};

    memcpy(data + AT_MANIFEST8, u->manifest8, 8);
    otaria_store_le32(data + AT_OFFSET, u->written);
    otaria_store_le32(data + AT_SLOT, otaria_slots_target(u->slots));
    memcpy(data + AT_FIRST_WORD, u->first_word, 4);
    if (u->written < u->size) {
        otaria_sha256_state(&u->hash, data + AT_SHA);
    }
    u->saved = u->written;
    return otaria_nvlog_put(&u->slots->nv, OTARIA_NV_PROGRESS, data, sizeof data);
}

static bool progress_due(const struct otaria_update *u)
{
    return u->written % OTARIA_PROGRESS_STEP == 0 && u->written > u->saved &&
           u->written < u->size && u->decoder == NULL;
}

/* From now on the slot is not complete; torn, the word is taken away again at the next begin. */
static int take_first_word_away(struct otaria_update *u)
{
    static const uint8_t zero[4] OTARIA_ALIGNED = {0};
    uint8_t word[4] OTARIA_ALIGNED;

    int result = read_first_word(u, word);
    if (result != 0 || otaria_load_le32(word) == 0xFFFFFFFFu || otaria_load_le32(word) == 0) {
        return result;
    }
    /* COMMIT POINT: the slot is not complete */
    return otaria_flash_program(flash(u), u->addr, zero, sizeof zero);
}

/* The log first: an owner must not revert to a slot that is being overwritten. */
static int start_over(struct otaria_update *u)
{
    u->written = 0;
    otaria_sha256_init(&u->hash, NULL, 0);
    u->state = STATE_FILL;
    int result = save_progress(u);
    return result != 0 ? result : take_first_word_away(u);
}

static void start_verify(struct otaria_update *u)
{
    u->written = u->size;
    u->verified = 0;
    u->state = STATE_VERIFY;
    otaria_sha256_init(&u->hash, NULL, 0);
    otaria_image_begin(&u->walk, u->size);
}

/*
 * Go on where the log says, if the slot still looks like it. *resumed tells. What lies behind the
 * saved offset is unknown: those sectors are erased again before they are written.
 */
static int resume(struct otaria_update *u, bool *resumed, bool *rewriting)
{
    uint8_t data[LEN];
    uint8_t word[4] OTARIA_ALIGNED;
    size_t len;

    *resumed = false;
    *rewriting = false;
    int result = otaria_nvlog_get(&u->slots->nv, OTARIA_NV_PROGRESS, data, sizeof data, &len);
    if (result == OTARIA_E_FLASH_IO) {
        return result;
    }
    if (len != LEN || otaria_load_le32(data + AT_SLOT) != otaria_slots_target(u->slots)) {
        return 0;
    }
    *rewriting = true;
    uint32_t offset = otaria_load_le32(data + AT_OFFSET);
    if (memcmp(data + AT_MANIFEST8, u->manifest8, 8) != 0 || offset == 0 || offset > u->size) {
        return 0;
    }
    result = read_first_word(u, word);
    if (result != 0) {
        return result;
    }
    memcpy(u->first_word, data + AT_FIRST_WORD, 4);
    uint32_t first = otaria_load_le32(u->first_word);
    if (offset == u->size) {
        /* blank, torn or whole: bits that are to be 1 still are */
        *resumed = (otaria_load_le32(word) & first) == first;
        if (*resumed) {
            start_verify(u);
        }
        return 0;
    }
    if (offset % OTARIA_PROGRESS_STEP != 0 || otaria_load_le32(word) != 0xFFFFFFFFu ||
        u->decoder != NULL) {
        return 0;
    }
    *resumed = true;
    u->written = u->erased = u->saved = offset;
    u->state = STATE_FILL;
    otaria_sha256_init(&u->hash, data + AT_SHA, offset);
    return 0;
}

/* The record says that the target slot holds this very image: left behind, or the previous one. */
static int recognise(struct otaria_update *u, bool *known)
{
    const struct otaria_record *rec = &u->slots->record;
    bool is_trial = rec->trial == otaria_slots_target(u->slots);
    uint32_t len = is_trial ? rec->trial_len : rec->active_len;

    *known = false;
    if ((!is_trial && rec->active != otaria_slots_target(u->slots)) || len != u->size ||
        memcmp(is_trial ? rec->trial_digest : rec->active_digest, u->digest, 32) != 0) {
        return 0;
    }
    int result = read_first_word(u, u->first_word);
    *known = result == 0 && otaria_image_header(u->first_word);
    if (*known) {
        start_verify(u);
    }
    return result;
}

int otaria_update_begin(struct otaria_update *u, struct otaria_slots *s,
                        const struct otaria_manifest *m, const struct otaria_decoder *decoder)
{
    bool resumed;
    bool rewriting;

    memset(u, 0, sizeof *u);
    u->slots = s;
    u->decoder = decoder;
    if (otaria_slots_state(s) == OTARIA_RUN_TRIAL) {
        return fail(u, OTARIA_E_ON_TRIAL);
    }
    if (m->components_cnt != 1) {
        return fail(u, OTARIA_E_COMPONENTS);
    }
    if (m->component[0].size > s->layout->image_max) {
        return fail(u, OTARIA_E_TOO_LARGE);
    }
    if (m->component[0].size == 0) {
        return fail(u, OTARIA_E_NOT_AN_IMAGE);
    }
    u->addr = s->layout->slot[otaria_slots_target(s)];
    u->size = m->component[0].size;
    memcpy(u->digest, m->component[0].digest, 32);
    memcpy(u->manifest8, m->digest, 8);

    int result = otaria_slots_unstage(s);
    if (result == 0) {
        result = resume(u, &resumed, &rewriting);
    }
    if (result == 0 && !resumed && !rewriting) {
        result = recognise(u, &resumed);
    }
    if (result == 0 && !resumed) {
        result = start_over(u);
    }
    return result != 0 ? fail(u, result) : 0;
}

uint32_t otaria_update_offset(const struct otaria_update *u)
{
    return u->written;
}

static int erase_next(struct otaria_update *u)
{
    if (flash(u)->erase(flash(u)->ctx, u->addr + u->erased) != 0) {
        return fail(u, OTARIA_E_FLASH_IO);
    }
    u->erased += OTARIA_SECTOR;
    return OTARIA_MORE;
}

/* The page is full or the last one. Its bytes were counted already. */
static int program_page(struct otaria_update *u)
{
    uint32_t start = u->written - u->page_len;
    size_t len = (u->page_len + 3u) & ~3u;

    otaria_sha256_update(&u->hash, u->page, u->page_len);
    memset(u->page + u->page_len, 0xFF, sizeof u->page - u->page_len);
    u->page_len = 0;
    if (start == 0) {
        memcpy(u->first_word, u->page, 4);
        memset(u->page, 0xFF, 4);
    }
    if (flash(u)->write(flash(u)->ctx, u->addr + start, u->page, len) != 0) {
        return fail(u, OTARIA_E_FLASH_IO);
    }
    return 0;
}

/* Bytes into the page: *used of data, and how many came out in *got. */
static int take_bytes(struct otaria_update *u, const uint8_t *data, size_t len, size_t *used,
                      size_t *got)
{
    size_t room = OTARIA_PAGE - u->page_len;

    if (room > u->size - u->written) {
        room = u->size - u->written;
    }
    if (u->decoder == NULL) {
        *got = *used = len < room ? len : room;
        memcpy(u->page + u->page_len, data, *got);
        return 0;
    }
    int result =
        u->decoder->push(u->decoder->ctx, data, len, used, u->page + u->page_len, room, got);
    if (result < 0 || *got > room || *used > len) {
        return OTARIA_E_DECODE;
    }
    if (result == 0 && *got < u->size - u->written) {
        return OTARIA_E_LENGTH;
    }
    /* A decoder that stands still would hang the caller. */
    return *got == 0 && *used == 0 && len > 0 ? OTARIA_E_DECODE : 0;
}

int otaria_update_push(struct otaria_update *u, const uint8_t *data, size_t len, size_t *used)
{
    size_t got;

    *used = 0;
    if (u->error != 0) {
        return u->error;
    }
    if (u->state == STATE_IDLE) {
        return OTARIA_E_STATE;
    }
    if (u->written == u->size) {
        return 0;
    }
    if (u->page_len == 0 && progress_due(u)) {
        int result = save_progress(u);
        return result != 0 ? fail(u, result) : OTARIA_MORE;
    }
    if (u->written >= u->erased) {
        return erase_next(u);
    }
    int result = take_bytes(u, data, len, used, &got);
    if (result != 0) {
        return fail(u, result);
    }
    u->page_len = (uint16_t)(u->page_len + got);
    u->written += (uint32_t)got;
    if (u->page_len == OTARIA_PAGE || (u->written == u->size && u->page_len > 0)) {
        result = program_page(u);
        if (result != 0) {
            return result;
        }
    }
    return u->written == u->size ? 0 : OTARIA_MORE;
}

int otaria_update_step(struct otaria_update *u)
{
    if (u->error != 0) {
        return u->error;
    }
    if (u->state != STATE_FILL) {
        return 0;
    }
    if (u->page_len == 0 && progress_due(u)) {
        int result = save_progress(u);
        return result != 0 ? fail(u, result) : OTARIA_MORE;
    }
    return u->erased < u->size ? erase_next(u) : 0;
}

/* Wrong bytes: nothing of them is worth a resume. The slot is incomplete as it stands. */
static int reject(struct otaria_update *u, int error)
{
    int result = otaria_update_discard(u);

    return fail(u, result != 0 ? result : error);
}

static int finish_fill(struct otaria_update *u)
{
    uint8_t digest[32];

    otaria_sha256_final(&u->hash, digest);
    if (memcmp(digest, u->digest, 32) != 0) {
        return reject(u, OTARIA_E_DIGEST);
    }
    u->state = STATE_HASHED;
    return OTARIA_MORE;
}

static int verify_chunk(struct otaria_update *u)
{
    uint32_t n = u->size - u->verified < OTARIA_PAGE ? u->size - u->verified : OTARIA_PAGE;

    if (otaria_flash_read(flash(u), u->addr + u->verified, u->page, (n + 3u) & ~3u) != 0) {
        return fail(u, OTARIA_E_FLASH_IO);
    }
    if (u->verified == 0) {
        memcpy(u->page, u->first_word, 4);
    }
    otaria_sha256_update(&u->hash, u->page, n);
    /* the walk keeps its verdict; bytes that are not the signed ones are looked at first */
    int verdict = otaria_image_feed(&u->walk, u->page, n);
    (void)verdict;
    u->verified += n;
    return OTARIA_MORE;
}

static int complete(struct otaria_update *u)
{
    uint8_t digest[32];

    otaria_sha256_final(&u->hash, digest);
    if (memcmp(digest, u->digest, 32) != 0) {
        /* Recognised by the record, it may have its first word: take that away too. */
        int result = take_first_word_away(u);
        return result != 0 ? fail(u, result) : reject(u, OTARIA_E_FLASH_VERIFY);
    }
    if (u->walk.bad || u->walk.len == 0) {
        return reject(u, OTARIA_E_NOT_AN_IMAGE);
    }
    /* COMMIT POINT: the slot is complete */
    int result = otaria_flash_program(flash(u), u->addr, u->first_word, sizeof u->first_word);
    if (result == OTARIA_E_FLASH_VERIFY) {
        return reject(u, result);
    }
    if (result != 0) {
        return fail(u, result);
    }
    u->state = STATE_DONE;
    return 0;
}

int otaria_update_finish(struct otaria_update *u)
{
    if (u->error != 0) {
        return u->error;
    }
    switch (u->state) {
    case STATE_FILL:
        return u->written < u->size ? OTARIA_E_LENGTH : finish_fill(u);
    case STATE_HASHED: {
        int result = save_progress(u);
        if (result != 0) {
            return fail(u, result);
        }
        start_verify(u);
        return OTARIA_MORE;
    }
    case STATE_VERIFY:
        return u->verified < u->size ? verify_chunk(u) : complete(u);
    case STATE_DONE:
        return 0;
    default:
        return OTARIA_E_STATE;
    }
}

void otaria_update_abort(struct otaria_update *u)
{
    u->state = STATE_IDLE;
    u->page_len = 0;
}

int otaria_update_discard(struct otaria_update *u)
{
    otaria_update_abort(u);
    return otaria_nvlog_put(&u->slots->nv, OTARIA_NV_PROGRESS, NULL, 0);
}
