// SPDX-License-Identifier: MIT
/* otaria device: the table, and what its commands share; status and revert */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "cli/device.h"
#include "device/ports/posix/posix.h"
#include "release/release.h"
#include "sim/chip.h"

#define FLASH_MAX 0x1000000u

static const struct cli_command commands[] = {
    {"run", device_run, "run the device library as a process: poll, fetch, verify, try, confirm"},
    {"status", device_status, "say what a flash file holds; changes nothing"},
    {"revert", device_revert, "the owner's revert: boot the previous image next time"},
    {NULL, NULL, NULL},
};

int cmd_device(int argc, char **argv)
{
    return cli_dispatch("otaria device", commands,
                        "A device that is a process: the very code that runs on the chip, on a "
                        "file instead of flash.",
                        argc, argv);
}

int device_layout(const char *class_text, uint64_t flash_size, const struct otaria_layout **layout,
                  struct err *err)
{
    static const char *const by_size[] = {"2m", "4m2m"};
    const char *name = class_text ? strrchr(class_text, '/') : NULL;
    uint32_t image_max;

    if (class_text) {
        name = name ? name + 1 : class_text;
        if (release_layout(name, &image_max, NULL, err) < 0)
            return -1;
        *layout = otaria_layout_find(name, strlen(name));
        if (!*layout || (*layout)->staged)
            return err_set(err, OTARIA_E_LAYOUT,
                           "layout \"%s\" cannot be run yet; 2m, 4m2m and 4m1m1m can", name);
        return 0;
    }
    for (size_t i = 0; i < sizeof by_size / sizeof by_size[0]; i++) {
        *layout = otaria_layout_find(by_size[i], strlen(by_size[i]));
        if (*layout && (*layout)->flash_size == flash_size)
            return 0;
    }
    return err_set(err, OTARIA_E_LAYOUT,
                   "no layout has a flash of %llu bytes; is this a flash file? (--class names one)",
                   (unsigned long long)flash_size);
}

int device_flash_error(const char *path, const struct otaria_layout *layout, struct err *err)
{
    if (errno == EBUSY)
        return err_set(err, ERR_FAILED, "%s: another process runs this device", path);
    if (errno == EINVAL && layout)
        return err_set(err, ERR_FAILED, "%s is no flash of layout %s: that has %lu bytes", path,
                       layout->name, (unsigned long)layout->flash_size);
    return err_errno(err, "%s", path);
}

/* ---- options of status and revert ---- */

struct look_options {
    const char *flash, *class_text;
    int json;
};

enum { KEY_CLASS = 256, KEY_FLASH, KEY_JSON };

static const struct argp_option status_options[] = {
    {"flash", KEY_FLASH, "FILE", 0, "The flash file", 0},
    {"class", KEY_CLASS, "TEXT", 0, "PRODUCT/HARDWARE/LAYOUT; without it the file's size decides",
     0},
    {"json", KEY_JSON, NULL, 0, "One JSON object", 0},
    {0},
};

static const struct argp_option revert_options[] = {
    {"flash", KEY_FLASH, "FILE", 0, "The flash file", 0},
    {"class", KEY_CLASS, "TEXT", 0, "PRODUCT/HARDWARE/LAYOUT; without it the file's size decides",
     0},
    {0},
};

static error_t parse_look(int key, char *arg, struct argp_state *state)
{
    struct look_options *o = state->input;

    switch (key) {
    case KEY_FLASH:
        o->flash = arg;
        return 0;
    case KEY_CLASS:
        o->class_text = arg;
        return 0;
    case KEY_JSON:
        o->json = 1;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->flash, "--flash FILE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp status_argp = {
    status_options,
    parse_look,
    NULL,
    "Say what a flash file holds: what runs, whether it is on trial, the floor, the last result. "
    "Reads only, and may be used while the device runs.",
    NULL,
    NULL,
    NULL};
static const struct argp revert_argp = {
    revert_options,
    parse_look,
    NULL,
    "The owner's revert: from the next start on the previous image runs, without a trial. The "
    "release that is left behind is not taken again before a higher sequence, or until its owner "
    "asks for it.",
    NULL,
    NULL,
    NULL};

/* ---- status ---- */

/* A copy of the flash in memory, so that looking changes nothing. */
struct copy {
    uint8_t *p;
    size_t len;
};

static int copy_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    const struct copy *c = ctx;

    if (addr > c->len || len > c->len - addr)
        return -1;
    memcpy(buf, c->p + addr, len);
    return 0;
}

static int copy_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    struct copy *c = ctx;

    if (addr > c->len || len > c->len - addr)
        return -1;
    for (size_t i = 0; i < len; i++)
        c->p[addr + i] &= ((const uint8_t *)buf)[i];
    return 0;
}

static int copy_erase(void *ctx, uint32_t addr)
{
    struct copy *c = ctx;

    if (addr > c->len || OTARIA_SECTOR > c->len - addr)
        return -1;
    memset(c->p + addr, 0xFF, OTARIA_SECTOR);
    return 0;
}

static const char *run_word(enum otaria_run_state state)
{
    static const char *const words[] = {"confirmed", "trial", "reverted"};

    return words[state];
}

static json_t *hex_json(const uint8_t *p, size_t len)
{
    char text[HEX_SIZE(32)];

    hex_encode(text, p, len);
    return json_string(text);
}

/* code and whether it was told; false when nothing ever happened. */
static bool last_result(const struct otaria_slots *s, int *code, bool *told)
{
    uint8_t entry[13];
    size_t len;

    if (otaria_nvlog_get(&s->nv, OTARIA_NV_RESULT, entry, sizeof entry, &len) < 0 ||
        len != sizeof entry)
        return false;
    *code = (int)(int32_t)otaria_load_le32(entry);
    *told = entry[12] != 0;
    return true;
}

static json_t *status_json(const struct otaria_slots *s, const char *version)
{
    json_t *out = json_object();
    uint8_t digest[32];
    uint32_t len;
    bool told;
    int code;

    json_object_set_new(out, "layout", json_string(s->layout->name));
    json_object_set_new(out, "slot", json_string(s->running ? "B" : "A"));
    json_object_set_new(out, "version", json_string(version));
    json_object_set_new(out, "state", json_string(run_word(otaria_slots_state(s))));
    json_object_set_new(out, "staged", json_boolean(otaria_slots_staged(s)));
    otaria_slots_running_image(s, digest, &len);
    json_object_set_new(out, "sha256", hex_json(digest, sizeof digest));
    json_object_set_new(out, "size", json_integer(len));
    json_object_set_new(out, "manifest",
                        otaria_slots_running_manifest(s, digest) ? hex_json(digest, sizeof digest)
                                                                 : json_null());
    json_object_set_new(out, "seq", json_integer((json_int_t)otaria_slots_running_seq(s)));
    json_object_set_new(out, "floor",
                        json_integer((json_int_t)otaria_slots_floor(s, digest, &told)));
    json_object_set_new(out, "stages", json_integer(otaria_slots_stages(s)));
    json_object_set_new(out, "tries_left", json_integer(otaria_slots_tries_left(s)));
    json_object_set_new(out, "can_revert", json_boolean(otaria_slots_can_revert(s)));
    if (last_result(s, &code, &told)) {
        json_object_set_new(out, "result_code", json_integer(code));
        json_object_set_new(out, "result",
                            json_string(code ? otaria_error_name(code) : "CONFIRMED"));
        json_object_set_new(out, "reported", json_boolean(told));
    }
    return out;
}

static void status_words(const struct otaria_slots *s, const char *version)
{
    enum otaria_run_state state = otaria_slots_state(s);
    uint8_t digest[32];
    uint32_t len;
    bool told;
    int code;

    otaria_slots_running_image(s, digest, &len);
    printf("runs        %s, slot %c, %lu bytes, layout %s\n", *version ? version : "(no version)",
           s->running ? 'B' : 'A', (unsigned long)len, s->layout->name);
    if (state == OTARIA_RUN_TRIAL)
        printf("state       on trial: stages %s%s%s%sreached, %u more boots\n",
               otaria_slots_stages(s) & OTARIA_STAGE_STARTED ? "started " : "",
               otaria_slots_stages(s) & OTARIA_STAGE_CONFIGURATION ? "configuration " : "",
               otaria_slots_stages(s) & OTARIA_STAGE_NETWORK ? "network " : "",
               otaria_slots_stages(s) & OTARIA_STAGE_SOURCE ? "source " : "",
               otaria_slots_tries_left(s));
    else
        printf("state       %s%s\n", run_word(state),
               otaria_slots_staged(s) ? "; another image boots next, on trial" : "");
    printf("sequence    %llu, floor %llu\n", (unsigned long long)otaria_slots_running_seq(s),
           (unsigned long long)otaria_slots_floor(s, digest, &told));
    printf("revert      %s\n", otaria_slots_can_revert(s) ? "possible" : "no previous image");
    if (last_result(s, &code, &told))
        printf("last result %s%s%s (%s)\n", code ? otaria_error_name(code) : "CONFIRMED",
               code ? ": " : "", code ? otaria_error_sentence(code) : "",
               told ? "reported" : "not yet reported");
}

int device_status(int argc, char **argv)
{
    static struct otaria_slots slots;
    struct look_options o = {0};
    const struct otaria_layout *layout;
    struct copy copy;
    struct err err;
    char version[OTARIA_VERSION_MAX + 1];
    int result;

    cli_parse(&status_argp, argc, argv, &o);
    if (file_read(o.flash, FLASH_MAX, &copy.p, &copy.len, &err) < 0)
        return cli_fail(&err);
    const struct otaria_flash flash = {&copy, copy_read, copy_write, copy_erase};
    if (device_layout(o.class_text, copy.len, &layout, &err) < 0 ||
        (layout->flash_size != copy.len && (errno = EINVAL) &&
         device_flash_error(o.flash, layout, &err) < 0)) {
        free(copy.p);
        return cli_fail(&err);
    }
    result = otaria_slots_open(&slots, &flash, layout, chip_running_slot(&flash, layout));
    if (result == 0) {
        chip_version(&flash, layout, slots.running, version);
        if (o.json)
            cli_print_json(status_json(&slots, version));
        else
            status_words(&slots, version);
    }
    free(copy.p);
    if (result == 0)
        return 0;
    err_set(&err, result, "%s: %s", o.flash, otaria_error_sentence(result));
    return cli_fail(&err);
}

/* ---- revert ---- */

static int open_for_revert(const struct look_options *o, struct otaria_posix_flash *flash,
                           const struct otaria_layout **layout, struct err *err)
{
    if (otaria_posix_flash_open(flash, o->flash, 0, NULL) < 0)
        return device_flash_error(o->flash, NULL, err);
    if (device_layout(o->class_text, flash->size, layout, err) < 0)
        return -1;
    if ((*layout)->flash_size == flash->size)
        return 0;
    errno = EINVAL;
    return device_flash_error(o->flash, *layout, err);
}

int device_revert(int argc, char **argv)
{
    static struct otaria_slots slots;
    struct look_options o = {0};
    struct otaria_posix_flash flash;
    const struct otaria_layout *layout;
    struct err err;
    int result;

    cli_parse(&revert_argp, argc, argv, &o);
    if (open_for_revert(&o, &flash, &layout, &err) < 0)
        return cli_fail(&err);
    result = otaria_slots_open(&slots, &flash.port, layout, chip_running_slot(&flash.port, layout));
    if (result == 0)
        result = otaria_slots_revert(&slots);
    otaria_posix_flash_close(&flash);
    if (result == 0) {
        printf("the previous image boots at the next start\n");
        return 0;
    }
    err_set(&err, result, "%s: %s", o.flash, otaria_error_sentence(result));
    return cli_fail(&err);
}
