// SPDX-License-Identifier: MIT
/* What a request means, and whether it is heard. */
#include <otaria/crypto.h>
#include <string.h>

#include "json.h"
#include "web_private.h"

/* ---- refusals ---- */

EMON_TEXT(not_http, "this is not an HTTP/1.1 request as this device takes it");
EMON_TEXT(bad_host, "this device is addressed by its IP address or its node name only");
EMON_TEXT(bad_origin, "another site's page may change nothing here");
EMON_TEXT(no_password, "this needs the device's password in the header field X-Emon-Password");
EMON_TEXT(not_set,
          "set a password first, with the setup code that the device printed on its serial line");
EMON_TEXT(wrong_password, "this is not the password");
EMON_TEXT(not_found, "there is no such page");
EMON_TEXT(bad_method, "this page cannot be asked that way");
EMON_TEXT(too_slow, "the request did not come in time");
EMON_TEXT(too_long, "the request's body is longer than 512 bytes");
EMON_TEXT(
    bad_type,
    "the body must be of Content-Type application/json, or empty where there is nothing to say");
EMON_TEXT(too_soon, "too many wrong passwords; wait and try again");
EMON_TEXT(head_too_long, "the request's header is too long");
EMON_TEXT(no_coding, "a transfer coding is not taken here; Content-Length is");
EMON_TEXT(bad_version, "only HTTP/1.1 is spoken here");
EMON_TEXT(bad_json, "the body must be one JSON object of strings and whole numbers");
EMON_TEXT(bad_member, "the object has a member that is not known, or whose value is not possible");
EMON_TEXT(bad_password,
          "a password has 8 to 63 printable ASCII characters and no space at its ends");

/* The first row of a status is the one for refusals that say no more. */
static const struct status {
    uint16_t code;
    char name[30];
    const uint32_t *reason;
} statuses[] = {
    {400, "Bad Request", not_http.word},
    {403, "Forbidden", bad_host.word},
    {404, "Not Found", not_found.word},
    {405, "Method Not Allowed", bad_method.word},
    {408, "Request Timeout", too_slow.word},
    {409, "Conflict", NULL},
    {413, "Content Too Large", too_long.word},
    {415, "Unsupported Media Type", bad_type.word},
    {429, "Too Many Requests", too_soon.word},
    {431, "Request Header Too Large", head_too_long.word},
    {500, "Internal Server Error", NULL},
    {501, "Not Implemented", no_coding.word},
    {505, "Version Not Supported", bad_version.word},
};

EMON_TEXT(refusal, "HTTP/1.1 @S\r\n@H@X\r\n{\"error\":\"@W\"}\n");
EMON_TEXT(answer, "HTTP/1.1 200 OK\r\n@H\r\n");
EMON_TEXT(done, "{\"ok\":true}\n");

static const struct status *find_status(unsigned code)
{
    const struct status *s = statuses;

    while (s->code != code)
        s++;
    return s;
}

static void refuse(struct emon_conn *c, unsigned status, const uint32_t *reason, int code)
{
    c->status = (uint16_t)status;
    c->reason = reason;
    c->code = (int16_t)code;
    c->page = false;
    c->next = NULL;
    c->text = (struct emon_template){.word = refusal.word};
}

void web_refuse(struct emon_conn *c, unsigned status)
{
    refuse(c, status, find_status(status)->reason, 0);
}

void web_put_status(const struct emon_conn *c, struct emon_text *out)
{
    emon_put_u32(out, c->status);
    emon_put_string(out, " ");
    emon_put_string(out, find_status(c->status)->name);
}

static void accept(struct emon_conn *c, const uint32_t *body)
{
    c->text = (struct emon_template){.word = answer.word};
    c->next = body;
}

/* What an action or a setting came to. */
static void settle(struct emon_conn *c, int result)
{
    if (result >= 0)
        accept(c, done.word);
    else
        refuse(c, result <= OTARIA_E_FLASH_IO ? 500 : 409, NULL, result);
}

/* ---- GET ---- */

EMON_TEXT(
    config_text,
    "{\"node\":\"@N\",\"server\":@V,\"poll\":@P,\"policy\":\"@Y\",\"tls\":\"@L\",\"pins\":\"@Q\"}\n");

static void get_page(struct emon_web *w, struct emon_conn *c)
{
    (void)w;
    c->page = true;
}

static void get_status(struct emon_web *w, struct emon_conn *c)
{
    accept(c, w->app->status);
}

static void get_firmware(struct emon_web *w, struct emon_conn *c)
{
    accept(c, w->app->firmware);
}

static void get_config(struct emon_web *w, struct emon_conn *c)
{
    (void)w;
    accept(c, config_text.word);
}

bool web_put_config(const struct emon_web *w, char field, struct emon_text *out)
{
    const struct emon_config *config = w->app->config;

    switch (field) {
    case 'N':
        emon_config_put(config, EMON_KEY_NODE, out);
        return true;
    case 'V':
        emon_put_json(out, config->server, strlen(config->server));
        return true;
    case 'P':
        emon_config_put(config, EMON_KEY_POLL, out);
        return true;
    case 'Y':
        emon_config_put(config, EMON_KEY_POLICY, out);
        return true;
    case 'L':
        emon_config_put(config, EMON_KEY_TLS, out);
        return true;
    case 'Q':
        emon_config_put(config, EMON_KEY_PINS, out);
        return true;
    default:
        return false;
    }
}

/* ---- POST ---- */

static void post_check(struct emon_web *w, struct emon_conn *c)
{
    settle(c, w->app->act(w->app->ctx, EMON_CHECK));
}

static void post_update(struct emon_web *w, struct emon_conn *c)
{
    settle(c, w->app->act(w->app->ctx, EMON_UPDATE));
}

static void post_revert(struct emon_web *w, struct emon_conn *c)
{
    settle(c, w->app->act(w->app->ctx, EMON_REVERT));
}

/* All members or none. The password has its own page, and lengths are limits of the form it is stored in. */
static const uint32_t *read_config(struct emon_conn *c, struct emon_config *next)
{
    struct emon_member m;
    size_t at = 0;
    int more;

    while ((more = emon_json_next(c->buf, c->request.body_len, &at, &m)) == 1) {
        enum emon_key key = emon_config_key(m.key, m.key_len);

        if (key == EMON_KEY_PASSWORD || !emon_config_set(next, key, m.value, m.value_len))
            return bad_member.word;
    }
    return more < 0 ? bad_json.word : NULL;
}

static void post_config(struct emon_web *w, struct emon_conn *c)
{
    struct emon_config next = *w->app->config;
    const uint32_t *wrong = read_config(c, &next);

    if (wrong)
        refuse(c, 400, wrong, 0);
    else
        settle(c, w->app->configure(w->app->ctx, &next));
    otaria_wipe(&next, sizeof next);
}

static bool read_password(struct emon_conn *c, struct emon_member *m)
{
    struct emon_member none;
    size_t at = 0;

    return emon_json_next(c->buf, c->request.body_len, &at, m) == 1 && m->is_string &&
           m->key_len == 8 && memcmp(m->key, "password", 8) == 0 &&
           emon_json_next(c->buf, c->request.body_len, &at, &none) == 0;
}

static void post_password(struct emon_web *w, struct emon_conn *c)
{
    struct emon_config next = *w->app->config;
    struct emon_member m;
    uint8_t salt[16];
    int result;

    if (!read_password(c, &m)) {
        refuse(c, 400, bad_json.word, 0);
    } else if (!emon_password_possible(m.value, m.value_len)) {
        refuse(c, 400, bad_password.word, 0);
    } else {
        w->app->random(w->app->ctx, salt, sizeof salt);
        emon_password_set(&next, salt, m.value, m.value_len);
        result = w->app->configure(w->app->ctx, &next);
        if (result >= 0)
            emon_guard_settled(&w->guard);
        settle(c, result);
    }
    otaria_wipe(&next, sizeof next);
}

/* ---- which ---- */

static const struct endpoint {
    char path[EMON_PATH_MAX + 1];
    void (*get)(struct emon_web *, struct emon_conn *);
    void (*post)(struct emon_web *, struct emon_conn *);
    bool body; /* of the POST */
} endpoints[] = {
    {"/", get_page, NULL, false},
    {"/status", get_status, NULL, false},
    {"/firmware", get_firmware, NULL, false},
    {"/config", get_config, post_config, true},
    {"/check", NULL, post_check, false},
    {"/update", NULL, post_update, false},
    {"/revert", NULL, post_revert, false},
    {"/password", NULL, post_password, true},
};

static const struct endpoint *find_endpoint(const char *path)
{
    for (unsigned i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        if (strcmp(endpoints[i].path, path) == 0)
            return &endpoints[i];
    }
    return NULL;
}

void web_put_extra(const struct emon_web *w, const struct emon_conn *c, struct emon_text *out)
{
    const struct endpoint *e = find_endpoint(c->request.path);

    if (c->status == 405 && e)
        emon_put_string(out, !e->get   ? "Allow: POST\r\n"
                             : e->post ? "Allow: GET, POST\r\n"
                                       : "Allow: GET\r\n");
    if (c->status == 429) {
        emon_put_string(out, "Retry-After: ");
        emon_put_u32(out, emon_guard_wait_s(&w->guard, w->app->now_ms(w->app->ctx)));
        emon_put_string(out, "\r\n");
    }
}

/* Whether the owner asks; the answer is a refusal otherwise. */
static bool is_owner(struct emon_web *w, struct emon_conn *c, const struct endpoint *e)
{
    uint64_t now = w->app->now_ms(w->app->ctx);
    bool accepted = false;

    if (!w->app->config->has_password && e->post != post_password) {
        refuse(c, 403, not_set.word, 0);
    } else if (!c->request.has_password) {
        refuse(c, 403, no_password.word, 0);
    } else if (emon_guard_wait_s(&w->guard, now)) {
        web_refuse(c, 429);
    } else if (emon_guard_password(&w->guard, w->app->config, c->request.password, now)) {
        accepted = true;
    } else {
        refuse(c, 403, wrong_password.word, 0);
    }
    return accepted;
}

static void serve_post(struct emon_web *w, struct emon_conn *c, const struct endpoint *e)
{
    const struct emon_request *r = &c->request;

    if (r->has_origin && !emon_guard_origin(r->origin, r->host))
        refuse(c, 403, bad_origin.word, 0);
    else if (e->body ? !r->is_json : r->body_len > 0)
        web_refuse(c, 415);
    else if (is_owner(w, c, e))
        e->post(w, c);
}

void web_serve(struct emon_web *w, struct emon_conn *c)
{
    const struct endpoint *e = find_endpoint(c->request.path);

    if (!emon_guard_host(c->request.host, w->app->config->node))
        web_refuse(c, 403);
    else if (!e || !c->request.path[0])
        web_refuse(c, 404);
    else if (c->request.method == EMON_GET && e->get)
        e->get(w, c);
    else if (c->request.method == EMON_POST && e->post)
        serve_post(w, c, e);
    else
        web_refuse(c, 405);
}
