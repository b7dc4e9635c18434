// SPDX-License-Identifier: MIT
#include <otaria/boot.h>

#include <string.h>

/* What the decision works on; one boot long. */
struct chooser {
    const struct otaria_flash *flash;
    const struct otaria_layout *layout;
    uint8_t *buf;
    unsigned index; /* the record's sector */
    struct otaria_record rec;
    struct otaria_words words;
};

/* Complete, and the boot stage could load it; what the segments hold is not read. */
static bool is_loadable(const struct chooser *c, unsigned slot)
{
    uint32_t entry;

    return otaria_image_segments(c->flash, c->layout->slot[slot], c->layout->image_max, NULL, NULL,
                                 &entry) == 0;
}

static bool is_sound(const struct chooser *c, unsigned slot)
{
    uint32_t len;

    return otaria_image_check(c->flash, c->layout->slot[slot], c->layout->image_max, c->buf,
                              &len) == 0;
}

/*
 * Before anything else is done for a trial, so that whatever goes wrong later costs a try. A bit
 * that does not stick would make the trial endless: then it does not run at all.
 */
static bool spend_try(struct chooser *c)
{
    uint32_t addr = c->layout->record[c->index] + OTARIA_RECORD_WORDS + OTARIA_WORD_TRIES;
    uint32_t spent = c->words.tries & (c->words.tries - 1);
    uint32_t word;

    otaria_store_le32((uint8_t *)&word, spent);
    /* COMMIT POINT: one try less */
    if (c->flash->write(c->flash->ctx, addr, &word, 4) != 0 ||
        otaria_flash_read(c->flash, addr, &word, 4) != 0) {
        return false;
    }
    return (otaria_load_le32((const uint8_t *)&word) & ~spent) == 0;
}

/* The trial slot holds exactly the signed image. */
static bool trial_is_signed(const struct chooser *c)
{
    uint8_t digest[32];

    return is_loadable(c, c->rec.trial) &&
           otaria_image_digest(c->flash, c->layout->slot[c->rec.trial], c->rec.trial_len, c->buf,
                               digest) == 0 &&
           memcmp(digest, c->rec.trial_digest, 32) == 0;
}

static void choose_without_record(const struct chooser *c, struct otaria_boot_choice *out)
{
    unsigned slots = c->layout->staged ? 1 : 2;

    for (unsigned slot = 0; slot < slots; slot++) {
        if (is_sound(c, slot)) {
            out->kind = OTARIA_BOOT_NO_RECORD;
            out->slot = slot;
            return;
        }
    }
}

static void choose_by_record(struct chooser *c, struct otaria_boot_choice *out)
{
    bool has_trial = c->rec.trial != OTARIA_NO_SLOT;
    bool confirmed = has_trial && otaria_word_set(c->words.confirmed);
    bool living = has_trial && !confirmed;

    out->slot = c->rec.active;
    out->kind = OTARIA_BOOT_ACTIVE;
    if (living) {
        if (otaria_words_tries_left(&c->words) > 0 && spend_try(c) && trial_is_signed(c)) {
            out->slot = c->rec.trial;
            out->kind = OTARIA_BOOT_TRIAL;
            return;
        }
        out->kind = OTARIA_BOOT_FALLBACK;
    } else if (confirmed && otaria_word_set(c->words.revert)) {
        out->kind = OTARIA_BOOT_REVERTED;
    } else if (confirmed) {
        out->slot = c->rec.trial;
    }
    if (is_loadable(c, out->slot)) {
        return;
    }
    /*
     * No power cut leads here: the slot that should boot was damaged. The other one is better than
     * none if it is whole. An image that never confirmed must at least be the signed one.
     */
    out->slot ^= 1u;
    if (living ? trial_is_signed(c) : is_sound(c, out->slot)) {
        out->kind = OTARIA_BOOT_RESCUE;
    } else {
        out->kind = OTARIA_BOOT_NONE;
        out->slot = 0;
    }
}

void otaria_boot_choose(const struct otaria_flash *f, const struct otaria_layout *l,
                        uint8_t buf[OTARIA_PAGE], struct otaria_boot_choice *out)
{
    struct chooser c = {.flash = f, .layout = l, .buf = buf};

    out->kind = OTARIA_BOOT_NONE;
    out->slot = 0;
    if (otaria_record_read(f, l, &c.rec, &c.words, &c.index) == 0) {
        choose_by_record(&c, out);
    } else {
        choose_without_record(&c, out);
    }
}
