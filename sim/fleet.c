// SPDX-License-Identifier: MIT
/*
 * otaria-fleet: many devices in one process, each the real agent on flash of its own, over real sockets against a real
 * server. One thread, one poll loop. Ends at SIGTERM, SIGINT or after --for, and then says in one JSON line what
 * happened.
 */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "device/ports/posix/posix.h"
#include "release/image.h"
#include "release/release.h"
#include "sim/chip.h"
#include "sim/sparse.h"

#define AGENTS_MAX   20000u
#define STEPS        64u /* otaria_loop calls an agent may make before the next one's turn */
#define SUMMARY_MAX  16u /* different versions that the summary counts */
#define NEWEST_EVENT OTARIA_EV_FAILED

struct options {
    const char *server, *vendor, *class_text, *init;
    const char *key[OTARIA_KEYS_MAX];
    size_t keys_cnt;
    uint32_t agents, poll_s, seconds, first;
    int json;
};

struct device {
    struct chip chip;
    struct sparse_flash flash;
    struct otaria_posix_net net;
    struct otaria_posix_sys sys;
    uint64_t wake_ms;
    bool dead; /* does not boot any more: a finding */
};

struct fleet {
    struct options o;
    const struct otaria_layout *layout;
    uint8_t keys[OTARIA_KEYS_MAX][65];
    struct device *device;
    struct pollfd *polls;
    uint64_t events[NEWEST_EVENT + 1];
    uint64_t resumed;
};

static volatile sig_atomic_t stopped;

/* ---- options ---- */

enum {
    KEY_AGENTS = 256,
    KEY_CLASS,
    KEY_FIRST,
    KEY_FOR,
    KEY_INIT,
    KEY_JSON,
    KEY_KEY,
    KEY_POLL,
    KEY_SERVER,
    KEY_VENDOR
};

static const struct argp_option options[] = {
    {"agents", KEY_AGENTS, "N", 0, "How many devices (100)", 0},
    {"server", KEY_SERVER, "URL", 0, "Where they poll", 0},
    {"key", KEY_KEY, "PUB.pem", 0, "A release key that they trust; may be given again", 0},
    {"vendor", KEY_VENDOR, "DOMAIN", 0, "Their vendor's domain", 0},
    {"class", KEY_CLASS, "TEXT", 0, "PRODUCT/HARDWARE/LAYOUT", 0},
    {"init", KEY_INIT, "IMAGE", 0, "The image that they are flashed with, either form of .bin", 0},
    {"poll", KEY_POLL, "SECONDS", 0, "Poll interval, and below 60 the shortest wait too (60)", 0},
    {"for", KEY_FOR, "SECONDS", 0, "End after so long (0 = at a signal)", 0},
    {"first-id", KEY_FIRST, "N", 0, "Number of the first device: part of its id (0)", 0},
    {"json", KEY_JSON, NULL, 0, "Accepted for symmetry: the summary is JSON anyway", 0},
    {0},
};

static uint32_t number(const struct argp_state *state, const char *text, uint32_t min, uint32_t max)
{
    char *end;
    unsigned long v;

    errno = 0;
    v = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || v < min || v > max)
        argp_error(state, "\"%s\" is not a whole number from %u to %u", text, min, max);
    return (uint32_t)v;
}

static error_t parse_number(int key, const char *arg, const struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case KEY_AGENTS:
        o->agents = number(state, arg, 1, AGENTS_MAX);
        return 0;
    case KEY_POLL:
        o->poll_s = number(state, arg, 1, OTARIA_POLL_MAX_S);
        return 0;
    case KEY_FOR:
        o->seconds = number(state, arg, 0, UINT32_MAX);
        return 0;
    case KEY_FIRST:
        o->first = number(state, arg, 0, UINT32_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case KEY_SERVER:
        o->server = arg;
        return 0;
    case KEY_VENDOR:
        o->vendor = arg;
        return 0;
    case KEY_CLASS:
        o->class_text = arg;
        return 0;
    case KEY_INIT:
        o->init = arg;
        return 0;
    case KEY_JSON:
        o->json = 1;
        return 0;
    case ARGP_KEY_ARG:
    case KEY_KEY:
        if (o->keys_cnt == OTARIA_KEYS_MAX)
            argp_error(state, "at most %d keys", OTARIA_KEYS_MAX);
        o->key[o->keys_cnt++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->server || !o->vendor || !o->class_text || !o->init || !o->keys_cnt)
            argp_error(state, "--server, --key, --vendor, --class and --init are needed");
        return 0;
    default:
        return parse_number(key, arg, state);
    }
}

static const struct argp argp = {
    options, parse, "[PUB.pem...]", "Run many devices in one process against a server.", NULL,
    NULL,    NULL};

/* ---- devices ---- */

static uint64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void on_event(void *ctx, enum otaria_event ev, int code, uint32_t a, uint32_t b)
{
    struct fleet *f = ctx;

    (void)code;
    (void)b;
    f->events[ev]++;
    f->resumed += ev == OTARIA_EV_FETCH && a > 0;
}

static void boot(struct device *d)
{
    int result;

    otaria_posix_sys_init(&d->sys);
    result = chip_boot(&d->chip);
    if (result == 0)
        result =
            otaria_stage_reached(&d->chip.agent, OTARIA_STAGE_STARTED | OTARIA_STAGE_CONFIGURATION);
    d->dead = result < 0;
    d->wake_ms = 0;
}

static void start(struct fleet *f, uint32_t number_of, const struct otaria_config *common,
                  const uint8_t *image, size_t len)
{
    struct device *d = &f->device[number_of];
    struct otaria_config cfg = *common;
    uint32_t id = f->o.first + number_of;

    sparse_open(&d->flash, f->layout->flash_size);
    otaria_posix_net_init(&d->net);
    otaria_posix_sys_init(&d->sys);
    cfg.flash = &d->flash.port;
    cfg.net = &d->net.port;
    cfg.sys = &d->sys.port;
    cfg.id[0] = 0x02; /* a locally administered address */
    cfg.id[1] = 0xF1;
    otaria_store_le32(cfg.id + 2, id);
    cfg.id_len = 6;
    chip_init(&d->chip, &cfg);
    d->dead = chip_flash_serial(&d->flash.port, f->layout, image, len) < 0;
    if (!d->dead)
        boot(d);
}

static void turn(struct device *d, uint64_t now)
{
    unsigned steps = 0;

    while (steps++ < STEPS && !d->sys.reset && otaria_loop(&d->chip.agent) == OTARIA_MORE)
        ;
    if (d->sys.reset) {
        d->net.port.close(d->net.port.ctx);
        boot(d);
    } else {
        d->wake_ms = now + otaria_next_ms(&d->chip.agent);
    }
}

static void run(struct fleet *f, uint64_t end_ms)
{
    while (!stopped) {
        uint64_t now = clock_ms(), wake = now + 1000;

        if (end_ms && now >= end_ms)
            break;
        for (uint32_t i = 0; i < f->o.agents; i++) {
            struct device *d = &f->device[i];

            if (!d->dead && (d->wake_ms <= now || f->polls[i].revents))
                turn(d, now);
            f->polls[i] =
                (struct pollfd){.fd = d->net.fd, .events = d->net.connected ? POLLIN : POLLOUT};
            if (!d->dead && d->wake_ms < wake)
                wake = d->wake_ms;
        }
        now = clock_ms();
        if (poll(f->polls, f->o.agents, wake > now ? (int)(wake - now) : 0) < 0) {
            for (uint32_t i = 0; i < f->o.agents; i++)
                f->polls[i].revents = 0;
        }
    }
}

/* ---- summary ---- */

static void print_versions(const struct fleet *f)
{
    const char *seen[SUMMARY_MAX];
    unsigned cnt[SUMMARY_MAX] = {0}, used = 0;

    for (uint32_t i = 0; i < f->o.agents; i++) {
        unsigned at = 0;

        while (at < used && strcmp(seen[at], f->device[i].chip.version) != 0)
            at++;
        if (at == used && used < SUMMARY_MAX)
            seen[used++] = f->device[i].chip.version;
        if (at < SUMMARY_MAX)
            cnt[at]++;
    }
    printf("\"versions\":{");
    /* A version has only ! .. ~ without '/'; a quote or backslash in it must not break the line. */
    for (unsigned i = 0; i < used; i++) {
        printf("%s\"", i ? "," : "");
        for (const char *c = seen[i]; *c; c++)
            printf(*c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        printf("\":%u", cnt[i]);
    }
    printf("}");
}

static void summary(const struct fleet *f)
{
    unsigned dead = 0, trial = 0;

    for (uint32_t i = 0; i < f->o.agents; i++) {
        dead += f->device[i].dead;
        trial += !f->device[i].dead &&
                 otaria_slots_state(&f->device[i].chip.agent.slots) == OTARIA_RUN_TRIAL;
    }
    printf("{\"agents\":%u,\"dead\":%u,\"on_trial\":%u,\"polls\":%llu,\"fetches\":%llu,"
           "\"resumed\":%llu,\"staged\":%llu,\"confirmed\":%llu,\"reverted\":%llu,"
           "\"refused\":%llu,\"busy\":%llu,\"failed\":%llu,",
           f->o.agents, dead, trial, (unsigned long long)f->events[OTARIA_EV_POLL],
           (unsigned long long)f->events[OTARIA_EV_FETCH], (unsigned long long)f->resumed,
           (unsigned long long)f->events[OTARIA_EV_STAGED],
           (unsigned long long)f->events[OTARIA_EV_CONFIRMED],
           (unsigned long long)f->events[OTARIA_EV_REVERTED],
           (unsigned long long)f->events[OTARIA_EV_REFUSED],
           (unsigned long long)f->events[OTARIA_EV_BUSY],
           (unsigned long long)f->events[OTARIA_EV_FAILED]);
    print_versions(f);
    printf("}\n");
}

/* ---- main ---- */

static int set_up(struct fleet *f, struct otaria_config *cfg, struct image *image, uint8_t **data,
                  struct err *err)
{
    const struct options *o = &f->o;
    const char *name = strrchr(o->class_text, '/');
    size_t len;

    name = name ? name + 1 : o->class_text;
    f->layout = otaria_layout_find(name, strlen(name));
    if (!f->layout || f->layout->staged)
        return err_set(err, OTARIA_E_LAYOUT, "--class %s: no layout that can be run",
                       o->class_text);
    if (release_ids(o->vendor, o->class_text, cfg->vendor, cfg->class_id, err) < 0 ||
        release_trust_load(o->key, o->keys_cnt, f->keys, err) < 0 ||
        file_read(o->init, IMAGE_FILE_MAX, data, &len, err) < 0)
        return -1;
    if (image_examine(*data, len, image, err) < 0) {
        free(*data);
        return err_prefix(err, "%s", o->init);
    }
    cfg->layout = f->layout;
    cfg->trust = (struct otaria_trust){.keys = f->keys, .keys_cnt = (unsigned)o->keys_cnt};
    cfg->server = o->server;
    cfg->poll_s = o->poll_s;
    cfg->poll_min_s = o->poll_s < OTARIA_POLL_MIN_S ? o->poll_s : 0;
    cfg->event = on_event;
    cfg->event_ctx = f;
    return 0;
}

static void on_signal(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* Each device has a socket now and then: as many descriptors as the system allows. */
static void more_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    static struct fleet f = {.o = {.agents = 100, .poll_s = 60}};
    struct sigaction action = {.sa_handler = on_signal};
    struct otaria_config cfg = {0};
    struct image image;
    struct err err;
    uint8_t *data;

    argp_err_exit_status = ERR_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &f.o) != 0)
        return ERR_USAGE;
    if (set_up(&f, &cfg, &image, &data, &err) < 0) {
        fprintf(stderr, "otaria-fleet: %s\n", err.text);
        return 1;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    more_descriptors();
    f.device = xcalloc(f.o.agents, sizeof *f.device);
    f.polls = xcalloc(f.o.agents, sizeof *f.polls);
    for (uint32_t i = 0; i < f.o.agents; i++)
        start(&f, i, &cfg, data + image.slot_off, image.slot_len);
    free(data);
    run(&f, f.o.seconds ? clock_ms() + f.o.seconds * UINT64_C(1000) : 0);
    summary(&f);
    for (uint32_t i = 0; i < f.o.agents; i++) {
        f.device[i].net.port.close(f.device[i].net.port.ctx);
        sparse_close(&f.device[i].flash);
    }
    free(f.device);
    free(f.polls);
    return 0;
}
