// SPDX-License-Identifier: MIT
/*
 * The poll messages of spec/PROTOCOL.md: both directions, both ends (device: write request, read response; server: the
 * other two, in a file of their own that a device does not link).
 */
#ifndef OTARIA_POLL_H
#define OTARIA_POLL_H

#include <otaria/base.h>

#define OTARIA_POLL_VERSION 1

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
    uint64_t confirmed_seq;
    uint8_t running_sha256[32];
    uint8_t nonce[16];
    unsigned state;
    bool has_result;
    int result;
    uint8_t result_manifest[8];
    unsigned trial_boots;
    char version[OTARIA_VERSION_MAX + 1]; /* NUL-terminated */
    uint32_t uptime_s, free_heap;
    int rssi;
    char reset_reason[32];
    uint32_t capabilities;     /* bit 0 gzip, bit 1 delta */
    bool has_running_manifest;
    uint8_t running_manifest[32];
    uint64_t counter;
};
OTARIA_MUST_CHECK int otaria_poll_request_write(const struct otaria_poll_request *r, uint8_t *buf, size_t max, size_t *len); /* OTARIA_E_BUFFER */
OTARIA_MUST_CHECK int otaria_poll_request_read(struct otaria_poll_request *r, const uint8_t *data, size_t len);               /* server; OTARIA_E_POLL */

struct otaria_poll_payload {
    unsigned component, encoding; /* encoding 0 plain, 1 gzip, 2 delta */
    uint32_t size;
    struct otaria_span path; /* "/b/<64 hex>"; others are dropped by the reader */
};
#define OTARIA_POLL_PAYLOADS_MAX 6
struct otaria_poll_response {
    struct otaria_span manifest; /* M, the envelope; len 0 = none */
    uint32_t again_s;            /* 0 = not said */
    struct otaria_poll_payload payload[OTARIA_POLL_PAYLOADS_MAX];
    unsigned payloads_cnt;
    struct otaria_span version;
};
OTARIA_MUST_CHECK int otaria_poll_response_read(struct otaria_poll_response *r, const uint8_t *data, size_t len);  /* borrowed from data; OTARIA_E_POLL */
OTARIA_MUST_CHECK int otaria_poll_response_write(const struct otaria_poll_response *r, uint8_t *buf, size_t max, size_t *len); /* server */

#endif
