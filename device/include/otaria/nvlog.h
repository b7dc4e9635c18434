// SPDX-License-Identifier: MIT
/*
 * The NV log: two sectors, appended records, power-cut safe. Holds what the agent must remember across a reboot:
 * download progress, the floor, failed and left-behind releases, an unreported result. The newest entry of a kind wins.
 */
#ifndef OTARIA_NVLOG_H
#define OTARIA_NVLOG_H

#include <otaria/flash.h>

enum otaria_nv_kind {
    OTARIA_NV_PROGRESS = 1, /* struct otaria_nv_progress */
    OTARIA_NV_FLOOR = 2,    /* seq u64, M digest 32 */
    OTARIA_NV_FAILED = 3,   /* code i32, M digest 32: a verified release that failed its trial */
    OTARIA_NV_LEFT = 4,     /* M digest 32: the release the owner reverted from; empty = none */
    OTARIA_NV_RESULT = 5,   /* code i32, M digest first 8 bytes, reported u8 */
    OTARIA_NV_BOOTS = 6,    /* boot counter u32 */
    OTARIA_NV_BACKOFF = 7,  /* digest mismatches in a row u32, M digest first 8 */
    OTARIA_NV_KINDS = 8
};
#define OTARIA_NV_DATA_MAX 48 /* bytes of one entry */

struct otaria_nvlog {
    const struct otaria_flash *flash;
    uint32_t sector[2];
    /* private */
    uint32_t generation;
    uint16_t next;
    uint8_t current;
    uint8_t ready;
    uint16_t at[OTARIA_NV_KINDS]; /* where the newest entry of each kind lies */
};

OTARIA_MUST_CHECK int otaria_nvlog_open(struct otaria_nvlog *nv, const struct otaria_flash *f, const uint32_t sector[2]); /* any content is accepted; an unreadable log is an empty one */
OTARIA_MUST_CHECK int otaria_nvlog_get(const struct otaria_nvlog *nv, enum otaria_nv_kind kind, void *data, size_t max, size_t *len); /* *len 0 when there is none */
OTARIA_MUST_CHECK int otaria_nvlog_put(struct otaria_nvlog *nv, enum otaria_nv_kind kind, const void *data, size_t len); /* len <= OTARIA_NV_DATA_MAX; may compact: one erase */

#endif
