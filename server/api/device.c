// SPDX-License-Identifier: MIT
/* The device plane: polls from memory, payloads from files. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "server/api/impl.h"

static const char cbor_type[] = "application/cbor";

/* A poll that waits until its outcome is on disk. */
struct outcome {
    struct api *api;
    struct http_parked *parked;
    struct loop *loop;
    struct otaria_poll_request poll;
    bool stored;
};

/* ---- Answers ---- */

static void respond_busy(struct http_exchange *x, struct loop *loop)
{
    char seconds[16];
    struct http_field fields[2] = {{"Retry-After", seconds}, {"Cache-Control", "no-store"}};

    snprintf(seconds, sizeof seconds, "%u", spread(loop, API_RETRY_BUSY_S, API_BUSY_SPREAD));
    http_respond(x, 503, fields, 2, NULL, 0);
}

static void respond_status(struct http_exchange *x, int status)
{
    const struct http_field fields[1] = {{"Cache-Control", "no-store"}};

    http_respond(x, status, fields, 1, NULL, 0);
}

/* Paths live as long as the response that borrows them. */
struct offered {
    char paths[OTARIA_COMPONENTS_MAX][3 + HEX_SIZE(32)];
};

static void offer_fill(struct otaria_poll_response *response, struct offered *offered,
                       const struct store_release *r)
{
    response->manifest = (struct otaria_span){r->suit, r->suit_len};
    response->version = (struct otaria_span){(const uint8_t *)r->version, strlen(r->version)};
    response->payloads_cnt = r->components_cnt;
    for (unsigned i = 0; i < r->components_cnt; i++) {
        char *path = offered->paths[i];

        memcpy(path, "/b/", 3);
        hex_encode(path + 3, r->component[i].digest, 32);
        response->payload[i] = (struct otaria_poll_payload){
            .component = i,
            .encoding = 0,
            .size = r->component[i].size,
            .path = {(const uint8_t *)path, 3 + 64},
        };
    }
}

static unsigned again_s(struct api *api, struct loop *loop)
{
    const struct api_settings *s = settings_of(api);
    unsigned again = spread(loop, s->poll_interval_s, API_POLL_SPREAD);

    return again < s->poll_minimum_s ? s->poll_minimum_s : again;
}

static enum fleet_answer respond_decision(struct api *api, struct http_exchange *x,
                                          const struct otaria_poll_request *poll)
{
    static const struct http_field fields[2] = {{"Content-Type", cbor_type},
                                                {"Cache-Control", "no-store"}};
    unsigned index = http_loop_index(x);
    struct loop *loop = &api->loops[index];
    struct otaria_poll_response response = {.again_s = again_s(api, loop)};
    const struct fleet_snapshot *snapshot = fleet_enter(api->fleet, index);
    const struct store_release *r;
    enum fleet_answer answer = fleet_decide(snapshot, poll, &r);
    uint8_t body[OTARIA_POLL_RESPONSE_MAX];
    struct offered offered;
    size_t len;

    if (answer == FLEET_OFFER)
        offer_fill(&response, &offered, r);
    if (otaria_poll_response_write(&response, body, sizeof body, &len) < 0) {
        fleet_leave(api->fleet, index);
        respond_status(x, 500);
        return answer;
    }
    fleet_leave(api->fleet, index);
    metric_add(&loop->metrics, METRIC_OFFERS, answer == FLEET_OFFER);
    http_respond(x, 200, fields, 2, body, len);
    return answer;
}

/* ---- Outcomes ---- */

static void outcome_answer(struct http_exchange *x, void *arg)
{
    struct outcome *o = arg;

    atomic_fetch_sub(&o->loop->outcomes_waiting, 1);
    if (x != NULL && o->stored) {
        (void)respond_decision(o->api, x, &o->poll);
    } else if (x != NULL) {
        metric_add(&o->loop->metrics, METRIC_OUTCOMES_REFUSED, 1);
        respond_busy(x, o->loop);
    }
    free(o);
}

void outcome_settle(struct outcome *outcome, bool stored)
{
    outcome->stored = stored;
    http_unpark(outcome->parked, outcome_answer, outcome);
}

/* ---- Polls ---- */

static void told_fill(struct told *t, const struct otaria_poll_request *p,
                      const struct store_id *id, const struct sockaddr_storage *peer)
{
    struct store_device *d = &t->device;

    memset(t, 0, sizeof *t);
    t->peer = *peer;
    d->id = *id;
    memcpy(d->vendor, p->vendor, sizeof d->vendor);
    memcpy(d->class_id, p->class_id, sizeof d->class_id);
    memcpy(d->version, p->version, sizeof d->version);
    memcpy(d->reset_reason, p->reset_reason, sizeof d->reset_reason);
    d->state = p->state;
    d->trial_boots = p->trial_boots;
    d->confirmed_seq = p->confirmed_seq;
    d->counter = p->counter;
    memcpy(d->running_sha256, p->running_sha256, sizeof d->running_sha256);
    d->has_manifest = p->has_running_manifest;
    memcpy(d->manifest, p->running_manifest, sizeof d->manifest);
    d->uptime_s = p->uptime_s;
    d->free_heap = p->free_heap;
    d->capabilities = p->capabilities;
    d->rssi = p->rssi;
    d->last_ms = wall_ms();
}

/* Parks the poll until its outcome is stored. */
static void outcome_park(struct api *api, struct http_exchange *x, struct told *told,
                         const struct otaria_poll_request *poll)
{
    unsigned index = http_loop_index(x);
    struct loop *loop = &api->loops[index];
    struct outcome *o;

    if (atomic_load(&loop->outcomes_waiting) >= API_OUTCOMES_WAITING ||
        ring_used(loop->ring) == API_RING_ITEMS) {
        metric_add(&loop->metrics, METRIC_OUTCOMES_REFUSED, 1);
        loop->kick = true;
        respond_busy(x, loop);
        return;
    }
    o = xcalloc(1, sizeof *o);
    *o = (struct outcome){.api = api, .loop = loop, .poll = *poll, .parked = http_park(x)};
    told->device.has_result = true;
    told->device.result = poll->result;
    memcpy(told->device.result_manifest, poll->result_manifest, 8);
    told->device.result_ms = told->device.last_ms;
    told->outcome = o;
    atomic_fetch_add(&loop->outcomes_waiting, 1);
    /* Only this thread fills the ring, so the room seen above is still there. */
    if (!journal_tell(api, index, told))
        outcome_settle(o, false);
}

static bool class_known(struct api *api, unsigned index, const struct otaria_poll_request *poll)
{
    const struct fleet_snapshot *snapshot = fleet_enter(api->fleet, index);
    const struct store_release *r;
    bool known = fleet_decide(snapshot, poll, &r) != FLEET_UNKNOWN_CLASS;

    fleet_leave(api->fleet, index);
    return known;
}

/* Records what the poll told; true when it was answered or parked. */
static bool poll_record(struct api *api, struct http_exchange *x, const struct http_request *r,
                        const struct otaria_poll_request *poll)
{
    unsigned index = http_loop_index(x);
    struct metrics *metrics = &api->loops[index].metrics;
    struct store_id id = {.len = (uint8_t)poll->id_len};
    struct told told;

    memcpy(id.bytes, poll->id, poll->id_len);
    told_fill(&told, poll, &id, r->peer);
    switch (
        fleet_device_note(api->fleet, index, &id, r->peer, monotonic_us() / 1000, &told.entry)) {
    case FLEET_LIMITED:
        metric_add(metrics, METRIC_NEW_LIMITED, 1);
        /* A 200 would tell the device that its outcome is kept; the limit passes, so it may come again. */
        if (poll->has_result)
            respond_busy(x, &api->loops[index]);
        return poll->has_result;
    case FLEET_FULL:
        metric_add(metrics, METRIC_NEW_FULL, 1);
        return false;
    case FLEET_NOTED:
        break;
    }
    if (poll->has_result &&
        fleet_outcome_new(api->fleet, told.entry, poll->result, poll->result_manifest)) {
        outcome_park(api, x, &told, poll);
        return true;
    }
    if (!journal_tell(api, index, &told))
        metric_add(metrics, METRIC_SEEN_DROPPED, 1);
    return false;
}

/* More polls than were allowed for: this one is told to come back. */
static bool overloaded(struct loop *loop, unsigned loops_cnt, unsigned polls_per_s)
{
    const uint64_t full = (uint64_t)polls_per_s * 1000 / loops_cnt + 1000;
    int64_t now = monotonic_us() / 1000;
    uint64_t earned = (uint64_t)(now - loop->shed_ms) * polls_per_s / loops_cnt;

    if (polls_per_s == 0)
        return false;
    if (earned > 0) { /* else the time goes on counting: few polls a second earn nothing in 1 ms */
        loop->shed_tokens += earned;
        loop->shed_ms = now;
    }
    if (loop->shed_tokens > full)
        loop->shed_tokens = full;
    if (loop->shed_tokens < 1000)
        return true;
    loop->shed_tokens -= 1000;
    return false;
}

/* Media type without parameters. */
static bool is_cbor(const struct http_request *r)
{
    struct http_str value;
    size_t len = strlen(cbor_type);

    if (!http_header_find(r, "content-type", &value) || value.len < len ||
        strncasecmp(value.p, cbor_type, len) != 0)
        return false;
    return value.len == len || value.p[len] == ';' || value.p[len] == ' ';
}

static void handle_poll(struct api *api, struct http_exchange *x, const struct http_request *r)
{
    unsigned index = http_loop_index(x);
    struct loop *loop = &api->loops[index];
    struct otaria_poll_request poll;

    if (overloaded(loop, api->loops_cnt, settings_of(api)->polls_per_s)) {
        metric_add(&loop->metrics, METRIC_POLLS_SHED, 1);
        respond_busy(x, loop);
        return;
    }
    if (!is_cbor(r)) {
        respond_status(x, 415);
        return;
    }
    if (otaria_poll_request_read(&poll, r->body, r->body_len) < 0) {
        metric_add(&loop->metrics, METRIC_POLLS_MALFORMED, 1);
        respond_status(x, 400);
        return;
    }
    metric_add(&loop->metrics, METRIC_POLLS, 1);
    if (!class_known(api, index, &poll))
        metric_add(&loop->metrics, METRIC_UNKNOWN_CLASS, 1);
    else if (poll_record(api, x, r, &poll))
        return;
    (void)respond_decision(api, x, &poll);
}

/* ---- Payloads ---- */

/* From the loop's open files, or opened now in place of the one that rested longest. Borrowed. */
static struct http_file *payload_file(struct api *api, struct loop *loop, const uint8_t sha256[32])
{
    struct open_payload *oldest = loop->payloads;
    char path[PAYLOAD_PATH_MAX];
    struct http_file *file;
    struct err err;

    loop->payload_uses++;
    for (struct open_payload *p = loop->payloads; p < loop->payloads + API_PAYLOADS_OPEN; p++) {
        if (p->file != NULL && memcmp(p->sha256, sha256, sizeof p->sha256) == 0) {
            p->used = loop->payload_uses;
            return p->file;
        }
        if (p->used < oldest->used)
            oldest = p;
    }
    payload_path(api->payloads, sha256, path);
    if (http_file_open(path, &file, &err) < 0)
        return NULL;
    http_file_unref(oldest->file);
    *oldest = (struct open_payload){.file = file, .used = loop->payload_uses};
    memcpy(oldest->sha256, sha256, sizeof oldest->sha256);
    return file;
}

static struct http_str trimmed(struct http_str s)
{
    while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.len--;
    }
    while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* One entity tag against ours. A weak one counts where `weak`. */
static bool tag_is(struct http_str item, const char *tag, bool weak)
{
    item = trimmed(item);
    if (weak && item.len > 2 && memcmp(item.p, "W/", 2) == 0) {
        item.p += 2;
        item.len -= 2;
    }
    return http_str_is(item, tag);
}

/* Whether a list of entity tags holds ours. */
static bool tag_matches(struct http_str list, const char *tag, bool weak)
{
    if (weak && http_str_is(list, "*"))
        return true;
    for (;;) {
        const char *comma = list.len > 0 ? memchr(list.p, ',', list.len) : NULL;
        size_t len = comma != NULL ? (size_t)(comma - list.p) : list.len;

        if (tag_is((struct http_str){list.p, len}, tag, weak))
            return true;
        if (comma == NULL)
            return false;
        list.p += len + 1;
        list.len -= len + 1;
    }
}

/* Range counts only with GET, and when If-Range, if there, names exactly this payload. */
static int range_wanted(const struct http_request *r, const char *tag, uint64_t size, uint64_t *off,
                        uint64_t *len)
{
    struct http_str range, condition;

    if (r->method != HTTP_GET || !http_header_find(r, "range", &range))
        return 1;
    if (http_header_find(r, "if-range", &condition) && !tag_matches(condition, tag, false))
        return 1;
    return http_range_parse(range, size, off, len);
}

static void respond_payload(struct loop *loop, struct http_exchange *x,
                            const struct http_request *r, const char *tag, struct http_file *file)
{
    uint64_t size = http_file_size(file), off = 0, len = size;
    char content_range[80];
    struct http_str condition;
    struct http_field fields[5] = {{"ETag", tag},
                                   {"Cache-Control", API_CACHE_CONTROL},
                                   {"Accept-Ranges", "bytes"},
                                   {"Content-Type", "application/octet-stream"},
                                   {"Content-Range", content_range}};

    if (http_header_find(r, "if-none-match", &condition) && tag_matches(condition, tag, true)) {
        http_respond(x, 304, fields, 2, NULL, 0);
        return;
    }
    switch (range_wanted(r, tag, size, &off, &len)) {
    case 0:
        snprintf(content_range, sizeof content_range, "bytes %llu-%llu/%llu",
                 (unsigned long long)off, (unsigned long long)(off + len - 1),
                 (unsigned long long)size);
        http_respond_file(x, 206, fields, 5, file, off, len);
        break;
    case 1:
        off = 0;
        len = size;
        http_respond_file(x, 200, fields, 4, file, off, len);
        break;
    default:
        snprintf(content_range, sizeof content_range, "bytes */%llu", (unsigned long long)size);
        fields[1] = (struct http_field){"Cache-Control", "no-store"};
        fields[3] = fields[4];
        http_respond(x, 416, fields, 4, NULL, 0);
        return;
    }
    if (r->method == HTTP_GET)
        metric_add(&loop->metrics, METRIC_PAYLOAD_BYTES, len);
}

static void handle_payload(struct api *api, struct http_exchange *x, const struct http_request *r,
                           const char *hex)
{
    unsigned index = http_loop_index(x);
    struct loop *loop = &api->loops[index];
    struct http_file *file = NULL;
    uint8_t sha256[32];
    char tag[2 + HEX_SIZE(32)];
    uint32_t size;
    bool known;

    /* Only what some release consists of is served, not what was uploaded for one to come. */
    known = strspn(hex, "0123456789abcdef") == 64 && hex_decode(sha256, sizeof sha256, hex);
    if (known) {
        known = fleet_payload(fleet_enter(api->fleet, index), sha256, &size);
        fleet_leave(api->fleet, index);
    }
    if (known)
        file = payload_file(api, loop, sha256);
    if (file == NULL) {
        metric_add(&loop->metrics, METRIC_PAYLOADS_MISSING, 1);
        respond_status(x, 404);
        return;
    }
    metric_add(&loop->metrics, METRIC_PAYLOADS, 1);
    snprintf(tag, sizeof tag, "\"%.64s\"", hex);
    respond_payload(loop, x, r, tag, file);
}

static void respond_not_allowed(struct http_exchange *x, const char *allow)
{
    const struct http_field fields[2] = {{"Allow", allow}, {"Cache-Control", "no-store"}};

    http_respond(x, 405, fields, 2, NULL, 0);
}

void device_handle(struct http_exchange *x, const struct http_request *r, void *ctx)
{
    struct route_args args;
    struct api *api = ctx;

    if (route_match("/v1/poll", r->path, &args)) {
        if (r->method == HTTP_POST)
            handle_poll(api, x, r);
        else
            respond_not_allowed(x, "POST");
    } else if (route_match("/b/{}", r->path, &args)) {
        if (r->method == HTTP_GET || r->method == HTTP_HEAD)
            handle_payload(api, x, r, args.text[0]);
        else
            respond_not_allowed(x, "GET, HEAD");
    } else {
        respond_status(x, 404);
    }
}
