// SPDX-License-Identifier: MIT
#include "tests/powercut/life.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BOOTS_MAX = 60 };

static bool wrong(struct life *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(struct life *l, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(l->why, sizeof l->why, fmt, args);
    va_end(args);
    return false;
}

void life_begin(struct life *l, const struct script *script, struct small_release *releases)
{
    memset(l, 0, sizeof *l);
    l->script = script;
    l->layout = otaria_layout_find(script->layout, strlen(script->layout));
    l->release = releases;
    l->confirmed = l->confirming = l->staged = -1;
    l->accepted[0] = true;
    nor_open(&l->nor, l->layout->flash_size);
    nor_poke(&l->nor, l->layout->slot[0], releases[0].image, releases[0].len);
}

void life_end(struct life *l)
{
    nor_close(&l->nor);
}

void life_copy(struct life *dst, const struct life *src)
{
    struct nor nor = dst->nor;

    nor.port.ctx = &nor;
    nor_copy(&nor, &src->nor);
    *dst = *src;
    dst->nor = nor;
    dst->nor.port.ctx = &dst->nor;
}

/* Errors that a device may meet and come back from: the power is off, or flash failed silently. */
static bool may_fail(const struct life *l, int result)
{
    return (l->nor.off && result == OTARIA_E_FLASH_IO) ||
           (l->lenient && result == OTARIA_E_FLASH_VERIFY);
}

static int release_in(const struct life *l, unsigned slot)
{
    for (int i = 0; i < RELEASES_MAX; i++) {
        if (l->release[i].len > 0 && memcmp(l->nor.mem + l->layout->slot[slot], l->release[i].image,
                                            l->release[i].len) == 0) {
            return i;
        }
    }
    return -1;
}

static bool judge_trial_boot(struct life *l, int r)
{
    l->trial_boots++;
    if (r != l->staged && r != l->confirming) {
        return wrong(l, "release %d boots as a trial that nobody staged", r);
    }
    if (l->trial_boots > OTARIA_TRIES + OTARIA_TRIES * l->healthy) {
        return wrong(l, "trial boot %u of release %d", l->trial_boots, r);
    }
    return true;
}

static bool judge_steady_boot(struct life *l, int r)
{
    bool wanted = l->reverting && r == (int)l->script->step[l->step].release;

    if (l->confirming >= 0) {
        return r == l->confirming ||
               wrong(l, "release %d boots although %d was confirming", r, l->confirming);
    }
    return l->confirmed < 0 || r == l->confirmed || wanted ||
           wrong(l, "release %d boots although %d is confirmed", r, l->confirmed);
}

/* The boot stage's turn, and what is thought of its choice. */
static bool boot(struct life *l, struct otaria_boot_choice *choice)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;

    otaria_boot_choose(&l->nor.port, l->layout, buf, choice);
    if (l->nor.off) {
        return true; /* cut while it chose: whatever it would have booted has no power */
    }
    if (choice->kind == OTARIA_BOOT_NONE) {
        return wrong(l, "nothing boots");
    }
    int r = release_in(l, choice->slot);
    if (r < 0 || !l->accepted[r]) {
        return wrong(l, "slot %u boots, but holds no accepted image", choice->slot);
    }
    if (l->lost[r]) {
        return wrong(l, "release %d boots after it lost its trial", r);
    }
    return choice->kind == OTARIA_BOOT_TRIAL ? judge_trial_boot(l, r) : judge_steady_boot(l, r);
}

static uint64_t slot_wear(const struct life *l)
{
    uint64_t sum = 0;

    for (unsigned slot = 0; slot < 2; slot++) {
        uint32_t first = l->layout->slot[slot] / OTARIA_SECTOR;
        for (uint32_t i = 0; i < l->layout->image_max / OTARIA_SECTOR; i++) {
            sum += l->nor.programs[first + i] + l->nor.erases[first + i];
        }
    }
    return sum;
}

static bool saw_confirmed(struct life *l, int r)
{
    if (l->slots.floor_seq < l->release[r].m.seq && l->accepted[r] && r != 0) {
        return wrong(l, "release %d is confirmed above the floor", r);
    }
    l->floor = l->slots.floor_seq;
    l->confirmed = r;
    l->confirming = -1;
    if (l->staged == r) {
        l->staged = -1;
    }
    return true;
}

/* Does the application stop short of this stage, in this boot? */
static bool falters(const struct life *l, int r, unsigned bit)
{
    enum temper temper = l->script->temper[r];

    return (temper == GIVES_UP && bit == OTARIA_STAGE_NETWORK) ||
           (temper == SLOW && bit == OTARIA_STAGE_SOURCE && l->healthy == 0);
}

static int falter(struct life *l, int r)
{
    l->healthy++; /* counted before: a torn bit may count */
    int result = otaria_slots_healthy(&l->slots);

    if (result == 0 && l->script->temper[r] == GIVES_UP) {
        result = otaria_slots_give_up(&l->slots);
    }
    return result;
}

/* The application on trial. *again: it wants a reset. */
static bool live_trial(struct life *l, int r, bool *again)
{
    int result = 0;

    *again = true;
    if (l->script->temper[r] == CRASHES) {
        return true;
    }
    for (unsigned bit = 1; bit <= OTARIA_STAGE_SOURCE && result == 0; bit <<= 1) {
        if (falters(l, r, bit)) {
            result = falter(l, r);
            return result == 0 || may_fail(l, result) || wrong(l, "trial: %d", result);
        }
        if (bit == OTARIA_STAGE_SOURCE) {
            l->confirming = r; /* from the last stage on the next start may confirm by itself */
            l->healthy++;      /* which may take a healthy bit */
        }
        result = otaria_slots_stage_reached(&l->slots, bit);
    }
    if (result == 0) {
        result = otaria_slots_confirm(&l->slots);
    }
    if (result != 0) {
        return may_fail(l, result) || wrong(l, "confirm: %d", result);
    }
    *again = false;
    return saw_confirmed(l, r);
}

static bool download(struct life *l, struct small_release *r)
{
    size_t used;
    int result = otaria_update_begin(&l->update, &l->slots, &r->m, NULL);

    if (result == 0 && l->at_cut > 0) {
        uint32_t offset = otaria_update_offset(&l->update);
        if (!l->lenient && offset + OTARIA_PROGRESS_STEP + OTARIA_PAGE < l->at_cut) {
            return wrong(l, "resumed at %u, had %u", offset, l->at_cut);
        }
    }
    l->at_cut = 0;
    bool more = result == 0 && otaria_update_offset(&l->update) < r->len;
    while (more) {
        uint32_t at = otaria_update_offset(&l->update);
        uint32_t n = r->len - at < 500 ? r->len - at : 500;
        result = otaria_update_push(&l->update, r->image + at, n, &used);
        l->fetched += (uint32_t)used;
        more = result == OTARIA_MORE;
    }
    int index = (int)(r - l->release);
    if (result == 0) {
        l->accepted[index] = true; /* every signed byte is there; the last write may be cut */
        do {
            result = otaria_update_finish(&l->update);
        } while (result == OTARIA_MORE);
    }
    if (result == 0) {
        l->staged = index;
        l->trial_boots = 0;
        l->healthy = 0;
        result = otaria_slots_stage(&l->slots, &r->m);
    } else if (l->nor.off && l->update.error == OTARIA_E_FLASH_IO) {
        l->at_cut = otaria_update_offset(&l->update);
    }
    return result == 0 || may_fail(l, result) || wrong(l, "update: %d", result);
}

static bool install(struct life *l, int r, const struct step *step, bool *done)
{
    struct small_release *want = &l->release[step->release];
    bool by_hand = step->deed == INSTALL_ASKED;
    int index = (int)step->release;

    *done = r == index;
    if (*done) {
        return true;
    }
    int may = otaria_slots_may_take(&l->slots, &want->m, by_hand);
    if (may == OTARIA_E_KNOWN_BAD || (by_hand && l->asked && l->lost[index])) {
        *done = true;
        return l->script->expects_bad || wrong(l, "a good release counts as bad");
    }
    if (may != 0) {
        return wrong(l, "release %d is not taken: %d", index, may);
    }
    if (by_hand && !l->asked) {
        l->asked = true;
        l->lost[index] = false;
    }
    return download(l, want);
}

static bool revert(struct life *l, int r, const struct step *step, bool *done)
{
    *done = r == (int)step->release;
    if (*done) {
        if (otaria_slots_state(&l->slots) != OTARIA_RUN_REVERTED) {
            return wrong(l, "the device did not notice its owner's revert");
        }
        l->reverting = false;
        return true;
    }
    l->reverting = true;
    int result = otaria_slots_revert(&l->slots);
    return result == 0 || may_fail(l, result) || wrong(l, "revert: %d", result);
}

/* One deed of the script, as far as one boot gets. *again: a reset follows. */
static bool act(struct life *l, int r, bool *again)
{
    const struct step *step = &l->script->step[l->step];
    bool done = false;
    bool fine = true;

    *again = true;
    switch (step->deed) {
    case INSTALL:
    case INSTALL_ASKED:
        fine = install(l, r, step, &done);
        break;
    case ADOPT: {
        int result = otaria_slots_adopt(&l->slots, &l->release[step->release].m);
        done = result == 0;
        if (!done) {
            return may_fail(l, result) || wrong(l, "adopt: %d", result);
        }
        break;
    }
    case REVERT:
        fine = revert(l, r, step, &done);
        break;
    case END:
        *again = false;
        return true;
    }
    if (fine && done) {
        l->step++;
        l->fetched = 0;
        l->asked = false;
        return act(l, r, again);
    }
    return fine;
}

static bool judge_open(struct life *l, const struct otaria_boot_choice *choice, int r)
{
    uint64_t floor = l->slots.floor_seq;

    if (floor < l->floor) {
        return wrong(l, "the floor fell from %ju to %ju", (uintmax_t)l->floor, (uintmax_t)floor);
    }
    l->floor = floor;
    if (l->slots.state == OTARIA_RUN_TRIAL) {
        return true;
    }
    if (choice->kind == OTARIA_BOOT_FALLBACK && l->staged >= 0 && !otaria_slots_staged(&l->slots) &&
        memcmp(l->slots.record.trial_digest, l->release[l->staged].m.component[0].digest, 32) ==
            0) {
        if (!l->lenient && !l->script->expects_bad) {
            return wrong(l, "release %d lost its trial", l->staged);
        }
        l->lost[l->staged] = true;
        l->staged = -1;
    }
    return saw_confirmed(l, r);
}

static bool noise(struct life *l)
{
    uint8_t data[8] = {0};

    for (unsigned i = 0; i < l->script->log_noise; i++) {
        otaria_store_le32(data, l->boots);
        otaria_store_le32(data + 4, i);
        int result = otaria_nvlog_put(&l->slots.nv, OTARIA_NV_BOOTS, data, sizeof data);
        if (result != 0) {
            return may_fail(l, result) || wrong(l, "log: %d", result);
        }
    }
    return true;
}

/* From a reset to the next one. *again: there is a next one. */
static bool one_boot(struct life *l, bool *again)
{
    struct otaria_boot_choice choice;

    if (!boot(l, &choice) || l->nor.off) {
        return l->nor.off && l->why[0] == '\0';
    }
    uint64_t wear = slot_wear(l);
    int r = release_in(l, choice.slot);
    int result = otaria_slots_open(&l->slots, &l->nor.port, l->layout, choice.slot);
    if (result != 0) {
        return may_fail(l, result) || wrong(l, "open: %d", result);
    }
    if (!judge_open(l, &choice, r) || !noise(l) || l->nor.off) {
        return l->nor.off && l->why[0] == '\0';
    }
    if (l->slots.state == OTARIA_RUN_TRIAL) {
        bool fine = live_trial(l, r, again);
        if (slot_wear(l) != wear) {
            return wrong(l, "a slot was touched while release %d was on trial", r);
        }
        if (!fine || *again || l->nor.off) {
            return fine;
        }
    }
    return act(l, r, again);
}

bool life_run(struct life *l)
{
    bool again = true;

    for (l->boots = 0; again && !l->nor.off; l->boots++) {
        if (l->boots == BOOTS_MAX) {
            return wrong(l, "no end in sight at step %u", l->step);
        }
        if (!one_boot(l, &again)) {
            return false;
        }
        if (!l->lenient && l->nor.illegal_programs != 0) {
            return wrong(l, "a program asked a 0 to become 1");
        }
        if (l->nor.refused_calls != 0) {
            return wrong(l, "a flash call broke the port's rules");
        }
    }
    if (l->nor.off) {
        return true;
    }
    if (l->confirmed != (int)l->script->final) {
        return wrong(l, "release %d runs in the end", l->confirmed);
    }
    if (l->floor != l->release[l->script->floor].m.seq) {
        return wrong(l, "the floor in the end is %ju", (uintmax_t)l->floor);
    }
    return true;
}

bool life_boots_without_records(struct life *l)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    static uint8_t blank[OTARIA_SECTOR];
    struct otaria_boot_choice choice;

    memset(blank, 0xFF, sizeof blank);
    nor_power_on(&l->nor);
    nor_poke(&l->nor, l->layout->record[0], blank, sizeof blank);
    nor_poke(&l->nor, l->layout->record[1], blank, sizeof blank);
    otaria_boot_choose(&l->nor.port, l->layout, buf, &choice);
    if (choice.kind != OTARIA_BOOT_NO_RECORD) {
        return wrong(l, "nothing boots without the records");
    }
    int r = release_in(l, choice.slot);
    return (r >= 0 && l->accepted[r]) || wrong(l, "without the records slot %u boots", choice.slot);
}
