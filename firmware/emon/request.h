// SPDX-License-Identifier: MIT
/*
 * One HTTP/1.1 request, read in any split of its bytes, with memory for one line. Strict: what two readers could
 * understand differently (bare LF, folded or doubled headers, spaces before a colon, a transfer coding) is refused, and
 * nothing of a refused request is acted on.
 *
 * Header fields that this server does not know are skipped, however long, within EMON_HEAD_MAX in all.
 */
#ifndef EMON_REQUEST_H
#define EMON_REQUEST_H

#include "config.h"

#define EMON_BODY_MAX 512  /* also the longest line that is looked at */
#define EMON_HEAD_MAX 8192 /* request line and header fields */
#define EMON_PATH_MAX 15
#define EMON_HOST_MAX 71 /* a name of 63 bytes or an address in brackets, and a port */

enum emon_method { EMON_GET, EMON_POST, EMON_OTHER_METHOD };

struct emon_request {
    /* public once emon_request_push gave 0 */
    uint8_t method; /* enum emon_method */
    bool has_origin, has_password, is_json;
    uint16_t body_len;
    char path[EMON_PATH_MAX + 1]; /* "" = longer than any path of this server */
    char host[EMON_HOST_MAX + 1];
    char origin[EMON_HOST_MAX + 9]; /* with its http:// */
    char password[EMON_PASSWORD_MAX + 1];
    /* private */
    uint8_t state;
    bool cr;      /* the last byte was one */
    uint8_t seen; /* header fields that may stand once */
    uint8_t field;
    uint16_t refused; /* the status that ended it, sticky */
    uint16_t len;     /* bytes of the current line, or of the body, in buf */
    uint16_t head_len;
};

void emon_request_begin(struct emon_request *r);

/*
 * Takes all of data that belongs to the request; what follows it is ignored. buf, EMON_BODY_MAX bytes, belongs to the
 * request until it is complete, then holds its body. OTARIA_MORE; 0 = complete; a negative HTTP status otherwise: -400,
 * -413 (body), -431 (header), -501 (transfer coding), -505 (version). Sticky.
 */
OTARIA_MUST_CHECK int emon_request_push(struct emon_request *r, char *buf, const uint8_t *data,
                                        size_t len);

/* No byte of a request has come yet. */
bool emon_request_is_blank(const struct emon_request *r);

#endif
