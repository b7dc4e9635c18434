// SPDX-License-Identifier: MIT
/*
 * The update engine: takes the bytes of one verified release and leaves a complete, read-back
 * slot. No I/O towards the network, streaming, bounded work a call: one sector erase, one page,
 * one log entry, or 256 bytes read back. It resumes after a dropped link and after a reboot. Any
 * split of the same bytes gives the same flash.
 *
 *     begin -> { push | step }* -> finish (until it is not OTARIA_MORE) -> otaria_slots_stage
 *
 *     int r = otaria_update_begin(&u, &slots, &m, NULL);
 *     ... request the payload from byte otaria_update_offset(&u) on, unless that is its size ...
 *     while (r == 0 && (len = receive(buf)) > 0) {
 *         for (size_t at = 0, used; at < len && r >= 0; at += used) {
 *             r = otaria_update_push(&u, buf + at, len - at, &used);
 *             if (r == 0) break;                      // all bytes are there
 *         }
 *     }
 *     do { r = otaria_update_finish(&u); } while (r == OTARIA_MORE);
 *
 * Errors are sticky: the first one is returned until begin. Signed facts (too large, not an image)
 * are the release's fault; everything else here is the transport's or the flash's and says nothing
 * about the release. Stack <= 700 bytes a call, SHA-256 and the log included.
 */
#ifndef OTARIA_UPDATE_H
#define OTARIA_UPDATE_H

#include <otaria/crypto.h>
#include <otaria/slots.h>

/*
 * A streaming decoder between network and engine (gzip, delta): one object a payload encoding.
 * NULL in otaria_update_begin = plain. A decoder cannot start in the middle, so with one a begin
 * after a reboot starts at 0.
 */
struct otaria_decoder {
    void *ctx;
    /*
     * Consumes up to len bytes (*used) and produces up to out_max (*out_len). 0 at the end of its
     * stream, OTARIA_MORE, OTARIA_E_DECODE. It must do one of both whenever len and out_max allow.
     */
    int (*push)(void *ctx, const uint8_t *data, size_t len, size_t *used, uint8_t *out,
                size_t out_max, size_t *out_len);
};

struct otaria_update {
    /* private */
    struct otaria_slots *slots;
    const struct otaria_decoder *decoder;
    int error;
    uint8_t state;
    uint16_t page_len;
    uint32_t addr; /* of the slot */
    uint32_t size;
    uint32_t written;                     /* bytes accepted: programmed, or in page */
    uint32_t erased;                      /* bytes of the slot erased so far */
    uint32_t saved;                       /* bytes that the last progress entry speaks of */
    uint32_t verified;                    /* bytes read back */
    uint8_t first_word[4] OTARIA_ALIGNED; /* held back until everything else was read back */
    uint8_t manifest8[8];
    uint8_t digest[32];
    struct otaria_image_walk walk; /* over what flash holds */
    struct otaria_sha256 hash;     /* of the bytes as they come; then of what flash holds */
    uint8_t page[OTARIA_PAGE] OTARIA_ALIGNED;
};

/*
 * m: verified, applicable, one component; not needed after the call. Resumes from the log when m
 * and the slot match; knows a target slot that holds m's image already (then offset is size, and
 * finish only reads it back); else takes the slot's first word away and starts at 0. A staged
 * trial is taken back first. 0, OTARIA_E_ON_TRIAL, OTARIA_E_COMPONENTS, OTARIA_E_TOO_LARGE,
 * OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY.
 */
OTARIA_MUST_CHECK int otaria_update_begin(struct otaria_update *u, struct otaria_slots *s,
                                          const struct otaria_manifest *m,
                                          const struct otaria_decoder *decoder);

/* The next plain byte wanted: where a Range request begins. The size when all are there. */
uint32_t otaria_update_offset(const struct otaria_update *u);

/*
 * Takes up to len bytes; *used of them were consumed, which may be 0 when the call erased a sector
 * or wrote the log instead. OTARIA_MORE = push the rest, or more; 0 = all bytes are there, call
 * finish. OTARIA_E_DECODE, OTARIA_E_LENGTH (the decoder ended early), OTARIA_E_STATE,
 * OTARIA_E_FLASH_IO.
 */
OTARIA_MUST_CHECK int otaria_update_push(struct otaria_update *u, const uint8_t *data, size_t len,
                                         size_t *used);

/*
 * Work that needs no input: erases one sector ahead or writes the log. OTARIA_MORE = something was
 * done; 0 = nothing to do now.
 */
OTARIA_MUST_CHECK int otaria_update_step(struct otaria_update *u);

/*
 * Reads back what flash holds, 256 bytes a call, and programs the slot's first word when all of it
 * is the signed image. OTARIA_MORE until then; 0 = the slot is complete.
 * OTARIA_E_LENGTH: bytes are missing (not sticky, push them). OTARIA_E_DIGEST: the bytes that came
 * are not the signed ones. OTARIA_E_FLASH_VERIFY: they were, but flash does not hold them. Both
 * forget the progress. OTARIA_E_NOT_AN_IMAGE: the signed bytes cannot boot. OTARIA_E_FLASH_IO.
 */
OTARIA_MUST_CHECK int otaria_update_finish(struct otaria_update *u);

/* Stop here; what was written stays for a resume. */
void otaria_update_abort(struct otaria_update *u);

/* Forget the progress too: the next begin starts at 0. 0, or an error of the log. */
OTARIA_MUST_CHECK int otaria_update_discard(struct otaria_update *u);

#endif
