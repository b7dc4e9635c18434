// SPDX-License-Identifier: MIT
#include <otaria/http.h>

#include <string.h>

/* ---- request ---- */

struct text_out {
    uint8_t *buf;
    size_t max, len;
    bool overflow;
};

static void put(struct text_out *o, const void *p, size_t len)
{
    if (o->overflow || len > o->max - o->len) {
        o->overflow = true;
        return;
    }
    memmove(o->buf + o->len, p, len);
    o->len += len;
}

static void put_text(struct text_out *o, const char *s)
{
    while (*s)
        put(o, s++, 1);
}

static void put_number(struct text_out *o, uint32_t v)
{
    char digits[10];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(o, digits + at, sizeof digits - at);
}

int otaria_http_write(const struct otaria_http_request *r, uint8_t *buf, size_t max, size_t *len)
{
    struct text_out o = {.buf = buf, .max = max};

    *len = 0;
    put_text(&o, r->body ? "POST " : "GET ");
    put(&o, r->base.p ? (const void *)r->base.p : "", r->base.len);
    put_text(&o, r->path);
    put_text(&o, " HTTP/1.1\r\nHost: ");
    put_text(&o, r->host);
    if (r->port) {
        put_text(&o, ":");
        put_number(&o, r->port);
    }
    put_text(&o, "\r\nConnection: close\r\n");
    if (r->body) {
        put_text(&o, "Content-Type: application/cbor\r\nContent-Length: ");
        put_number(&o, (uint32_t)r->body_len);
        put_text(&o, "\r\n");
    }
    if (r->range_from) {
        put_text(&o, "Range: bytes=");
        put_number(&o, r->range_from);
        put_text(&o, "-\r\n");
        if (r->if_range) {
            put_text(&o, "If-Range: \"");
            put_text(&o, r->if_range);
            put_text(&o, "\"\r\n");
        }
    }
    put_text(&o, "\r\n");
    if (r->body)
        put(&o, r->body, r->body_len);
    if (o.overflow)
        return OTARIA_E_BUFFER;
    *len = o.len;
    return 0;
}

/* ---- response ---- */

enum {
    AT_STATUS, /* in the status line */
    AT_FIELD,  /* in a header line */
    AT_LF = 4, /* flag: the CR of the line was seen */
    AT_BODY = 8
};

void otaria_http_begin(struct otaria_http_response *h)
{
    memset(h, 0, sizeof *h);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* True when the len bytes at s are `word` (which is in lower case) in any case. Stops at a NUL in s. */
static bool is_word(const char *s, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++) {
        if (!word[i] || lower(s[i]) != word[i])
            return false;
    }
    return !word[len];
}

/* Reads decimal digits from *s on; false when there is none or the value exceeds 32 bits (*v is then 2^32-1). */
static bool take_number(const char **s, uint32_t *v)
{
    const char *start = *s;
    bool fits = true;

    for (*v = 0; **s >= '0' && **s <= '9'; ++*s) {
        uint32_t digit = (uint32_t)(**s - '0');

        if (*v > (UINT32_MAX - digit) / 10)
            fits = false;
        *v = fits ? *v * 10 + digit : UINT32_MAX;
    }
    return fits && *s != start;
}

static int status_line(struct otaria_http_response *h)
{
    const char *s = h->line;
    uint16_t status = 0;

    if (h->line_len < 12 || memcmp(s, "HTTP/1.", 7) != 0 || s[7] < '0' || s[7] > '9' ||
        s[8] != ' ' || (s[12] != ' ' && s[12] != 0))
        return OTARIA_E_HTTP_SYNTAX;
    for (int i = 9; i < 12; i++) {
        if (s[i] < '0' || s[i] > '9')
            return OTARIA_E_HTTP_SYNTAX;
        status = (uint16_t)(status * 10 + (s[i] - '0'));
    }
    if (status < 100 || status > 599 || status == 101)
        return OTARIA_E_HTTP_SYNTAX;
    h->status = status;
    h->keep_alive = s[7] != '0';
    h->state = AT_FIELD;
    return 0;
}

static int content_length(struct otaria_http_response *h, const char *value)
{
    if (h->line_cut || h->has_content_len || !take_number(&value, &h->content_len) || *value)
        return OTARIA_E_HTTP_SYNTAX;
    h->has_content_len = true;
    return 0;
}

/* "bytes FROM-TO/TOTAL" or "bytes FROM-TO/" and a star */
static int content_range(struct otaria_http_response *h, const char *value)
{
    if (h->status != 206)
        return 0;
    if (h->line_cut || h->has_range || !is_word(value, 6, "bytes "))
        return OTARIA_E_HTTP_SYNTAX;
    value += 6;
    if (!take_number(&value, &h->range_from) || *value++ != '-' ||
        !take_number(&value, &h->range_to) || *value++ != '/')
        return OTARIA_E_HTTP_SYNTAX;
    if (*value == '*')
        value++;
    else if (!take_number(&value, &h->range_total) || h->range_total <= h->range_to)
        return OTARIA_E_HTTP_SYNTAX;
    if (*value || h->range_from > h->range_to)
        return OTARIA_E_HTTP_SYNTAX;
    h->has_range = true;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Only "close" matters: this client never asks to keep a connection. */
static void connection(struct otaria_http_response *h, const char *value)
{
    if (h->line_cut)
        h->keep_alive = false;
    while (*value) {
        size_t len = 0;

        while (value[len] && value[len] != ',' && !is_blank(value[len]))
            len++;
        if (is_word(value, len, "close"))
            h->keep_alive = false;
        value += value[len] ? len + 1 : len;
    }
}

static void retry_after(struct otaria_http_response *h, const char *value)
{
    uint32_t seconds;

    (void)take_number(&value, &seconds);
    if (!*value && !h->line_cut)
        h->retry_after_s = seconds;
}

/* What a header line means; value is trimmed and NUL-terminated. */
static int take_field(struct otaria_http_response *h, size_t name_len, const char *value)
{
    h->needed = true;
    if (is_word(h->line, name_len, "content-length"))
        return content_length(h, value);
    if (is_word(h->line, name_len, "content-range"))
        return content_range(h, value);
    if (is_word(h->line, name_len, "transfer-encoding"))
        h->transfer_coding = true;
    else if (is_word(h->line, name_len, "retry-after"))
        retry_after(h, value);
    else if (is_word(h->line, name_len, "connection"))
        connection(h, value);
    else
        h->needed = false;
    return 0;
}

/* One header line, NUL-terminated in h->line. */
static int field(struct otaria_http_response *h)
{
    size_t name_len = 0, at, end = h->line_len;

    /* A folded line belongs to the one before: harmless behind a skipped one, ambiguous behind one that counts. */
    if (is_blank(h->line[0]))
        return h->needed ? OTARIA_E_HTTP_SYNTAX : 0;
    h->needed = false;
    while (name_len < end && h->line[name_len] != ':') {
        if (is_blank(h->line[name_len++]))
            return OTARIA_E_HTTP_SYNTAX;
    }
    if (name_len == end)
        return h->line_cut ? 0 : OTARIA_E_HTTP_SYNTAX;
    if (!name_len)
        return OTARIA_E_HTTP_SYNTAX;
    while (is_blank(h->line[end - 1]))
        h->line[--end] = 0; /* the colon is never blank */
    for (at = name_len + 1; is_blank(h->line[at]); at++)
        ;
    return take_field(h, name_len, h->line + at);
}

/* The empty line behind the header. */
static int header_end(struct otaria_http_response *h)
{
    uint32_t header_cnt = h->header_cnt;

    if (h->status < 200) {
        otaria_http_begin(h);
        h->header_cnt = header_cnt;
        return 0;
    }
    h->state = AT_BODY;
    if (h->status == 200 || h->status == 206) {
        if (h->transfer_coding)
            return OTARIA_E_HTTP_CHUNKED;
        if (!h->has_content_len)
            return OTARIA_E_HTTP_SYNTAX;
        /* from <= to < 2^32, so the subtraction cannot wrap; the whole 2^32 never fits a Content-Length. */
        if (h->status == 206 && (!h->has_range || h->content_len == 0 ||
                                 h->range_to - h->range_from != h->content_len - 1))
            return OTARIA_E_RANGE;
    } else if (h->status == 204 || h->status == 304) {
        h->content_len = 0;
        h->has_content_len = true;
    } else if (h->transfer_coding || !h->has_content_len) {
        h->keep_alive = false;
    }
    return 0;
}

static int line_end(struct otaria_http_response *h)
{
    int result;

    h->state &= (uint8_t)~AT_LF;
    h->line[h->line_len] = 0;
    if (h->state == AT_STATUS)
        result = status_line(h);
    else if (h->line_len)
        result = field(h);
    else
        result = header_end(h);
    h->line_len = 0;
    h->line_cut = false;
    return result;
}

static int take_byte(struct otaria_http_response *h, uint8_t c)
{
    if (++h->header_cnt > OTARIA_HTTP_HEADER_MAX)
        return OTARIA_E_HTTP_HEADER;
    if (h->state & AT_LF)
        return c == '\n' ? line_end(h) : OTARIA_E_HTTP_SYNTAX;
    if (c == '\r')
        h->state |= AT_LF;
    else if ((c < 0x20 && c != '\t') || c == 0x7F)
        return OTARIA_E_HTTP_SYNTAX;
    else if (h->line_len < OTARIA_HTTP_LINE_MAX)
        h->line[h->line_len++] = (char)c;
    else
        h->line_cut = true;
    return 0;
}

int otaria_http_push(struct otaria_http_response *h, const uint8_t *data, size_t len, size_t *used)
{
    *used = 0;
    while (!h->error && h->state != AT_BODY) {
        if (*used == len)
            return OTARIA_MORE;
        h->error = take_byte(h, data[(*used)++]);
    }
    return h->error;
}
