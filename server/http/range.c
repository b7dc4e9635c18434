// SPDX-License-Identifier: MIT
#include <string.h>

#include "server/http/parse.h"

/* Takes digits off the front; false when there are none. What overflows stays at the largest number. */
static bool number_take(struct http_str *s, uint64_t *n)
{
    size_t i = 0;

    *n = 0;
    for (; i < s->len && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(s->p[i] - '0');

        *n = *n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *n * 10 + digit;
    }
    s->p += i;
    s->len -= i;
    return i > 0;
}

/* "-N": the last N bytes. */
static int suffix_parse(struct http_str s, uint64_t size, uint64_t *off, uint64_t *len)
{
    uint64_t n;

    if (!number_take(&s, &n) || s.len != 0)
        return 1;
    if (n == 0 || size == 0)
        return -1;
    *len = n < size ? n : size;
    *off = size - *len;
    return 0;
}

int http_range_parse(struct http_str value, uint64_t size, uint64_t *off, uint64_t *len)
{
    static const char unit[] = "bytes=";
    const size_t unit_len = sizeof unit - 1;
    uint64_t first, last = UINT64_MAX;
    struct http_str s = value;

    if (s.len < unit_len ||
        !http_str_same((struct http_str){s.p, unit_len}, (struct http_str){unit, unit_len}))
        return 1;
    s.p += unit_len;
    s.len -= unit_len;
    if (s.len > 0 && s.p[0] == '-') {
        s.p++;
        s.len--;
        return suffix_parse(s, size, off, len);
    }
    if (!number_take(&s, &first) || s.len == 0 || s.p[0] != '-')
        return 1;
    s.p++;
    s.len--;
    if (s.len > 0 && (!number_take(&s, &last) || s.len != 0 || last < first))
        return 1;
    if (first >= size)
        return -1;
    *off = first;
    *len = (last < size ? last : size - 1) - first + 1;
    return 0;
}
