// SPDX-License-Identifier: MIT
/* otaria fleet status, list, show, set */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xalloc.h"
#include "cli/admin_client.h"
#include "cli/cli.h"

#define PAGE        500
#define DEVICES_MAX 1000000 /* a server that goes on beyond this goes in circles */

struct options {
    struct admin_options admin;
    char *device; /* ours */
    const char *channel;
    bool wants_device, wants_channel, json;
};

enum { KEY_CHANNEL = 256, KEY_JSON };

static const struct argp_option argp_options[] = {
    {"json", KEY_JSON, NULL, 0, "Print JSON", 11},
    {0},
};
static const struct argp_option set_argp_options[] = {
    {"channel", KEY_CHANNEL, "NAME", 0, "The channel that the device follows from now on", 1},
    {"json", KEY_JSON, NULL, 0, "Print JSON", 11},
    {0},
};

static void take_device(struct options *o, const struct argp_state *state, const char *arg)
{
    if (!o->wants_device || o->device)
        argp_error(state, "\"%s\" is one argument too many", arg);
    o->device = admin_device_id(arg);
    if (!o->device)
        argp_error(state, "\"%s\" is not a device id: 12 to 32 hexadecimal digits", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->admin;
        return 0;
    case KEY_CHANNEL:
        o->channel = arg;
        return 0;
    case KEY_JSON:
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        take_device(o, state, arg);
        return 0;
    case ARGP_KEY_END:
        if (o->wants_device)
            cli_need(state, o->device, "DEVICE");
        if (o->wants_channel)
            cli_need(state, o->channel, "--channel");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&admin_argp, 0, NULL, 0}, {0}};

static const struct argp status_argp = {
    argp_options, parse, NULL, "Count the devices by release, state, channel and last result.",
    children,     NULL,  NULL};
static const struct argp list_argp = {
    argp_options, parse, NULL, "List all devices that the server knows.", children, NULL, NULL};
static const struct argp show_argp = {
    argp_options, parse, "DEVICE", "Print what a server knows of a device.", children, NULL, NULL};
static const struct argp set_argp = {
    set_argp_options, parse, "DEVICE", "Set the channel that a device follows.",
    children,         NULL,  NULL};

/* ---- Printing what the server said ---- */

/* A value on one line; strings are the server's, and its devices' before. */
static void print_value(const json_t *value)
{
    char *text;

    if (json_is_null(value)) {
        putchar('-');
        return;
    }
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (!text)
        return;
    if (json_is_string(value) && strlen(text) > 2 && !strchr(text, '\\'))
        printf("%.*s", (int)(strlen(text) - 2), text + 1);
    else
        fputs(text, stdout);
    free(text);
}

static bool is_flat(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

static bool is_flat_object(const json_t *value)
{
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return false;
    json_object_foreach((json_t *)(uintptr_t)value, key, item) if (!is_flat(item)) return false;
    return true;
}

static void print_object(const json_t *object, int indent);

/* One row of an array of objects: "name=value name=value". */
static void print_row(const json_t *row, int indent)
{
    const char *key, *between = "";
    json_t *item;

    printf("%*s", indent, "");
    if (!is_flat_object(row)) {
        print_value(row);
    } else {
        json_object_foreach((json_t *)(uintptr_t)row, key, item)
        {
            printf("%s%s=", between, key);
            print_value(item);
            between = "  ";
        }
    }
    putchar('\n');
}

/* "last_seen_ms": 1732449600123 as "last_seen_at 2024-11-24 12:00:00 UTC". */
static bool print_time(const char *key, const json_t *value, int indent)
{
    size_t len = strlen(key);
    time_t t = (time_t)(json_integer_value(value) / 1000);
    struct tm tm;
    char when[32], label[64];

    if (len <= 3 || strcmp(key + len - 3, "_ms") != 0 || !json_is_integer(value) || t <= 0 ||
        !gmtime_r(&t, &tm) || strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        return false;
    snprintf(label, sizeof label, "%.*s_at", (int)(len - 3), key);
    printf("%*s%-*s %s UTC\n", indent, "", 16 - indent, label, when);
    return true;
}

static void print_member(const char *key, const json_t *value, int indent)
{
    const json_t *item;
    size_t i;

    if (print_time(key, value, indent))
        return;
    printf("%*s%-*s ", indent, "", 16 - indent, key);
    if (is_flat(value)) {
        print_value(value);
        putchar('\n');
        return;
    }
    putchar('\n');
    if (json_is_object(value))
        print_object(value, indent + 2);
    json_array_foreach(value, i, item) print_row(item, indent + 2);
}

static void print_object(const json_t *object, int indent)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value) print_member(key, value, indent);
}

static void print_answer(const struct options *o, json_t *answer)
{
    if (o->json)
        cli_print_json(json_incref(answer));
    else
        print_object(answer, 0);
}

/* ---- Commands ---- */

static int get_and_print(int argc, char **argv, const struct argp *argp, bool wants_device)
{
    struct options o = {.wants_device = wants_device};
    struct admin *admin;
    struct err err = {0};
    json_t *answer = NULL;
    char *path;
    int ret = -1;

    cli_parse(argp, argc, argv, &o);
    path = o.device ? xasprintf("/admin/v1/devices/%s", o.device) : xstrdup("/admin/v1/status");
    admin = admin_open(&o.admin, &err);
    if (admin)
        ret = admin_get(admin, path, &answer, &err);
    if (ret == 0)
        print_answer(&o, answer);
    json_decref(answer);
    admin_close(admin);
    free(path);
    free(o.device);
    return ret == 0 ? 0 : cli_fail(&err);
}

static int fleet_status(int argc, char **argv)
{
    return get_and_print(argc, argv, &status_argp, false);
}

static int fleet_show(int argc, char **argv)
{
    return get_and_print(argc, argv, &show_argp, true);
}

/* Adds the page behind *after (NULL = the first) to all, and sets *after to continue, or to NULL. */
static int next_page(struct admin *admin, json_t *all, char **after, struct err *err)
{
    char *escaped = *after ? admin_escape(*after) : xstrdup("");
    char *path =
        xasprintf("/admin/v1/devices?limit=%d%s%s", PAGE, *after ? "&after=" : "", escaped);
    const char *next;
    json_t *answer, *rows;
    int ret = admin_get(admin, path, &answer, err);

    free(path);
    free(escaped);
    if (ret < 0)
        return -1;
    rows = json_object_get(answer, "devices");
    next = json_string_value(json_object_get(answer, "next"));
    if (!json_is_array(rows) ||
        (next && (json_array_size(rows) == 0 || json_array_size(all) > DEVICES_MAX))) {
        ret = err_set(err, ERR_FAILED, "the server's list of devices cannot be read");
        next = NULL;
    }
    json_array_extend(all, rows);
    free(*after);
    *after = next ? xstrdup(next) : NULL;
    json_decref(answer);
    return ret;
}

static const char *member(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text && *text ? text : "-";
}

static void print_table(const json_t *all)
{
    const json_t *row;
    size_t i;

    printf("%-17s %-24s %-16s %-10s %-10s %s\n", "device", "product", "version", "channel", "state",
           "last result");
    json_array_foreach(all, i, row)
        printf("%-17s %-24s %-16s %-10s %-10s %s\n", member(row, "id"), member(row, "product"),
               member(row, "version"), member(row, "channel"), member(row, "state"),
               member(row, "result"));
    printf("%zu device%s\n", json_array_size(all), json_array_size(all) == 1 ? "" : "s");
}

static int fleet_list(int argc, char **argv)
{
    struct options o = {0};
    struct admin *admin;
    struct err err = {0};
    json_t *all = json_array();
    char *after = NULL;
    int ret = -1;

    cli_parse(&list_argp, argc, argv, &o);
    admin = admin_open(&o.admin, &err);
    if (admin) {
        do
            ret = next_page(admin, all, &after, &err);
        while (after);
    }
    if (ret == 0 && o.json)
        cli_print_json(json_pack("{s:O}", "devices", all));
    else if (ret == 0)
        print_table(all);
    json_decref(all);
    admin_close(admin);
    return ret == 0 ? 0 : cli_fail(&err);
}

static int fleet_set(int argc, char **argv)
{
    struct options o = {.wants_device = true, .wants_channel = true};
    struct admin *admin;
    struct err err = {0};
    json_t *answer = NULL;
    char *path;
    int ret = -1;

    cli_parse(&set_argp, argc, argv, &o);
    path = xasprintf("/admin/v1/devices/%s", o.device);
    admin = admin_open(&o.admin, &err);
    if (admin)
        ret =
            admin_send(admin, "PUT", path, json_pack("{s:s}", "channel", o.channel), &answer, &err);
    if (ret == 0 && o.json)
        print_answer(&o, answer);
    else if (ret == 0)
        printf("%s follows channel %s\n", o.device, o.channel);
    json_decref(answer);
    admin_close(admin);
    free(path);
    free(o.device);
    return ret == 0 ? 0 : cli_fail(&err);
}

static const struct cli_command commands[] = {
    {"status", fleet_status, "count devices by release, state, channel and last result"},
    {"list", fleet_list, "list all devices"},
    {"show", fleet_show, "print what is known of a device"},
    {"set", fleet_set, "set the channel of a device"},
    {0},
};

int cmd_fleet(int argc, char **argv)
{
    return cli_dispatch("otaria fleet", commands, "The devices of a server.\n", argc, argv);
}
