// SPDX-License-Identifier: MIT
/* emon-posix: plays the hardware around the application: power-on, boot stage, reset, watchdog. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hex.h"
#include "host.h"
#include "release/image.h"
#include "release/release.h"
#include "sim/chip.h"

#define PLAYS_MAX 8

/* app.c and variants/, each under a name of its own (CMakeLists.txt). */
void emon_app_crash(struct emon *e, const struct emon_port *port);
void emon_app_hang(struct emon *e, const struct emon_port *port);
void emon_app_no_config(struct emon *e, const struct emon_port *port);
void emon_app_no_network(struct emon *e, const struct emon_port *port);
void emon_app_no_source(struct emon *e, const struct emon_port *port);

typedef void application(struct emon *e, const struct emon_port *port);

static const struct variant {
    const char *name;
    application *run;
} variants[] = {{"good", emon_app},
                {"crash", emon_app_crash},
                {"hang", emon_app_hang},
                {"no-config", emon_app_no_config},
                {"no-network", emon_app_no_network},
                {"no-source", emon_app_no_source}};

struct options {
    const char *flash, *server, *vendor, *class_text, *init, *id;
    const char *key[OTARIA_KEYS_MAX];
    size_t keys_cnt;
    unsigned web_port, watchdog_ms;
    struct {
        char version[OTARIA_VERSION_MAX + 1];
        application *run;
    } play[PLAYS_MAX];
    unsigned plays_cnt;
};

static struct host host;
static struct emon emon;
static uint8_t keys[OTARIA_KEYS_MAX][65];
static char version[OTARIA_VERSION_MAX + 1];
static volatile sig_atomic_t stopped;

/* ---- options ---- */

enum {
    KEY_CLASS = 256,
    KEY_FLASH,
    KEY_ID,
    KEY_INIT,
    KEY_KEY,
    KEY_PLAY,
    KEY_SERVER,
    KEY_VENDOR,
    KEY_WATCHDOG,
    KEY_WEB
};

static const struct argp_option option_list[] = {
    {"flash", KEY_FLASH, "FILE", 0, "The flash file; made when there is an --init", 0},
    {"init", KEY_INIT, "IMAGE", 0, "Flash this image (.bin) when the flash holds none", 0},
    {"web", KEY_WEB, "PORT", 0, "Port of the web page on 127.0.0.1; 0 = any (0)", 0},
    {"server", KEY_SERVER, "URL", 0, "Update server while the configuration names none", 0},
    {"key", KEY_KEY, "PUB.pem", 0, "A release key to trust; may be given again", 0},
    {"vendor", KEY_VENDOR, "DOMAIN", 0, "The vendor's domain (demo.otaria.example)", 0},
    {"class", KEY_CLASS, "TEXT", 0, "PRODUCT/HARDWARE/LAYOUT (emon/lx106/4m2m)", 0},
    {"id", KEY_ID, "HEX", 0, "Device id, 6 bytes (02000000000a)", 0},
    {"watchdog", KEY_WATCHDOG, "MS", 0, "Time after which a hang becomes a reset (3000)", 0},
    {"play", KEY_PLAY, "VERSION=VARIANT", 0,
     "How the image of this version behaves: good, crash, hang, no-config, no-network, no-source",
     0},
    {0}};

static unsigned number(const struct argp_state *state, const char *text, unsigned max)
{
    char *end;
    unsigned long v;

    errno = 0;
    v = strtoul(text, &end, 10);
    if (errno || *end || end == text || v > max)
        argp_error(state, "%s: a number up to %u, please", text, max);
    return (unsigned)v;
}

static void add_play(struct options *o, const struct argp_state *state, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : 0;

    if (len == 0 || len > OTARIA_VERSION_MAX || o->plays_cnt == PLAYS_MAX)
        argp_error(state, "--play %s: VERSION=VARIANT, please, at most %d times", text, PLAYS_MAX);
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        if (strcmp(variants[i].name, equals + 1) == 0) {
            memcpy(o->play[o->plays_cnt].version, text, len);
            o->play[o->plays_cnt++].run = variants[i].run;
            return;
        }
    }
    argp_error(state, "--play %s: there is no such variant", text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case KEY_FLASH:
        o->flash = arg;
        return 0;
    case KEY_INIT:
        o->init = arg;
        return 0;
    case KEY_WEB:
        o->web_port = number(state, arg, 65535);
        return 0;
    case KEY_SERVER:
        o->server = arg;
        return 0;
    case KEY_KEY:
        if (o->keys_cnt == OTARIA_KEYS_MAX)
            argp_error(state, "at most %d keys", OTARIA_KEYS_MAX);
        o->key[o->keys_cnt++] = arg;
        return 0;
    case KEY_VENDOR:
        o->vendor = arg;
        return 0;
    case KEY_CLASS:
        o->class_text = arg;
        return 0;
    case KEY_ID:
        o->id = arg;
        return 0;
    case KEY_WATCHDOG:
        o->watchdog_ms = number(state, arg, 600000);
        return 0;
    case KEY_PLAY:
        add_play(o, state, arg);
        return 0;
    case ARGP_KEY_END:
        if (!o->flash || !o->keys_cnt)
            argp_error(state, "--flash FILE and --key PUB.pem are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the device ---- */

static int find_layout(const struct options *o, struct err *err)
{
    const char *name = strrchr(o->class_text, '/');
    const struct otaria_layout *l = name ? otaria_layout_find(name + 1, strlen(name + 1)) : NULL;
    struct emon_port *p = &host.port;

    if (!l || l->fs_len[0] < 2 * OTARIA_SECTOR)
        return err_set(err, ERR_USAGE, "--class %s: a layout with a filesystem area, please",
                       o->class_text);
    p->layout = l;
    p->config_sector[1] = l->fs[0] + l->fs_len[0] - OTARIA_SECTOR;
    p->config_sector[0] = p->config_sector[1] - OTARIA_SECTOR;
    return 0;
}

static int flash_image(const struct options *o, struct err *err)
{
    struct image image;
    uint8_t *data;
    size_t len;
    int result;

    if (file_read(o->init, IMAGE_FILE_MAX, &data, &len, err) < 0)
        return -1;
    result = image_examine(data, len, &image, err);
    if (result == 0 && chip_flash_serial(&host.flash.port, host.port.layout, data + image.slot_off,
                                         image.slot_len) < 0)
        result = err_set(err, ERR_FAILED, "%s cannot be flashed", o->init);
    free(data);
    return result;
}

static int set_up(const struct options *o, struct err *err)
{
    struct emon_port *p = &host.port;
    bool created;

    if (find_layout(o, err) < 0 ||
        release_ids(o->vendor, o->class_text, p->vendor, p->class_id, err) < 0 ||
        release_trust_load(o->key, o->keys_cnt, keys, err) < 0)
        return -1;
    p->trust = (struct otaria_trust){.keys = keys, .keys_cnt = (unsigned)o->keys_cnt};
    p->server = o->server;
    p->version = version;
    p->id_len = strlen(o->id) / 2;
    if (p->id_len < 6 || p->id_len > sizeof p->id || !hex_decode(p->id, p->id_len, o->id))
        return err_set(err, ERR_USAGE, "--id %s: 12 to 32 hexadecimal digits, please", o->id);
    if (otaria_posix_flash_open(&host.flash, o->flash, o->init ? p->layout->flash_size : 0,
                                &created) < 0)
        return err_errno(err, "%s", o->flash);
    return created ? flash_image(o, err) : 0;
}

/* ---- boots ---- */

static application *behaviour(const struct options *o)
{
    for (unsigned i = 0; i < o->plays_cnt; i++) {
        if (strcmp(o->play[i].version, version) == 0)
            return o->play[i].run;
    }
    return emon_app;
}

/* In the process of one boot; comes back never. */
static void run_application(const struct options *o, const char *reset_reason, int feed)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    host.feed = feed;
    host_begin(&host, reset_reason);
    behaviour(o)(&emon, &host.port);
    _exit(0);
}

/* Waits for the end of a boot. Returns why it ended, as the chip would say at the next start. */
static const char *attend(const struct options *o, pid_t child, int fed)
{
    struct pollfd p = {.fd = fed, .events = POLLIN};
    const char *reason = "Software/System restart";
    char bytes[64];
    int ready, status;

    do {
        ready = poll(&p, 1, (int)o->watchdog_ms);
        if (ready == 0 || stopped) {
            reason = "Hardware Watchdog";
            (void)kill(child, SIGKILL);
        }
    } while (!stopped &&
             ((ready < 0 && errno == EINTR) || (ready > 0 && read(fed, bytes, sizeof bytes) > 0)));
    close(fed);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        reason = "Exception";
    return reason;
}

static int boot(const struct options *o, const char **reset_reason, struct err *err)
{
    uint8_t scratch[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;
    int feed[2];
    pid_t child;

    otaria_boot_choose(&host.flash.port, host.port.layout, scratch, &choice);
    if (choice.kind == OTARIA_BOOT_NONE)
        return err_set(err, ERR_FAILED, "%s holds no bootable image; give one with --init",
                       o->flash);
    host.port.slot = choice.slot;
    chip_version(&host.flash.port, host.port.layout, choice.slot, version);
    printf("boot: slot %c, %s, version %s\n", choice.slot ? 'B' : 'A', *reset_reason,
           *version ? version : "unknown");
    fflush(stdout);
    if (pipe2(feed, O_CLOEXEC) < 0)
        return err_errno(err, "pipe");
    child = fork();
    if (child < 0)
        return err_errno(err, "fork");
    if (child == 0) {
        close(feed[0]);
        run_application(o, *reset_reason, feed[1]);
    }
    close(feed[1]);
    *reset_reason = attend(o, child, feed[0]);
    return 0;
}

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        option_list, parse, NULL, "emon on this host: its web page, its updates, its reverts.",
        NULL,        NULL,  NULL};
    struct options o = {.server = "http://127.0.0.1:8266",
                        .vendor = "demo.otaria.example",
                        .class_text = "emon/lx106/4m2m",
                        .id = "02000000000a",
                        .watchdog_ms = 3000};
    struct sigaction action = {.sa_handler = on_signal};
    const char *reset_reason = "Power On";
    struct err err;
    int result;

    argp_err_exit_status = ERR_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    result = set_up(&o, &err);
    if (result == 0 && listener_open(&host.web, &o.web_port) < 0)
        result = err_errno(&err, "port %u", o.web_port);
    if (result == 0)
        printf("emon-posix: web on http://127.0.0.1:%u/\n", o.web_port);
    while (result == 0 && !stopped)
        result = boot(&o, &reset_reason, &err);
    if (result < 0)
        fprintf(stderr, "emon-posix: %s\n", err.text);
    return result < 0 ? err.code == ERR_USAGE ? ERR_USAGE : ERR_FAILED : 0;
}
