// SPDX-License-Identifier: MIT
#include "emon.h"

#include <string.h>

#include "emon_private.h"

#define REST_MS 60000u
#define SERIAL_MS \
    10u /* between looks: what comes meanwhile at 115,200 baud fits in the chip's FIFO of 128 bytes */
#define SERIAL_PIECE    128   /* bytes a turn */
#define REVERT_DELAY_MS 1000u /* for the page's answer to leave first */

static uint64_t now(const struct emon *e)
{
    return e->port->sys->now_ms(e->port->sys->ctx);
}

/* ---- what the web asks for ---- */

static uint64_t app_now(void *ctx)
{
    return now(ctx);
}

static void app_random(void *ctx, void *buf, size_t len)
{
    const struct emon *e = ctx;

    e->port->sys->random(e->port->sys->ctx, buf, len);
}

static void tell_port(struct emon *e)
{
    if (e->port->configured)
        e->port->configured(e->port->ctx, &e->config);
}

static int app_configure(void *ctx, const struct emon_config *next)
{
    struct emon *e = ctx;
    int result = emon_store_save(&e->store, next);

    if (result < 0)
        return result;
    e->config = *next;
    tell_port(e);
    /* It is valid: emon_config_set asked the agent's own parser. */
    return otaria_set_source(&e->agent, e->config.server, e->config.poll_s, e->config.ask);
}

static int app_act(void *ctx, enum emon_action action)
{
    struct emon *e = ctx;
    struct otaria_status status;

    otaria_status(&e->agent, &status);
    if (action != EMON_CHECK && status.run == OTARIA_RUN_TRIAL)
        return OTARIA_E_ON_TRIAL;
    switch (action) {
    case EMON_CHECK:
        otaria_check_now(&e->agent);
        break;
    case EMON_UPDATE:
        otaria_update_now(&e->agent);
        break;
    case EMON_REVERT:
        if (!status.can_revert)
            return OTARIA_E_NO_PREVIOUS;
        e->wants_revert = true;
        e->revert_ms = now(e) + REVERT_DELAY_MS;
        break;
    }
    return 0;
}

/* ---- begin ---- */

static void on_event(void *ctx, enum otaria_event ev, int code, uint32_t a, uint32_t b)
{
    emon_say_event(ctx, ev, code, a, b);
}

static int begin_agent(struct emon *e)
{
    const struct emon_port *p = e->port;
    const struct emon_config *c = &e->config;
    struct otaria_config cfg = {.flash = p->flash,
                                .layout = p->layout,
                                .net = p->net,
                                .sys = p->sys,
                                .trust = p->trust,
                                .id_len = p->id_len,
                                .version = p->version,
                                .server = c->server,
                                .poll_s = c->poll_s,
                                .ask = c->ask,
                                .running = p->slot,
                                .network_give_up_s = c->network_give_up_s,
                                .source_give_up_s = c->source_give_up_s,
                                .healthy_after_s = c->healthy_after_s,
                                .poll_min_s = c->poll_min_s,
                                .event = on_event,
                                .event_ctx = e};

    memcpy(cfg.vendor, p->vendor, sizeof cfg.vendor);
    memcpy(cfg.class_id, p->class_id, sizeof cfg.class_id);
    memcpy(cfg.id, p->id, sizeof cfg.id);
    return otaria_begin(&e->agent, &cfg);
}

static void begin_web(struct emon *e)
{
    e->app = (struct emon_web_app){.ctx = e,
                                   .now_ms = app_now,
                                   .random = app_random,
                                   .config = &e->config,
                                   .configure = app_configure,
                                   .act = app_act,
                                   .put = emon_show,
                                   .status = emon_show_status,
                                   .firmware = emon_show_firmware};
    emon_web_init(&e->web, &e->app);
}

int emon_begin(struct emon *e, const struct emon_port *port)
{
    const struct otaria_layout *l = port->layout;
    unsigned stages = OTARIA_STAGE_STARTED;
    int loaded, result;

    memset(e, 0, sizeof *e);
    e->port = port;
    emon_readings_init(&e->readings);
    emon_config_defaults(&e->config, port->server);
    loaded = emon_store_load(&e->store, port->flash, port->config_sector, &e->config);
    begin_web(e);
    emon_say_begin(e);
    result = begin_agent(e);
    if (result < 0) {
        emon_say_failed(e, result);
        return result;
    }
    if (loaded == 0)
        stages |= OTARIA_STAGE_CONFIGURATION;
    else
        emon_say_config(e, loaded);
    tell_port(e);
    emon_previous_begin(&e->previous, port->flash, l->slot[!port->slot], l->image_max);
    result = otaria_stage_reached(&e->agent, stages);
    if (result < 0)
        emon_say_event(e, OTARIA_EV_FAILED, result, 0, 0);
    return 0;
}

/* ---- loop ---- */

/* Whether there may be more. */
static bool read_serial(struct emon *e)
{
    uint8_t piece[SERIAL_PIECE];
    size_t len = e->port->serial_read(e->port->ctx, piece, sizeof piece);

    emon_readings_push(&e->readings, piece, len, (uint32_t)(now(e) / 1000));
    return len == sizeof piece;
}

static void revert(struct emon *e)
{
    int result;

    if (!e->wants_revert || now(e) < e->revert_ms)
        return;
    e->wants_revert = false;
    result = otaria_revert(&e->agent);
    if (result < 0)
        emon_say_event(e, OTARIA_EV_FAILED, result, 0, 0);
}

int emon_loop(struct emon *e)
{
    bool more = read_serial(e);

    revert(e);
    if (otaria_loop(&e->agent) == OTARIA_MORE || more)
        return OTARIA_MORE;
    return emon_previous_step(&e->previous);
}

uint32_t emon_next_ms(const struct emon *e)
{
    uint32_t ms = otaria_next_ms(&e->agent);

    return ms < SERIAL_MS ? ms : SERIAL_MS;
}

static void rest_and_reset(struct emon *e)
{
    const struct emon_port *p = e->port;
    uint64_t until = now(e) + REST_MS;

    while (now(e) < until) {
        if (!p->wait(p->ctx, e, REST_MS / 60))
            return;
    }
    p->sys->reset(p->sys->ctx);
}

void emon_run(struct emon *e, const struct emon_port *port)
{
    if (emon_begin(e, port) < 0) {
        rest_and_reset(e);
        return;
    }
    while (port->wait(port->ctx, e, emon_loop(e) ? 0 : emon_next_ms(e)))
        continue;
}
