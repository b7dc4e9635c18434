// SPDX-License-Identifier: MIT
/*
 * The update engine: takes the bytes of one verified release and leaves a complete, read-back slot. Sans-I/O towards
 * the network, streaming, bounded work a call (one sector erase or one chunk). Resumes after a dropped link and after
 * a reboot. Any split of the same bytes gives the same flash.
 *
 *     begin -> { push | step }* -> finish (until not OTARIA_MORE) -> otaria_slots_stage
 */
#ifndef OTARIA_UPDATE_H
#define OTARIA_UPDATE_H

#include <otaria/crypto.h>
#include <otaria/slots.h>

/*
 * A streaming decoder between network and engine (gzip, delta): one object a payload encoding. push consumes encoded bytes and hands decoded
 * ones to out(); NULL in otaria_update_begin = plain.
 */
struct otaria_decoder {
    void *ctx;
    /* Consumes up to len bytes (*used) and produces up to out_max (*out_len). 0 done, OTARIA_MORE, OTARIA_E_DECODE. */
    int (*push)(void *ctx, const uint8_t *data, size_t len, size_t *used, uint8_t *out, size_t out_max, size_t *out_len);
};

struct otaria_update {
    struct otaria_slots *slots;
    const struct otaria_decoder *decoder;
    struct otaria_sha256 hash;
    uint8_t page[OTARIA_PAGE];
    uint8_t first_word[4];
    uint8_t digest[32];
    uint8_t manifest_digest[32];
    uint32_t addr, size;
    uint32_t written;  /* bytes hashed and programmed or in page */
    uint32_t erased;   /* bytes of the slot erased so far */
    uint32_t verified; /* bytes read back */
    uint16_t page_len;
    uint8_t state;
    int error;
};

OTARIA_MUST_CHECK int otaria_update_begin(struct otaria_update *u, struct otaria_slots *s, const struct otaria_manifest *m, const struct otaria_decoder *decoder); /* resumes from the log when M and slot match, else starts at 0 */
uint32_t otaria_update_offset(const struct otaria_update *u); /* the next plain byte wanted: where a Range request begins */
OTARIA_MUST_CHECK int otaria_update_push(struct otaria_update *u, const uint8_t *data, size_t len, size_t *used); /* OTARIA_MORE = wants more input or another call; 0 = all bytes are there: finish */
OTARIA_MUST_CHECK int otaria_update_step(struct otaria_update *u);   /* work that needs no input: erase ahead. OTARIA_MORE = something was done; 0 = nothing to do */
OTARIA_MUST_CHECK int otaria_update_finish(struct otaria_update *u); /* OTARIA_MORE until the read-back is through and the first word stands; 0 = the slot is complete; OTARIA_E_DIGEST, _FLASH_VERIFY, _NOT_AN_IMAGE, _LENGTH */
void otaria_update_abort(struct otaria_update *u);    /* stop here; what was written stays for a resume */
OTARIA_MUST_CHECK int otaria_update_discard(struct otaria_update *u); /* forget the progress too: the next begin starts at 0 */

#endif
