// SPDX-License-Identifier: MIT
/* What the web page and programs are told. */
#include <string.h>

#include "emon_private.h"
#include "error_words.h"

EMON_TEXT(status_text, "{\"node\":@n,\"version\":@v,\"slot\":\"@s\",\"uptime\":@u,\"heap\":@h,"
                       "\"readings\":[@r],\"serial\":{\"lines\":@l,\"dropped\":@g},"
                       "\"run\":\"@q\",\"tries\":@t,\"state\":\"@p\",\"done\":@d,\"size\":@z,"
                       "\"result\":@x,\"latest\":@y,\"offered\":@o,\"previous\":@w,\"revert\":@a,"
                       "\"password\":@b}\n");
EMON_TEXT(firmware_text, "{\"current\":@v,\"latest\":@y}\n");

const uint32_t *const emon_show_status = status_text.word;
const uint32_t *const emon_show_firmware = firmware_text.word;

static uint32_t now_s(const struct emon *e)
{
    return (uint32_t)(e->port->sys->now_ms(e->port->sys->ctx) / 1000);
}

static void put_quoted(struct emon_text *out, const char *s)
{
    emon_put_json(out, s, strlen(s));
}

static void put_bool(struct emon_text *out, bool v)
{
    emon_put_string(out, v ? "true" : "false");
}

/* ---- fields ---- */

static void put_reading(const struct emon *e, unsigned index, struct emon_text *out)
{
    const struct emon_reading *r = &e->readings.input[index];

    emon_put_string(out, index ? ",{\"name\":" : "{\"name\":");
    put_quoted(out, r->name);
    emon_put_string(out, ",\"value\":");
    emon_put_milli(out, r->milli);
    emon_put_string(out, ",\"age\":");
    emon_put_u32(out, now_s(e) - r->at_s);
    emon_put_string(out, "}");
}

static bool put_readings(const struct emon *e, unsigned index, struct emon_text *out)
{
    if (index >= e->readings.cnt)
        return false;
    put_reading(e, index, out);
    return index + 1 < e->readings.cnt;
}

static const char *run_word(enum otaria_run_state run)
{
    static const char word[][12] = {[OTARIA_RUN_CONFIRMED] = "confirmed",
                                    [OTARIA_RUN_TRIAL] = "trial",
                                    [OTARIA_RUN_REVERTED] = "reverted"};

    return word[run];
}

static const char *state_word(enum otaria_poll_state state)
{
    static const char word[][12] = {
        [OTARIA_POLL_IDLE] = "idle",         [OTARIA_POLL_FETCHING] = "fetching",
        [OTARIA_POLL_STAGED] = "staged",     [OTARIA_POLL_TRIAL] = "trial",
        [OTARIA_POLL_REVERTED] = "reverted", [OTARIA_POLL_WAITING_FOR_OWNER] = "waiting"};

    return word[state];
}

static void put_result(const struct otaria_status *s, struct emon_text *out)
{
    if (!s->has_last_result) {
        emon_put_string(out, "null");
        return;
    }
    emon_put_string(out, "{\"code\":");
    emon_put_int(out, s->last_result);
    emon_put_string(out, ",\"name\":\"");
    emon_put_result_name(out, s->last_result);
    emon_put_string(out, "\",\"words\":\"");
    emon_put_result_words(out, s->last_result);
    emon_put_string(out, "\"}");
}

/* Signed when there is an offer; else what the server says; else what runs is the latest that is known. */
static const char *latest(const struct emon *e, const struct otaria_status *s)
{
    if (s->offered && s->offered_version[0])
        return s->offered_version;
    return s->server_version[0] ? s->server_version : e->port->version;
}

static void put_previous(const struct emon *e, const struct otaria_status *s, struct emon_text *out)
{
    const char *version = emon_previous_version(&e->previous);

    if (s->can_revert && version[0])
        put_quoted(out, version);
    else
        emon_put_string(out, "null");
}

/* ---- by letter ---- */

static void put_device(const struct emon *e, char field, struct emon_text *out)
{
    const struct otaria_sys *sys = e->port->sys;

    switch (field) {
    case 'n':
        put_quoted(out, e->config.node);
        break;
    case 'v':
        put_quoted(out, e->port->version);
        break;
    case 's':
        emon_put_string(out, e->port->slot ? "B" : "A");
        break;
    case 'u':
        emon_put_u32(out, now_s(e));
        break;
    case 'h':
        emon_put_u32(out, sys->free_heap ? sys->free_heap(sys->ctx) : 0);
        break;
    case 'l':
        emon_put_u32(out, e->readings.lines);
        break;
    case 'g':
        emon_put_u32(out, e->readings.dropped);
        break;
    case 'b':
        put_bool(out, e->config.has_password);
        break;
    default:
        break;
    }
}

static void put_firmware(const struct emon *e, char field, struct emon_text *out)
{
    struct otaria_status status;

    otaria_status(&e->agent, &status);
    switch (field) {
    case 'q':
        emon_put_string(out, run_word(status.run));
        break;
    case 't':
        emon_put_u32(out, status.tries_left);
        break;
    case 'p':
        emon_put_string(out, state_word(status.state));
        break;
    case 'd':
        emon_put_u32(out, status.done);
        break;
    case 'z':
        emon_put_u32(out, status.size);
        break;
    case 'x':
        put_result(&status, out);
        break;
    case 'y':
        put_quoted(out, latest(e, &status));
        break;
    case 'o':
        put_bool(out, status.offered);
        break;
    case 'w':
        put_previous(e, &status, out);
        break;
    case 'a':
        put_bool(out, status.can_revert);
        break;
    default:
        put_device(e, field, out);
    }
}

bool emon_show(void *emon, char field, unsigned index, struct emon_text *out)
{
    if (field == 'r')
        return put_readings(emon, index, out);
    put_firmware(emon, field, out);
    return false;
}
