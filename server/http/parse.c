// SPDX-License-Identifier: MIT
#include "server/http/parse.h"

#include <string.h>

_Static_assert(HTTP_READ_SIZE >= HTTP_HEAD_MAX, "a head must fit one read");
_Static_assert(HTTP_LINE_MAX <= HTTP_HEAD_MAX, "the request line is part of the head");

/* Where the parser stands; every step consumes from p and refuses with minus an HTTP status. */
struct cursor {
    const char *p, *end;
};

enum { C_TOKEN = 1, C_TARGET = 2, C_HOST = 4, C_DIGIT = 8, C_CONTROL = 16 };

/* RFC 9110 tchar, printable ASCII without '#', what RFC 3986 allows in host[:port], digits, controls. */
static const uint8_t classes[256] = {
    [0 ... 8] = C_CONTROL,
    [10 ... 31] = C_CONTROL,
    [127] = C_CONTROL,
    ['!'] = C_TOKEN | C_TARGET | C_HOST,
    ['"'] = C_TARGET,
    ['#'] = C_TOKEN,
    ['$'] = C_TOKEN | C_TARGET | C_HOST,
    ['%'] = C_TOKEN | C_TARGET | C_HOST,
    ['&'] = C_TOKEN | C_TARGET | C_HOST,
    ['\''] = C_TOKEN | C_TARGET | C_HOST,
    ['('] = C_TARGET | C_HOST,
    [')'] = C_TARGET | C_HOST,
    ['*'] = C_TOKEN | C_TARGET | C_HOST,
    ['+'] = C_TOKEN | C_TARGET | C_HOST,
    [','] = C_TARGET,
    ['-'] = C_TOKEN | C_TARGET | C_HOST,
    ['.'] = C_TOKEN | C_TARGET | C_HOST,
    ['/'] = C_TARGET,
    ['0' ... '9'] = C_TOKEN | C_TARGET | C_HOST | C_DIGIT,
    [':'] = C_TARGET | C_HOST,
    [';'] = C_TARGET | C_HOST,
    ['<'] = C_TARGET,
    ['='] = C_TARGET | C_HOST,
    ['>'] = C_TARGET,
    ['?'] = C_TARGET,
    ['@'] = C_TARGET,
    ['A' ... 'Z'] = C_TOKEN | C_TARGET | C_HOST,
    ['['] = C_TARGET | C_HOST,
    ['\\'] = C_TARGET,
    [']'] = C_TARGET | C_HOST,
    ['^'] = C_TOKEN | C_TARGET,
    ['_'] = C_TOKEN | C_TARGET | C_HOST,
    ['`'] = C_TOKEN | C_TARGET,
    ['a' ... 'z'] = C_TOKEN | C_TARGET | C_HOST,
    ['{'] = C_TARGET,
    ['|'] = C_TOKEN | C_TARGET,
    ['}'] = C_TARGET,
    ['~'] = C_TOKEN | C_TARGET | C_HOST,
};

static bool is(char c, unsigned class)
{
    return (classes[(uint8_t)c] & class) != 0;
}

static bool all_are(struct http_str s, unsigned class)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is(s.p[i], class))
            return false;
    }
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool http_str_same(struct http_str a, struct http_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

bool http_str_is(struct http_str s, const char *text)
{
    return s.len == strlen(text) && (s.len == 0 || memcmp(s.p, text, s.len) == 0);
}

static struct http_str str(const char *p, size_t len)
{
    return (struct http_str){p, len};
}

static struct http_str text(const char *s)
{
    return str(s, strlen(s));
}

static bool named(const struct http_header *h, const char *name)
{
    return http_str_same(h->name, text(name));
}

/*
 * Takes one line off the cursor, without its CR LF. Line ends are the smuggler's favourite: a CR is only
 * ever followed by LF, an LF only ever preceded by CR, and no other control byte but HTAB passes.
 */
static int line_take(struct cursor *c, size_t max, int too_long, struct http_str *line)
{
    const char *p = c->p;
    const char *limit = (size_t)(c->end - p) > max ? p + max : c->end;

    while (p < limit && !is(*p, C_CONTROL))
        p++;
    if (p == limit || (*p == '\r' && p + 1 == limit))
        return limit < c->end || (size_t)(limit - c->p) == max ? -too_long : HTTP_PARSE_MORE;
    if (p[0] != '\r' || p[1] != '\n')
        return -400;
    *line = str(c->p, (size_t)(p - c->p));
    c->p = p + 2;
    return 0;
}

/* Takes what stands before the next `sep` off the front of s; everything, when there is none. */
static struct http_str split(struct http_str *s, char sep)
{
    const char *at = s->len ? memchr(s->p, sep, s->len) : NULL;
    size_t len = at ? (size_t)(at - s->p) : s->len;
    struct http_str front = str(s->p, len);
    size_t used = at ? len + 1 : len;

    *s = str(s->p + used, s->len - used);
    return front;
}

static int parse_version(struct http_str s, struct http_head *head)
{
    if (s.len != 8 || memcmp(s.p, "HTTP/", 5) != 0 || !is(s.p[5], C_DIGIT) || s.p[6] != '.' ||
        !is(s.p[7], C_DIGIT))
        return -400;
    if (s.p[5] != '1' || s.p[7] > '1')
        return -505;
    head->minor = (unsigned)(s.p[7] - '0');
    head->keep_alive = head->minor == 1;
    return 0;
}

static int parse_method(struct http_str s, struct http_head *head)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE",
    };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (http_str_is(s, names[i])) {
            head->method = (enum http_method)i;
            return 0;
        }
    }
    return -501;
}

/* absolute-form: scheme "://" authority path; whether it fits Host and listener is seen later. */
static int parse_absolute(struct http_str target, struct http_head *head, struct http_str *rest)
{
    const char *p = target.p, *end = target.p + target.len;
    const char *authority;

    while (p < end && *p != ':')
        p++;
    head->scheme = str(target.p, (size_t)(p - target.p));
    if (end - p < 3 || memcmp(p, "://", 3) != 0)
        return -400;
    authority = p + 3;
    for (p = authority; p < end && *p != '/' && *p != '?'; p++)
        ;
    head->authority = str(authority, (size_t)(p - authority));
    if (head->authority.len == 0 || !all_are(head->authority, C_HOST))
        return -400;
    *rest = str(p, (size_t)(end - p));
    return 0;
}

static int parse_target(struct http_str target, struct http_head *head)
{
    struct http_str rest = target;

    if (target.len == 0 || !all_are(target, C_TARGET))
        return -400;
    if (target.p[0] != '/') {
        int rc = parse_absolute(target, head, &rest);

        if (rc < 0)
            return rc;
    }
    head->path = split(&rest, '?');
    head->query = rest;
    if (head->path.len == 0)
        head->path = text("/");
    return 0;
}

static int parse_request_line(struct http_str line, struct http_head *head)
{
    struct http_str method = split(&line, ' ');
    struct http_str target = split(&line, ' ');
    int rc;

    if (method.len == 0 || !all_are(method, C_TOKEN))
        return -400;
    rc = parse_version(line, head);
    if (rc == 0)
        rc = parse_method(method, head);
    if (rc == 0)
        rc = parse_target(target, head);
    return rc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct http_str trim(struct http_str s)
{
    while (s.len > 0 && is_blank(s.p[0]))
        s = str(s.p + 1, s.len - 1);
    while (s.len > 0 && is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

/* A folded line begins with a blank and so has no name; a blank before the colon is no token. */
static int parse_header_line(struct http_str line, struct http_header *header)
{
    const char *colon = memchr(line.p, ':', line.len);

    if (!colon)
        return -400;
    header->name = split(&line, ':');
    header->value = trim(line);
    return header->name.len == 0 || !all_are(header->name, C_TOKEN) ? -400 : 0;
}

/* Digits only, no leading zero, once: any other spelling has been read in two ways by someone. */
static int see_content_length(struct http_str v, struct http_head *head)
{
    uint64_t n = 0;

    if (head->has_body_len || v.len == 0 || v.len > 18 || !all_are(v, C_DIGIT) ||
        (v.len > 1 && v.p[0] == '0'))
        return -400;
    for (size_t i = 0; i < v.len; i++)
        n = n * 10 + (uint64_t)(v.p[i] - '0');
    head->body_len = n;
    head->has_body_len = true;
    return 0;
}

static int see_host(struct http_str v, struct http_head *head)
{
    if (head->host.p || v.len == 0 || !all_are(v, C_HOST))
        return -400;
    head->host = v;
    return 0;
}

/* "close" wins over "keep-alive", whatever the order. */
static void see_connection(struct http_str v, bool *close_asked, bool *keep_asked)
{
    while (v.len > 0) {
        struct http_str option = trim(split(&v, ','));

        if (http_str_same(option, text("close")))
            *close_asked = true;
        if (http_str_same(option, text("keep-alive")))
            *keep_asked = true;
    }
}

static int see_expect(struct http_str v, struct http_head *head)
{
    if (head->minor == 0)
        return 0;
    if (!http_str_same(v, text("100-continue")))
        return -417;
    head->expect_continue = true;
    return 0;
}

/* HTTP/1.1 needs a Host, and an absolute-form target names the same one. */
static int settle_host(struct http_head *head)
{
    if (!head->host.p) {
        head->host = head->authority;
        return head->minor == 0 ? 0 : -400;
    }
    return head->authority.p && !http_str_same(head->authority, head->host) ? -400 : 0;
}

static int understand_headers(struct http_head *head)
{
    bool close_asked = false, keep_asked = false;
    int rc = 0;

    for (size_t i = 0; i < head->headers_cnt && rc == 0; i++) {
        const struct http_header *h = &head->headers[i];

        if (named(h, "content-length"))
            rc = see_content_length(h->value, head);
        else if (named(h, "transfer-encoding"))
            rc = -400;
        else if (named(h, "host"))
            rc = see_host(h->value, head);
        else if (named(h, "connection"))
            see_connection(h->value, &close_asked, &keep_asked);
        else if (named(h, "expect"))
            rc = see_expect(h->value, head);
    }
    head->keep_alive = (head->keep_alive || keep_asked) && !close_asked;
    return rc == 0 ? settle_host(head) : rc;
}

static int parse_lines(struct cursor *c, struct http_head *head)
{
    const char *begin = c->p;
    struct http_str line;
    int rc;

    /* One empty line before the request, which some old clients send after a body. */
    if (c->end - c->p >= 2 && c->p[0] == '\r' && c->p[1] == '\n')
        c->p += 2;
    rc = line_take(c, HTTP_LINE_MAX, 414, &line);
    if (rc == 0)
        rc = parse_request_line(line, head);
    while (rc == 0) {
        rc = line_take(c, HTTP_HEAD_MAX - (size_t)(c->p - begin), 431, &line);
        if (rc != 0 || line.len == 0)
            break;
        if (head->headers_cnt == HTTP_HEADERS_MAX)
            return -431;
        rc = parse_header_line(line, &head->headers[head->headers_cnt++]);
    }
    head->head_len = (size_t)(c->p - begin);
    return rc;
}

/*
 * Without a control byte among the new bytes no line has ended and none has gone wrong, unless a CR was
 * the last of the old ones.
 */
static bool nothing_new(const uint8_t *p, size_t len, size_t seen)
{
    if (len >= HTTP_HEAD_MAX)
        return false;
    for (size_t i = seen > 0 ? seen - 1 : 0; i < len; i++) {
        if (is((char)p[i], C_CONTROL))
            return false;
    }
    return true;
}

int http_head_parse(const uint8_t *p, size_t len, size_t seen, struct http_head *head)
{
    struct cursor c = {(const char *)p, (const char *)p + len};
    int rc;

    memset(head, 0, offsetof(struct http_head, headers));
    if (nothing_new(p, len, seen))
        return HTTP_PARSE_MORE;
    rc = parse_lines(&c, head);
    return rc == 0 ? understand_headers(head) : rc;
}

bool http_header_find(const struct http_request *r, const char *lower_case_name,
                      struct http_str *value)
{
    for (size_t i = 0; i < r->headers_cnt; i++) {
        if (named(&r->headers[i], lower_case_name)) {
            *value = r->headers[i].value;
            return true;
        }
    }
    return false;
}
