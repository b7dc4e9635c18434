// SPDX-License-Identifier: MIT
#include "sim/virtual.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define STEPS_MAX 100000u /* otaria_loop calls without a pause: more is an endless loop */

/* ---- link ---- */

static bool net_up(void *ctx)
{
    const struct virtual_device *d = ctx;

    return d->app.has_network;
}

static void net_close(void *ctx)
{
    struct virtual_device *d = ctx;

    free(d->reply.bytes);
    memset(&d->reply, 0, sizeof d->reply);
    d->open = false;
    d->replied = false;
    d->request_len = 0;
    d->given = 0;
}

static int net_open(void *ctx, const char *host, uint16_t port, bool tls)
{
    struct virtual_device *d = ctx;

    (void)host;
    (void)port;
    (void)tls;
    net_close(d);
    d->open = true;
    d->open_ms = d->now_ms;
    return 0;
}

static bool dropped(const struct virtual_device *d)
{
    return !d->open || (d->link.drop_every_ms && d->now_ms - d->open_ms >= d->link.drop_every_ms);
}

static int net_ready(void *ctx)
{
    struct virtual_device *d = ctx;

    if (d->link.silent || d->now_ms - d->open_ms < d->link.delay_ms)
        return OTARIA_MORE;
    return d->link.down || dropped(d) ? OTARIA_E_CONNECT : 0;
}

/* The request is whole when its header and as many bytes as its Content-Length says are there. */
static bool is_whole(const struct virtual_device *d)
{
    const char *text = (const char *)d->request;
    const char *end = memmem(text, d->request_len, "\r\n\r\n", 4);
    const char *length = memmem(text, d->request_len, "Content-Length: ", 16);
    size_t body = length ? strtoul(length + 16, NULL, 10) : 0;

    return end && d->request_len >= (size_t)(end - text) + 4 + body;
}

static int net_send(void *ctx, const uint8_t *data, size_t len, size_t *sent)
{
    struct virtual_device *d = ctx;

    *sent = 0;
    if (dropped(d))
        return OTARIA_E_CLOSED;
    assert(len <= sizeof d->request - d->request_len);
    memcpy(d->request + d->request_len, data, len);
    d->request_len += len;
    *sent = len;
    if (!d->replied && is_whole(d)) {
        d->replied = true;
        d->requests_cnt++;
        d->reply_ms = d->now_ms + d->link.delay_ms;
        d->answer(d, d->request, d->request_len, &d->reply);
    }
    return 0;
}

static bool stalled(const struct virtual_device *d)
{
    return d->link.stall_every_ms && d->now_ms % d->link.stall_every_ms < d->link.stall_for_ms;
}

static int net_recv(void *ctx, uint8_t *buf, size_t max, size_t *got)
{
    struct virtual_device *d = ctx;
    size_t end = d->reply.len, len;

    *got = 0;
    if (dropped(d))
        return OTARIA_E_CLOSED;
    if (!d->replied || d->now_ms < d->reply_ms || stalled(d))
        return 0;
    if (d->link.rate) {
        uint64_t due = (d->now_ms - d->reply_ms) * d->link.rate / 1000;

        end = due < end ? (size_t)due : end;
    }
    if (d->link.cut_after && end > d->link.cut_after)
        end = d->link.cut_after;
    len = end - d->given < max ? end - d->given : max;
    memcpy(buf, d->reply.bytes + d->given, len);
    d->given += len;
    d->received += len;
    *got = len;
    if (len > 0)
        return 0;
    if (d->link.cut_after && d->given >= d->link.cut_after)
        return OTARIA_E_CLOSED;
    return d->given == d->reply.len && !d->reply.stay_open ? OTARIA_E_CLOSED : 0;
}

/* ---- clock, randomness, reset ---- */

static uint64_t uptime_ms(void *ctx)
{
    const struct virtual_device *d = ctx;

    return d->now_ms - d->boot_ms;
}

/* splitmix64: good enough for jitter, and the same on every machine. */
static void random_bytes(void *ctx, void *buf, size_t len)
{
    struct virtual_device *d = ctx;
    uint8_t *out = buf;

    for (size_t i = 0; i < len; i++) {
        uint64_t z = d->random += UINT64_C(0x9E3779B97F4A7C15);

        z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
        out[i] = (uint8_t)(z >> 40);
    }
}

static void reset(void *ctx)
{
    struct virtual_device *d = ctx;

    d->reset = true;
}

static void on_event(void *ctx, enum otaria_event ev, int code, uint32_t a, uint32_t b)
{
    struct virtual_device *d = ctx;

    d->events[ev]++;
    d->last_code[ev] = code;
    d->last_a[ev] = a;
    d->last_b[ev] = b;
}

/* ---- life ---- */

void virtual_init(struct virtual_device *d, const struct otaria_layout *layout, uint64_t seed)
{
    memset(d, 0, sizeof *d);
    d->random = seed;
    nor_open(&d->nor, layout->flash_size);
    d->net = (struct otaria_net){d, net_up, net_open, net_ready, net_send, net_recv, net_close};
    d->sys =
        (struct otaria_sys){.ctx = d, .now_ms = uptime_ms, .random = random_bytes, .reset = reset};
    d->cfg.flash = &d->nor.port;
    d->cfg.layout = layout;
    d->cfg.net = &d->net;
    d->cfg.sys = &d->sys;
    d->cfg.server = "http://updates.example:8266";
    d->cfg.event = on_event;
    d->cfg.event_ctx = d;
    d->cfg.id_len = 6;
    for (unsigned i = 0; i < 6; i++)
        d->cfg.id[i] = (uint8_t)(seed >> 8 * i);
    d->app.stages = OTARIA_STAGE_STARTED | OTARIA_STAGE_CONFIGURATION;
    d->app.has_network = true;
}

void virtual_free(struct virtual_device *d)
{
    net_close(d);
    nor_close(&d->nor);
}

void virtual_power_cut(struct virtual_device *d)
{
    net_close(d);
    d->booted = false;
}

static void boot(struct virtual_device *d)
{
    int result;

    net_close(d);
    d->reset = false;
    d->booted = true;
    d->boot_ms = d->now_ms;
    d->boots_cnt++;
    chip_init(&d->chip, &d->cfg);
    result = chip_boot(&d->chip);
    assert(result == 0);
    if (d->boots)
        d->boots(d);
    if (d->app.hangs)
        return;
    result = otaria_stage_reached(&d->chip.agent, d->app.stages);
    assert(result == 0);
}

/* One turn of the main loop, and the time until the next. */
static uint64_t turn(struct virtual_device *d)
{
    unsigned steps = 0;

    if (d->app.hangs) {
        d->reset = true;
        return VIRTUAL_WATCHDOG_MS;
    }
    while (otaria_loop(&d->chip.agent) == OTARIA_MORE && !d->reset) {
        steps++;
        assert(steps < STEPS_MAX);
    }
    if (d->reset)
        return 1;
    if (d->app.crash_after_ms && uptime_ms(d) >= d->app.crash_after_ms) {
        d->reset = true;
        return 1;
    }
    return otaria_next_ms(&d->chip.agent);
}

/* Not past a crash or a power cut that is due. */
static uint64_t until_due(const struct virtual_device *d, uint64_t pause)
{
    uint64_t up = d->now_ms - d->boot_ms;

    if (d->app.crash_after_ms > up && pause > d->app.crash_after_ms - up)
        pause = d->app.crash_after_ms - up;
    if (d->cut_at_ms > d->now_ms && pause > d->cut_at_ms - d->now_ms)
        pause = d->cut_at_ms - d->now_ms;
    return pause < 1 ? 1 : pause;
}

void virtual_run(struct virtual_device *d, uint64_t until_ms,
                 bool (*enough)(struct virtual_device *))
{
    while (d->now_ms < until_ms) {
        uint64_t pause, left = until_ms - d->now_ms;

        if (d->cut_at_ms && d->now_ms >= d->cut_at_ms) {
            d->cut_at_ms = 0;
            virtual_power_cut(d);
        }
        if (d->weather)
            d->weather(d);
        if (!d->booted || d->reset)
            boot(d);
        pause = turn(d);
        if (enough && enough(d))
            return;
        pause = until_due(d, pause);
        d->now_ms += pause < left ? pause : left;
    }
}
