// SPDX-License-Identifier: MIT
/* otaria device run */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/hex.h"
#include "cli/device.h"
#include "cli/device_run.h"
#include "device/ports/posix/posix.h"
#include "release/image.h"
#include "release/release.h"
#include "sim/chip.h"

#define REPORT_WAIT_MS 15000u /* --once: how long a confirmed device tries to tell the server */
#define WORDS_MAX      200

struct run {
    struct run_options o;
    const struct otaria_layout *layout;
    struct otaria_posix_flash flash;
    struct otaria_posix_net net;
    struct device_tls tls;
    struct otaria_posix_sys sys;
    uint8_t keys[OTARIA_KEYS_MAX][65];
    struct chip chip;
    uint64_t start_ms; /* of the process; the agent's clock begins anew at each boot */
    uint64_t confirmed_ms;
    bool finished;
    int status; /* exit code once finished */
};

static volatile sig_atomic_t stopped;

/* ---- events ---- */

static uint64_t elapsed_ms(const struct run *r)
{
    return r->sys.start_ms + r->sys.port.now_ms(r->sys.port.ctx) - r->start_ms;
}

static void __attribute__((format(printf, 4, 5)))
say(const struct run *r, const char *event, int code, const char *fmt, ...)
{
    char words[WORDS_MAX], clock[16];
    struct timespec now;
    struct tm tm;
    va_list ap;
    json_t *line;

    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    if (!r->o.json) {
        clock_gettime(CLOCK_REALTIME, &now);
        localtime_r(&now.tv_sec, &tm);
        strftime(clock, sizeof clock, "%H:%M:%S", &tm);
        printf("%s.%03ld  %-12s %s\n", clock, now.tv_nsec / 1000000, event, words);
    } else {
        line =
            json_pack("{sI ss ss}", "t", (json_int_t)elapsed_ms(r), "event", event, "words", words);
        if (code) {
            json_object_set_new(line, "code", json_integer(code));
            json_object_set_new(line, "name", json_string(otaria_error_name(code)));
        }
        json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(line);
    }
    fflush(stdout);
}

static void say_error(const struct run *r, const char *event, int code, const char *more)
{
    say(r, event, code, "%s%s%s: %s", more, *more ? ": " : "", otaria_error_name(code),
        otaria_error_sentence(code));
}

static void finish(struct run *r, int status)
{
    if (r->o.once && !r->finished) {
        r->finished = true;
        r->status = status;
    }
}

static const char *stage_word(uint32_t stages)
{
    if (stages & OTARIA_STAGE_SOURCE)
        return "source";
    if (stages & OTARIA_STAGE_NETWORK)
        return "network";
    return stages & OTARIA_STAGE_CONFIGURATION ? "started, configuration" : "started";
}

static void offered(struct run *r)
{
    struct otaria_status status;

    otaria_status(&r->chip.agent, &status);
    say(r, "offered", 0, "%s, signed for this device%s",
        *status.offered_version ? status.offered_version : "a release without version text",
        r->o.ask ? "; not installed, since --ask" : "");
    if (r->o.ask)
        finish(r, 0);
}

static void download_event(struct run *r, enum otaria_event ev, int code, uint32_t a, uint32_t b)
{
    switch (ev) {
    case OTARIA_EV_FETCH:
        say(r, a ? "resumed" : "fetch", 0, "%s %lu of %lu bytes", a ? "at" : "from",
            (unsigned long)a, (unsigned long)b);
        break;
    case OTARIA_EV_PROGRESS:
        say(r, "progress", 0, "%lu of %lu bytes", (unsigned long)a, (unsigned long)b);
        break;
    case OTARIA_EV_INTERRUPTED:
        say(r, "interrupted", code, "at %lu bytes: %s; on in %.1f s", (unsigned long)a,
            otaria_error_sentence(code), b / 1e3);
        break;
    case OTARIA_EV_VERIFIED:
        say(r, "verified", 0, "flash holds the signed image, read back");
        break;
    default:
        say(r, "staged", 0, "it boots next, on trial");
    }
}

static void failed(struct run *r, int code, uint32_t wait_ms)
{
    char more[160] = "", number[40];
    const char *why = code == OTARIA_E_TLS ? device_tls_why(&r->tls, number, sizeof number) : "";

    if (wait_ms)
        snprintf(more, sizeof more, "again in %.1f s%s%s", wait_ms / 1e3, *why ? ": " : "", why);
    say_error(r, "failed", code, more);
    if (code == OTARIA_E_DIGEST || code == OTARIA_E_FLASH_VERIFY || code == OTARIA_E_FLASH_IO)
        finish(r, 1);
}

static void trial_event(struct run *r, enum otaria_event ev, int code, uint32_t a)
{
    switch (ev) {
    case OTARIA_EV_TRIAL:
        say(r, "trial", 0, "%s from slot %c, %u more boots", r->chip.version,
            r->chip.cfg.running ? 'B' : 'A', (unsigned)a);
        break;
    case OTARIA_EV_STAGE:
        say(r, "stage", 0, "%s", stage_word(a));
        break;
    case OTARIA_EV_CONFIRMED:
        say(r, "confirmed", 0, "%s stays", r->chip.version);
        r->confirmed_ms = elapsed_ms(r);
        break;
    default:
        if (code)
            say_error(r, "reverted", code, "");
        else
            say(r, "reverted", 0, "by its owner, to %s", r->chip.version);
        if (code)
            finish(r, 1);
    }
}

static void poll_event(struct run *r, enum otaria_event ev, int code, uint32_t a)
{
    switch (ev) {
    case OTARIA_EV_POLL:
        say(r, "poll", 0, "%s runs, slot %c", *r->chip.version ? r->chip.version : "(no version)",
            r->chip.cfg.running ? 'B' : 'A');
        break;
    case OTARIA_EV_NOTHING_NEW:
        say(r, "nothing-new", 0, "%s",
            a ? "the release on the server is the running image" : "for this device");
        if (!r->confirmed_ms)
            finish(r, 0);
        break;
    case OTARIA_EV_OFFERED:
        offered(r);
        break;
    case OTARIA_EV_REFUSED:
        say_error(r, "refused", code, "");
        finish(r, 1);
        break;
    case OTARIA_EV_BUSY:
        say(r, "busy", code, "the server asks to wait %lu s", (unsigned long)a);
        break;
    default:
        failed(r, code, a);
    }
}

static void on_event(void *ctx, enum otaria_event ev, int code, uint32_t a, uint32_t b)
{
    struct run *r = ctx;

    switch (ev) {
    case OTARIA_EV_FETCH:
    case OTARIA_EV_PROGRESS:
    case OTARIA_EV_INTERRUPTED:
    case OTARIA_EV_VERIFIED:
    case OTARIA_EV_STAGED:
        download_event(r, ev, code, a, b);
        break;
    case OTARIA_EV_REBOOT:
        say(r, "reboot", 0, "%s", "the boot stage chooses");
        break;
    case OTARIA_EV_TRIAL:
    case OTARIA_EV_STAGE:
    case OTARIA_EV_CONFIRMED:
    case OTARIA_EV_REVERTED:
        trial_event(r, ev, code, a);
        break;
    default:
        poll_event(r, ev, code, a);
    }
}

/* ---- setting up ---- */

static int device_id(const struct run_options *o, struct otaria_config *cfg, struct err *err)
{
    uint8_t hash[32];
    size_t digits = o->id ? strlen(o->id) : 0;
    char *path;

    if (o->id) {
        cfg->id_len = digits / 2;
        if (digits % 2 || cfg->id_len < 6 || cfg->id_len > sizeof cfg->id ||
            !hex_decode(cfg->id, cfg->id_len, o->id))
            return err_set(err, ERR_USAGE, "--id %s: 12 to 32 hexadecimal digits, please", o->id);
        return 0;
    }
    path = realpath(o->flash, NULL);
    if (!path)
        return err_errno(err, "%s", o->flash);
    release_sha256(path, strlen(path), hash);
    free(path);
    memcpy(cfg->id, hash, 6);
    cfg->id[0] = (uint8_t)((cfg->id[0] & 0xFC) | 0x02); /* a locally administered address */
    cfg->id_len = 6;
    return 0;
}

static int flash_image(struct run *r, struct err *err)
{
    struct image image;
    uint8_t *data;
    size_t len;
    int result = -1;

    if (file_read(r->o.init, IMAGE_FILE_MAX, &data, &len, err) < 0)
        return -1;
    if (image_examine(data, len, &image, err) == 0) {
        result =
            chip_flash_serial(&r->flash.port, r->layout, data + image.slot_off, image.slot_len);
        if (result < 0)
            err_set(err, result, "%s", otaria_error_sentence(result));
    }
    free(data);
    return result < 0 ? err_prefix(err, "%s", r->o.init) : 0;
}

static bool holds_an_image(const struct run *r)
{
    uint8_t scratch[OTARIA_PAGE] OTARIA_ALIGNED;
    uint32_t len;

    for (unsigned slot = 0; slot < 2; slot++) {
        if (otaria_image_check(&r->flash.port, r->layout->slot[slot], r->layout->image_max, scratch,
                               &len) == 0)
            return true;
    }
    return false;
}

static int set_up(struct run *r, struct otaria_config *cfg, struct err *err)
{
    const struct run_options *o = &r->o;

    if (device_tls_open(&r->tls, &o->tls, err) < 0 ||
        device_layout(o->class_text, 0, &r->layout, err) < 0 ||
        release_ids(o->vendor, o->class_text, cfg->vendor, cfg->class_id, err) < 0 ||
        release_trust_load(o->keys.path, o->keys.cnt, r->keys, err) < 0)
        return -1;
    if (otaria_posix_flash_open(&r->flash, o->flash, o->init ? r->layout->flash_size : 0, NULL) < 0)
        return device_flash_error(o->flash, r->layout, err);
    if (r->flash.size != r->layout->flash_size) {
        errno = EINVAL;
        return device_flash_error(o->flash, r->layout, err);
    }
    if (o->init && !holds_an_image(r) && flash_image(r, err) < 0)
        return -1;
    if (device_id(o, cfg, err) < 0)
        return -1;
    otaria_posix_net_init(&r->net);
    otaria_posix_sys_init(&r->sys);
    r->start_ms = r->sys.start_ms;
    cfg->flash = &r->flash.port;
    cfg->layout = r->layout;
    cfg->net = &r->tls.tls.port;
    cfg->sys = &r->sys.port;
    cfg->trust = (struct otaria_trust){
        .keys = r->keys, .keys_cnt = (unsigned)o->keys.cnt, .threshold = o->threshold};
    cfg->server = o->server;
    cfg->poll_s = o->poll_s;
    cfg->poll_min_s = o->poll_s && o->poll_s < OTARIA_POLL_MIN_S ? o->poll_s : 0;
    cfg->ask = o->ask;
    cfg->network_give_up_s = o->network_s;
    cfg->source_give_up_s = o->source_s;
    cfg->healthy_after_s = o->healthy_s;
    cfg->event = on_event;
    cfg->event_ctx = r;
    return 0;
}

/* ---- running ---- */

/* --once: a confirmation is worth a poll more, so that the server knows. */
static void finish_confirmed(struct run *r)
{
    uint8_t manifest[8];
    int code;

    if (r->confirmed_ms && (!otaria_slots_result(&r->chip.agent.slots, &code, manifest) ||
                            elapsed_ms(r) - r->confirmed_ms > REPORT_WAIT_MS))
        finish(r, 0);
}

/* From a boot to the next reset. */
static int one_boot(struct run *r, const char *reset_reason, struct err *err)
{
    const unsigned stages = OTARIA_STAGE_STARTED | OTARIA_STAGE_CONFIGURATION;
    int result;

    otaria_posix_sys_init(&r->sys);
    r->sys.port.reset_reason = reset_reason;
    device_tls_boot(&r->tls, &r->net.port, &r->sys.port);
    result = chip_boot(&r->chip);
    if (result == OTARIA_E_NOT_AN_IMAGE)
        return err_set(err, result, "%s holds no bootable image; give one with --init", r->o.flash);
    if (result == OTARIA_E_ARGUMENT)
        return err_set(err, ERR_USAGE, "--server %s: http[s]://HOST[:PORT][/BASE], please",
                       r->o.server);
    if (result == 0)
        result = otaria_stage_reached(&r->chip.agent, stages);
    if (result < 0)
        return err_set(err, result, "%s: %s", r->o.flash, otaria_error_sentence(result));
    while (!stopped && !r->finished && !r->sys.reset) {
        device_tls_tick(&r->tls);
        if (otaria_loop(&r->chip.agent) != OTARIA_MORE)
            otaria_posix_net_wait(&r->net, otaria_next_ms(&r->chip.agent));
        finish_confirmed(r);
    }
    r->tls.tls.port.close(r->tls.tls.port.ctx);
    return 0;
}

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

int device_run(int argc, char **argv)
{
    static struct run r;
    struct sigaction action = {.sa_handler = on_signal};
    struct otaria_config cfg = {0};
    struct err err;
    int result;

    cli_parse(&device_run_argp, argc, argv, &r.o);
    r.flash.fd = -1;
    if (set_up(&r, &cfg, &err) < 0) {
        otaria_posix_flash_close(&r.flash);
        device_tls_free(&r.tls);
        return cli_fail(&err);
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    chip_init(&r.chip, &cfg);
    result = one_boot(&r, "Power On", &err);
    while (result == 0 && r.sys.reset && !r.finished && !stopped)
        result = one_boot(&r, "Software/System restart", &err);
    otaria_posix_flash_close(&r.flash);
    device_tls_free(&r.tls);
    if (result < 0)
        return cli_fail(&err);
    return r.finished ? r.status : r.o.once;
}
