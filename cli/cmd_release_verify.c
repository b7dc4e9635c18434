// SPDX-License-Identifier: MIT
/* otaria release verify: the verdict of the device library, with its reasons. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "cli/cli.h"
#include "release/image.h"
#include "release/release.h"

struct options {
    struct cli_keys keys;
    const char *vendor, *class_text, *vendor_id, *class_id, *image, *suit;
    uint64_t threshold, min_seq, max_size;
    bool has_max_size, json;
};

enum {
    KEY_KEY = 256,
    KEY_THRESHOLD,
    KEY_VENDOR,
    KEY_CLASS,
    KEY_VENDOR_ID,
    KEY_CLASS_ID,
    KEY_MIN_SEQ,
    KEY_MAX_SIZE,
    KEY_IMAGE,
    KEY_JSON,
};

static const struct argp_option argp_options[] = {
    {"key", KEY_KEY, "PUB.pem", 0, "Public key that the device trusts; may be given several times",
     1},
    {"threshold", KEY_THRESHOLD, "N", 0, "How many of the keys must have signed (default: 1)", 1},
    {"vendor", KEY_VENDOR, "DOMAIN", 0, "The device's vendor", 2},
    {"class", KEY_CLASS, "TEXT", 0, "The device's class: PRODUCT/HARDWARE/LAYOUT", 2},
    {"vendor-id", KEY_VENDOR_ID, "HEX", 0, "The same as 16 bytes, in place of --vendor", 2},
    {"class-id", KEY_CLASS_ID, "HEX", 0, "The same as 16 bytes, in place of --class", 2},
    {"min-seq", KEY_MIN_SEQ, "N", 0, "The lowest sequence that is accepted", 2},
    {"max-size", KEY_MAX_SIZE, "N", 0,
     "The largest image (default: what the layout in the class or in the text holds)", 2},
    {"image", KEY_IMAGE, "app=FILE", 0, "Check that FILE is the image that was signed", 2},
    {"json", KEY_JSON, NULL, 0, "Print the verdict as JSON", 3},
    {0},
};

static void end_of_options(const struct options *o, const struct argp_state *state)
{
    if (o->keys.cnt == 0)
        argp_error(state, "--key is missing: without one nothing can be accepted");
    cli_need(state, o->suit, "FILE.suit");
    if ((o->vendor != NULL) != (o->class_text != NULL))
        argp_error(state, "--vendor and --class belong together: a class id is made from both");
    if (o->vendor && (o->vendor_id || o->class_id))
        argp_error(state, "give names or ids, not both");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case KEY_KEY:
        cli_keys_add(state, &o->keys, arg);
        return 0;
    case KEY_THRESHOLD:
        o->threshold = cli_number(state, "--threshold", arg, 1, CLI_KEYS_MAX);
        return 0;
    case KEY_VENDOR:
        o->vendor = arg;
        return 0;
    case KEY_CLASS:
        o->class_text = arg;
        return 0;
    case KEY_VENDOR_ID:
        o->vendor_id = arg;
        return 0;
    case KEY_CLASS_ID:
        o->class_id = arg;
        return 0;
    case KEY_MIN_SEQ:
        o->min_seq = cli_number(state, "--min-seq", arg, 0, UINT64_MAX);
        return 0;
    case KEY_MAX_SIZE:
        o->max_size = cli_number(state, "--max-size", arg, 1, UINT32_MAX);
        o->has_max_size = true;
        return 0;
    case KEY_IMAGE:
        o->image = cli_component(state, "--image", arg);
        return 0;
    case KEY_JSON:
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (cli_looks_like_key(arg))
            cli_keys_add(state, &o->keys, arg);
        else if (o->suit)
            argp_error(state, "one FILE.suit, please; \"%s\" is a second", arg);
        else
            o->suit = arg;
        return 0;
    case ARGP_KEY_END:
        end_of_options(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    argp_options,
    parse,
    "FILE.suit",
    "Decide about a release as a device would, with the same code. The last line is \"accepted "
    "seq=.. size=.. sha256=..\" (exit code 0) or \"refused: NAME (code): sentence\" (exit code 1)."
    "\v"
    "What was not asked for is not checked, and said so.\n"
    "\n"
    "  otaria release verify --key keys/work.pub.pem --vendor example.org \\\n"
    "      --class sensor/nodemcu/4m2m --image app=firmware.bin \\\n"
    "      out/sensor-nodemcu-4m2m.suit",
    NULL,
    NULL,
    NULL,
};

struct verdict {
    int code; /* 0 or OTARIA_E_* */
    char sentence[512];
    struct otaria_manifest m;
    struct release_text text;
    bool has_text;
    json_t *unchecked; /* what nobody asked for: sentences */
};

static void refuse(struct verdict *v, int code, const char *sentence)
{
    v->code = code;
    snprintf(v->sentence, sizeof v->sentence, "%s",
             sentence ? sentence : otaria_error_sentence(code));
}

static void not_checked(struct verdict *v, const char *what)
{
    json_array_append_new(v->unchecked, json_string(what));
}

/* Ids from options; those that were not given are taken from M, so that their checks pass. */
static int set_ids(const struct options *o, struct verdict *v, struct otaria_identity *id,
                   struct err *err)
{
    memcpy(id->vendor, v->m.vendor, 16);
    memcpy(id->class_id, v->m.class_id, 16);
    if (o->vendor && release_ids(o->vendor, o->class_text, id->vendor, id->class_id, err) < 0) {
        err->code = ERR_USAGE;
        return -1;
    }
    if (o->vendor_id && !hex_decode(id->vendor, 16, o->vendor_id))
        return err_set(err, ERR_USAGE, "--vendor-id: \"%s\" is not 32 hexadecimal digits",
                       o->vendor_id);
    if (o->class_id && !hex_decode(id->class_id, 16, o->class_id))
        return err_set(err, ERR_USAGE, "--class-id: \"%s\" is not 32 hexadecimal digits",
                       o->class_id);
    if (!o->vendor && !o->vendor_id)
        not_checked(v, "vendor (give --vendor and --class)");
    if (!o->vendor && !o->class_id)
        not_checked(v, "class (give --vendor and --class)");
    return 0;
}

/* The room for each component: as told, else of the layout that is named, else any. */
static int set_room(const struct options *o, struct verdict *v, struct otaria_identity *id,
                    struct err *err)
{
    const char *layout = v->has_text ? v->text.layout : NULL;

    id->image_max[0] = id->image_max[1] = UINT32_MAX;
    if (o->has_max_size) {
        id->image_max[0] = (uint32_t)o->max_size;
        return 0;
    }
    if (o->class_text)
        layout = strrchr(o->class_text, '/') + 1;
    if (!layout) {
        not_checked(v, "size (give --max-size or --class)");
        return 0;
    }
    if (release_layout(layout, &id->image_max[0], &id->image_max[1], err) == 0)
        return 0;
    if (o->class_text) {
        err->code = ERR_USAGE;
        return -1;
    }
    id->image_max[0] = id->image_max[1] = UINT32_MAX;
    not_checked(v, "size (the layout in the text is not known)");
    return 0;
}

static int check_image(const struct options *o, struct verdict *v, struct err *err)
{
    uint8_t *data, digest[32];
    char sentence[512];
    size_t len;

    if (!o->image) {
        not_checked(v, "image (give --image app=FILE)");
        return 0;
    }
    if (file_read(o->image, IMAGE_FILE_MAX, &data, &len, err) < 0)
        return -1;
    release_sha256(data, len, digest);
    free(data);
    if (len != v->m.component[0].size) {
        snprintf(sentence, sizeof sentence, "%s has %zu bytes, the release says %u%s", o->image,
                 len, (unsigned)v->m.component[0].size,
                 len == v->m.component[0].size + IMAGE_BOOT_LEN
                     ? " (an Arduino .bin: give the .bin beside the .suit, without boot stage)"
                     : "");
        refuse(v, OTARIA_E_LENGTH, sentence);
    } else if (memcmp(digest, v->m.component[0].digest, 32) != 0) {
        snprintf(sentence, sizeof sentence, "%s is not the image that was signed", o->image);
        refuse(v, OTARIA_E_DIGEST, sentence);
    }
    return 0;
}

/* -1: no verdict could be reached (files, options); else the verdict stands in v. */
static int decide(const struct options *o, const uint8_t *suit, size_t len,
                  const struct otaria_trust *trust, struct verdict *v, struct err *err)
{
    struct otaria_identity id = {0};
    int code = otaria_manifest_decode(&v->m, suit, len);

    if (code < 0) {
        refuse(v, code, NULL);
        return 0;
    }
    v->has_text = release_text_check(&v->m, &v->text, NULL) == 0;
    if (set_ids(o, v, &id, err) < 0 || set_room(o, v, &id, err) < 0)
        return -1;
    if (o->min_seq > 0)
        id.floor_seq = o->min_seq - 1;
    else
        not_checked(v, "sequence (give --min-seq)");
    code = otaria_manifest_accept(&v->m, suit, len, trust, &id);
    if (code < 0) {
        /* Below --min-seq by one is the floor itself to the library, and simply too low to a person. */
        refuse(v, code == OTARIA_E_SAME_SEQUENCE ? OTARIA_E_OLD_SEQUENCE : code, NULL);
        return 0;
    }
    return check_image(o, v, err);
}

static void print_words(const struct verdict *v)
{
    char hex[HEX_SIZE(32)];
    size_t i;
    json_t *what;

    if (v->code == 0 && v->has_text)
        printf("%s version %s of %s\n", v->text.class_text, v->text.version, v->text.vendor);
    else if (v->code == 0)
        printf("note: no text that agrees with the ids; publish would refuse this release\n");
    if (v->code == 0)
        json_array_foreach(v->unchecked, i, what)
            printf("not checked: %s\n", json_string_value(what));
    if (v->code == 0) {
        hex_encode(hex, v->m.component[0].digest, 32);
        printf("accepted seq=%llu size=%u sha256=%s\n", (unsigned long long)v->m.seq,
               (unsigned)v->m.component[0].size, hex);
    } else {
        printf("refused: %s (%d): %s\n", otaria_error_name(v->code), v->code, v->sentence);
    }
}

static void print_json(const struct verdict *v)
{
    char hex[HEX_SIZE(32)];

    hex_encode(hex, v->m.component[0].digest, 32);
    if (v->code == 0)
        cli_print_json(json_pack("{s:b, s:I, s:I, s:s, s:O}", "accepted", 1, "seq",
                                 (json_int_t)v->m.seq, "size", (json_int_t)v->m.component[0].size,
                                 "sha256", hex, "not_checked", v->unchecked));
    else
        cli_print_json(json_pack("{s:b, s:s, s:i, s:s}", "accepted", 0, "error",
                                 otaria_error_name(v->code), "code", v->code, "message",
                                 v->sentence));
}

int cmd_release_verify(int argc, char **argv)
{
    struct options o = {.threshold = 1};
    uint8_t points[CLI_KEYS_MAX][65];
    struct otaria_trust trust = {.keys = (const uint8_t(*)[65])points};
    struct verdict v = {.code = OTARIA_E_SIGNATURE};
    struct err err = {0};
    uint8_t *suit = NULL;
    size_t len = 0;
    int ret = -1;

    cli_parse(&argp, argc, argv, &o);
    v.unchecked = json_array();
    v.code = 0;
    if (release_trust_load(o.keys.path, o.keys.cnt, points, &err) < 0 ||
        file_read(o.suit, IMAGE_FILE_MAX, &suit, &len, &err) < 0)
        goto out;
    trust.keys_cnt = (unsigned)o.keys.cnt;
    trust.threshold = (unsigned)o.threshold;
    ret = decide(&o, suit, len, &trust, &v, &err);
    if (ret == 0 && o.json)
        print_json(&v);
    else if (ret == 0)
        print_words(&v);
out:
    free(suit);
    json_decref(v.unchecked);
    if (ret < 0)
        return cli_fail(&err);
    return v.code == 0 ? 0 : ERR_FAILED;
}
