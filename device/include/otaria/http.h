// SPDX-License-Identifier: MIT
/*
 * HTTP/1.1 client, sans-I/O: writes one request into the caller's buffer, then eats the response as a stream in any
 * split. Header lines it does not need are skipped at any length (16 KB in all). Content-Length is required;
 * transfer codings are refused.
 */
#ifndef OTARIA_HTTP_H
#define OTARIA_HTTP_H

#include <otaria/base.h>

struct otaria_http_request {
    const char *host_port;        /* value of Host */
    const char *path;             /* begins with '/' */
    const uint8_t *body;          /* NULL: GET, else POST application/cbor */
    size_t body_len;
    uint32_t range_from;          /* > 0: Range: bytes=N- */
    const char *if_range;         /* ETag without quotes, with range_from; NULL = none */
};
OTARIA_MUST_CHECK int otaria_http_write(const struct otaria_http_request *r, uint8_t *buf, size_t max, size_t *len); /* OTARIA_E_BUFFER */

struct otaria_http_response {
    /* public once the header is through */
    uint16_t status;
    uint32_t content_len;
    uint32_t range_from;      /* of a 206: first byte */
    uint32_t retry_after_s;   /* 0 = none; HTTP dates are ignored */
    bool has_content_len;
    bool has_range;
    bool keep_alive;
    /* private */
    uint8_t state;
    char line[96];
    uint8_t line_len;
    bool line_cut;
    uint32_t header_cnt;
    uint32_t body_cnt;
    int error;
};
void otaria_http_begin(struct otaria_http_response *h);
/* Eats up to len bytes; *used of them. OTARIA_MORE: header not complete (all of len used). 0: header complete, the body begins at data + *used. Errors: OTARIA_E_HTTP_SYNTAX, _HTTP_CHUNKED, _HTTP_HEADER. Sticky. */
OTARIA_MUST_CHECK int otaria_http_push(struct otaria_http_response *h, const uint8_t *data, size_t len, size_t *used);

#endif
