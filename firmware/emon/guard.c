// SPDX-License-Identifier: MIT
#include "guard.h"

#include <string.h>

#define WAIT_SHIFT_MAX 5u /* 32 s */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool is_same(const char *a, size_t len, const char *b)
{
    size_t i = 0;

    for (; i < len; i++) {
        if (!b[i] || lower(a[i]) != lower(b[i]))
            return false;
    }
    return b[i] == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- Host ---- */

static bool is_ipv4(const char *s, size_t len)
{
    unsigned parts = 0;

    for (size_t at = 0; at < len; parts++) {
        unsigned v = 0, digits = 0;

        for (; at < len && is_digit(s[at]) && digits < 4; at++, digits++)
            v = v * 10 + (unsigned)(s[at] - '0');
        if (digits == 0 || digits > 3 || v > 255 || (at < len && s[at] != '.') || at + 1 == len)
            return false;
        at++;
    }
    return parts == 4;
}

static bool is_ipv6(const char *s, size_t len)
{
    if (len < 4 || s[0] != '[' || s[len - 1] != ']')
        return false;
    for (size_t i = 1; i < len - 1; i++) {
        char c = lower(s[i]);

        if (!is_digit(c) && !(c >= 'a' && c <= 'f') && c != ':' && c != '.')
            return false;
    }
    return true;
}

/* Bytes of host in front of its port; 0 when what follows the last colon is none. */
static size_t name_len(const char *host)
{
    size_t len = strlen(host), at = len;

    while (at > 0 && is_digit(host[at - 1]))
        at--;
    if (at == len || at < 2 || host[at - 1] != ':')
        return len;
    return len - at <= 5 ? at - 1 : 0;
}

bool emon_guard_host(const char *host, const char *node)
{
    size_t len = name_len(host), node_len = strlen(node);

    return is_ipv4(host, len) || is_ipv6(host, len) || is_same(host, len, "localhost") ||
           is_same(host, len, node) ||
           (len > node_len && is_same(host, node_len, node) &&
            is_same(host + node_len, len - node_len, ".local"));
}

bool emon_guard_origin(const char *origin, const char *host)
{
    return is_same(origin, strlen(origin) < 7 ? strlen(origin) : 7, "http://") &&
           is_same(origin + 7, strlen(origin + 7), host);
}

/* ---- the password ---- */

void emon_guard_begin(struct emon_guard *g, const struct emon_config *c, const uint8_t random[8])
{
    /* Nothing that is mistaken for something else when it is read off a screen. */
    static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    memset(g, 0, sizeof *g);
    for (unsigned i = 0; i < EMON_SETUP_LEN && !c->has_password; i++)
        g->setup[i] = alphabet[random[i] % 32];
}

void emon_guard_settled(struct emon_guard *g)
{
    memset(g->setup, 0, sizeof g->setup);
}

uint32_t emon_guard_wait_s(const struct emon_guard *g, uint64_t now_ms)
{
    return now_ms < g->next_ms ? (uint32_t)((g->next_ms - now_ms + 999) / 1000) : 0;
}

static bool is_setup(const struct emon_guard *g, const char *code)
{
    uint8_t differs = 0;

    if (strlen(code) != EMON_SETUP_LEN)
        return false;
    for (unsigned i = 0; i < EMON_SETUP_LEN; i++)
        differs |= (uint8_t)(code[i] ^ g->setup[i]);
    return !differs;
}

bool emon_guard_password(struct emon_guard *g, const struct emon_config *c, const char *password,
                         uint64_t now_ms)
{
    bool right = c->has_password ? emon_password_matches(c, password, strlen(password))
                                 : is_setup(g, password);

    if (right) {
        g->wrong = 0;
        return true;
    }
    g->next_ms =
        now_ms + (UINT64_C(1000) << (g->wrong < WAIT_SHIFT_MAX ? g->wrong : WAIT_SHIFT_MAX));
    g->wrong++;
    return false;
}
