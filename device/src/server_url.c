// SPDX-License-Identifier: MIT
/* "http[s]://host[:port][/base]", as the owner types it. */
#include <otaria/agent.h>

#include <string.h>

/* Printable, without query or fragment, and not endless: it goes into requests as it is. */
static bool is_clean(const char *s)
{
    size_t len = 0;

    for (; s[len]; len++) {
        if (s[len] < 0x21 || s[len] > 0x7E || s[len] == '?' || s[len] == '#' ||
            len == OTARIA_URI_MAX)
            return false;
    }
    return len >= 8;
}

static const char *take_scheme(struct otaria_server *o, const char *s)
{
    if (memcmp(s, "http", 4) != 0)
        return NULL;
    s += 4;
    o->tls = *s == 's';
    s += o->tls;
    return memcmp(s, "://", 3) == 0 ? s + 3 : NULL;
}

/* An IPv6 address stands in brackets; they stay. */
static const char *take_host(struct otaria_server *o, const char *s)
{
    bool bracket = false;
    size_t len = 0;

    for (; *s && *s != '/' && (*s != ':' || bracket); s++) {
        bracket = *s == '[' || (bracket && *s != ']');
        if (len == OTARIA_HOST_MAX)
            return NULL;
        o->host[len++] = *s;
    }
    o->host[len] = 0;
    return len && !bracket ? s : NULL;
}

static const char *take_port(struct otaria_server *o, const char *s)
{
    uint32_t port = 0;

    o->port = 0;
    if (*s != ':')
        return s;
    for (s++; *s >= '0' && *s <= '9' && port <= UINT16_MAX; s++)
        port = port * 10 + (uint32_t)(*s - '0');
    o->port = (uint16_t)port;
    return port && port <= UINT16_MAX && (!*s || *s == '/') ? s : NULL;
}

int otaria_server_parse(const char *url, struct otaria_server *out)
{
    const char *s = is_clean(url) ? take_scheme(out, url) : NULL;
    size_t len = 0;

    s = s ? take_host(out, s) : NULL;
    s = s ? take_port(out, s) : NULL;
    if (!s)
        return OTARIA_E_ARGUMENT;
    while (s[len])
        len++;
    while (len && s[len - 1] == '/')
        len--;
    out->base = (struct otaria_span){(const uint8_t *)s, len};
    return 0;
}
