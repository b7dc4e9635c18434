// SPDX-License-Identifier: MIT
/* Publishing: everything is verified before anything can be seen; then one commit, then one swap. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "release/release.h"
#include "server/api/base64.h"
#include "server/api/impl.h"

/* ---- The request ---- */

static int read_suit(struct publish_request *p, const json_t *json, struct err *err)
{
    const char *text = json_string_value(json);

    if (text == NULL ||
        !base64_decode(p->suit, sizeof p->suit, text, json_string_length(json), &p->suit_len) ||
        p->suit_len == 0)
        return err_set(err, ERR_FAILED, "\"suit\" must be base64 of 1 to %d bytes",
                       OTARIA_ENVELOPE_MAX);
    return 0;
}

static int read_channel(struct publish_request *p, const json_t *json, struct err *err)
{
    const char *text = json == NULL ? FLEET_DEFAULT_CHANNEL : json_string_value(json);

    if (text == NULL || (json != NULL && strlen(text) != json_string_length(json)) ||
        !store_channel_valid(text))
        return err_set(
            err, ERR_FAILED,
            "\"channel\" must be 1 to %d of a-z 0-9 . _ -, beginning with a letter, a digit or _",
            STORE_CHANNEL_MAX);
    snprintf(p->channel, sizeof p->channel, "%s", text);
    return 0;
}

static int read_percent(struct publish_request *p, const json_t *json, struct err *err)
{
    json_int_t percent = json == NULL ? 100 : json_integer_value(json);

    if ((json != NULL && !json_is_integer(json)) || percent < 0 || percent > 100)
        return err_set(err, ERR_FAILED, "\"percent\" must be an integer from 0 to 100");
    p->percent = (unsigned)percent;
    return 0;
}

static int read_only(struct publish_request *p, const json_t *json, struct err *err)
{
    size_t cnt = json_array_size(json);

    if (json == NULL)
        return 0;
    if (!json_is_array(json) || cnt > STORE_ONLY_MAX)
        return err_set(err, ERR_FAILED, "\"only\" must be an array of at most %d device ids",
                       STORE_ONLY_MAX);
    p->only = xcalloc(cnt + 1, sizeof *p->only);
    for (size_t i = 0; i < cnt; i++) {
        const json_t *id = json_array_get(json, i);

        if (!json_is_string(id) ||
            !store_id_parse(&p->only[i], json_string_value(id), json_string_length(id)))
            return err_set(err, ERR_FAILED,
                           "\"only\" holds what is no device id (12 to 32 hex digits)");
    }
    p->only_cnt = cnt;
    return 0;
}

int publish_request_read(struct publish_request *p, const void *body, size_t len, struct err *err)
{
    json_error_t where;
    json_t *json = json_loadb(body, len, JSON_REJECT_DUPLICATES, &where);
    int result = -1;

    memset(p, 0, sizeof *p);
    if (json == NULL || !json_is_object(json))
        err_set(err, ERR_FAILED, "the body is not a JSON object%s%s", json == NULL ? ": " : "",
                json == NULL ? where.text : "");
    else if (read_suit(p, json_object_get(json, "suit"), err) == 0 &&
             read_channel(p, json_object_get(json, "channel"), err) == 0 &&
             read_percent(p, json_object_get(json, "percent"), err) == 0 &&
             read_only(p, json_object_get(json, "only"), err) == 0)
        result = 0;
    json_decref(json);
    if (result < 0) {
        free(p->only);
        p->only = NULL;
        p->only_cnt = 0;
    }
    return result;
}

/* ---- Sequence rules ---- */

/* What the store says of the channel and the class. */
struct rivals {
    const struct store_release *candidate;
    bool same, same_withdrawn; /* this M is in this channel already */
    bool number_taken;         /* another M of this class has the sequence, in any channel */
    uint64_t current;          /* the channel's highest */
};

static int look_at(void *ctx, const struct store_release *r)
{
    struct rivals *rivals = ctx;
    const struct store_release *c = rivals->candidate;
    bool same_m = memcmp(r->digest, c->digest, sizeof r->digest) == 0;

    if (memcmp(r->vendor, c->vendor, sizeof r->vendor) != 0 ||
        memcmp(r->class_id, c->class_id, sizeof r->class_id) != 0)
        return 0;
    if (!same_m && r->seq == c->seq)
        rivals->number_taken = true;
    if (strcmp(r->channel, c->channel) != 0)
        return 0;
    if (same_m) {
        rivals->same = true;
        rivals->same_withdrawn = r->withdrawn;
    } else if (r->seq > rivals->current) {
        rivals->current = r->seq;
    }
    return 0;
}

/* False after it answered. A withdrawn release counts: its sequence was given out. */
static bool sequence_ok(struct job *job, const struct rivals *v)
{
    uint64_t seq = v->candidate->seq, now_s = (uint64_t)(wall_ms() / 1000);

    if (v->same && v->same_withdrawn)
        job_error(job, 409, "WITHDRAWN", ERR_FAILED,
                  "this release was withdrawn; publish its image under a new sequence "
                  "(otaria release again)");
    else if (v->same)
        return true;
    else if (v->number_taken)
        job_error(job, 409, "SAME_SEQUENCE", OTARIA_E_SAME_SEQUENCE, "%s: %" PRIu64,
                  otaria_error_sentence(OTARIA_E_SAME_SEQUENCE), seq);
    else if (seq <= v->current)
        job_error(job, 409, "OLD_SEQUENCE", OTARIA_E_OLD_SEQUENCE,
                  "channel %s already has sequence %" PRIu64
                  " for this class; this release has %" PRIu64,
                  v->candidate->channel, v->current, seq);
    else if (seq > now_s + API_FUTURE_S)
        job_error(job, 422, "FUTURE_SEQUENCE", ERR_FAILED,
                  "sequence %" PRIu64 " is more than a day ahead of the server's clock (%" PRIu64
                  "); devices that confirm it would refuse everything until then",
                  seq, now_s);
    else
        return true;
    return false;
}

/* ---- Publish ---- */

static void release_fill(struct store_release *r, const struct otaria_manifest *m,
                         const struct release_text *t, const struct publish_request *p)
{
    memset(r, 0, sizeof *r);
    memcpy(r->digest, m->digest, sizeof r->digest);
    memcpy(r->vendor, m->vendor, sizeof r->vendor);
    memcpy(r->class_id, m->class_id, sizeof r->class_id);
    memcpy(r->channel, p->channel, sizeof r->channel);
    memcpy(r->vendor_text, t->vendor, sizeof r->vendor_text);
    memcpy(r->product, t->product, sizeof r->product);
    memcpy(r->hardware, t->hardware, sizeof r->hardware);
    memcpy(r->layout, t->layout, sizeof r->layout);
    memcpy(r->version, t->version, sizeof r->version);
    r->seq = m->seq;
    r->suit = p->suit;
    r->suit_len = p->suit_len;
    r->components_cnt = m->components_cnt;
    for (unsigned i = 0; i < m->components_cnt; i++) {
        r->component[i].size = m->component[i].size;
        memcpy(r->component[i].digest, m->component[i].digest, 32);
    }
    r->percent = p->percent;
    r->only = p->only;
    r->only_cnt = p->only_cnt;
    r->at_ms = wall_ms();
}

/* False after it answered. */
static bool payloads_ok(struct api *api, struct job *job, const struct store_release *r)
{
    for (unsigned i = 0; i < r->components_cnt; i++) {
        const struct store_component *c = &r->component[i];
        char hex[HEX_SIZE(32)];
        struct err err;
        bool intact;

        hex_encode(hex, c->digest, sizeof c->digest);
        if (payload_check(api->payloads, c->digest, c->size, &intact, &err) < 0) {
            job_error(job, 507, "STORAGE", ERR_FAILED, "%s", err.text);
            return false;
        }
        if (!intact) {
            job_error(job, 422, "NO_PAYLOAD", ERR_FAILED,
                      "the image (%u bytes, SHA-256 %s) is not on the server: PUT it first",
                      c->size, hex);
            return false;
        }
    }
    return true;
}

/* Verified; the rest is one transaction and one swap of the snapshot. */
static void publish_verified(struct api *api, struct job *job, const struct store_release *r)
{
    struct rivals rivals = {.candidate = r};
    struct err err;

    if (api->store->release_list(api->store, look_at, &rivals, &err) < 0) {
        job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
        return;
    }
    if (!sequence_ok(job, &rivals) || !payloads_ok(api, job, r))
        return;
    if (api->store->release_put(api->store, r, &err) < 0) {
        job_error(job, 507, "STORAGE", ERR_FAILED, "%s", err.text);
        return;
    }
    if (api_fleet_refresh(api, &err) < 0) {
        job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
        return;
    }
    log_line(LOG_LEVEL_INFO, "%s %s/%s/%s %s, sequence %" PRIu64 ": channel %s, %u percent%s",
             rivals.same ? "changed" : "published", r->product, r->hardware, r->layout, r->version,
             r->seq, r->channel, r->percent, r->only_cnt > 0 ? ", listed devices only" : "");
    job_json(job, rivals.same ? 200 : 201, release_json(r));
}

void admin_publish(struct api *api, struct job *job)
{
    const struct api_settings *s = settings_of(api);
    const struct otaria_trust trust = {
        .keys = s->keys, .keys_cnt = s->keys_cnt, .threshold = s->threshold};
    struct publish_request p;
    struct store_release r;
    struct otaria_manifest m;
    struct release_text t;
    struct err err;

    if (s->keys_cnt == 0) {
        job_error(
            job, 403, "NO_RELEASE_KEY", ERR_FAILED,
            "this server has no release key to verify with: start it with --release-key NAME.pub.pem");
        return;
    }
    if (publish_request_read(&p, job->body, job->body_len, &err) < 0) {
        job_error(job, 400, "REQUEST", ERR_FAILED, "%s", err.text);
        return;
    }
    if (release_check(p.suit, p.suit_len, &trust, &m, &t, &err) < 0) {
        job_error(job, 422, err.code < 0 ? otaria_error_name(err.code) : "RELEASE", err.code, "%s",
                  err.text);
    } else {
        release_fill(&r, &m, &t, &p);
        publish_verified(api, job, &r);
    }
    free(p.only);
}

void admin_withdraw(struct api *api, struct job *job)
{
    const char *product = job->args.text[0], *version = job->args.text[1];
    struct err err;
    size_t cnt;

    if (api->store->release_withdraw(api->store, product, version, &cnt, &err) < 0) {
        job_error(job, 507, "STORAGE", ERR_FAILED, "%s", err.text);
        return;
    }
    if (cnt == 0) {
        job_error(job, 404, "NOT_FOUND", ERR_FAILED,
                  "no release of that product and version is offered");
        return;
    }
    if (api_fleet_refresh(api, &err) < 0) {
        job_error(job, 500, "STORAGE", ERR_FAILED, "%s", err.text);
        return;
    }
    log_line(LOG_LEVEL_INFO, "withdrawn: %s %s (%zu)", product, version, cnt);
    job_json(job, 200, json_pack("{s:I}", "withdrawn", (json_int_t)cnt));
}
