// SPDX-License-Identifier: MIT
/*
 * HTTP/1.1 client, sans-I/O: writes one request into the caller's buffer, then eats the response header as a
 * stream. Any split of the same bytes gives the same result. The body is not touched: it begins where the
 * header ends and is content_len bytes long.
 *
 * What it accepts is narrow on purpose, since the peer may be hostile (spec/PROTOCOL.md, "Answers"):
 *   - lines end in CR LF; no control character inside a line; 16 KB of header in all (OTARIA_HTTP_HEADER_MAX);
 *   - header lines that it does not need are skipped at any length, a folded one too; one that it needs must
 *     not be folded or repeated;
 *   - interim answers (1xx) are skipped, 101 is refused;
 *   - a 200 or 206 needs a Content-Length and no transfer coding; a 206 needs a matching Content-Range. Other
 *     statuses are taken as they come: their body is of no interest and the connection is not used again.
 *
 *     struct otaria_http_response h;
 *     otaria_http_begin(&h);
 *     do {
 *         len = receive(buf);
 *         result = otaria_http_push(&h, buf, len, &used);
 *     } while (result == OTARIA_MORE);
 *     // result 0: h.status is valid, the body begins at buf + used
 *
 * Memory: about 140 bytes a response; stack below 150 bytes.
 */
#ifndef OTARIA_HTTP_H
#define OTARIA_HTTP_H

#include <otaria/base.h>

#define OTARIA_HTTP_LINE_MAX \
    95 /* bytes kept of a header line; a longer one that is needed is an error */

struct otaria_http_request {
    const char *host; /* as in the URL: a name, an IPv4 address, or an IPv6 address in brackets */
    uint16_t port;    /* written behind the host; 0 = the scheme's own, not written */
    struct otaria_span base; /* put in front of path; len 0 = nothing */
    const char *path;        /* begins with '/' */
    const uint8_t *body;     /* NULL: GET, else POST application/cbor */
    size_t body_len;
    uint32_t range_from;  /* > 0: Range: bytes=N- */
    const char *if_range; /* ETag without its quotes, used with range_from; NULL = none */
};

/*
 * Writes request line, header and body. The body may lie inside buf behind the room that the header takes (it is
 * moved). 0 with *len bytes to send, or OTARIA_E_BUFFER (*len 0) when max is too small.
 */
OTARIA_MUST_CHECK int otaria_http_write(const struct otaria_http_request *r, uint8_t *buf,
                                        size_t max, size_t *len);

struct otaria_http_response {
    /* Public. status is valid as soon as it is not 0, even when a later line is refused; the rest once push gave 0. */
    uint16_t status;
    bool has_content_len;
    bool
        has_range; /* of a 206; then range_from <= range_to and content_len = range_to - range_from + 1 */
    bool keep_alive;
    uint32_t content_len;
    uint32_t range_from, range_to; /* first and last byte */
    uint32_t range_total;          /* of the whole object; 0 = not said */
    uint32_t retry_after_s; /* 0 = none; HTTP dates are ignored; larger values are cut to 2^32-1 */
    /* private */
    uint32_t header_cnt;
    int error;
    uint8_t state;
    uint8_t line_len;
    bool line_cut, transfer_coding, needed;
    char line[OTARIA_HTTP_LINE_MAX + 1];
};

void otaria_http_begin(struct otaria_http_response *h);

/*
 * Eats header bytes, *used of them. OTARIA_MORE: the header is not complete, all of len was used. 0: it is
 * complete, the body begins at data + *used (a further call uses nothing and gives 0 again). Otherwise, and from
 * then on (sticky): OTARIA_E_HTTP_SYNTAX; _HTTP_CHUNKED (a 200 or 206 with a transfer coding); _HTTP_HEADER (longer
 * than 16 KB); _RANGE (a 206 without a Content-Range, or one that does not agree with Content-Length).
 */
OTARIA_MUST_CHECK int otaria_http_push(struct otaria_http_response *h, const uint8_t *data,
                                       size_t len, size_t *used);

#endif
