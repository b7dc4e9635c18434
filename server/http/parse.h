// SPDX-License-Identifier: MIT
/*
 * The head of a request: request line and header lines. A stateless parser: it looks at the bytes
 * that have arrived, and when they are not enough it is called again with more of them, from the start.
 *
 * The result depends only on the bytes, never on how they were split: once a prefix gives an error or
 * a complete head, every continuation gives the same.
 */
#ifndef OTARIA_SERVER_HTTP_PARSE_H
#define OTARIA_SERVER_HTTP_PARSE_H

#include "server/http/http.h"
#include "server/http/limits.h"

#define HTTP_PARSE_MORE 1

/* All pointers lead into the parsed bytes. */
struct http_head {
    enum http_method method;
    struct http_str path, query, host;
    struct http_str scheme;    /* of an absolute-form target, else empty */
    struct http_str authority; /* likewise */
    unsigned minor;
    bool keep_alive;      /* what version and Connection ask for */
    bool expect_continue; /* 1.1 only */
    bool has_body_len;
    uint64_t body_len;
    size_t head_len; /* bytes up to the first of the body */
    size_t headers_cnt;
    struct http_header headers[HTTP_HEADERS_MAX];
};

/*
 * Parses p[0..len). `seen` of these bytes were there in the last call that wanted more (0: first call);
 * it saves time and has no other effect.
 * 0                complete; *head is valid
 * HTTP_PARSE_MORE  not complete; never with len >= HTTP_HEAD_MAX
 * < 0              refused; minus the HTTP status: 400, 414, 417, 431, 501, 505
 * *head is written to in any case.
 */
HTTP_MUST_CHECK int http_head_parse(const uint8_t *p, size_t len, size_t seen,
                                    struct http_head *head);

/* Whether two pieces of text are equal without regard to ASCII case. */
bool http_str_same(struct http_str a, struct http_str b);

#endif
