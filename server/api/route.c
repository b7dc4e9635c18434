// SPDX-License-Identifier: MIT
/* Matching a path against a pattern of fixed parts and {}. */
#include <string.h>

#include "server/api/impl.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One part, without '/' and control bytes even when they are percent-encoded. */
static bool part_decode(char out[API_ARG_MAX + 1], const char *p, size_t len)
{
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)p[i];

        if (c == '%') {
            if (len - i < 3 || digit(p[i + 1]) < 0 || digit(p[i + 2]) < 0)
                return false;
            c = digit(p[i + 1]) << 4 | digit(p[i + 2]);
            i += 2;
        }
        if (c < 0x20 || c == 0x7f || c == '/' || at == API_ARG_MAX)
            return false;
        out[at++] = (char)c;
    }
    out[at] = '\0';
    return at > 0;
}

bool route_match(const char *pattern, struct http_str path, struct route_args *args)
{
    const char *p = path.p, *end = path.p + path.len;

    args->cnt = 0;
    while (*pattern != '\0') {
        const char *stop;

        if (strncmp(pattern, "{}", 2) != 0) {
            if (p == end || *p++ != *pattern++)
                return false;
            continue;
        }
        stop = memchr(p, '/', (size_t)(end - p));
        if (stop == NULL)
            stop = end;
        if (args->cnt == ROUTE_ARGS_MAX ||
            !part_decode(args->text[args->cnt++], p, (size_t)(stop - p)))
            return false;
        p = stop;
        pattern += 2;
    }
    return p == end;
}
