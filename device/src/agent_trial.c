// SPDX-License-Identifier: MIT
#include "agent_private.h"

#define FLASH_RETRY_MS 60000u

/* The reason that a reverted device reports: the lowest stage that was never reached. */
static int missing_stage(unsigned stages)
{
    int code = OTARIA_E_TRIAL_STARTED;

    for (; stages & 1; stages >>= 1)
        code--;
    return code;
}

int agent_stage_reached(struct otaria *o, unsigned stages)
{
    int result;

    if (otaria_slots_state(&o->slots) != OTARIA_RUN_TRIAL)
        return 0;
    stages &= ~otaria_slots_stages(&o->slots);
    if (!stages)
        return 0;
    result = otaria_slots_stage_reached(&o->slots, stages);
    if (result == 0)
        agent_event(o, OTARIA_EV_STAGE, 0, stages, 0);
    return result;
}

static int confirm(struct otaria *o)
{
    int code, result = otaria_slots_confirm(&o->slots);
    uint8_t manifest[32];

    /* A release that was confirmed here before (and left behind) raises no floor, but is news all the same. */
    if (result == 0 && !otaria_slots_result(&o->slots, &code, manifest) &&
        otaria_slots_running_manifest(&o->slots, manifest))
        result = otaria_slots_result_set(&o->slots, 0, manifest);
    if (result < 0)
        return result;
    o->last_result = 0;
    o->has_last_result = true;
    agent_event(o, OTARIA_EV_CONFIRMED, 0, 0, 0);
    if (o->state == AGENT_WAIT && !o->held)
        agent_soon(o);
    return 0;
}

static int give_up(struct otaria *o, unsigned stages)
{
    int result = otaria_slots_give_up(&o->slots);

    if (result < 0)
        return result;
    agent_event(o, OTARIA_EV_REVERTED, missing_stage(stages), 0, 0);
    (void)agent_reset(o);
    return 0;
}

static int proceed(struct otaria *o, uint64_t now)
{
    unsigned stages = otaria_slots_stages(&o->slots);
    bool network = (stages & OTARIA_STAGE_NETWORK) != 0;

    if (!network && o->cfg.net->up(o->cfg.net->ctx))
        return agent_stage_reached(o, OTARIA_STAGE_NETWORK);
    if (stages == OTARIA_STAGE_ALL)
        return confirm(o);
    if (!o->healthy && now >= (uint64_t)o->cfg.healthy_after_s * 1000) {
        o->healthy = true;
        return otaria_slots_healthy(&o->slots);
    }
    if ((!network && now >= (uint64_t)o->cfg.network_give_up_s * 1000) ||
        now >= (uint64_t)o->cfg.source_give_up_s * 1000)
        return give_up(o, stages);
    return 0;
}

void agent_trial(struct otaria *o)
{
    uint64_t now;
    int result;

    if (otaria_slots_state(&o->slots) != OTARIA_RUN_TRIAL)
        return;
    now = agent_now(o);
    if (now < o->unlucky_ms)
        return;
    result = proceed(o, now);
    if (result < 0) {
        o->unlucky_ms = now + FLASH_RETRY_MS;
        agent_event(o, OTARIA_EV_FAILED, result, FLASH_RETRY_MS, 0);
    }
}
