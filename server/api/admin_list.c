// SPDX-License-Identifier: MIT
/* What the admin plane shows: releases, devices, counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "server/api/impl.h"

static const char *const state_names[] = {"idle",  "fetching", "staged",
                                          "trial", "reverted", "waiting-for-owner"};

static const char *state_name(unsigned state)
{
    return state < sizeof state_names / sizeof state_names[0] ? state_names[state] : "unknown";
}

const char *result_name(int code)
{
    return code == 0 ? "CONFIRMED" : otaria_error_name(code);
}

/* Bytes that came from a device: JSON is UTF-8, so everything else becomes '?'. */
static json_t *device_text(const char *text)
{
    char clean[128];
    size_t at = 0;

    for (; text[at] != '\0' && at < sizeof clean - 1; at++)
        clean[at] = (char)(text[at] >= 0x20 && text[at] < 0x7f ? text[at] : '?');
    clean[at] = '\0';
    return json_string(clean);
}

static json_t *hex_json(const void *p, size_t len)
{
    char hex[HEX_SIZE(32)];

    hex_encode(hex, p, len);
    return json_string(hex);
}

/* ---- Releases ---- */

json_t *release_json(const struct store_release *r)
{
    json_t *only = json_array(), *components = json_array();
    char class_text[160];

    for (size_t i = 0; i < r->only_cnt; i++)
        json_array_append_new(only, hex_json(r->only[i].bytes, r->only[i].len));
    for (unsigned i = 0; i < r->components_cnt; i++)
        json_array_append_new(components,
                              json_pack("{s:I, s:o}", "size", (json_int_t)r->component[i].size,
                                        "sha256", hex_json(r->component[i].digest, 32)));
    snprintf(class_text, sizeof class_text, "%s/%s/%s", r->product, r->hardware, r->layout);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:s, s:i, s:o, s:o, s:b, s:I}",
        "vendor", r->vendor_text, "class", class_text, "product", r->product, "hardware",
        r->hardware, "layout", r->layout, "version", r->version, "vendor_id",
        hex_json(r->vendor, 16), "class_id", hex_json(r->class_id, 16), "seq", (json_int_t)r->seq,
        "digest", hex_json(r->digest, 32), "channel", r->channel, "percent", (int)r->percent,
        "only", only, "components", components, "withdrawn", (int)r->withdrawn, "published_ms",
        (json_int_t)r->at_ms);
}

static int append_release(void *ctx, const struct store_release *r)
{
    json_array_append_new(ctx, release_json(r));
    return 0;
}

void admin_releases(struct api *api, struct job *job)
{
    json_t *list = json_array();
    struct err err;

    if (api->store->release_list(api->store, append_release, list, &err) < 0) {
        json_decref(list);
        job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
        return;
    }
    job_json(job, 200, json_pack("{s:o}", "releases", list));
}

/* ---- Devices ---- */

/* What is needed of the releases to name what devices run; read once a request. */
struct names {
    struct name {
        uint8_t vendor[16], class_id[16], digest[32];
        char product[64], version[OTARIA_VERSION_MAX + 1];
    } * list;
    size_t cnt, max;
};

static int add_name(void *ctx, const struct store_release *r)
{
    struct names *names = ctx;
    struct name *n;

    if (names->cnt == names->max) {
        names->max = names->max == 0 ? 16 : 2 * names->max;
        names->list = xrealloc(names->list, names->max * sizeof *names->list);
    }
    n = &names->list[names->cnt++];
    memcpy(n->vendor, r->vendor, sizeof n->vendor);
    memcpy(n->class_id, r->class_id, sizeof n->class_id);
    memcpy(n->digest, r->digest, sizeof n->digest);
    memcpy(n->product, r->product, sizeof n->product);
    memcpy(n->version, r->version, sizeof n->version);
    return 0;
}

/* Product of the device's class, and version of the release that it runs; empty when not known. */
static void name_device(const struct names *names, const struct store_device *d,
                        const char **product, const char **release)
{
    *product = *release = "";
    for (size_t i = 0; i < names->cnt; i++) {
        const struct name *n = &names->list[i];

        if (memcmp(n->vendor, d->vendor, 16) != 0 || memcmp(n->class_id, d->class_id, 16) != 0)
            continue;
        *product = n->product;
        if (d->has_manifest && memcmp(n->digest, d->manifest, 32) == 0)
            *release = n->version;
    }
}

static json_t *device_json(const struct names *names, const struct store_device *d)
{
    const char *product, *release;
    json_t *json;

    name_device(names, d, &product, &release);
    json = json_pack(
        "{s:o, s:s, s:s, s:s, s:o, s:s, s:i, s:I, s:I, s:o, s:I, s:I, s:i, s:o, s:s, s:I, s:I}",
        "id", hex_json(d->id.bytes, d->id.len), "product", product, "release", release, "channel",
        d->channel[0] != '\0' ? d->channel : FLEET_DEFAULT_CHANNEL, "version",
        device_text(d->version), "state", state_name(d->state), "trial_boots",
        (int)(d->trial_boots & 0x7fffffff), "confirmed_seq",
        (json_int_t)(d->confirmed_seq & INT64_MAX), "counter", (json_int_t)(d->counter & INT64_MAX),
        "running_sha256", hex_json(d->running_sha256, 32), "uptime_s", (json_int_t)d->uptime_s,
        "free_heap", (json_int_t)d->free_heap, "rssi", d->rssi, "reset_reason",
        device_text(d->reset_reason), "address", d->address, "first_seen_ms",
        (json_int_t)d->first_ms, "last_seen_ms", (json_int_t)d->last_ms);
    if (json == NULL)
        return NULL;
    json_object_set_new(json, "manifest",
                        d->has_manifest ? hex_json(d->manifest, 32) : json_null());
    json_object_set_new(json, "result",
                        d->has_result ? json_string(result_name(d->result)) : json_null());
    json_object_set_new(json, "result_code", d->has_result ? json_integer(d->result) : json_null());
    json_object_set_new(json, "result_manifest",
                        d->has_result ? hex_json(d->result_manifest, 8) : json_null());
    json_object_set_new(json, "result_ms",
                        d->has_result ? json_integer(d->result_ms) : json_null());
    return json;
}

/* The page is read whole before anything else uses the store: listings do not nest. */
struct page {
    struct store_device *devices;
    size_t cnt;
};

static int keep_device(void *ctx, const struct store_device *d)
{
    struct page *page = ctx;

    page->devices[page->cnt++] = *d;
    return 0;
}

/* False after it answered. */
static bool page_args(struct job *job, size_t *limit, struct store_id *after, bool *has_after)
{
    char text[2 * STORE_ID_MAX + 1], *end;
    bool bad;

    *limit = API_PAGE_DEFAULT;
    if (job_query(job, "limit", text, sizeof text, &bad)) {
        unsigned long value = bad || text[0] < '0' || text[0] > '9' ? 0 : strtoul(text, &end, 10);

        if (value < 1 || value > API_PAGE_MAX || *end != '\0') {
            job_error(job, 400, "QUERY", ERR_FAILED, "limit must be a number from 1 to %d",
                      API_PAGE_MAX);
            return false;
        }
        *limit = value;
    }
    *has_after = job_query(job, "after", text, sizeof text, &bad);
    if (*has_after && (bad || !store_id_parse(after, text, strlen(text)))) {
        job_error(job, 400, "QUERY", ERR_FAILED, "after must be a device id (12 to 32 hex digits)");
        return false;
    }
    return true;
}

void admin_devices(struct api *api, struct job *job)
{
    struct page page = {.cnt = 0};
    struct names names = {.cnt = 0};
    struct store_id after;
    struct err err;
    json_t *list;
    bool has_after, more;
    size_t limit;

    if (!page_args(job, &limit, &after, &has_after))
        return;
    page.devices = calloc(limit + 1, sizeof *page.devices);
    if (page.devices == NULL) {
        job_error(job, 503, "NO_MEMORY", ERR_FAILED, "the server has no memory for this now");
        return;
    }
    /* One more than asked tells whether there is a next page. */
    if (api->store->device_list(api->store, has_after ? &after : NULL, limit + 1, keep_device,
                                &page, &err) < 0 ||
        api->store->release_list(api->store, add_name, &names, &err) < 0) {
        job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
        free(page.devices);
        free(names.list);
        return;
    }
    more = page.cnt > limit;
    list = json_array();
    for (size_t i = 0; i < page.cnt - more; i++)
        json_array_append_new(list, device_json(&names, &page.devices[i]));
    job_json(
        job, 200,
        json_pack("{s:o, s:o}", "devices", list, "next",
                  more ? hex_json(page.devices[limit - 1].id.bytes, page.devices[limit - 1].id.len)
                       : json_null()));
    free(page.devices);
    free(names.list);
}

static int append_result(void *ctx, const struct store_result *r)
{
    json_array_append_new(ctx, json_pack("{s:s, s:i, s:o, s:o, s:I}", "result",
                                         result_name(r->code), "code", r->code, "manifest",
                                         hex_json(r->manifest, 8), "version",
                                         device_text(r->version), "at_ms", (json_int_t)r->at_ms));
    return 0;
}

/* Finds the device that the path names; false after it answered. */
static bool device_of(struct api *api, struct job *job, struct store_device *d)
{
    const char *text = job->args.text[0];
    struct store_id id;
    struct err err;
    bool found;

    if (!store_id_parse(&id, text, strlen(text))) {
        job_error(job, 400, "PATH", ERR_FAILED, "a device is named by 12 to 32 hex digits");
        return false;
    }
    if (api->store->device_get(api->store, &id, d, &found, &err) < 0) {
        job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
        return false;
    }
    if (!found)
        job_error(job, 404, "NOT_FOUND", ERR_FAILED, "no device with this id has polled yet");
    return found;
}

static void answer_device(struct api *api, struct job *job, const struct store_device *d)
{
    struct names names = {.cnt = 0};
    json_t *json = NULL, *results = json_array();
    struct err err;

    if (api->store->release_list(api->store, add_name, &names, &err) == 0 &&
        api->store->device_results(api->store, &d->id, append_result, results, &err) == 0)
        json = device_json(&names, d);
    free(names.list);
    if (json == NULL) {
        json_decref(results);
        job_error(job, 500, "STORAGE", ERR_FAILED, "the device cannot be read");
        return;
    }
    json_object_set_new(json, "results", results);
    job_json(job, 200, json);
}

void admin_device(struct api *api, struct job *job)
{
    struct store_device d;

    if (device_of(api, job, &d))
        answer_device(api, job, &d);
}

void admin_device_set(struct api *api, struct job *job)
{
    json_t *json = json_loadb((const char *)job->body, job->body_len, JSON_REJECT_DUPLICATES, NULL);
    const char *channel = json_string_value(json_object_get(json, "channel"));
    struct store_device d;
    struct err err;
    bool found;

    if (channel == NULL || !store_channel_valid(channel)) {
        job_error(job, 400, "REQUEST", ERR_FAILED,
                  "the body must be {\"channel\": name}, the name 1 to %d of a-z 0-9 . _ -",
                  STORE_CHANNEL_MAX);
    } else if (device_of(api, job, &d)) {
        /* Back on the default channel is the same as never having left it. */
        const char *kept = strcmp(channel, FLEET_DEFAULT_CHANNEL) == 0 ? "" : channel;

        if (api->store->device_set_channel(api->store, &d.id, kept, &found, &err) < 0) {
            job_error(job, 507, "STORAGE", ERR_FAILED, "%s", err.text);
        } else {
            snprintf(d.channel, sizeof d.channel, "%s", channel);
            api_override_set(api, &d.id, channel);
            if (api_fleet_refresh(api, &err) < 0)
                job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
            else
                answer_device(api, job, &d);
        }
    }
    json_decref(json);
}

/* ---- Status ---- */

struct status {
    json_t *releases, *states, *channels, *results;
    json_int_t devices;
};

static void add_to(json_t *object, const char *name, json_int_t n)
{
    json_int_t before = json_integer_value(json_object_get(object, name));

    json_object_set_new(object, name, json_integer(before + n));
}

static int add_count(void *ctx, const struct store_count *c)
{
    struct status *s = ctx;
    json_int_t n = (json_int_t)c->devices;
    char name[128];

    s->devices += n;
    add_to(s->states, state_name(c->state), n);
    add_to(s->channels, c->channel[0] != '\0' ? c->channel : FLEET_DEFAULT_CHANNEL, n);
    add_to(s->results, c->has_result ? result_name(c->result) : "NONE", n);
    snprintf(name, sizeof name, "%s %s", c->product[0] != '\0' ? c->product : "?", c->version);
    for (char *p = name; *p != '\0'; p++) {
        if (*p < 0x20 || *p >= 0x7f)
            *p = '?';
    }
    add_to(s->releases, name, n);
    return 0;
}

void admin_status(struct api *api, struct job *job)
{
    struct status s = {json_object(), json_object(), json_object(), json_object(), 0};
    struct err err;
    bool ok = api->store->device_counts(api->store, add_count, &s, &err) == 0;
    json_t *json =
        json_pack("{s:I, s:o, s:o, s:o, s:o}", "devices", s.devices, "releases", s.releases,
                  "states", s.states, "channels", s.channels, "results", s.results);

    if (ok) {
        job_json(job, 200, json);
    } else {
        json_decref(json);
        job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
    }
}
