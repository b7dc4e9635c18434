// SPDX-License-Identifier: MIT
/*
 * The application's view of slots and records: what runs, what is on trial, confirm, revert,
 * stage. Every transition has exactly one flash write that commits it; before that write the old
 * state stands, after it the new one does, whatever is cut (spec/STATES.md).
 *
 * A call that fails with OTARIA_E_FLASH_IO or OTARIA_E_FLASH_VERIFY has either changed nothing or
 * committed; otaria_slots_open sorts it out at the next start. Stack <= 800 bytes a call.
 */
#ifndef OTARIA_SLOTS_H
#define OTARIA_SLOTS_H

#include <otaria/boot.h>
#include <otaria/manifest.h>
#include <otaria/nvlog.h>

/* How the image that runs came to run. */
enum otaria_run_state {
    OTARIA_RUN_CONFIRMED, /* it is the confirmed one; a staged trial may wait for the next boot */
    OTARIA_RUN_TRIAL,     /* it is on trial */
    OTARIA_RUN_REVERTED   /* the owner's revert brought it back */
};

struct otaria_slots {
    /* public, read only */
    const struct otaria_flash *flash;
    const struct otaria_layout *layout;
    struct otaria_nvlog nv; /* the agent keeps its own kinds in it: OTARIA_NV_BOOTS, _BACKOFF */
    /* private; what is looked at often comes first, where one instruction reaches it */
    unsigned running;
    enum otaria_run_state state;
    unsigned record_index;
    bool has_record, has_manifest, has_floor_digest;
    struct otaria_record record;
    struct otaria_words words;
    uint64_t manifest_seq; /* of M beside the record */
    uint64_t floor_seq;
    uint64_t running_seq; /* 0 = unknown */
    uint8_t manifest_digest[32];
    uint8_t floor_digest[32];
    struct otaria_record made; /* the next record while it is made; else scratch */
    uint8_t scratch[OTARIA_PAGE] OTARIA_ALIGNED;
};

/*
 * running: the slot this code was started from. Reads records and log, then finishes what an
 * earlier boot left: a first record when none is valid (or none that explains why this slot runs),
 * a confirm or revert that was cut, the floor in the log, and of a failed trial the invalidation
 * of its slot and the result to report. Bounded, but longer than a step (it may hash the running
 * image): call it once at start. Not for a tool that only looks: use otaria_record_read.
 * 0, OTARIA_E_LAYOUT (staged layouts), OTARIA_E_NOT_AN_IMAGE (running is not the truth),
 * OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY.
 */
OTARIA_MUST_CHECK int otaria_slots_open(struct otaria_slots *s, const struct otaria_flash *f,
                                        const struct otaria_layout *l, unsigned running);

enum otaria_run_state otaria_slots_state(const struct otaria_slots *s);

/* The slot an update would write: the one that does not run. */
unsigned otaria_slots_target(const struct otaria_slots *s);

/* A staged trial waits for the next boot. */
bool otaria_slots_staged(const struct otaria_slots *s);

/* There is a previous image, confirmed here once and complete as far as its header tells. */
bool otaria_slots_can_revert(const struct otaria_slots *s);

/* The highest sequence ever confirmed here (0 = none), and the digest of that M when known. */
uint64_t otaria_slots_floor(const struct otaria_slots *s, uint8_t digest[32], bool *has_digest);

/* SHA-256 and length of the running image. */
void otaria_slots_running_image(const struct otaria_slots *s, uint8_t sha256[32], uint32_t *len);

/* The digest of the running image's M; false when it is unknown (serial flash). */
bool otaria_slots_running_manifest(const struct otaria_slots *s, uint8_t digest[32]);

/* The sequence of that M; 0 when unknown. */
uint64_t otaria_slots_running_seq(const struct otaria_slots *s);

/* Stages that the trial reached, enum otaria_stage; 0 when not on trial. */
unsigned otaria_slots_stages(const struct otaria_slots *s);

/* Boots that the running trial has left after this one; 0 when not on trial. */
unsigned otaria_slots_tries_left(const struct otaria_slots *s);

/* On trial: remembers the stages over reboots. Otherwise, or when known already: 0, no write. */
OTARIA_MUST_CHECK int otaria_slots_stage_reached(struct otaria_slots *s, unsigned stages);

/* On trial: three more tries. The caller's duty: once a boot. Otherwise 0 and nothing written. */
OTARIA_MUST_CHECK int otaria_slots_healthy(struct otaria_slots *s);

/*
 * The running image stays: 0, and nothing but that when it was confirmed already. OTARIA_E_STATE
 * unless all stages are reached. The floor rises and result 0 waits to be told.
 */
OTARIA_MUST_CHECK int otaria_slots_confirm(struct otaria_slots *s);

/* On trial: spends all tries; the caller resets the chip. Otherwise OTARIA_E_STATE. */
OTARIA_MUST_CHECK int otaria_slots_give_up(struct otaria_slots *s);

/*
 * The owner's revert: the previous image boots from the next reset on, without a trial. Hashes
 * that image first. The caller resets the chip. 0, OTARIA_E_ON_TRIAL, OTARIA_E_NO_PREVIOUS,
 * OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY.
 */
OTARIA_MUST_CHECK int otaria_slots_revert(struct otaria_slots *s);

/*
 * The target slot, complete and holding m's image (otaria_update_finish said so), becomes the
 * trial of the next boot. 0, OTARIA_E_ON_TRIAL, OTARIA_E_COMPONENTS, OTARIA_E_STATE (not
 * complete), OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY.
 */
OTARIA_MUST_CHECK int otaria_slots_stage(struct otaria_slots *s, const struct otaria_manifest *m);

/*
 * Takes a staged trial back: the target slot belongs to no trial afterwards. 0 when none is
 * staged. The update engine calls it before it touches the slot.
 */
OTARIA_MUST_CHECK int otaria_slots_unstage(struct otaria_slots *s);

/*
 * m, verified and applicable, describes exactly the image that runs: remember it, raise the floor,
 * no trial; the way back to a previous image stays. 0, OTARIA_E_STATE when it does not describe
 * it, OTARIA_E_ON_TRIAL, OTARIA_E_COMPONENTS, OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY.
 */
OTARIA_MUST_CHECK int otaria_slots_adopt(struct otaria_slots *s, const struct otaria_manifest *m);

/*
 * Would the device take this release at all? asked: the owner asked for it by hand, which lifts
 * LEFT_BEHIND and KNOWN_BAD. 0, OTARIA_E_ON_TRIAL, _COMPONENTS, _LEFT_BEHIND, _KNOWN_BAD.
 */
OTARIA_MUST_CHECK int otaria_slots_may_take(const struct otaria_slots *s,
                                            const struct otaria_manifest *m, bool asked);

/* The result to tell the server: code 0 = confirmed; false when there is nothing unreported. */
bool otaria_slots_result(const struct otaria_slots *s, int *code, uint8_t manifest8[8]);
OTARIA_MUST_CHECK int otaria_slots_result_set(struct otaria_slots *s, int code,
                                              const uint8_t manifest8[8]);
OTARIA_MUST_CHECK int otaria_slots_result_reported(struct otaria_slots *s);

#endif
