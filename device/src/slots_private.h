// SPDX-License-Identifier: MIT
/* What slots.c (asking and changing) and slots_open.c (reading and finishing) share. */
#ifndef OTARIA_SLOTS_PRIVATE_H
#define OTARIA_SLOTS_PRIVATE_H

#include <otaria/crypto.h>
#include <otaria/slots.h>

/* Program bits of one word of the current record and read it back; *word follows. */
OTARIA_MUST_CHECK int otaria_slots_word(struct otaria_slots *s, enum otaria_word_off off,
                                        uint32_t *word, uint32_t value);

/* Begin the next record, s->made, with what is known of the image that runs, and no trial. */
struct otaria_record *otaria_slots_record_running(struct otaria_slots *s);

/*
 * Erase the other sector, write M (len bytes), the confirmed word when asked for, and s->made, which
 * commits all of it. Then *s speaks of the new record; its state and `running` are the caller's.
 * Counter and length of M in s->made are set here.
 */
OTARIA_MUST_CHECK int otaria_slots_write_record(struct otaria_slots *s, const uint8_t *manifest,
                                                size_t len, bool confirmed);

/* Work out the floor and the running sequence anew from record, words and log. */
void otaria_slots_learn(struct otaria_slots *s);

/* Record in the log that the running image was confirmed: result and floor, once. */
OTARIA_MUST_CHECK int otaria_slots_settle_confirmed(struct otaria_slots *s);

#endif
