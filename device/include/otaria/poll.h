// SPDX-License-Identifier: MIT
/*
 * The poll messages of spec/PROTOCOL.md: both directions, both ends. A device links poll.c (write the request, read
 * the response), a server poll_server.c as well (the other two).
 *
 * Both are CBOR maps with integer keys in ascending order, definite lengths and shortest forms. Unknown keys are
 * skipped with whatever they hold; everything else is strict: a known key with another type or length, a key twice
 * or out of order, and bytes behind the map are OTARIA_E_POLL. After an error the struct holds no defined values.
 *
 * Memory: the readers borrow from `data`; nothing is kept. Stack: below 220 bytes.
 */
#ifndef OTARIA_POLL_H
#define OTARIA_POLL_H

#include <otaria/base.h>

#define OTARIA_POLL_VERSION    1
#define OTARIA_POLL_REASON_MAX 31 /* reset reason, bytes */
#define OTARIA_POLL_PATH_LEN   67 /* "/b/" and 64 hexadecimal digits */

enum otaria_poll_state { /* request key 8 */
                         OTARIA_POLL_IDLE = 0,
                         OTARIA_POLL_FETCHING = 1,
                         OTARIA_POLL_STAGED = 2,
                         OTARIA_POLL_TRIAL = 3,
                         OTARIA_POLL_REVERTED = 4,
                         OTARIA_POLL_WAITING_FOR_OWNER = 5 /* update policy "ask" */
};

struct otaria_poll_request {
    uint8_t id[16];
    size_t id_len; /* 6..16 */
    uint8_t vendor[16], class_id[16];
    uint64_t confirmed_seq; /* highest confirmed sequence; 0 = none yet */
    uint8_t running_sha256[32];
    uint8_t nonce[16];
    unsigned state; /* enum otaria_poll_state; a server must take other values as "unknown" */
    bool has_result;
    int result;                 /* 0 = confirmed, else enum otaria_error */
    uint8_t result_manifest[8]; /* first bytes of the digest of the M that it is about */
    unsigned trial_boots;
    char version[OTARIA_VERSION_MAX + 1]; /* NUL-terminated, 0x20..0x7e */
    uint32_t uptime_s, free_heap;         /* free_heap 0 = not known */
    int rssi;                             /* dBm, 0 = not known */
    char reset_reason[OTARIA_POLL_REASON_MAX + 1];
    uint32_t capabilities; /* bit 0 gzip, bit 1 delta */
    bool has_running_manifest;
    uint8_t running_manifest[32];
    uint64_t counter;
};

/* 0 with *len bytes (<= OTARIA_POLL_REQUEST_MAX whatever the values), or OTARIA_E_BUFFER when max is too small. */
OTARIA_MUST_CHECK int otaria_poll_request_write(const struct otaria_poll_request *r, uint8_t *buf,
                                                size_t max, size_t *len);

/*
 * Server. len may be anything; more than OTARIA_POLL_REQUEST_MAX is refused. Keys 1 (which must be
 * OTARIA_POLL_VERSION), 2, 3 and 4 must be there; the others are 0 or empty when absent. 0 or OTARIA_E_POLL.
 */
OTARIA_MUST_CHECK int otaria_poll_request_read(struct otaria_poll_request *r, const uint8_t *data,
                                               size_t len);

struct otaria_poll_payload {
    unsigned component, encoding; /* encoding 0 plain, 1 gzip, 2 delta */
    uint32_t size;                /* bytes of the object behind path */
    struct otaria_span path;      /* "/b/<64 hex>" */
};

#define OTARIA_POLL_PAYLOADS_MAX 6

struct otaria_poll_response {
    struct otaria_span manifest; /* M, the envelope; len 0 = none */
    uint32_t again_s;            /* 0 = not said */
    struct otaria_poll_payload payload[OTARIA_POLL_PAYLOADS_MAX];
    unsigned payloads_cnt;
    struct otaria_span
        version; /* text for display, <= OTARIA_VERSION_MAX, 0x20..0x7e; len 0 = none */
};

/*
 * Device. Payloads whose path is not "/b/" and 64 lower-case hexadecimal digits, whose component or encoding is not
 * known, or that come after the sixth good one are dropped silently. 0 or OTARIA_E_POLL.
 */
OTARIA_MUST_CHECK int otaria_poll_response_read(struct otaria_poll_response *r, const uint8_t *data,
                                                size_t len);

/* Server. Empty fields are left out. 0, or OTARIA_E_BUFFER; a device reads at most OTARIA_POLL_RESPONSE_MAX bytes. */
OTARIA_MUST_CHECK int otaria_poll_response_write(const struct otaria_poll_response *r, uint8_t *buf,
                                                 size_t max, size_t *len);

/* "/b/" and 64 lower-case hexadecimal digits, nothing else. */
bool otaria_poll_path_ok(const uint8_t *path, size_t len);

#endif
