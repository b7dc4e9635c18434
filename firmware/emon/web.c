// SPDX-License-Identifier: MIT
/* The life of a connection, and how answers are written. What a request means: web_serve.c. */
#include <otaria/crypto.h>
#include <string.h>

#include "error_words.h"
#include "page.h"
#include "web_private.h"

enum conn_state { FREE, READING, WRITING, OVER };

static uint64_t now(const struct emon_web *w)
{
    return w->app->now_ms(w->app->ctx);
}

void emon_web_init(struct emon_web *w, const struct emon_web_app *app)
{
    uint8_t random[8];

    memset(w, 0, sizeof *w);
    w->app = app;
    app->random(app->ctx, random, sizeof random);
    emon_guard_begin(&w->guard, app->config, random);
}

const char *emon_web_setup(const struct emon_web *w)
{
    return w->guard.setup;
}

/* ---- a connection's life ---- */

int emon_web_open(struct emon_web *w)
{
    int found = -1;

    for (int i = 0; i < EMON_CONNS; i++) {
        const struct emon_conn *c = &w->conn[i];

        if (c->state == FREE) {
            found = i;
            break;
        }
        if (c->state == READING && emon_request_is_blank(&c->request) &&
            now(w) - c->since_ms >= EMON_IDLE_MS)
            found = i;
    }
    if (found >= 0) {
        emon_web_close(w, (unsigned)found);
        w->conn[found].state = READING;
        w->conn[found].since_ms = now(w);
    }
    return found;
}

void emon_web_close(struct emon_web *w, unsigned i)
{
    otaria_wipe(&w->conn[i], sizeof w->conn[i]);
}

static void begin_answer(struct emon_web *w, struct emon_conn *c)
{
    otaria_wipe(c->buf, sizeof c->buf);
    otaria_wipe(c->request.password, sizeof c->request.password);
    c->state = WRITING;
    c->since_ms = now(w);
}

void emon_web_input(struct emon_web *w, unsigned i, const uint8_t *data, size_t len)
{
    struct emon_conn *c = &w->conn[i];
    int result;

    if (c->state != READING)
        return;
    result = emon_request_push(&c->request, c->buf, data, len);
    if (result == OTARIA_MORE)
        return;
    if (result == 0)
        web_serve(w, c);
    else
        web_refuse(c, (unsigned)-result);
    begin_answer(w, c);
}

bool emon_web_finished(struct emon_web *w, unsigned i)
{
    struct emon_conn *c = &w->conn[i];
    uint64_t for_ms = now(w) - c->since_ms;

    if (c->state == READING && for_ms >= EMON_REQUEST_MS) {
        if (emon_request_is_blank(&c->request))
            return true;
        web_refuse(c, 408);
        begin_answer(w, c);
    }
    return c->state == OVER || (c->state == WRITING && for_ms >= EMON_ANSWER_MS);
}

/* ---- answers ---- */

EMON_TEXT(common_head, "Content-Type: application/json\r\n"
                       "Cache-Control: no-store\r\n"
                       "X-Content-Type-Options: nosniff\r\n"
                       "Cross-Origin-Resource-Policy: same-origin\r\n"
                       "Connection: close\r\n");

struct answer {
    struct emon_web *web;
    struct emon_conn *conn;
};

/* Upper-case fields are the server's own, the others the application's. */
static bool put_field(void *ctx, char field, unsigned index, struct emon_text *out)
{
    const struct answer *a = ctx;

    switch (field) {
    case 'H':
        emon_put_mapped(out, common_head.word);
        return false;
    case 'S':
        web_put_status(a->conn, out);
        return false;
    case 'X':
        web_put_extra(a->web, a->conn, out);
        return false;
    case 'W':
        if (a->conn->reason)
            emon_put_mapped(out, a->conn->reason);
        else
            emon_put_result_words(out, a->conn->code);
        return false;
    default:
        return !web_put_config(a->web, field, out) &&
               a->web->app->put(a->web->app->ctx, field, index, out);
    }
}

/* More of the answer into buf; false when there is no more. */
static bool fill(struct emon_web *w, struct emon_conn *c)
{
    struct answer answer = {w, c};
    const struct emon_fields fields = {&answer, put_field};
    struct emon_text out = {.p = c->buf, .max = sizeof c->buf};

    if (c->page) {
        for (; out.len < out.max && c->text.at < emon_page_len; c->text.at++)
            c->buf[out.len++] = emon_mapped_byte(emon_page, c->text.at);
    } else {
        while (emon_template_fill(&c->text, &fields, &out) && c->next) {
            c->text = (struct emon_template){.word = c->next};
            c->next = NULL;
        }
    }
    c->sent = 0;
    c->len = (uint16_t)out.len;
    return out.len > 0;
}

size_t emon_web_output(struct emon_web *w, unsigned i, const uint8_t **data)
{
    struct emon_conn *c = &w->conn[i];

    if (c->state != WRITING)
        return 0;
    if (c->sent == c->len && !fill(w, c)) {
        c->state = OVER;
        return 0;
    }
    *data = (const uint8_t *)c->buf + c->sent;
    return (size_t)c->len - c->sent;
}

void emon_web_sent(struct emon_web *w, unsigned i, size_t len)
{
    w->conn[i].sent = (uint16_t)(w->conn[i].sent + len);
}
