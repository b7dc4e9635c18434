// SPDX-License-Identifier: MIT
#include "agent_private.h"

#include <string.h>

#define GAINED_WAIT_MS 1000u /* after a drop that still brought bytes: 1 to 3 seconds */
#define FETCH_TRIES    4u    /* drops in a row without a byte before the server is asked again */

enum agent_state agent_request(struct otaria *o, size_t at, size_t len)
{
    const struct otaria_net *net = o->cfg.net;
    uint64_t now = agent_now(o);
    int result;

    o->at = (uint16_t)at;
    o->end = (uint16_t)(at + len);
    o->gained = false;
    o->stall_ms = now + AGENT_CONNECT_MS;
    o->request_ms = now + AGENT_REQUEST_MS;
    otaria_http_begin(&o->http);
    result = net->open(net->ctx, o->server.host, o->server.port, o->server.tls);
    return result < 0 ? agent_fail(o, result) : AGENT_CONNECT;
}

void agent_alive(struct otaria *o)
{
    o->stall_ms = agent_now(o) + AGENT_STALL_MS;
}

enum agent_state agent_silence(struct otaria *o, int code)
{
    uint64_t now = agent_now(o);

    /* A download may take hours; a header or a poll that trickles in for minutes is an attack or a broken peer. */
    if (now >= o->stall_ms || (o->state != AGENT_FETCH_BODY && now >= o->request_ms))
        return agent_fail(o, code);
    o->idle = true;
    return (enum agent_state)o->state;
}

enum agent_state agent_connect(struct otaria *o)
{
    int result = o->cfg.net->ready(o->cfg.net->ctx);

    if (result == OTARIA_MORE)
        return agent_silence(o, OTARIA_E_CONNECT);
    if (result < 0)
        return agent_fail(o, result);
    agent_alive(o);
    return AGENT_SEND;
}

enum agent_state agent_send(struct otaria *o)
{
    size_t sent = 0;
    int result = o->cfg.net->send(o->cfg.net->ctx, o->buf + o->at, o->end - o->at, &sent);

    if (result < 0)
        return agent_fail(o, result);
    if (!sent)
        return agent_silence(o, OTARIA_E_TIMEOUT);
    agent_alive(o);
    o->at = (uint16_t)(o->at + sent);
    return o->at == o->end ? AGENT_HEADER : AGENT_SEND;
}

/* 503 or 429 that says when: shed load is not a failed attempt. */
static enum agent_state busy(struct otaria *o)
{
    uint64_t wait_ms = agent_clamp_ms(o, o->http.retry_after_s);

    agent_close(o);
    /* Everybody got the same answer: spread the return over another eighth of the wait, within the clamp. */
    wait_ms += agent_random(o, (uint32_t)wait_ms / 8);
    if (wait_ms > OTARIA_POLL_MAX_S * UINT64_C(1000))
        wait_ms = OTARIA_POLL_MAX_S * UINT64_C(1000);
    o->next_ms = agent_now(o) + wait_ms;
    o->held = true;
    o->fetching = false;
    agent_event(o, OTARIA_EV_BUSY, OTARIA_E_SERVER_BUSY, (uint32_t)(wait_ms / 1000), 0);
    return AGENT_WAIT;
}

static enum agent_state answered(struct otaria *o)
{
    if (o->http.status == 503 || o->http.status == 429)
        return o->http.retry_after_s ? busy(o) : agent_fail(o, OTARIA_E_SERVER_BUSY);
    return o->fetching ? agent_fetch_answer(o) : agent_poll_answer(o);
}

enum agent_state agent_header(struct otaria *o)
{
    size_t base = o->fetching ? AGENT_FETCH_AT : 0, got = 0, used;
    int result = o->cfg.net->recv(o->cfg.net->ctx, o->buf + base, AGENT_RECV_MAX, &got);

    if (result < 0)
        return agent_fail(o, result);
    if (!got)
        return agent_silence(o, OTARIA_E_TIMEOUT);
    agent_alive(o);
    result = otaria_http_push(&o->http, o->buf + base, got, &used);
    /* Any status at all proves that the source was reached, whatever the rest of the answer looks like. */
    if (o->http.status >= 200)
        (void)agent_stage_reached(o, OTARIA_STAGE_SOURCE);
    if (result < 0)
        return agent_fail(o, result);
    if (result == OTARIA_MORE)
        return AGENT_HEADER;
    got -= used; /* these came with the header; what is behind the body is dropped */
    if (got > o->http.content_len)
        got = o->http.content_len;
    o->at = (uint16_t)(base + used);
    o->end = (uint16_t)(o->at + got);
    o->body_left = o->http.content_len - (uint32_t)got;
    return answered(o);
}

/* Exponential with full jitter: 1 s .. min(poll interval, poll_min_s * 2^fails). */
static uint32_t backoff_ms(struct otaria *o)
{
    uint64_t most = (uint64_t)o->cfg.poll_min_s * 1000, cap = agent_clamp_ms(o, o->cfg.poll_s);

    if (o->fails < 16)
        o->fails++;
    most <<= o->fails;
    if (most > cap)
        most = cap;
    return GAINED_WAIT_MS + agent_random(o, (uint32_t)most);
}

enum agent_state agent_fail(struct otaria *o, int code)
{
    uint32_t wait_ms;

    agent_close(o);
    if (o->gained) {
        /* The link carries something: go on soon, where it stopped. */
        o->fails = 0;
        wait_ms = GAINED_WAIT_MS + agent_random(o, 2 * GAINED_WAIT_MS);
    } else {
        wait_ms = backoff_ms(o);
    }
    /* Only a dropped link repeats the same request; for the rest the server must say again what it offers. */
    if (code == OTARIA_E_HTTP_STATUS || code == OTARIA_E_LENGTH || code == OTARIA_E_SERVER_BUSY ||
        o->fails >= FETCH_TRIES) {
        o->fetching = false;
    }
    o->next_ms = agent_now(o) + wait_ms;
    if (o->updating && o->gained)
        agent_event(o, OTARIA_EV_INTERRUPTED, code, otaria_update_offset(&o->update), wait_ms);
    else
        agent_event(o, OTARIA_EV_FAILED, code, wait_ms, 0);
    return AGENT_WAIT;
}
