// SPDX-License-Identifier: MIT
/* The response parser: the same result in one piece, in bytes, and cut where the input's first byte says. */
#include <otaria/http.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int feed(struct otaria_http_response *h, const uint8_t *data, size_t len, size_t first,
                size_t piece, size_t *at)
{
    int result = OTARIA_MORE;
    size_t used, n = first;

    otaria_http_begin(h);
    for (*at = 0; result == OTARIA_MORE && *at < len; *at += used, n = piece) {
        if (n > len - *at)
            n = len - *at;
        result = otaria_http_push(h, data + *at, n, &used);
        if (used > n || (result == OTARIA_MORE && used != n))
            abort();
    }
    return result;
}

static void check(const struct otaria_http_response *h)
{
    if (h->status < 200 || h->status > 599)
        abort();
    if (h->status == 206 &&
        (!h->has_range || !h->has_content_len || h->range_to - h->range_from != h->content_len - 1))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct otaria_http_response whole, split;
    size_t whole_at, at;
    int result;

    if (len < 2)
        return 0;
    result = feed(&whole, data + 1, len - 1, len, len, &whole_at);
    for (int round = 0; round < 2; round++) {
        size_t first = round ? 1 : 1 + (size_t)data[0] % (len - 1);

        if (feed(&split, data + 1, len - 1, first, round ? 1 : len, &at) != result ||
            at != whole_at || split.status != whole.status ||
            split.content_len != whole.content_len || split.range_from != whole.range_from)
            abort();
    }
    if (result == 0)
        check(&whole);
    return 0;
}
