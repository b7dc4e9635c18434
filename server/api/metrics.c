// SPDX-License-Identifier: MIT
/* /metrics in the text format of Prometheus 0.0.4. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/impl.h"

#define METRIC_TEXT(name, metric, help) {"otaria_" metric "_total", help},
static const struct {
    const char *name, *help;
} texts[METRIC_CNT] = {METRICS(METRIC_TEXT)};
#undef METRIC_TEXT

static void head(FILE *f, const char *name, const char *type, const char *help)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void number(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
    head(f, name, type, help);
    fprintf(f, "%s %" PRIu64 "\n", name, value);
}

static void loops(FILE *f, const struct api *api)
{
    for (int i = 0; i < METRIC_CNT; i++) {
        uint64_t sum = 0;

        for (unsigned l = 0; l < api->loops_cnt; l++)
            sum += atomic_load_explicit(&api->loops[l].metrics.value[i], memory_order_relaxed);
        number(f, texts[i].name, "counter", texts[i].help, sum);
    }
}

static void labelled(FILE *f, const char *name, const char *label, const char *value, uint64_t n)
{
    fprintf(f, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value, n);
}

static void http(FILE *f, const struct api *api)
{
    static const char answers[] = "otaria_http_answers_total";
    static const char refused[] = "otaria_http_refused_total";
    static const char *const classes[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    struct http_stats s;

    http_server_stats(api->http, &s);
    number(f, "otaria_http_connections", "gauge", "connections now", s.active);
    number(f, "otaria_http_accepted_total", "counter", "connections accepted", s.accepted);
    number(f, "otaria_http_requests_total", "counter", "well-formed requests", s.requests);
    number(f, "otaria_http_bytes_total", "counter", "bytes sent", s.bytes_out);
    number(f, "otaria_http_parked_gone_total", "counter", "peers gone while they waited",
           s.gone_parked);
    head(f, answers, "counter", "answers by class of status");
    for (int i = 1; i < 6; i++)
        labelled(f, answers, "status", classes[i], s.answers[i]);
    head(f, refused, "counter", "connections and requests refused, by reason");
    labelled(f, refused, "reason", "full", s.refused_full);
    labelled(f, refused, "reason", "address", s.refused_address);
    labelled(f, refused, "reason", "files", s.refused_files);
    labelled(f, refused, "reason", "malformed", s.refused_malformed);
    labelled(f, refused, "reason", "evicted", s.evicted);
    labelled(f, refused, "reason", "late-header", s.late_header);
    labelled(f, refused, "reason", "late-body", s.late_body);
    labelled(f, refused, "reason", "late-download", s.late_download);
    labelled(f, refused, "reason", "tls", s.tls_failed);
    number(f, "otaria_tls_full_total", "counter", "full TLS handshakes", s.tls_full);
    number(f, "otaria_tls_resumed_total", "counter", "resumed TLS handshakes", s.tls_resumed);
}

static void database(FILE *f, struct api *api)
{
    struct journal_stats s;

    journal_stats(api, &s);
    head(f, "otaria_db_commit_seconds", "summary", "time of a commit of polls and outcomes");
    fprintf(f, "otaria_db_commit_seconds_sum %.6f\notaria_db_commit_seconds_count %" PRIu64 "\n",
            (double)s.commit_us / 1e6, s.commits);
    number(f, "otaria_db_rows_total", "counter", "polls written", s.rows);
    number(f, "otaria_db_failures_total", "counter", "commits that failed", s.failures);
    number(f, "otaria_db_failing", "gauge", "1 while writes fail", s.failing);
    number(f, "otaria_devices_known", "gauge", "devices in the inventory",
           fleet_devices(api->fleet));
}

/* A label value. What is not printable ASCII is written as \xNN, so that two values stay two series. */
static void label(FILE *f, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(f, "\\%c", *text);
        else if (*text >= 0x20 && *text < 0x7f)
            fputc(*text, f);
        else
            fprintf(f, "\\\\x%02x", (unsigned char)*text);
    }
}

static int device_line(void *ctx, const struct store_count *c)
{
    FILE *f = ctx;

    fputs("otaria_devices{product=\"", f);
    label(f, c->product);
    fputs("\",version=\"", f);
    label(f, c->version);
    fprintf(f, "\",channel=\"%s\",state=\"%u\",result=\"%s\",code=\"",
            c->channel[0] != '\0' ? c->channel : FLEET_DEFAULT_CHANNEL, c->state,
            c->has_result ? result_name(c->result) : "");
    if (c->has_result)
        fprintf(f, "%d", c->result);
    fprintf(f, "\"} %" PRIu64 "\n", c->devices);
    return 0;
}

static int outcome_line(void *ctx, const char *name, uint64_t value)
{
    static const char prefix[] = "outcome.";
    FILE *f = ctx;
    long code;

    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return 0;
    code = strtol(name + strlen(prefix), NULL, 10);
    fprintf(f, "otaria_outcomes_total{code=\"%ld\",name=\"%s\"} %" PRIu64 "\n", code,
            result_name((int)code), value);
    return 0;
}

void admin_metrics(struct api *api, struct job *job)
{
    struct err err;
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    bool ok = f != NULL;

    if (ok) {
        loops(f, api);
        http(f, api);
        database(f, api);
        head(f, "otaria_outcomes_total", "counter", "outcomes that devices reported");
        ok = api->store->counter_list(api->store, outcome_line, f, &err) == 0;
        head(f, "otaria_devices", "gauge", "devices by what they run and how that went");
        ok = ok && api->store->device_counts(api->store, device_line, f, &err) == 0;
        ok = fclose(f) == 0 && ok;
    }
    if (!ok) {
        free(text);
        job_error(job, 500, "INTERNAL", ERR_FAILED, "the metrics could not be gathered");
        return;
    }
    job->status = 200;
    job->type = "text/plain; version=0.0.4";
    job->answer = text;
    job->answer_len = len;
}
