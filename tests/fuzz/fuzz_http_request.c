// SPDX-License-Identifier: MIT
/*
 * A request head in every split that the first byte asks for: no split changes the result, and what an
 * accepted head points to lies inside it and carries no byte that could end a line.
 */
#include <stdlib.h>
#include <string.h>

#include "server/http/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_str(struct http_str s, const uint8_t *p, size_t head_len)
{
    const char *base = (const char *)p;

    if (s.len == 0)
        return;
    check(memchr(s.p, '\r', s.len) == NULL && memchr(s.p, '\n', s.len) == NULL &&
          memchr(s.p, '\0', s.len) == NULL);
    if (!http_str_is(s, "/")) /* the path of an absolute target without one is a constant */
        check(s.p >= base && s.p + s.len <= base + head_len);
}

static void check_head(const struct http_head *head, const uint8_t *p, size_t len)
{
    check(head->head_len <= len && head->head_len <= HTTP_HEAD_MAX);
    check(memcmp(p + head->head_len - 4, "\r\n\r\n", 4) == 0);
    check(head->path.len > 0 && head->path.p[0] == '/');
    check(head->minor == 0 || head->host.len > 0);
    check_str(head->path, p, head->head_len);
    check_str(head->query, p, head->head_len);
    check_str(head->host, p, head->head_len);
    for (size_t i = 0; i < head->headers_cnt; i++) {
        check_str(head->headers[i].name, p, head->head_len);
        check_str(head->headers[i].value, p, head->head_len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct http_head whole, part;
    size_t step, seen = 0, at = 0;
    int rc, split;

    if (len == 0)
        return 0;
    step = (size_t)data[0] + 1;
    data++;
    len--;
    rc = http_head_parse(data, len, 0, &whole);
    check(rc <= HTTP_PARSE_MORE && !(rc == HTTP_PARSE_MORE && len >= HTTP_HEAD_MAX));
    if (rc == 0)
        check_head(&whole, data, len);
    do {
        seen = at;
        at = len - at < step ? len : at + step;
        split = http_head_parse(data, at, seen, &part);
    } while (split == HTTP_PARSE_MORE && at < len);
    check(split == rc && (rc != 0 || part.head_len == whole.head_len));
    return 0;
}
