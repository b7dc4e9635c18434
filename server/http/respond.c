// SPDX-License-Identifier: MIT
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "server/http/impl.h"

#define SERVER_ROOM 256 /* what status line, Date, Content-Length and Connection need */

_Static_assert(sizeof((struct http_loop){0}.answer) >= HTTP_ANSWER_HEAD_MAX + SERVER_ROOM,
               "the server's own fields must fit behind the handler's");
_Static_assert(sizeof((struct http_loop){0}.answer) < HTTP_SLICE_SIZE, "a head must fit a slice");

const char http_full_answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                "Retry-After: 60\r\n"
                                "Content-Length: 0\r\n"
                                "Connection: close\r\n\r\n";

/* The head of an answer while it grows; `full` is sticky. */
struct text {
    char *p;
    size_t len, max;
    bool full;
};

static void add_bytes(struct text *t, const char *p, size_t len)
{
    if (len > t->max - t->len) {
        t->full = true;
        return;
    }
    memcpy(t->p + t->len, p, len);
    t->len += len;
}

static void add(struct text *t, const char *s)
{
    add_bytes(t, s, strlen(s));
}

static void add_number(struct text *t, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    add_bytes(t, digits + at, sizeof digits - at);
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].status == status)
            return table[i].text;
    }
    return "";
}

static const char *date(struct http_loop *l)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm tm;

    if (now == l->date_s)
        return l->date;
    l->date_s = now;
    gmtime_r(&now, &tm);
    (void)snprintf(l->date, sizeof l->date, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                   days[tm.tm_wday % 7], (unsigned)tm.tm_mday % 100u, months[tm.tm_mon % 12],
                   (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)tm.tm_hour % 100u,
                   (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u);
    return l->date;
}

/* A CR LF that came from elsewhere into a value would let its author write the rest of the answer. */
static bool is_clean(const char *s)
{
    for (; *s; s++) {
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
            return false;
    }
    return true;
}

static bool add_fields(struct text *t, const struct http_field *fields, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (!is_clean(fields[i].name) || !is_clean(fields[i].value) || !fields[i].name[0])
            return false;
        add(t, fields[i].name);
        add(t, ": ");
        add(t, fields[i].value);
        add(t, "\r\n");
    }
    return !t->full;
}

static bool has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void add_server_fields(struct text *t, const struct http_exchange *x, int status,
                              uint64_t len)
{
    add(t, "Date: ");
    add(t, date(x->conn->loop));
    if (has_body(status)) {
        add(t, "\r\nContent-Length: ");
        add_number(t, len);
    }
    if (!x->conn->keep)
        add(t, "\r\nConnection: close");
    else if (x->minor == 0)
        add(t, "\r\nConnection: keep-alive");
    add(t, "\r\n\r\n");
}

static void respond(struct http_exchange *x, int status, const struct http_field *fields,
                    size_t cnt, const struct payload *payload)
{
    static const struct payload nothing;
    struct conn *c = x->conn;
    struct text t = {c->loop->answer, 0, HTTP_ANSWER_HEAD_MAX, false};

    if (status < 200 || status > 599)
        status = 500;
    add(&t, "HTTP/1.1 ");
    add_number(&t, (uint64_t)status);
    add(&t, " ");
    add(&t, reason(status));
    add(&t, "\r\n");
    if (!add_fields(&t, fields, cnt)) {
        log_line(LOG_LEVEL_ERROR, "http: answer %d has a header field that cannot be sent", status);
        c->keep = false;
        respond(x, 500, NULL, 0, &nothing);
        return;
    }
    t.max = sizeof c->loop->answer;
    add_server_fields(&t, x, status, payload->body_len + payload->file_len);
    assert(!t.full && !x->done);
    x->done = true;
    count_add(c->loop, (enum count)(COUNT_ANSWERS + status / 100), 1);
    send_answer(c, t.p, t.len, x->head_only || !has_body(status) ? &nothing : payload);
}

void http_respond(struct http_exchange *x, int status, const struct http_field *fields,
                  size_t fields_cnt, const void *body, size_t len)
{
    const struct payload payload = {.body = body, .body_len = len};

    respond(x, status, fields, fields_cnt, &payload);
}

void http_respond_file(struct http_exchange *x, int status, const struct http_field *fields,
                       size_t fields_cnt, struct http_file *file, uint64_t off, uint64_t len)
{
    const struct payload payload = {.file = file, .file_off = off, .file_len = len};

    assert(off <= http_file_size(file) && len <= http_file_size(file) - off);
    respond(x, status, fields, fields_cnt, &payload);
}

static const char *allow_list(unsigned methods, char *buf, size_t max)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    struct text t = {buf, 0, max - 1, false};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(methods & (1u << i)))
            continue;
        add(&t, t.len ? ", " : "");
        add(&t, names[i]);
    }
    buf[t.len] = '\0';
    return buf;
}

void respond_refusal(struct conn *c, int status, const struct http_head *head)
{
    struct http_exchange x = {.conn = c, .minor = 1};
    char allow[40], body[64];
    struct http_field fields[2] = {{"Content-Type", "text/plain"}};
    size_t cnt = 1;
    int len = snprintf(body, sizeof body, "%d %s\n", status, reason(status));

    if (status == 405)
        fields[cnt++] =
            (struct http_field){"Allow", allow_list(c->plane->methods, allow, sizeof allow)};
    else if (status == 503)
        fields[cnt++] = (struct http_field){"Retry-After", "60"};
    x.head_only = head && head->method == HTTP_HEAD;
    c->keep = false;
    c->leftover = true;
    count_add(c->loop, COUNT_REFUSED_MALFORMED, 1);
    http_respond(&x, status, fields, cnt, body, (size_t)len);
}

void respond_missing(struct http_exchange *x)
{
    log_line(LOG_LEVEL_ERROR, "http: a handler returned without an answer");
    x->conn->keep = false;
    http_respond(x, 500, NULL, 0, NULL, 0);
}

unsigned http_loop_index(const struct http_exchange *x)
{
    return x->conn->loop->index;
}
