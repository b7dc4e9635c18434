// SPDX-License-Identifier: MIT
#include "agent_private.h"

#include <string.h>

/* ---- waiting after a wrong image ---- */

/* 1 h after the first wrong image of a release, doubling to 24 h. */
static uint64_t lost_wait_ms(uint32_t cnt)
{
    uint32_t seconds = OTARIA_DIGEST_RETRY_S;

    while (--cnt && seconds < OTARIA_POLL_MAX_S)
        seconds *= 2;
    return (uint64_t)(seconds < OTARIA_POLL_MAX_S ? seconds : OTARIA_POLL_MAX_S) * 1000;
}

/* After a reboot the clock begins anew, so the whole wait does: a device cannot be made to hurry by resetting it. */
void agent_lost_load(struct otaria *o)
{
    uint8_t entry[12];
    size_t len;

    if (otaria_nvlog_get(&o->slots.nv, OTARIA_NV_BACKOFF, entry, sizeof entry, &len) < 0 ||
        len != sizeof entry)
        return;
    o->lost_cnt = otaria_load_le32(entry);
    memcpy(o->lost_manifest, entry + 4, sizeof o->lost_manifest);
    if (o->lost_cnt)
        o->retry_ms = agent_now(o) + lost_wait_ms(o->lost_cnt);
}

static void lost_store(struct otaria *o, uint32_t cnt)
{
    uint8_t entry[12];
    int result;

    o->lost_cnt = cnt;
    memcpy(o->lost_manifest, o->m.digest, sizeof o->lost_manifest);
    otaria_store_le32(entry, cnt);
    memcpy(entry + 4, o->lost_manifest, sizeof o->lost_manifest);
    result = otaria_nvlog_put(&o->slots.nv, OTARIA_NV_BACKOFF, entry, sizeof entry);
    agent_note(o, result);
}

bool agent_waits_for(const struct otaria *o, const uint8_t manifest[32])
{
    return o->lost_cnt && memcmp(manifest, o->lost_manifest, sizeof o->lost_manifest) == 0 &&
           agent_now(o) < o->retry_ms;
}

/* A verified release that turned out unbootable: known bad until a higher sequence or the owner's word. */
static enum agent_state condemn(struct otaria *o, int code)
{
    uint8_t entry[OTARIA_NV_FAILED_LEN];
    int result;

    otaria_store_le32(entry, (uint32_t)code);
    memcpy(entry + 4, o->m.digest, 32);
    otaria_store_le32(entry + 36, o->slots.record.counter);
    result = otaria_nvlog_put(&o->slots.nv, OTARIA_NV_FAILED, entry, sizeof entry);
    agent_note(o, result);
    return agent_refuse(o, code);
}

/* A full attempt came to nothing. */
static enum agent_state lost(struct otaria *o, int code)
{
    bool same = memcmp(o->lost_manifest, o->m.digest, sizeof o->lost_manifest) == 0;
    uint64_t wait_ms;
    int result = otaria_update_discard(&o->update);

    agent_close(o);
    agent_note(o, result);
    o->fetching = false;
    o->next_ms = agent_now(o) + agent_clamp_ms(o, 0); /* tell the server before long */
    if (code <= OTARIA_E_TOO_LARGE)
        return condemn(o, code);
    lost_store(o, same ? o->lost_cnt + 1 : 1);
    wait_ms = lost_wait_ms(o->lost_cnt);
    o->retry_ms = agent_now(o) + wait_ms;
    agent_over(o);
    agent_report(o, code);
    agent_event(o, OTARIA_EV_FAILED, code, (uint32_t)wait_ms, 0);
    return AGENT_WAIT;
}

/* ---- download ---- */

enum agent_state agent_take(struct otaria *o)
{
    bool same = o->updating && memcmp(o->update.manifest8, o->m.digest, 8) == 0;
    size_t len = o->m.manifest.len;
    int result;

    if (agent_is_running(o)) {
        result = otaria_slots_adopt(&o->slots, &o->m);
        return result < 0 ? agent_fail(o, result) : agent_nothing_new(o, 1);
    }
    /* Only the manifest is needed from here on: the rest of buf is for the payload. */
    memmove(o->buf, o->m.manifest.p, len);
    result = otaria_manifest_decode_bare(&o->m, o->buf, len);
    if (result == 0 && !same) {
        o->whole = false;
        result = otaria_update_begin(&o->update, &o->slots, &o->m, NULL);
        if (result > 0)
            result = 0;
    }
    if (result < 0)
        return result > OTARIA_E_FLASH_IO || result <= OTARIA_E_TOO_LARGE ? agent_refuse(o, result)
                                                                          : agent_fail(o, result);
    o->updating = true;
    return agent_fetch(o);
}

static void hex(char *out, const uint8_t *p, size_t len)
{
    for (; len > 0; len--, p++) {
        *out++ = (char)((*p >> 4) + ((*p >> 4) < 10 ? '0' : 'a' - 10));
        *out++ = (char)((*p & 15) + ((*p & 15) < 10 ? '0' : 'a' - 10));
    }
    *out = 0;
}

/*
 * A plain payload is named by its own hash, which is signed: whatever path the server or M names, only this one can
 * hold the bytes. So no address that an attacker chose is ever asked for.
 */
enum agent_state agent_fetch(struct otaria *o)
{
    uint32_t offset = otaria_update_offset(&o->update);
    struct otaria_http_request http;
    char path[OTARIA_POLL_PATH_LEN + 1] = "/b/";
    size_t len;
    int result;

    if (offset == o->m.component[0].size)
        return AGENT_FINISH;
    hex(path + 3, o->m.component[0].digest, 32);
    memset(&http, 0, sizeof http);
    http.host = o->server.host;
    http.port = o->server.port;
    http.base = o->server.base;
    http.path = path;
    http.range_from = o->whole ? 0 : offset;
    http.if_range = path + 3;
    result =
        otaria_http_write(&http, o->buf + AGENT_FETCH_AT, sizeof o->buf - AGENT_FETCH_AT, &len);
    if (result < 0)
        return agent_fail(o, result);
    o->fetching = true;
    agent_event(o, OTARIA_EV_FETCH, 0, offset, o->m.component[0].size);
    return agent_request(o, AGENT_FETCH_AT, len);
}

enum agent_state agent_fetch_answer(struct otaria *o)
{
    uint32_t offset = otaria_update_offset(&o->update), size = o->m.component[0].size;
    const struct otaria_http_response *h = &o->http;

    if (h->status == 206 && !o->whole && offset && h->range_from == offset &&
        h->range_to == size - 1 && (!h->range_total || h->range_total == size)) {
        o->skip = 0;
        return AGENT_FETCH_BODY;
    }
    if (h->status == 206 || h->status == 416) {
        o->whole = true; /* something on the way cannot do ranges: next time without */
        return agent_fail(o, OTARIA_E_RANGE);
    }
    if (h->status != 200)
        return agent_fail(o, OTARIA_E_HTTP_STATUS);
    if (h->content_len != size)
        return agent_fail(o, OTARIA_E_LENGTH);
    o->skip = offset;
    return AGENT_FETCH_BODY;
}

/* Bytes lie at buf[at..end): over those that flash has already, then into the engine, one call's worth. */
static enum agent_state consume(struct otaria *o)
{
    uint32_t before = otaria_update_offset(&o->update), after;
    size_t len = (size_t)o->end - o->at, used;
    int result;

    if (o->skip) {
        if (len > o->skip)
            len = o->skip;
        o->skip -= (uint32_t)len;
        o->at = (uint16_t)(o->at + len);
        return AGENT_FETCH_BODY;
    }
    result = otaria_update_push(&o->update, o->buf + o->at, len, &used);
    if (result < 0)
        return lost(o, result);
    o->at = (uint16_t)(o->at + used);
    o->gained = o->gained || used;
    after = otaria_update_offset(&o->update);
    if (before / OTARIA_PROGRESS_STEP != after / OTARIA_PROGRESS_STEP || result == 0)
        agent_event(o, OTARIA_EV_PROGRESS, 0, after, o->m.component[0].size);
    if (result == OTARIA_MORE)
        return AGENT_FETCH_BODY;
    agent_close(o);
    o->fetching = false;
    return AGENT_FINISH;
}

enum agent_state agent_fetch_body(struct otaria *o)
{
    size_t room = AGENT_RECV_MAX, got = 0;
    int result;

    if (o->at != o->end)
        return consume(o);
    if (!o->body_left)
        return agent_fail(o, OTARIA_E_CLOSED);
    if (room > o->body_left)
        room = o->body_left;
    result = o->cfg.net->recv(o->cfg.net->ctx, o->buf + AGENT_FETCH_AT, room, &got);
    if (result < 0)
        return agent_fail(o, result);
    if (!got) {
        result = otaria_update_step(&o->update);
        if (result < 0)
            return lost(o, result);
        return result == OTARIA_MORE ? AGENT_FETCH_BODY : agent_silence(o, OTARIA_E_TIMEOUT);
    }
    agent_alive(o);
    o->body_left -= (uint32_t)got;
    o->at = AGENT_FETCH_AT;
    o->end = (uint16_t)(AGENT_FETCH_AT + got);
    return AGENT_FETCH_BODY;
}

/* ---- read-back, staging ---- */

enum agent_state agent_finish(struct otaria *o)
{
    int result = otaria_update_finish(&o->update);

    if (result == OTARIA_MORE)
        return AGENT_FINISH;
    if (result < 0)
        return lost(o, result);
    agent_event(o, OTARIA_EV_VERIFIED, 0, 0, 0);
    return AGENT_STAGE;
}

enum agent_state agent_stage(struct otaria *o)
{
    int result = otaria_slots_stage(&o->slots, &o->m);

    if (result < 0)
        return lost(o, result);
    if (o->lost_cnt)
        lost_store(o, 0);
    agent_event(o, OTARIA_EV_STAGED, 0, 0, 0);
    return agent_reset(o);
}
