// SPDX-License-Identifier: MIT
#include "json.h"

#define NUMBER_MAX 10

static void skip_space(const char *text, size_t len, size_t *at)
{
    while (*at < len &&
           (text[*at] == ' ' || text[*at] == '\t' || text[*at] == '\n' || text[*at] == '\r'))
        ++*at;
}

static bool take(const char *text, size_t len, size_t *at, char c)
{
    skip_space(text, len, at);
    if (*at == len || text[*at] != c)
        return false;
    ++*at;
    return true;
}

/* Behind the first quote. */
static bool take_string(char *text, size_t len, size_t *at, char **s, size_t *s_len)
{
    size_t to = *at;

    *s = text + to;
    for (; *at < len && text[*at] != '"'; ++*at) {
        if (text[*at] < ' ' || text[*at] > '~')
            return false;
        if (text[*at] == '\\') {
            ++*at;
            if (*at == len || (text[*at] != '"' && text[*at] != '\\' && text[*at] != '/'))
                return false;
        }
        text[to++] = text[*at];
    }
    *s_len = (size_t)(text + to - *s);
    return *at < len && text[(*at)++] == '"';
}

static bool take_number(char *text, size_t len, size_t *at, struct emon_member *m)
{
    m->value = text + *at;
    while (*at < len && text[*at] >= '0' && text[*at] <= '9')
        ++*at;
    m->value_len = (size_t)(text + *at - m->value);
    return m->value_len > 0 && m->value_len <= NUMBER_MAX &&
           (m->value_len == 1 || m->value[0] != '0');
}

static bool take_member(char *text, size_t len, size_t *at, struct emon_member *m)
{
    if (!take(text, len, at, '"') || !take_string(text, len, at, &m->key, &m->key_len) ||
        !take(text, len, at, ':'))
        return false;
    m->is_string = take(text, len, at, '"');
    return m->is_string ? take_string(text, len, at, &m->value, &m->value_len)
                        : take_number(text, len, at, m);
}

static int end(const char *text, size_t len, size_t *at)
{
    skip_space(text, len, at);
    return *at == len ? 0 : -1;
}

int emon_json_next(char *text, size_t len, size_t *at, struct emon_member *m)
{
    if (*at == 0) {
        if (!take(text, len, at, '{'))
            return -1;
        if (take(text, len, at, '}'))
            return end(text, len, at);
    } else {
        if (take(text, len, at, '}'))
            return end(text, len, at);
        if (!take(text, len, at, ','))
            return -1;
    }
    return take_member(text, len, at, m) ? 1 : -1;
}
