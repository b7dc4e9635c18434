// SPDX-License-Identifier: MIT
/* otaria release new, release again */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <otaria/app.h>
#include <otaria/flash.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "release/image.h"
#include "release/release.h"

#define SEQ_MAX ((1ULL << 53) - 1)

/* What both commands need to sign and to write. */
struct signing {
    struct cli_keys keys;
    const char *passphrase_file;
    uint64_t seq;
    bool has_seq;
    const char *uri;
    const char *dir;
    bool json;
};

struct new_options {
    struct signing signing;
    const char *vendor, *product, *hardware, *layout, *version, *image;
    bool raw;
};

struct again_options {
    struct signing signing;
    struct cli_keys old_keys;
    const char *version, *old;
};

enum {
    KEY_VENDOR = 256,
    KEY_PRODUCT,
    KEY_HARDWARE,
    KEY_LAYOUT,
    KEY_VERSION,
    KEY_SEQ,
    KEY_RAW,
    KEY_IMAGE,
    KEY_KEY,
    KEY_URI,
    KEY_PASSPHRASE_FILE,
    KEY_JSON,
    KEY_OLD_KEY,
};

#define SIGNING_OPTIONS                                                                             \
    {"key", KEY_KEY, "K.pem", 0, "Private release key; up to three times, each makes a signature",  \
     2},                                                                                            \
        {"passphrase-file",                                                                         \
         KEY_PASSPHRASE_FILE,                                                                       \
         "FILE",                                                                                    \
         0,                                                                                         \
         "First line is the passphrase of the keys (default: ask on the terminal)",                 \
         2},                                                                                        \
        {"seq",                                                                                     \
         KEY_SEQ,                                                                                   \
         "N",                                                                                       \
         0,                                                                                         \
         "Sequence number, higher than that of all releases before (default: now, in seconds UTC)", \
         2},                                                                                        \
        {"uri",                                                                                     \
         KEY_URI,                                                                                   \
         "app=URI",                                                                                 \
         0,                                                                                         \
         "Address of the image, absolute or relative to the .suit (default: its file name)",        \
         2},                                                                                        \
        {"output", 'o', "DIR", 0, "Folder for the files; made when absent", 3},                     \
    {                                                                                               \
        "json", KEY_JSON, NULL, 0, "Print the result as JSON", 3                                    \
    }

static const struct argp_option new_argp_options[] = {
    {"vendor", KEY_VENDOR, "DOMAIN", 0, "Your domain name, in lower case", 1},
    {"product", KEY_PRODUCT, "P", 0, "Product", 1},
    {"hardware", KEY_HARDWARE, "H", 0, "Hardware that the image runs on", 1},
    {"layout", KEY_LAYOUT, "L", 0, "Flash layout: 2m, 4m2m, 4m1m1m, 1m", 1},
    {"version", KEY_VERSION, "V", 0, "Version; the image must carry the same one (OTARIA_APP)", 1},
    {"image", KEY_IMAGE, "app=FILE", 0, "The image: an Arduino .bin or an application image", 1},
    {"raw", KEY_RAW, NULL, 0, "Take any file as it is, without looking for an ESP8266 image", 1},
    SIGNING_OPTIONS,
    {0},
};

static const struct argp_option again_argp_options[] = {
    {"version", KEY_VERSION, "V", 0, "Version under which the old image is released again", 1},
    {"old-key", KEY_OLD_KEY, "PUB.pem", 0,
     "OLD.suit was signed with this key (default: with one of --key)", 1},
    SIGNING_OPTIONS,
    {0},
};

/* Options of struct signing; both parsers pass the rest of theirs here. */
static error_t parse_signing(struct signing *s, int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case KEY_KEY:
        cli_keys_add(state, &s->keys, arg);
        return 0;
    case KEY_PASSPHRASE_FILE:
        s->passphrase_file = arg;
        return 0;
    case KEY_SEQ:
        s->seq = cli_number(state, "--seq", arg, 1, SEQ_MAX);
        s->has_seq = true;
        return 0;
    case KEY_URI:
        s->uri = cli_component(state, "--uri", arg);
        return 0;
    case 'o':
        s->dir = arg;
        return 0;
    case KEY_JSON:
        s->json = true;
        return 0;
    case ARGP_KEY_END:
        if (s->keys.cnt == 0)
            argp_error(state, "--key is missing");
        if (s->keys.cnt > OTARIA_BLOCKS_MAX)
            argp_error(state, "a release has at most %d signatures", OTARIA_BLOCKS_MAX);
        cli_need(state, s->dir, "-o DIR");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_new(int key, char *arg, struct argp_state *state)
{
    struct new_options *o = state->input;
    const char **text = key == KEY_VENDOR     ? &o->vendor
                        : key == KEY_PRODUCT  ? &o->product
                        : key == KEY_HARDWARE ? &o->hardware
                        : key == KEY_LAYOUT   ? &o->layout
                        : key == KEY_VERSION  ? &o->version
                                              : NULL;

    if (text) {
        *text = arg;
        return 0;
    }
    switch (key) {
    case KEY_IMAGE:
        o->image = cli_component(state, "--image", arg);
        return 0;
    case KEY_RAW:
        o->raw = true;
        return 0;
    case ARGP_KEY_ARG:
        if (!cli_looks_like_key(arg))
            argp_error(state, "\"%s\" belongs to no option", arg);
        cli_keys_add(state, &o->signing.keys, arg);
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->vendor, "--vendor");
        cli_need(state, o->product, "--product");
        cli_need(state, o->hardware, "--hardware");
        cli_need(state, o->layout, "--layout");
        cli_need(state, o->version, "--version");
        cli_need(state, o->image, "--image");
        return parse_signing(&o->signing, key, arg, state);
    default:
        return parse_signing(&o->signing, key, arg, state);
    }
}

static const struct argp new_argp = {
    new_argp_options,
    parse_new,
    NULL,
    "Sign an image as a release and write its files to DIR."
    "\v"
    "NAME is PRODUCT-HARDWARE-LAYOUT. The files are NAME-VERSION.bin (what devices fetch), "
    "NAME-VERSION.classic.bin (the image as given, for serial flashing and classic clients), "
    "NAME-VERSION.suit and NAME.suit (the signed manifest), and SHA256SUMS. One folder may hold every "
    "board of a release.\n"
    "\n"
    "The same image, names, keys and --seq give the same bytes. For a build that can be repeated take "
    "the sequence from the source: --seq $(git log -1 --format=%ct). The environment is not "
    "consulted: what orders releases is written down or is the time.\n"
    "\n"
    "  otaria release new --vendor example.org --product sensor \\\n"
    "      --hardware nodemcu --layout 4m2m --version 1.0.1 \\\n"
    "      --image app=firmware.bin --key keys/work.key.pem -o out",
    NULL,
    NULL,
    NULL,
};

static error_t parse_again(int key, char *arg, struct argp_state *state)
{
    struct again_options *o = state->input;

    switch (key) {
    case KEY_VERSION:
        o->version = arg;
        return 0;
    case KEY_OLD_KEY:
        cli_keys_add(state, &o->old_keys, arg);
        return 0;
    case ARGP_KEY_ARG:
        if (cli_looks_like_key(arg))
            cli_keys_add(state, &o->signing.keys, arg);
        else if (o->old)
            argp_error(state, "one OLD.suit, please; \"%s\" is a second", arg);
        else
            o->old = arg;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->old, "OLD.suit");
        cli_need(state, o->version, "--version");
        return parse_signing(&o->signing, key, arg, state);
    default:
        return parse_signing(&o->signing, key, arg, state);
    }
}

static const struct argp again_argp = {
    again_argp_options,
    parse_again,
    "OLD.suit",
    "Release an old image once more under a new sequence: the way back from a bad release, since "
    "devices take nothing older than what they confirmed."
    "\v"
    "Reads the .bin (and .classic.bin) beside OLD.suit. OLD.suit must be signed with one of the keys, "
    "and the .bin must be what it describes. The image stays as it is, byte for byte, so that devices "
    "go on reporting the version that is compiled into it.\n"
    "\n"
    "  otaria release again out/sensor-nodemcu-4m2m-1.0.0.suit \\\n"
    "      --version 1.0.2 --key keys/work.key.pem -o out-1.0.2",
    NULL,
    NULL,
    NULL,
};

/* ---- Signing and writing ---- */

static int choose_seq(const struct signing *s, uint64_t *seq, struct err *err)
{
    time_t now = time(NULL);

    *seq = s->has_seq ? s->seq : (uint64_t)now;
    if (!s->has_seq && now < 1700000000)
        return err_set(
            err, ERR_FAILED,
            "the clock of this machine is not set, and releases are ordered by time: set "
            "it, or give --seq");
    return 0;
}

static int load_keys(const struct signing *s, struct key_pair keys[OTARIA_BLOCKS_MAX],
                     struct err *err)
{
    struct keys_passphrase pass = cli_passphrase(s->passphrase_file);

    for (size_t i = 0; i < s->keys.cnt; i++) {
        if (keys_exposed(s->keys.path[i]))
            cli_note("%s can be read by others; chmod 600 it", s->keys.path[i]);
        if (keys_load(s->keys.path[i], &pass, &keys[i], err) < 0)
            return -1;
    }
    return 0;
}

static void report(const struct signing *s, const struct release_plan *plan)
{
    char *name = release_name(&plan->text);
    char digest[HEX_SIZE(32)];

    hex_encode(digest, plan->component[0].digest, 32);
    if (s->json)
        cli_print_json(json_pack("{s:o, s:s, s:I, s:I, s:s}", "suit",
                                 json_sprintf("%s/%s-%s.suit", s->dir, name, plan->text.version),
                                 "version", plan->text.version, "seq", (json_int_t)plan->seq,
                                 "size", (json_int_t)plan->component[0].size, "sha256", digest));
    else
        printf("%s/%s-%s.suit seq=%llu size=%u sha256=%s\n", s->dir, name, plan->text.version,
               (unsigned long long)plan->seq, (unsigned)plan->component[0].size, digest);
    free(name);
}

/* Encodes, signs and writes. The text of the plan and the image bytes in files are set. */
static int sign_and_write(const struct signing *s, const struct key_pair *keys,
                          struct release_plan *plan, struct release_files *files, struct err *err)
{
    char *name = release_name(&plan->text);
    char *file = xasprintf("%s-%s.bin", name, plan->text.version);
    uint8_t suit[OTARIA_ENVELOPE_MAX];
    int ret = -1;

    plan->components_cnt = 1;
    plan->component[0].size = (uint32_t)files->slot_len;
    plan->component[0].uri = s->uri ? s->uri : file;
    release_sha256(files->slot, files->slot_len, plan->component[0].digest);
    files->text = &plan->text;
    files->suit = suit;
    if (choose_seq(s, &plan->seq, err) == 0 &&
        release_encode(plan, keys, s->keys.cnt, suit, &files->suit_len, err) == 0 &&
        release_folder_write(s->dir, files, err) == 0) {
        report(s, plan);
        ret = 0;
    }
    free(file);
    free(name);
    return ret;
}

/* ---- release new ---- */

static int check_mark(const struct new_options *o, const uint8_t *slot, size_t len, struct err *err)
{
    struct otaria_span mark;

    if (!otaria_app_find(slot, len, &mark)) {
        if (!o->raw)
            cli_note("%s carries no version: add OTARIA_APP(\"%s\") from otaria/app.h to the "
                     "firmware, so that devices and tools can tell what it is",
                     o->image, o->version);
        return 0;
    }
    if (mark.len == strlen(o->version) && memcmp(mark.p, o->version, mark.len) == 0)
        return 0;
    if (o->raw) {
        cli_note("%s says that it is version %.*s", o->image, (int)mark.len, (const char *)mark.p);
        return 0;
    }
    return err_set(err, ERR_FAILED,
                   "%s says that it is version %.*s and --version says %s: build it again, or "
                   "correct --version",
                   o->image, (int)mark.len, (const char *)mark.p, o->version);
}

/* The SDK believes the header, and classic clients refuse an image for a larger chip than theirs. */
static void check_flash_size(const struct new_options *o, const struct image *image)
{
    const struct otaria_layout *layout = otaria_layout_find(o->layout, strlen(o->layout));

    if (layout && image->flash_size != 0 && image->flash_size != layout->flash_size)
        cli_note("%s was built for a flash of %u KB, layout %s is for one of %u KB", o->image,
                 (unsigned)image->flash_size / 1024, o->layout,
                 (unsigned)layout->flash_size / 1024);
}

/* Which bytes of the file go into a slot. */
static int find_slot(const struct new_options *o, const uint8_t *data, size_t len,
                     struct release_files *files, struct err *err)
{
    struct image image;
    uint32_t max;

    files->classic = files->slot = data;
    files->classic_len = files->slot_len = len;
    if (o->raw && len == 0)
        return err_set(err, ERR_FAILED, "%s: the file is empty", o->image);
    if (!o->raw) {
        if (image_examine(data, len, &image, err) < 0)
            return err_prefix(err, "%s", o->image);
        check_flash_size(o, &image);
        files->slot += image.slot_off;
        files->slot_len = image.slot_len;
    } else if (len > IMAGE_BOOT_LEN && data[0] == 0xE9 && data[IMAGE_BOOT_LEN] == 0xE9) {
        cli_note("%s looks like an Arduino .bin; with --raw its boot stage goes into the slot too, "
                 "and does not boot there",
                 o->image);
    }
    if (release_layout(o->layout, &max, NULL, err) < 0)
        return -1;
    if (files->slot_len > max)
        return err_set(err, OTARIA_E_TOO_LARGE,
                       "%s: %zu bytes for the slot, layout %s holds %u: %zu too many", o->image,
                       files->slot_len, o->layout, (unsigned)max, files->slot_len - max);
    return check_mark(o, files->slot, files->slot_len, err);
}

int cmd_release_new(int argc, char **argv)
{
    struct new_options o = {0};
    struct release_plan plan = {0};
    struct release_files files = {0};
    struct key_pair keys[OTARIA_BLOCKS_MAX] = {0};
    struct err err = {0};
    uint8_t *data = NULL;
    size_t len;
    int ret = -1;

    cli_parse(&new_argp, argc, argv, &o);
    if (release_text_set(&plan.text, o.vendor, o.product, o.hardware, o.layout, o.version, &err) <
            0 ||
        file_read(o.image, IMAGE_FILE_MAX, &data, &len, &err) < 0)
        goto out;
    if (find_slot(&o, data, len, &files, &err) == 0 && load_keys(&o.signing, keys, &err) == 0)
        ret = sign_and_write(&o.signing, keys, &plan, &files, &err);
out:
    for (size_t i = 0; i < OTARIA_BLOCKS_MAX; i++)
        keys_wipe(&keys[i]);
    free(data);
    return ret == 0 ? 0 : cli_fail(&err);
}

/* ---- release again ---- */

struct old_release {
    uint8_t *suit, *slot, *classic;
    size_t suit_len, slot_len, classic_len;
    struct otaria_manifest m;
    struct release_text text;
};

/* The file of the old release that ends in `ending`, beside OLD.suit. */
static int read_beside(const char *suit_path, const struct release_text *t, const char *ending,
                       uint8_t **data, size_t *len, struct err *err)
{
    const char *slash = strrchr(suit_path, '/');
    char *name = release_name(t);
    char *path = xasprintf("%.*s%s-%s%s", slash ? (int)(slash - suit_path + 1) : 0, suit_path, name,
                           t->version, ending);
    int ret = file_read(path, IMAGE_FILE_MAX, data, len, err);

    free(path);
    free(name);
    return ret;
}

/* Nothing is signed again that was not signed before: OLD.suit by a key of ours, the image by OLD.suit. */
static int load_old(const struct again_options *o, const struct key_pair *keys,
                    struct old_release *old, struct err *err)
{
    uint8_t points[2 * CLI_KEYS_MAX][65], digest[32];
    struct otaria_trust trust = {.keys = (const uint8_t(*)[65])points};

    if (release_trust_load(o->old_keys.path, o->old_keys.cnt, points, err) < 0 ||
        file_read(o->old, OTARIA_ENVELOPE_LMS_MAX, &old->suit, &old->suit_len, err) < 0)
        return -1;
    trust.keys_cnt = (unsigned)o->old_keys.cnt;
    for (size_t i = 0; i < o->signing.keys.cnt; i++)
        memcpy(points[trust.keys_cnt++], keys[i].point, 65);
    if (release_check(old->suit, old->suit_len, &trust, &old->m, &old->text, err) < 0)
        return err_prefix(err, "%s", o->old);
    if (old->m.components_cnt != 1)
        return err_set(err, OTARIA_E_COMPONENTS,
                       "%s: only releases of one component can be repeated", o->old);
    if (read_beside(o->old, &old->text, ".bin", &old->slot, &old->slot_len, err) < 0 ||
        read_beside(o->old, &old->text, ".classic.bin", &old->classic, &old->classic_len, err) < 0)
        return -1;
    release_sha256(old->slot, old->slot_len, digest);
    if (old->slot_len != old->m.component[0].size ||
        memcmp(digest, old->m.component[0].digest, 32) != 0)
        return err_set(err, OTARIA_E_DIGEST,
                       "the .bin beside %s is not the image that it describes", o->old);
    if (old->classic_len < old->slot_len ||
        memcmp(old->classic + old->classic_len - old->slot_len, old->slot, old->slot_len) != 0)
        return err_set(err, OTARIA_E_DIGEST,
                       "the .classic.bin beside %s does not contain the image that it describes",
                       o->old);
    return 0;
}

int cmd_release_again(int argc, char **argv)
{
    struct again_options o = {0};
    struct old_release old = {0};
    struct release_plan plan = {0};
    struct release_files files = {0};
    struct key_pair keys[OTARIA_BLOCKS_MAX] = {0};
    struct err err = {0};
    const struct release_text *t = &old.text;
    int ret = -1;

    cli_parse(&again_argp, argc, argv, &o);
    if (load_keys(&o.signing, keys, &err) < 0 || load_old(&o, keys, &old, &err) < 0 ||
        release_text_set(&plan.text, t->vendor, t->product, t->hardware, t->layout, o.version,
                         &err) < 0)
        goto out;
    if (o.signing.has_seq && o.signing.seq <= old.m.seq) {
        err_set(&err, ERR_USAGE, "--seq %llu is not above the old release's %llu",
                (unsigned long long)o.signing.seq, (unsigned long long)old.m.seq);
        goto out;
    }
    files.slot = old.slot;
    files.slot_len = old.slot_len;
    files.classic = old.classic;
    files.classic_len = old.classic_len;
    ret = sign_and_write(&o.signing, keys, &plan, &files, &err);
out:
    for (size_t i = 0; i < OTARIA_BLOCKS_MAX; i++)
        keys_wipe(&keys[i]);
    free(old.suit);
    free(old.slot);
    free(old.classic);
    return ret == 0 ? 0 : cli_fail(&err);
}
