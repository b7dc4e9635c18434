// SPDX-License-Identifier: MIT
/*
 * The application's view of slots and records: what runs, what is on trial, confirm, revert,
 * stage. Every transition has exactly one flash write that commits it (spec/STATES.md).
 */
#ifndef OTARIA_SLOTS_H
#define OTARIA_SLOTS_H

#include <otaria/boot.h>
#include <otaria/manifest.h>
#include <otaria/nvlog.h>

struct otaria_slots {
    const struct otaria_flash *flash;
    const struct otaria_layout *layout;
    struct otaria_nvlog nv;
    /* private; read through the functions below */
    unsigned running;
    struct otaria_record record;
    struct otaria_words words;
    unsigned record_index;
    bool has_record;
    uint8_t scratch[OTARIA_PAGE];
};

enum otaria_run_state {
    OTARIA_RUN_CONFIRMED, /* the running image is the confirmed one */
    OTARIA_RUN_TRIAL,     /* the running image is on trial */
    OTARIA_RUN_REVERTED   /* the owner's revert brought this image back */
};

/*
 * running: the slot this code was started from. Reads records and log; writes the first record when there is none
 * valid; finishes what a failed trial left to do (its slot's first word to 0, its reason remembered as the result to
 * report) and what a confirm left to do (the floor in the log). Bounded, but longer than a step: call it once at start.
 */
OTARIA_MUST_CHECK int otaria_slots_open(struct otaria_slots *s, const struct otaria_flash *f, const struct otaria_layout *l, unsigned running);

enum otaria_run_state otaria_slots_state(const struct otaria_slots *s);
unsigned otaria_slots_target(const struct otaria_slots *s); /* the slot an update would write: the one that does not run */
bool otaria_slots_can_revert(const struct otaria_slots *s);
uint64_t otaria_slots_floor(const struct otaria_slots *s, uint8_t digest[32], bool *has_digest);
void otaria_slots_running_image(const struct otaria_slots *s, uint8_t sha256[32], uint32_t *len); /* of the running image */
bool otaria_slots_running_manifest(const struct otaria_slots *s, uint8_t digest[32]);             /* false when unknown (serial flash) */
uint64_t otaria_slots_running_seq(const struct otaria_slots *s);
unsigned otaria_slots_stages(const struct otaria_slots *s); /* stage bits reached by the trial, enum otaria_stage */
unsigned otaria_slots_tries_left(const struct otaria_slots *s);

OTARIA_MUST_CHECK int otaria_slots_stage_reached(struct otaria_slots *s, unsigned stages); /* trial: clears the bits; otherwise 0 and nothing written */
OTARIA_MUST_CHECK int otaria_slots_healthy(struct otaria_slots *s);    /* trial: one healthy bit, once a boot (caller's duty) */
OTARIA_MUST_CHECK int otaria_slots_confirm(struct otaria_slots *s);    /* COMMIT POINT inside; OTARIA_E_STATE unless all stages are reached */
OTARIA_MUST_CHECK int otaria_slots_give_up(struct otaria_slots *s);    /* trial: spends all tries; the caller resets afterwards */
OTARIA_MUST_CHECK int otaria_slots_revert(struct otaria_slots *s);     /* COMMIT POINT inside; the caller resets afterwards; OTARIA_E_NO_PREVIOUS */
OTARIA_MUST_CHECK int otaria_slots_stage(struct otaria_slots *s, const struct otaria_manifest *m); /* a complete target slot becomes the trial of the next boot: manifest, then record (COMMIT POINT) */
OTARIA_MUST_CHECK int otaria_slots_adopt(struct otaria_slots *s, const struct otaria_manifest *m); /* M describes exactly the running image: remember M, raise the floor, no trial */

/* Would the device take this release at all? 0, OTARIA_E_ON_TRIAL, _LEFT_BEHIND, _KNOWN_BAD, _COMPONENTS. asked: the owner asked for it by hand (lifts LEFT_BEHIND and KNOWN_BAD). */
OTARIA_MUST_CHECK int otaria_slots_may_take(const struct otaria_slots *s, const struct otaria_manifest *m, bool asked);

/* The result to tell the server: code 0 = confirmed; false when there is nothing unreported. */
bool otaria_slots_result(const struct otaria_slots *s, int *code, uint8_t manifest8[8]);
OTARIA_MUST_CHECK int otaria_slots_result_set(struct otaria_slots *s, int code, const uint8_t manifest8[8]);
OTARIA_MUST_CHECK int otaria_slots_result_reported(struct otaria_slots *s);

#endif
