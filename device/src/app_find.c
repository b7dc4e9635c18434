// SPDX-License-Identifier: MIT
/* Looks for OTARIA_APP's string in bytes that may be anything. */
#include <string.h>

#include <otaria/app.h>

static const char mark[] = OTARIA_APP_MARK;
static const char end[] = OTARIA_APP_END;

#define MARK_LEN (sizeof mark - 1)
#define END_LEN  (sizeof end) /* with its NUL */

static bool is_version_byte(uint8_t c)
{
    return c > ' ' && c <= '~' && c != '/';
}

/* The version that stands at p, behind a mark; len 0 when none that is well formed does. */
static struct otaria_span version_at(const uint8_t *p, size_t left)
{
    struct otaria_span v = {p, 0};

    while (v.len < left && v.len < OTARIA_VERSION_MAX && is_version_byte(p[v.len]))
        v.len++;
    if (left - v.len < END_LEN || memcmp(p + v.len, end, END_LEN) != 0)
        v.len = 0;
    return v;
}

static bool same(struct otaria_span a, struct otaria_span b)
{
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

bool otaria_app_find(const uint8_t *image, size_t len, struct otaria_span *version)
{
    struct otaria_span found = {NULL, 0};

    for (size_t at = 0; len - at > MARK_LEN; at++) {
        struct otaria_span v;

        if (image[at] != (uint8_t)mark[0] || memcmp(image + at, mark, MARK_LEN) != 0)
            continue;
        v = version_at(image + at + MARK_LEN, len - at - MARK_LEN);
        if (v.len == 0)
            continue;
        if (found.len > 0 && !same(v, found))
            return false;
        found = v;
    }
    *version = found;
    return found.len > 0;
}
