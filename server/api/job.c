// SPDX-License-Identifier: MIT
/* An admin request: parked on its loop, run on the journal's thread, answered on its loop. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "server/api/impl.h"

static const struct http_field json_fields[] = {{"Content-Type", "application/json"},
                                                {"Cache-Control", "no-store"}};

static json_t *error_json(const char *name, int code, const char *message)
{
    return json_pack("{s:s, s:i, s:s}", "error", name, "code", code, "message", message);
}

void respond_error(struct http_exchange *x, int status, const char *name, int code,
                   const char *message)
{
    json_t *json = error_json(name, code, message);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

    http_respond(x, status, json_fields, 2, text != NULL ? text : "{}",
                 text != NULL ? strlen(text) : 2);
    free(text);
    json_decref(json);
}

static void job_free(struct job *job)
{
    free(job->query);
    free(job->body);
    free(job->answer);
    free(job);
}

/* On the loop. The body may be as large as a payload, so running out of memory is an answer. */
void job_submit(struct api *api, struct http_exchange *x, const struct http_request *r,
                const struct route_args *args, job_fn *run)
{
    struct job *job = calloc(1, sizeof *job);

    if (job != NULL) {
        job->body = malloc(r->body_len + 1);
        job->query = malloc(r->query.len + 1);
    }
    if (job == NULL || job->body == NULL || job->query == NULL) {
        if (job != NULL)
            job_free(job);
        respond_error(x, 503, "NO_MEMORY", ERR_FAILED, "the server has no memory for this now");
        return;
    }
    job->api = api;
    job->run = run;
    job->args = *args;
    job->body_len = r->body_len;
    if (r->body_len > 0)
        memcpy(job->body, r->body, r->body_len);
    job->body[r->body_len] = '\0';
    if (r->query.len > 0)
        memcpy(job->query, r->query.p, r->query.len);
    job->query[r->query.len] = '\0';
    job->parked = http_park(x);
    if (!journal_job(api, job)) {
        job_error(job, 503, "BUSY", ERR_FAILED, "too many admin requests wait already");
        job_finish(job);
    }
}

static void answer(struct http_exchange *x, void *arg)
{
    struct http_field fields[3];
    struct job *job = arg;
    size_t cnt = 0;

    if (x != NULL) {
        fields[cnt++] = (struct http_field){"Content-Type", job->type};
        fields[cnt++] = (struct http_field){"Cache-Control", "no-store"};
        if (job->status == 503)
            fields[cnt++] = (struct http_field){"Retry-After", "60"};
        http_respond(x, job->status, fields, cnt, job->answer, job->answer_len);
    }
    job_free(job);
}

void job_finish(struct job *job)
{
    if (job->status == 0)
        job_error(job, 500, "INTERNAL", ERR_FAILED, "the request was not answered");
    http_unpark(job->parked, answer, job);
}

void job_json(struct job *job, int status, json_t *json)
{
    free(job->answer);
    job->status = status;
    job->type = "application/json";
    job->answer = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (job->answer == NULL) {
        job->status = 500;
        job->answer = xstrdup(
            "{\"error\":\"INTERNAL\",\"code\":1,\"message\":\"the answer could not be written\"}");
    }
    job->answer_len = strlen(job->answer);
}

void job_error(struct job *job, int status, const char *name, int code, const char *fmt, ...)
{
    struct err text;
    va_list args;

    va_start(args, fmt);
    vsnprintf(text.text, sizeof text.text, fmt, args);
    va_end(args);
    job_json(job, status, error_json(name, code, text.text));
}

bool job_query(const struct job *job, const char *name, char *out, size_t max, bool *bad)
{
    const char *p = job->query;
    size_t name_len = strlen(name);

    *bad = false;
    while (*p != '\0') {
        size_t len = strcspn(p, "&");

        if (len > name_len && strncmp(p, name, name_len) == 0 && p[name_len] == '=') {
            *bad = len - name_len - 1 >= max;
            if (!*bad)
                snprintf(out, max, "%.*s", (int)(len - name_len - 1), p + name_len + 1);
            return true;
        }
        p += len + (p[len] == '&');
    }
    return false;
}
