// SPDX-License-Identifier: MIT
/*
 * The NV log: two sectors of appended 64-byte entries, power-cut safe. It holds what the agent
 * must remember across a reboot; the newest entry of a kind wins, and an empty one means none.
 *
 * What is lost when both sectors are: a download starts over, a result is not told or told again,
 * a bad release may be tried once more. Never what boots; the floor stands in the record too.
 *
 * Steady state: one 64-byte write a put. Every 56th put or later also erases the other sector and
 * copies the newest entries over, so both sectors wear alike. Stack <= 400 bytes.
 */
#ifndef OTARIA_NVLOG_H
#define OTARIA_NVLOG_H

#include <otaria/flash.h>

/* Numbers are on flash: never changed, never reused. Little endian inside. */
enum otaria_nv_kind {
    OTARIA_NV_PROGRESS = 1, /* M digest first 8, offset u32, slot u32, first word 4, SHA state 32 */
    OTARIA_NV_FLOOR = 2,    /* seq u64, M digest 32 */
    OTARIA_NV_FAILED = 3,   /* code i32, M digest 32, counter u32 of the record then: never again */
    OTARIA_NV_LEFT = 4,     /* M digest 32: the release that the owner reverted from */
    OTARIA_NV_RESULT = 5,   /* code i32, M digest first 8, reported u8 */
    OTARIA_NV_BOOTS = 6,    /* boot counter u32 */
    OTARIA_NV_BACKOFF = 7,  /* digest mismatches in a row u32, M digest first 8 */
    OTARIA_NV_KINDS = 8
};
#define OTARIA_NV_DATA_MAX   52 /* bytes of one entry */
#define OTARIA_NV_FAILED_LEN 40 /* bytes of that kind's entry */

struct otaria_nvlog {
    /* private */
    const struct otaria_flash *flash;
    uint32_t sector[2];
    uint32_t generation;         /* of the current sector; 0 = there is no log yet */
    uint8_t current;             /* 0 or 1 */
    uint8_t next;                /* entry to write next, 1..64 */
    uint8_t at[OTARIA_NV_KINDS]; /* entry that holds the newest of each kind, 0 = none */
};

/*
 * Reads the log. Any content is accepted: what is not a valid entry is skipped, an unreadable log
 * is an empty one. Writes nothing. 0 or OTARIA_E_FLASH_IO.
 */
OTARIA_MUST_CHECK int otaria_nvlog_open(struct otaria_nvlog *nv, const struct otaria_flash *f,
                                        const uint32_t sector[2]);

/*
 * The newest entry of a kind: 0 with *len bytes in data, *len 0 when there is none.
 * OTARIA_E_BUFFER when it is longer than max, OTARIA_E_FLASH_IO.
 */
OTARIA_MUST_CHECK int otaria_nvlog_get(const struct otaria_nvlog *nv, enum otaria_nv_kind kind,
                                       void *data, size_t max, size_t *len);

/*
 * Makes this the newest entry of its kind; len 0 removes it. Nothing is written when the newest is
 * the same already. 0 when it stands on flash, read back; after an error the old one still counts:
 * OTARIA_E_ARGUMENT, OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY.
 */
OTARIA_MUST_CHECK int otaria_nvlog_put(struct otaria_nvlog *nv, enum otaria_nv_kind kind,
                                       const void *data, size_t len);

#endif
