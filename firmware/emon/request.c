// SPDX-License-Identifier: MIT
#include "request.h"

#include <otaria/crypto.h>

#include <string.h>

enum state { FIRST_LINE, FIELD, FIELD_SKIPPED, BODY, COMPLETE };

/* Header fields that are looked at. Each may stand once. */
enum field { HOST, ORIGIN, LENGTH, TYPE, PASSWORD, CODING, FIELDS };

static const char field_name[FIELDS][20] = {
    [HOST] = "host",
    [ORIGIN] = "origin",
    [LENGTH] = "content-length",
    [TYPE] = "content-type",
    [PASSWORD] = "x-emon-password",
    [CODING] = "transfer-encoding",
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool is_token_byte(char c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_same(const char *s, size_t len, const char *low)
{
    if (strlen(low) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (lower(s[i]) != low[i])
            return false;
    }
    return true;
}

/* ---- the first line ---- */

static bool is_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(s, word, len) == 0;
}

static int take_path(struct emon_request *r, const char *s, size_t len)
{
    if (len == 0 || s[0] != '/')
        return -400;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < 0x21 || s[i] > 0x7E)
            return -400;
    }
    if (len <= EMON_PATH_MAX)
        memcpy(r->path, s, len);
    return 0;
}

static int take_first_line(struct emon_request *r, const char *s, size_t len)
{
    const char *path = memchr(s, ' ', len), *version;
    size_t method_len = path ? (size_t)(path - s) : 0;

    for (size_t i = 0; i < method_len; i++) {
        if (!is_token_byte(s[i]))
            return -400;
    }
    if (method_len == 0)
        return -400;
    path++;
    version = memchr(path, ' ', len - method_len - 1);
    if (!version)
        return -400;
    len = (size_t)(s + len - version) - 1;
    if (is_word(version + 1, len, "HTTP/1.0"))
        return -505;
    if (!is_word(version + 1, len, "HTTP/1.1"))
        return -400;
    r->method = is_word(s, method_len, "GET")    ? EMON_GET
                : is_word(s, method_len, "POST") ? EMON_POST
                                                 : EMON_OTHER_METHOD;
    return take_path(r, path, (size_t)(version - path));
}

/* ---- header fields ---- */

static int take_length(struct emon_request *r, const char *s, size_t len)
{
    uint32_t v = 0;

    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -400;
        v = v > EMON_BODY_MAX ? v : v * 10 + (uint32_t)(s[i] - '0');
    }
    if (len == 0)
        return -400;
    if (v > EMON_BODY_MAX)
        return -413;
    r->body_len = (uint16_t)v;
    return 0;
}

static int copy(char *out, size_t max, const char *s, size_t len)
{
    if (len == 0 || len > max)
        return -400;
    memcpy(out, s, len);
    out[len] = 0;
    return 0;
}

static int take_type(struct emon_request *r, const char *s, size_t len)
{
    const char *semicolon = memchr(s, ';', len);

    if (semicolon)
        len = (size_t)(semicolon - s);
    while (len && s[len - 1] == ' ')
        len--;
    r->is_json = is_same(s, len, "application/json");
    return 0;
}

/*
 * A password or an origin that is too long for its place is none of ours: kept as present but empty, it matches nothing.
 */
static int take_value(struct emon_request *r, const char *s, size_t len)
{
    switch ((enum field)r->field) {
    case HOST:
        return copy(r->host, EMON_HOST_MAX, s, len);
    case ORIGIN:
        r->has_origin = true;
        (void)copy(r->origin, sizeof r->origin - 1, s, len);
        return 0;
    case LENGTH:
        return take_length(r, s, len);
    case TYPE:
        return take_type(r, s, len);
    case PASSWORD:
        r->has_password = true;
        (void)copy(r->password, EMON_PASSWORD_MAX, s, len);
        return 0;
    case CODING:
        return -501;
    case FIELDS:
        break;
    }
    return 0;
}

/* The line up to its colon is a name. Sets r->field, FIELDS for one that is skipped. */
static int take_name(struct emon_request *r, const char *s, size_t len)
{
    unsigned field = 0;

    for (size_t i = 0; i < len; i++) {
        if (!is_token_byte(s[i]))
            return -400;
    }
    if (len == 0)
        return -400;
    while (field < FIELDS && !is_same(s, len, field_name[field]))
        field++;
    r->field = (uint8_t)field;
    if (field == FIELDS)
        return 0;
    if (r->seen & 1u << field)
        return -400;
    r->seen = (uint8_t)(r->seen | 1u << field);
    return 0;
}

static int take_field(struct emon_request *r, const char *s, size_t len)
{
    const char *colon = memchr(s, ':', len);

    if (!colon)
        return -400;
    len -= (size_t)(colon - s) + 1;
    s = colon + 1;
    while (len && (*s == ' ' || *s == '\t')) {
        s++;
        len--;
    }
    while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    for (size_t i = 0; i < len; i++) {
        if (s[i] != '\t' && (s[i] < 0x20 || s[i] > 0x7E))
            return -400;
    }
    return take_value(r, s, len);
}

/* ---- bytes ---- */

static int end_head(struct emon_request *r)
{
    if (!(r->seen & 1u << HOST))
        return -400;
    r->state = r->body_len ? BODY : COMPLETE;
    r->len = 0;
    return r->body_len ? OTARIA_MORE : 0;
}

/* A whole line without its CR LF. */
static int end_line(struct emon_request *r, char *buf)
{
    int result;

    if (r->state == FIRST_LINE) {
        result = take_first_line(r, buf, r->len);
    } else if (r->state == FIELD_SKIPPED) {
        result = 0;
    } else if (r->len == 0) {
        return end_head(r);
    } else {
        result = take_field(r, buf, r->len);
    }
    otaria_wipe(buf, r->len);
    r->state = FIELD;
    r->len = 0;
    return result < 0 ? result : OTARIA_MORE;
}

static int push_line_byte(struct emon_request *r, char *buf, char c)
{
    int result;

    if (r->state == FIELD_SKIPPED)
        return (uint8_t)c >= 0x20 || c == '\t' ? OTARIA_MORE : -400;
    if (c == ':' && r->state == FIELD && !memchr(buf, ':', r->len)) {
        result = take_name(r, buf, r->len);
        if (result < 0)
            return result;
        if (r->field == FIELDS)
            r->state = FIELD_SKIPPED;
    }
    if (r->len == EMON_BODY_MAX)
        return -431;
    buf[r->len++] = c;
    return OTARIA_MORE;
}

static int push_head_byte(struct emon_request *r, char *buf, char c)
{
    if (++r->head_len > EMON_HEAD_MAX)
        return -431;
    if (r->cr) {
        r->cr = false;
        return c == '\n' ? end_line(r, buf) : -400;
    }
    if (c == '\r') {
        r->cr = true;
        return OTARIA_MORE;
    }
    if (c == '\n')
        return -400;
    return push_line_byte(r, buf, c);
}

static int push_body(struct emon_request *r, char *buf, const uint8_t *data, size_t len)
{
    if (len > (size_t)r->body_len - r->len)
        len = (size_t)r->body_len - r->len;
    memcpy(buf + r->len, data, len);
    r->len = (uint16_t)(r->len + len);
    if (r->len == r->body_len)
        r->state = COMPLETE;
    return r->state == COMPLETE ? 0 : OTARIA_MORE;
}

void emon_request_begin(struct emon_request *r)
{
    otaria_wipe(r, sizeof *r);
}

bool emon_request_is_blank(const struct emon_request *r)
{
    return r->head_len == 0;
}

int emon_request_push(struct emon_request *r, char *buf, const uint8_t *data, size_t len)
{
    int result = r->refused ? -(int)r->refused : r->state == COMPLETE ? 0 : OTARIA_MORE;

    for (size_t at = 0; at < len && result == OTARIA_MORE; at++) {
        if (r->state == BODY)
            return push_body(r, buf, data + at, len - at);
        result = push_head_byte(r, buf, (char)data[at]);
    }
    if (result < 0)
        r->refused = (uint16_t)-result;
    return result;
}
