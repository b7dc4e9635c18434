// SPDX-License-Identifier: MIT
#include "agent_private.h"

#include <string.h>

#define POLL_DEFAULT_S  3600u
#define IO_WAIT_MS      10u
#define TRIAL_WAIT_MS   1000u
#define NETWORK_WAIT_MS 1000u

/* Promise 4: everything that an update needs, on a chip with 4-byte pointers. */
_Static_assert(sizeof(void *) != 4 || sizeof(struct otaria) <= 6 * 1024, "context over 6 KB");
_Static_assert(OTARIA_MANIFEST_MAX + AGENT_RECV_MAX <= OTARIA_POLL_RESPONSE_MAX, "buf too small");

uint64_t agent_now(const struct otaria *o)
{
    return o->cfg.sys->now_ms(o->cfg.sys->ctx);
}

uint32_t agent_random(const struct otaria *o, uint32_t below)
{
    uint32_t r;

    o->cfg.sys->random(o->cfg.sys->ctx, &r, sizeof r);
    return (uint32_t)((uint64_t)r * below >> 32);
}

uint64_t agent_clamp_ms(const struct otaria *o, uint32_t seconds)
{
    if (seconds < o->cfg.poll_min_s)
        seconds = o->cfg.poll_min_s;
    if (seconds > OTARIA_POLL_MAX_S)
        seconds = OTARIA_POLL_MAX_S;
    return (uint64_t)seconds * 1000;
}

void agent_event(struct otaria *o, enum otaria_event ev, int code, uint32_t a, uint32_t b)
{
    if (o->cfg.event)
        o->cfg.event(o->cfg.event_ctx, ev, code, a, b);
}

void agent_note(struct otaria *o, int result)
{
    if (result < 0)
        agent_event(o, OTARIA_EV_FAILED, result, 0, 0);
}

void agent_close(struct otaria *o)
{
    o->cfg.net->close(o->cfg.net->ctx);
}

void agent_over(struct otaria *o)
{
    o->asked = false;
    o->offered = false;
    o->updating = false;
    o->fails = 0;
}

void agent_report(struct otaria *o, int code)
{
    /* A server that keeps offering what is refused must not wear out the log: each refusal is told once. */
    if (code == o->refused_code && memcmp(o->m.digest, o->refused_manifest, 8) == 0)
        return;
    o->refused_code = code;
    memcpy(o->refused_manifest, o->m.digest, 8);
    o->last_result = code;
    o->has_last_result = true;
    code = otaria_slots_result_set(&o->slots, code, o->m.digest);
    agent_note(o, code);
}

void agent_soon(struct otaria *o)
{
    o->next_ms = agent_now(o) + agent_random(o, o->cfg.poll_min_s * 1000 / 6);
}

enum agent_state agent_reset(struct otaria *o)
{
    agent_close(o);
    o->state = AGENT_HALT;
    agent_event(o, OTARIA_EV_REBOOT, 0, 0, 0);
    o->cfg.sys->reset(o->cfg.sys->ctx);
    return AGENT_HALT;
}

/* ---- begin ---- */

static void defaults(struct otaria_config *c)
{
    if (!c->poll_s)
        c->poll_s = POLL_DEFAULT_S;
    if (!c->poll_min_s)
        c->poll_min_s = OTARIA_POLL_MIN_S;
    if (!c->network_give_up_s)
        c->network_give_up_s = OTARIA_NETWORK_GIVE_UP_S;
    if (!c->source_give_up_s)
        c->source_give_up_s = OTARIA_SOURCE_GIVE_UP_S;
    if (!c->healthy_after_s)
        c->healthy_after_s = OTARIA_HEALTHY_AFTER_S;
}

/* Poll key 16 grows over reboots too: the boot count is its upper part. */
static int count_boot(struct otaria *o)
{
    uint8_t word[4];
    size_t len;
    int result = otaria_nvlog_get(&o->slots.nv, OTARIA_NV_BOOTS, word, sizeof word, &len);

    if (result < 0)
        return result;
    o->boots = len == sizeof word ? otaria_load_le32(word) + 1 : 1;
    otaria_store_le32(word, o->boots);
    return otaria_nvlog_put(&o->slots.nv, OTARIA_NV_BOOTS, word, sizeof word);
}

static void tell_boot(struct otaria *o)
{
    uint8_t manifest[8];

    o->has_last_result = otaria_slots_result(&o->slots, &o->last_result, manifest);
    if (otaria_slots_state(&o->slots) == OTARIA_RUN_TRIAL)
        agent_event(o, OTARIA_EV_TRIAL, 0, otaria_slots_tries_left(&o->slots), 0);
    else if (otaria_slots_state(&o->slots) == OTARIA_RUN_REVERTED)
        agent_event(o, OTARIA_EV_REVERTED, 0, 0, 0);
    else if (o->has_last_result && o->last_result <= OTARIA_E_TRIAL_STARTED &&
             o->last_result >= OTARIA_E_TRIAL_IMAGE)
        agent_event(o, OTARIA_EV_REVERTED, o->last_result, 0, 0);
}

int otaria_begin(struct otaria *o, const struct otaria_config *cfg)
{
    int result;

    memset(o, 0, sizeof *o);
    o->cfg = *cfg;
    defaults(&o->cfg);
    if (cfg->id_len < 6 || cfg->id_len > sizeof cfg->id ||
        !memchr(cfg->version, 0, OTARIA_VERSION_MAX + 1))
        return OTARIA_E_ARGUMENT;
    result = otaria_server_parse(cfg->server, &o->server);
    if (result == 0)
        result = otaria_slots_open(&o->slots, cfg->flash, cfg->layout, cfg->running);
    if (result < 0)
        return result;
    /* A log that cannot be written costs memory of the past, not the device: it runs and polls on. */
    result = count_boot(o);
    agent_note(o, result);
    agent_lost_load(o);
    tell_boot(o);
    agent_soon(o);
    return 0;
}

/* ---- loop ---- */

static enum agent_state wait(struct otaria *o)
{
    uint64_t now = agent_now(o);

    if (now < o->next_ms) {
        o->idle = true;
        return AGENT_WAIT;
    }
    if (!o->cfg.net->up(o->cfg.net->ctx)) {
        o->next_ms = now + NETWORK_WAIT_MS;
        o->idle = true;
        return AGENT_WAIT;
    }
    o->held = false;
    return o->fetching ? agent_fetch(o) : agent_poll(o);
}

static enum agent_state step(struct otaria *o)
{
    switch ((enum agent_state)o->state) {
    case AGENT_WAIT:
        return wait(o);
    case AGENT_CONNECT:
        return agent_connect(o);
    case AGENT_SEND:
        return agent_send(o);
    case AGENT_HEADER:
        return agent_header(o);
    case AGENT_POLL_BODY:
        return agent_poll_body(o);
    case AGENT_DECIDE:
        return agent_decide(o);
    case AGENT_TAKE:
        return agent_take(o);
    case AGENT_FETCH_BODY:
        return agent_fetch_body(o);
    case AGENT_FINISH:
        return agent_finish(o);
    case AGENT_STAGE:
        return agent_stage(o);
    case AGENT_HALT:
        break;
    }
    o->idle = true;
    return AGENT_HALT;
}

int otaria_loop(struct otaria *o)
{
    o->idle = false;
    if (o->state != AGENT_HALT)
        agent_trial(o);
    o->state = (uint8_t)step(o);
    return o->idle ? 0 : OTARIA_MORE;
}

uint32_t otaria_next_ms(const struct otaria *o)
{
    uint64_t now = agent_now(o), rest = 0;

    if (!o->idle)
        return 0;
    if (o->state == AGENT_HALT)
        return TRIAL_WAIT_MS;
    if (o->state != AGENT_WAIT)
        return IO_WAIT_MS;
    if (now < o->next_ms)
        rest = o->next_ms - now;
    if (otaria_slots_state(&o->slots) == OTARIA_RUN_TRIAL && rest > TRIAL_WAIT_MS)
        rest = TRIAL_WAIT_MS;
    return rest > UINT32_MAX ? UINT32_MAX : (uint32_t)rest;
}

/* ---- the owner and the application ---- */

int otaria_stage_reached(struct otaria *o, unsigned stages)
{
    return agent_stage_reached(o, stages & (OTARIA_STAGE_STARTED | OTARIA_STAGE_CONFIGURATION));
}

void otaria_check_now(struct otaria *o)
{
    o->next_ms = 0;
    o->idle = false;
}

void otaria_update_now(struct otaria *o)
{
    o->asked = true;
    otaria_check_now(o);
}

/* The states that talk to the old server; the others finish what they have in hand. */
static bool talks(const struct otaria *o)
{
    switch ((enum agent_state)o->state) {
    case AGENT_CONNECT:
    case AGENT_SEND:
    case AGENT_HEADER:
    case AGENT_POLL_BODY:
    case AGENT_FETCH_BODY:
        return true;
    default:
        return false;
    }
}

int otaria_set_source(struct otaria *o, const char *server, uint32_t poll_s, bool ask)
{
    struct otaria_server to;
    int result = otaria_server_parse(server, &to);

    if (result < 0)
        return result;
    o->server = to;
    o->cfg.server = server;
    o->cfg.poll_s = poll_s;
    o->cfg.ask = ask;
    defaults(&o->cfg);
    if (talks(o)) {
        agent_close(o);
        o->state = AGENT_WAIT;
        o->told = false;
    }
    /* Ask the new server what there is before any more of the old one's release is fetched. */
    o->fetching = false;
    o->fails = 0;
    otaria_check_now(o);
    return 0;
}

int otaria_revert(struct otaria *o)
{
    int result = otaria_slots_revert(&o->slots);

    if (result == 0)
        (void)agent_reset(o);
    return result;
}

enum otaria_poll_state agent_poll_state(const struct otaria *o)
{
    if (o->state == AGENT_HALT)
        return OTARIA_POLL_STAGED;
    if (otaria_slots_state(&o->slots) == OTARIA_RUN_TRIAL)
        return OTARIA_POLL_TRIAL;
    if (o->updating)
        return OTARIA_POLL_FETCHING;
    if (o->offered)
        return OTARIA_POLL_WAITING_FOR_OWNER;
    return otaria_slots_state(&o->slots) == OTARIA_RUN_REVERTED ? OTARIA_POLL_REVERTED
                                                                : OTARIA_POLL_IDLE;
}

void otaria_status(const struct otaria *o, struct otaria_status *out)
{
    uint8_t digest[32];
    bool has_digest;

    memset(out, 0, sizeof *out);
    out->state = agent_poll_state(o);
    out->run = otaria_slots_state(&o->slots);
    out->running = o->cfg.running;
    out->tries_left = otaria_slots_tries_left(&o->slots);
    out->stages = otaria_slots_stages(&o->slots);
    out->floor_seq = otaria_slots_floor(&o->slots, digest, &has_digest);
    if (o->updating) {
        out->done = otaria_update_offset(&o->update);
        out->size = o->m.component[0].size;
    }
    out->last_result = o->last_result;
    out->has_last_result = o->has_last_result;
    out->can_revert = otaria_slots_can_revert(&o->slots);
    out->offered = o->offered;
    memcpy(out->offered_version, o->offered_version, sizeof out->offered_version);
    memcpy(out->server_version, o->server_version, sizeof out->server_version);
}
