// SPDX-License-Identifier: MIT
/* otaria publish, release withdraw */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "cli/admin_client.h"
#include "cli/cli.h"
#include "release/image.h"
#include "release/release.h"

/* ---- publish ---- */

#define RELEASES_MAX 256 /* in one folder */

struct options {
    struct admin_options admin;
    const char *dir, *channel;
    json_t *only;
    int percent;
    bool json;
};

enum { KEY_CHANNEL = 256, KEY_PERCENT, KEY_ONLY, KEY_JSON };

static const struct argp_option argp_options[] = {
    {"channel", KEY_CHANNEL, "NAME", 0, "Offer it to devices of this channel (default: stable)", 1},
    {"percent", KEY_PERCENT, "N", 0,
     "Offer it to this share of them (default: 100); publish again to raise it", 1},
    {"only", KEY_ONLY, "DEVICE", 0, "Offer it to this device alone; may be given several times", 1},
    {"json", KEY_JSON, NULL, 0, "Print the server's answers as JSON", 11},
    {0},
};

static void add_only(struct options *o, const struct argp_state *state, const char *arg)
{
    char *id = admin_device_id(arg);

    if (!id)
        argp_error(state, "--only: \"%s\" is not a device id: 12 to 32 hexadecimal digits", arg);
    json_array_append_new(o->only, json_string(id));
    free(id);
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
    case KEY_PERCENT:
        o->percent = (int)cli_number(state, "--percent", arg, 0, 100);
        return 0;
    case KEY_ONLY:
        add_only(o, state, arg);
        return 0;
    case KEY_JSON:
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->dir)
            argp_error(state, "one DIR, please; \"%s\" is a second", arg);
        o->dir = arg;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->dir, "DIR");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&admin_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    argp_options,
    parse,
    "DIR",
    "Offer the releases in DIR, which `otaria release new` made, on a server: the newest of every "
    "board in it. The server checks each against its own --release-key."
    "\v"
    "  otaria publish out --server http://127.0.0.1:8267 --token-file token --percent 10\n"
    "  otaria publish out --server http://127.0.0.1:8267 --token-file token\n"
    "\n"
    "The first offers the release to a tenth of the fleet, the second to the rest. What is already "
    "installed is taken back with `otaria release again`; what is only offered with `otaria release "
    "withdraw`.",
    children,
    NULL,
    NULL,
};

struct found {
    uint8_t *suit;
    size_t len;
    char *file;
    struct otaria_manifest m; /* borrows from suit */
    struct release_text text;
};

struct found_list {
    struct found item[RELEASES_MAX];
    size_t cnt;
};

static void forget(struct found *f)
{
    free(f->suit);
    free(f->file);
    memset(f, 0, sizeof *f);
}

static int load_suit(const char *dir, const char *name, struct found *f, struct err *err)
{
    char *path = xasprintf("%s/%s", dir, name);
    int code, ret = -1;

    memset(f, 0, sizeof *f);
    if (file_read(path, OTARIA_ENVELOPE_LMS_MAX, &f->suit, &f->len, err) < 0)
        goto out;
    f->file = xstrdup(name);
    code = otaria_manifest_decode(&f->m, f->suit, f->len);
    if (code < 0)
        err_set(err, code, "%s: %s (%d): %s", path, otaria_error_name(code), code,
                otaria_error_sentence(code));
    else if (release_text_check(&f->m, &f->text, err) < 0)
        err_prefix(err, "%s: %s (%d)", path, otaria_error_name(err->code), err->code);
    else
        ret = 0;
out:
    if (ret < 0)
        forget(f);
    free(path);
    return ret;
}

/* Keeps the newest release of each class. Two .suit files of one release are one. */
static void keep_newest(struct found_list *list, struct found *f)
{
    for (size_t i = 0; i < list->cnt; i++) {
        struct found *old = &list->item[i];

        if (memcmp(old->m.class_id, f->m.class_id, 16) != 0)
            continue;
        if (f->m.seq > old->m.seq) {
            forget(old);
            *old = *f;
        } else {
            forget(f);
        }
        return;
    }
    list->item[list->cnt++] = *f;
}

static int is_suit(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".suit") == 0 && entry->d_name[0] != '.';
}

static int find_releases(const char *dir, struct found_list *list, struct err *err)
{
    struct dirent **names;
    int cnt = scandir(dir, &names, is_suit, alphasort), ret = 0;

    if (cnt < 0)
        return err_errno(err, "%s", dir);
    for (int i = 0; i < cnt; i++) {
        struct found f;

        if (ret == 0 && list->cnt == RELEASES_MAX)
            ret = err_set(err, ERR_FAILED, "%s: more than %d boards", dir, RELEASES_MAX);
        if (ret == 0)
            ret = load_suit(dir, names[i]->d_name, &f, err);
        if (ret == 0)
            keep_newest(list, &f);
        free(names[i]);
    }
    free(names);
    if (ret == 0 && list->cnt == 0)
        return err_set(err, ERR_FAILED,
                       "%s holds no .suit file; make one with `otaria release new`", dir);
    return ret;
}

static int put_payload(struct admin *admin, const char *dir, const struct found *f, struct err *err)
{
    char *name = release_name(&f->text), hex[HEX_SIZE(32)];
    char *file = xasprintf("%s-%s.bin", name, f->text.version);
    char *path = xasprintf("%s/%s", dir, file), *target;
    uint8_t *data;
    size_t len;
    int ret = file_read(path, IMAGE_FILE_MAX, &data, &len, err);

    hex_encode(hex, f->m.component[0].digest, 32);
    target = xasprintf("/admin/v1/payloads/%s", hex);
    if (ret == 0) {
        struct admin_request put = {"PUT", target, data, len, "application/octet-stream", file};

        ret = admin_call(admin, &put, NULL, err);
        if (ret < 0)
            err_prefix(err, "%s", path);
    }
    free(data);
    free(target);
    free(path);
    free(file);
    free(name);
    return ret;
}

static int post_release(struct admin *admin, const struct options *o, const struct found *f,
                        json_t **reply, struct err *err)
{
    unsigned char base64[4 * (OTARIA_ENVELOPE_LMS_MAX + 2) / 3 + 1];
    json_t *body;

    EVP_EncodeBlock(base64, f->suit, (int)f->len);
    body = json_pack("{s:s, s:s, s:i, s:O}", "suit", (char *)base64, "channel", o->channel,
                     "percent", o->percent, "only", o->only);
    return admin_send(admin, "POST", "/admin/v1/releases", body, reply, err);
}

static int publish_one(struct admin *admin, const struct options *o, const struct found *f,
                       json_t *answers, struct err *err)
{
    json_t *reply;

    if (put_payload(admin, o->dir, f, err) < 0)
        return -1;
    if (post_release(admin, o, f, &reply, err) < 0)
        return err_prefix(err, "%s/%s", o->dir, f->file);
    if (!o->json && json_array_size(o->only) > 0)
        printf("%s %s seq=%llu: offered to %zu device%s of channel %s\n", f->text.class_text,
               f->text.version, (unsigned long long)f->m.seq, json_array_size(o->only),
               json_array_size(o->only) == 1 ? "" : "s", o->channel);
    else if (!o->json)
        printf("%s %s seq=%llu: offered to %d %% of channel %s\n", f->text.class_text,
               f->text.version, (unsigned long long)f->m.seq, o->percent, o->channel);
    json_array_append_new(answers, reply);
    return 0;
}

/*
 * A refusal of one board does not keep the others back; each is said, and the exit code is 1. Without an
 * answer from the server there is no point in going on.
 */
static int publish_all(struct admin *admin, const struct options *o, const struct found_list *list)
{
    json_t *answers = json_array();
    int status = 0;

    for (size_t i = 0; i < list->cnt; i++) {
        struct err err = {0};

        if (publish_one(admin, o, &list->item[i], answers, &err) < 0)
            status = cli_fail(&err);
        if (status != 0 && !admin_answered(admin))
            break;
    }
    if (o->json)
        cli_print_json(json_incref(answers));
    json_decref(answers);
    return status;
}

int cmd_publish(int argc, char **argv)
{
    struct options o = {.channel = "stable", .percent = 100};
    struct found_list *list = xcalloc(1, sizeof *list);
    struct admin *admin = NULL;
    struct err err = {0};
    int status;

    o.only = json_array();
    cli_parse(&argp, argc, argv, &o);
    if (find_releases(o.dir, list, &err) == 0)
        admin = admin_open(&o.admin, &err);
    status = admin ? publish_all(admin, &o, list) : cli_fail(&err);
    admin_close(admin);
    for (size_t i = 0; i < list->cnt; i++)
        forget(&list->item[i]);
    free(list);
    json_decref(o.only);
    return status;
}

/* ---- release withdraw ---- */

struct withdraw_options {
    struct admin_options admin;
    const char *product, *version;
    bool json;
};

static const struct argp_option withdraw_argp_options[] = {
    {"json", KEY_JSON, NULL, 0, "Print the server's answer as JSON", 11},
    {0},
};

static error_t parse_withdraw(int key, char *arg, struct argp_state *state)
{
    struct withdraw_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->admin;
        return 0;
    case KEY_JSON:
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            argp_error(state, "\"%s\" is one argument too many", arg);
        *(state->arg_num == 0 ? &o->product : &o->version) = arg;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->product, "PRODUCT");
        cli_need(state, o->version, "VERSION");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp withdraw_argp = {
    withdraw_argp_options,
    parse_withdraw,
    "PRODUCT VERSION",
    "Stop offering a release, on all hardware and layouts of the product, from the next poll on. "
    "Devices that have it keep it: see `otaria release again`."
    "\v"
    "  otaria release withdraw sensor 1.0.1 --server http://127.0.0.1:8267 --token-file token",
    children,
    NULL,
    NULL,
};

int cmd_release_withdraw(int argc, char **argv)
{
    struct withdraw_options o = {0};
    struct admin *admin;
    struct err err = {0};
    json_t *reply = NULL;
    char *product, *version, *path;
    int ret = -1;

    cli_parse(&withdraw_argp, argc, argv, &o);
    product = admin_escape(o.product);
    version = admin_escape(o.version);
    path = xasprintf("/admin/v1/releases/%s/%s/withdraw", product, version);
    admin = admin_open(&o.admin, &err);
    if (admin)
        ret = admin_send(admin, "POST", path, json_object(), &reply, &err);
    if (ret == 0 && o.json)
        cli_print_json(json_incref(reply));
    else if (ret == 0)
        printf("%s %s: no longer offered (%lld release%s)\n", o.product, o.version,
               (long long)json_integer_value(json_object_get(reply, "withdrawn")),
               json_integer_value(json_object_get(reply, "withdrawn")) == 1 ? "" : "s");
    json_decref(reply);
    admin_close(admin);
    free(path);
    free(version);
    free(product);
    return ret == 0 ? 0 : cli_fail(&err);
}
