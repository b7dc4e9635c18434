// SPDX-License-Identifier: MIT
/*
 * An update source in one function: polls and payloads as spec/PROTOCOL.md wants them, and the ways in which real ones
 * misbehave. For devices in virtual time; it offers one release, to everybody.
 */
#ifndef OTARIA_SIM_MODEL_SERVER_H
#define OTARIA_SIM_MODEL_SERVER_H

#include "sim/virtual.h"

struct model_server {
    /* set by the caller */
    const uint8_t *suit; /* NULL: nothing is offered */
    size_t suit_len;
    const uint8_t *image;
    size_t image_len;
    char image_hex[65]; /* its SHA-256 */
    uint32_t again_s;
    const char *version;    /* key 7; NULL: not said */
    unsigned status;        /* not 0: every answer is this status, without a body */
    uint32_t retry_after_s; /* with status */
    bool no_ranges;         /* answers 200 to every request for a payload */
    bool wrong_range;       /* answers a byte beside what was asked */
    bool corrupt;           /* flips a bit of every payload */
    uint32_t claimed_size;  /* not 0: key 5 and Content-Length claim this size */
    uint32_t claimed_len;   /* not 0: only Content-Length does */

    /* to look at */
    unsigned polls, gets, resumed;
    unsigned results; /* polls that carried a result */
    int last_result;
    struct otaria_poll_request last_poll;
};

/* virtual_device.answer; user is the struct model_server. A request that is not understood is answered with 400. */
void model_server_answer(struct virtual_device *d, const uint8_t *request, size_t len,
                         struct virtual_answer *out);

/* A bootable image of about len bytes with this version in it, different for each seed; from malloc. */
uint8_t *model_image(size_t len, const char *version, uint64_t seed, size_t *image_len);

#endif
