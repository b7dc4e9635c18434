// SPDX-License-Identifier: MIT
/* What the serial line is told: one line an event, for people. */
#include <string.h>

#include "emon_private.h"
#include "error_words.h"

EMON_TEXT(say_begin, "runs from slot @s, node @n, @f\n");
EMON_TEXT(say_setup, "setup code @k: set a password with it on the web page\n");
EMON_TEXT(say_failed, "cannot run: @e (@w)\n");
EMON_TEXT(say_config, "configuration cannot be read: @e (@w)\n");
EMON_TEXT(say_nothing_new, "nothing new\n");
EMON_TEXT(say_offered, "update @o offered\n");
EMON_TEXT(say_refused, "update refused: @e (@w)\n");
EMON_TEXT(say_fetch, "download at @a of @b bytes\n");
EMON_TEXT(say_interrupted, "download interrupted at @a bytes: @e\n");
EMON_TEXT(say_verified, "download verified\n");
EMON_TEXT(say_staged, "update @o staged\n");
EMON_TEXT(say_reboot, "restarts\n");
EMON_TEXT(say_trial, "trial, @a tries left\n");
EMON_TEXT(say_stage, "stage @g reached\n");
EMON_TEXT(say_confirmed, "confirmed\n");
EMON_TEXT(say_reverted, "reverted: @e (@w)\n");
EMON_TEXT(say_reverted_by_owner, "reverted by the owner\n");
EMON_TEXT(say_busy, "server busy, again in @a s\n");
EMON_TEXT(say_error, "failed: @e (@w)\n");

struct line {
    struct emon *emon;
    int code;
    uint32_t a, b;
};

static void put_stages(uint32_t stages, struct emon_text *out)
{
    static const char word[][14] = {"started", "configuration", "network", "source"};
    const char *comma = "";

    for (unsigned i = 0; i < 4; i++) {
        if (!(stages & 1u << i))
            continue;
        emon_put_string(out, comma);
        emon_put_string(out, word[i]);
        comma = ", ";
    }
}

static void put_offered(const struct emon *e, struct emon_text *out)
{
    struct otaria_status status;

    otaria_status(&e->agent, &status);
    emon_put_plain(out, status.offered_version[0] ? status.offered_version : "(unnamed)");
}

static bool put_field(void *ctx, char field, unsigned index, struct emon_text *out)
{
    const struct line *l = ctx;
    const struct emon *e = l->emon;

    (void)index;
    switch (field) {
    case 's':
        emon_put_string(out, e->port->slot ? "B" : "A");
        break;
    case 'n':
        emon_put_string(out, e->config.node);
        break;
    case 'f':
        emon_put_plain(out, e->config.server);
        break;
    case 'k':
        emon_put_string(out, emon_web_setup(&e->web));
        break;
    case 'e':
        emon_put_result_name(out, l->code);
        break;
    case 'w':
        emon_put_result_words(out, l->code);
        break;
    case 'o':
        put_offered(e, out);
        break;
    case 'g':
        put_stages(l->a, out);
        break;
    case 'a':
        emon_put_u32(out, l->a);
        break;
    case 'b':
        emon_put_u32(out, l->b);
        break;
    default:
        break;
    }
    return false;
}

static void say(struct emon *e, const uint32_t *text, int code, uint32_t a, uint32_t b)
{
    char buf[EMON_PIECE_MAX + 100];
    struct line line = {e, code, a, b};
    const struct emon_fields fields = {&line, put_field};
    struct emon_template t = {.word = text};
    struct emon_text out = {.p = buf, .max = sizeof buf};
    bool through;

    emon_put_string(&out, "emon ");
    emon_put_plain(&out, e->port->version);
    emon_put_string(&out, ": ");
    do {
        through = emon_template_fill(&t, &fields, &out);
        e->port->serial_write(e->port->ctx, buf, out.len);
        out.len = 0;
    } while (!through);
}

void emon_say_begin(struct emon *e)
{
    say(e, say_begin.word, 0, 0, 0);
    if (emon_web_setup(&e->web)[0])
        say(e, say_setup.word, 0, 0, 0);
}

void emon_say_failed(struct emon *e, int code)
{
    say(e, say_failed.word, code, 0, 0);
}

void emon_say_config(struct emon *e, int code)
{
    say(e, say_config.word, code, 0, 0);
}

static void say_reverted_event(struct emon *e, int code)
{
    say(e, code ? say_reverted.word : say_reverted_by_owner.word, code, 0, 0);
}

void emon_say_event(struct emon *e, enum otaria_event ev, int code, uint32_t a, uint32_t b)
{
    static const uint32_t *const text[] = {[OTARIA_EV_NOTHING_NEW] = say_nothing_new.word,
                                           [OTARIA_EV_OFFERED] = say_offered.word,
                                           [OTARIA_EV_REFUSED] = say_refused.word,
                                           [OTARIA_EV_FETCH] = say_fetch.word,
                                           [OTARIA_EV_INTERRUPTED] = say_interrupted.word,
                                           [OTARIA_EV_VERIFIED] = say_verified.word,
                                           [OTARIA_EV_STAGED] = say_staged.word,
                                           [OTARIA_EV_REBOOT] = say_reboot.word,
                                           [OTARIA_EV_TRIAL] = say_trial.word,
                                           [OTARIA_EV_STAGE] = say_stage.word,
                                           [OTARIA_EV_CONFIRMED] = say_confirmed.word,
                                           [OTARIA_EV_BUSY] = say_busy.word,
                                           [OTARIA_EV_FAILED] = say_error.word};

    if (ev == OTARIA_EV_REVERTED)
        say_reverted_event(e, code);
    else if (text[ev]) /* polls and progress are on the page */
        say(e, text[ev], code, a, b);
}
