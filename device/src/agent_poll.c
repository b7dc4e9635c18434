// SPDX-License-Identifier: MIT
#include "agent_private.h"

#include <string.h>

#define BODY_AT 1024u /* where the request's body is written first; the header goes in front */

_Static_assert(BODY_AT + OTARIA_POLL_REQUEST_MAX <= OTARIA_POLL_RESPONSE_MAX, "no room for a poll");

static void copy_text(char *out, size_t max, const char *s)
{
    size_t i = 0;

    for (; s && s[i] && i + 1 < max; i++)
        out[i] = s[i];
    out[i] = 0;
}

static unsigned trial_boots(const struct otaria *o)
{
    unsigned cnt = 0;

    if (otaria_slots_state(&o->slots) == OTARIA_RUN_TRIAL) {
        for (uint32_t spent = ~o->slots.words.tries; spent; spent &= spent - 1)
            cnt++;
    }
    return cnt;
}

static void describe(struct otaria *o, struct otaria_poll_request *r)
{
    const struct otaria_config *c = &o->cfg;
    uint8_t digest[32];
    uint32_t len;
    bool has_digest;

    memset(r, 0, sizeof *r);
    memcpy(r->id, c->id, c->id_len);
    r->id_len = c->id_len;
    memcpy(r->vendor, c->vendor, sizeof r->vendor);
    memcpy(r->class_id, c->class_id, sizeof r->class_id);
    r->confirmed_seq = otaria_slots_floor(&o->slots, digest, &has_digest);
    otaria_slots_running_image(&o->slots, r->running_sha256, &len);
    c->sys->random(c->sys->ctx, r->nonce, sizeof r->nonce);
    r->state = agent_poll_state(o);
    r->has_result = otaria_slots_result(&o->slots, &r->result, r->result_manifest);
    r->trial_boots = trial_boots(o);
    copy_text(r->version, sizeof r->version, c->version);
    r->uptime_s = (uint32_t)(agent_now(o) / 1000);
    r->free_heap = c->sys->free_heap ? c->sys->free_heap(c->sys->ctx) : 0;
    r->rssi = c->sys->rssi ? c->sys->rssi(c->sys->ctx) : 0;
    copy_text(r->reset_reason, sizeof r->reset_reason, c->sys->reset_reason);
    r->has_running_manifest = otaria_slots_running_manifest(&o->slots, r->running_manifest);
    r->counter = (uint64_t)o->boots << 20 | (o->polls & 0xFFFFF);
}

enum agent_state agent_poll(struct otaria *o)
{
    struct otaria_poll_request request;
    struct otaria_http_request http;
    size_t len;
    int result;

    o->polls++;
    describe(o, &request);
    o->told = request.has_result;
    o->told_code = request.result;
    memset(&http, 0, sizeof http);
    http.host = o->server.host;
    http.port = o->server.port;
    http.base = o->server.base;
    http.path = "/v1/poll";
    http.body = o->buf + BODY_AT;
    result = otaria_poll_request_write(&request, o->buf + BODY_AT, OTARIA_POLL_REQUEST_MAX,
                                       &http.body_len);
    if (result == 0)
        result = otaria_http_write(&http, o->buf, sizeof o->buf, &len);
    if (result < 0)
        return agent_fail(o, result);
    agent_event(o, OTARIA_EV_POLL, 0, 0, 0);
    return agent_request(o, 0, len);
}

enum agent_state agent_poll_answer(struct otaria *o)
{
    size_t len = (size_t)o->end - o->at;

    if (o->http.status != 200)
        return agent_fail(o, OTARIA_E_HTTP_STATUS);
    if (o->http.content_len > sizeof o->buf)
        return agent_fail(o, OTARIA_E_POLL);
    memmove(o->buf, o->buf + o->at, len);
    o->at = 0;
    o->end = (uint16_t)len;
    return o->body_left ? AGENT_POLL_BODY : AGENT_DECIDE;
}

enum agent_state agent_poll_body(struct otaria *o)
{
    size_t got = 0;
    int result = o->cfg.net->recv(o->cfg.net->ctx, o->buf + o->end, o->body_left, &got);

    if (result < 0)
        return agent_fail(o, result);
    if (!got)
        return agent_silence(o, OTARIA_E_TIMEOUT);
    agent_alive(o);
    o->end = (uint16_t)(o->end + got);
    o->body_left -= (uint32_t)got;
    return o->body_left ? AGENT_POLL_BODY : AGENT_DECIDE;
}

/* ---- the decision ---- */

enum agent_state agent_refuse(struct otaria *o, int code)
{
    agent_over(o);
    agent_event(o, OTARIA_EV_REFUSED, code, 0, 0);
    /* What the caller's state forbids today (-1..-15) is no news to the server: it is in the poll's state. */
    if (code <= OTARIA_E_FLASH_IO)
        agent_report(o, code);
    return AGENT_WAIT;
}

enum agent_state agent_nothing_new(struct otaria *o, uint32_t adopted)
{
    agent_over(o);
    agent_event(o, OTARIA_EV_NOTHING_NEW, 0, adopted, 0);
    return AGENT_WAIT;
}

static void identity(const struct otaria *o, struct otaria_identity *id)
{
    memset(id, 0, sizeof *id);
    memcpy(id->vendor, o->cfg.vendor, sizeof id->vendor);
    memcpy(id->class_id, o->cfg.class_id, sizeof id->class_id);
    id->floor_seq = otaria_slots_floor(&o->slots, id->floor_digest, &id->has_floor_digest);
    id->image_max[0] = o->cfg.layout->image_max;
    id->image_max[1] = o->cfg.layout->fs_len[0];
}

/* What the server says of the plain payload must agree with what was signed. */
static bool sizes_agree(const struct otaria *o, const struct otaria_poll_response *r)
{
    for (unsigned i = 0; i < r->payloads_cnt; i++) {
        const struct otaria_poll_payload *p = &r->payload[i];

        if (p->component == 0 && p->encoding == 0 && p->size != o->m.component[0].size)
            return false;
    }
    return true;
}

bool agent_is_running(const struct otaria *o)
{
    uint8_t sha256[32];
    uint32_t len;

    otaria_slots_running_image(&o->slots, sha256, &len);
    return o->m.components_cnt == 1 && memcmp(sha256, o->m.component[0].digest, 32) == 0;
}

static void note_version(struct otaria *o)
{
    struct otaria_manifest_text text;

    memset(o->offered_version, 0, sizeof o->offered_version);
    if (o->m.text.len && otaria_manifest_text(&o->m, &text) == 0 &&
        text.version.len <= OTARIA_VERSION_MAX)
        memcpy(o->offered_version, text.version.p, text.version.len);
}

/* M is authentic and applies; o->m still points into the envelope. */
static enum agent_state consider(struct otaria *o, const struct otaria_poll_response *r)
{
    int result = otaria_slots_may_take(&o->slots, &o->m, o->asked);

    if (result == 0 && !o->asked && agent_waits_for(o, o->m.digest))
        result = OTARIA_E_BACKING_OFF;
    if (result < 0)
        return agent_refuse(o, result);
    if (agent_is_running(o))
        return AGENT_TAKE;
    if (!sizes_agree(o, r))
        return agent_fail(o, OTARIA_E_LENGTH);
    note_version(o);
    if (!o->updating || memcmp(o->update.manifest8, o->m.digest, 8) != 0)
        agent_event(o, OTARIA_EV_OFFERED, 0, 0, 0);
    o->offered = true;
    if (o->cfg.ask && !o->asked)
        return AGENT_WAIT;
    return AGENT_TAKE;
}

static enum agent_state judge(struct otaria *o, const struct otaria_poll_response *r)
{
    struct otaria_identity id;
    uint8_t running[32];
    int result = otaria_manifest_decode(&o->m, r->manifest.p, r->manifest.len);

    if (result == 0 && otaria_slots_running_manifest(&o->slots, running) &&
        memcmp(running, o->m.digest, sizeof running) == 0)
        return agent_nothing_new(o, 0);
    if (result == 0)
        result = otaria_manifest_verify(&o->m, &o->cfg.trust);
    if (result == 0) {
        identity(o, &id);
        result = otaria_manifest_applies(&o->m, &id);
    }
    return result < 0 ? agent_refuse(o, result) : consider(o, r);
}

/* What the server calls the release it has for this device; unsigned, for display only. */
static void note_server_version(struct otaria *o, const struct otaria_poll_response *r)
{
    memset(o->server_version, 0, sizeof o->server_version);
    if (r->version.len)
        memcpy(o->server_version, r->version.p, r->version.len);
}

static void schedule(struct otaria *o, uint32_t again_s)
{
    uint64_t ms = agent_clamp_ms(o, again_s ? again_s : o->cfg.poll_s);
    uint8_t manifest[8];
    int code;

    /* The server spreads whom it tells a time; the device's own interval is spread here, by a tenth. */
    if (!again_s)
        ms -= agent_random(o, (uint32_t)ms / 10);
    o->next_ms = agent_now(o) + ms;
    if (otaria_slots_result(&o->slots, &code, manifest) && code == 0)
        agent_soon(o); /* confirmed while this poll ran: tell it */
}

enum agent_state agent_decide(struct otaria *o)
{
    struct otaria_poll_response response;
    int result = otaria_poll_response_read(&response, o->buf, o->end);

    if (result < 0)
        return agent_fail(o, result);
    agent_close(o);
    if (o->told) {
        uint8_t manifest[8];
        int code;

        /* Acknowledged; unless another result came up while the poll was under way. */
        if (otaria_slots_result(&o->slots, &code, manifest) && code == o->told_code)
            result = otaria_slots_result_reported(&o->slots);
        o->told = false;
    }
    if (result < 0)
        return agent_fail(o, result);
    schedule(o, response.again_s);
    note_server_version(o, &response);
    if (otaria_slots_state(&o->slots) == OTARIA_RUN_TRIAL) {
        o->fails = 0;
        return AGENT_WAIT; /* on trial a poll only reports */
    }
    return response.manifest.len ? judge(o, &response) : agent_nothing_new(o, 0);
}
