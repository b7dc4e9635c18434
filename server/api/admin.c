// SPDX-License-Identifier: MIT
/* The admin plane: the table of routes, who is let in, and the small answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "server/api/impl.h"

struct route {
    enum http_method method;
    const char *pattern;
    job_fn *run;
    size_t body_max;
};

static const struct route routes[] = {
    {HTTP_GET, "/readyz", admin_ready, 0},
    {HTTP_GET, "/metrics", admin_metrics, 0},
    {HTTP_PUT, "/admin/v1/payloads/{}", admin_payload_put, API_BODY_MAX},
    {HTTP_POST, "/admin/v1/releases", admin_publish, API_JSON_MAX},
    {HTTP_GET, "/admin/v1/releases", admin_releases, 0},
    {HTTP_POST, "/admin/v1/releases/{}/{}/withdraw", admin_withdraw, API_JSON_MAX},
    {HTTP_GET, "/admin/v1/devices", admin_devices, 0},
    {HTTP_GET, "/admin/v1/devices/{}", admin_device, 0},
    {HTTP_PUT, "/admin/v1/devices/{}", admin_device_set, API_JSON_MAX},
    {HTTP_GET, "/admin/v1/status", admin_status, 0},
};

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};

/* The route, or NULL after `allow` got the methods that the path does have (empty: no such path). */
static const struct route *route_find(const struct http_request *r, struct route_args *args,
                                      char allow[32])
{
    size_t at = 0;

    allow[0] = '\0';
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!route_match(routes[i].pattern, r->path, args))
            continue;
        if (routes[i].method == r->method)
            return &routes[i];
        at += (size_t)snprintf(allow + at, 32 - at, "%s%s", at > 0 ? ", " : "",
                               method_names[routes[i].method]);
    }
    return NULL;
}

static void respond_unauthorized(struct http_exchange *x)
{
    static const struct http_field fields[] = {{"WWW-Authenticate", "Bearer realm=\"otaria\""},
                                               {"Content-Type", "application/json"},
                                               {"Cache-Control", "no-store"}};
    static const char body[] = "{\"error\":\"TOKEN\",\"code\":1,\"message\":\"the admin token is "
                               "missing or wrong: send Authorization: Bearer <token>\"}";

    http_respond(x, 401, fields, 3, body, sizeof body - 1);
}

static void respond_not_allowed(struct http_exchange *x, const char *allow)
{
    const struct http_field fields[] = {
        {"Allow", allow}, {"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
    static const char body[] =
        "{\"error\":\"METHOD\",\"code\":1,\"message\":\"this path has other methods\"}";

    http_respond(x, 405, fields, 3, body, sizeof body - 1);
}

/* Whom the request is for is looked at first: a browser under a foreign name learns nothing else. */
static bool let_in(struct api *api, struct http_exchange *x, const struct http_request *r)
{
    struct metrics *metrics = &api->loops[http_loop_index(x)].metrics;

    if (!auth_host(settings_of(api), r->host)) {
        metric_add(metrics, METRIC_ADMIN_HOST, 1);
        respond_error(x, 421, "HOST", ERR_FAILED,
                      "this server is not known by that name; call it by address, or start it with "
                      "the name as an admin host");
        return false;
    }
    if (http_str_is(r->path, "/healthz") && r->method == HTTP_GET) {
        const struct http_field text = {"Content-Type", "text/plain"};

        http_respond(x, 200, &text, 1, "ok\n", 3);
        return false;
    }
    if (!auth_token(api, r)) {
        metric_add(metrics, METRIC_ADMIN_TOKEN, 1);
        respond_unauthorized(x);
        return false;
    }
    metric_add(metrics, METRIC_ADMIN, 1);
    return true;
}

void admin_handle(struct http_exchange *x, const struct http_request *r, void *ctx)
{
    const struct route *route;
    struct route_args args;
    struct api *api = ctx;
    char allow[32];

    if (!let_in(api, x, r))
        return;
    route = route_find(r, &args, allow);
    if (route == NULL && allow[0] != '\0')
        respond_not_allowed(x, allow);
    else if (route == NULL)
        respond_error(x, 404, "NOT_FOUND", ERR_FAILED, "there is nothing under this path");
    else if (r->body_len > route->body_max)
        respond_error(x, 413, "TOO_LONG", ERR_FAILED, "the body is longer than this route takes");
    else
        job_submit(api, x, r, &args, route->run);
}

/* ---- Payloads ---- */

void admin_payload_put(struct api *api, struct job *job)
{
    const char *hex = job->args.text[0];
    enum payload_put how;
    uint8_t sha256[32];
    struct err err;

    if (strspn(hex, "0123456789abcdef") != 64 || !hex_decode(sha256, sizeof sha256, hex)) {
        job_error(job, 400, "PATH", ERR_FAILED,
                  "a payload is named by 64 lower-case hex digits, its SHA-256");
        return;
    }
    if (payload_put(api->payloads, sha256, job->body, job->body_len, &how, &err) < 0) {
        if (how == PAYLOAD_DIFFERS)
            job_error(job, 422, "DIGEST", OTARIA_E_DIGEST, "%s", err.text);
        else
            job_error(job, 507, "STORAGE", ERR_FAILED, "%s", err.text);
        return;
    }
    job_json(job, how == PAYLOAD_NEW ? 201 : 200,
             json_pack("{s:s, s:I}", "sha256", hex, "size", (json_int_t)job->body_len));
}

/* ---- Health ---- */

void admin_ready(struct api *api, struct job *job)
{
    struct err err;

    if (api->store->probe(api->store, &err) < 0)
        job_error(job, 503, "STORAGE", ERR_FAILED, "%s", err.text);
    else
        job_json(job, 200, json_pack("{s:b}", "ready", 1));
}
