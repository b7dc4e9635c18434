// SPDX-License-Identifier: MIT
/* otaria keys new, keys header */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "release/release.h"

/* ---- keys new ---- */

struct new_options {
    const char *name, *dir, *passphrase_file;
    int no_passphrase;
};

enum { KEY_PASSPHRASE_FILE = 256, KEY_NO_PASSPHRASE, KEY_DIR };

static const struct argp_option new_argp_options[] = {
    {"dir", KEY_DIR, "DIR", 0, "Folder for the two files; made when absent (default: here)", 0},
    {"passphrase-file", KEY_PASSPHRASE_FILE, "FILE", 0,
     "Encrypt the private key with the first line of FILE", 0},
    {"no-passphrase", KEY_NO_PASSPHRASE, NULL, 0, "Write the private key unencrypted", 0},
    {0},
};

static bool is_key_name(const char *name)
{
    return *name && *name != '.' && *name != '-' &&
           name[strspn(
               name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

static error_t parse_new(int key, char *arg, struct argp_state *state)
{
    struct new_options *o = state->input;

    switch (key) {
    case KEY_DIR:
        o->dir = arg;
        return 0;
    case KEY_PASSPHRASE_FILE:
        o->passphrase_file = arg;
        return 0;
    case KEY_NO_PASSPHRASE:
        o->no_passphrase = 1;
        return 0;
    case ARGP_KEY_ARG:
        if (o->name)
            argp_error(state, "one NAME, please; \"%s\" is a second", arg);
        if (!is_key_name(arg))
            argp_error(state,
                       "\"%s\" is no name for a key: only A-Z a-z 0-9 . _ -, and --dir for "
                       "the folder",
                       arg);
        o->name = arg;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->name, "NAME");
        if (o->passphrase_file && o->no_passphrase)
            argp_error(state, "--passphrase-file and --no-passphrase exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp new_argp = {
    new_argp_options,
    parse_new,
    "NAME",
    "Make a release key (ECDSA, P-256): NAME.key.pem (PKCS#8, readable by you alone) and "
    "NAME.pub.pem. An existing key is never overwritten."
    "\v"
    "Without an option the passphrase is asked for on the terminal; without a terminal the key is "
    "written unencrypted.\n"
    "\n"
    "Make two and compile both public keys into the firmware: the second, kept elsewhere, is what "
    "replaces the first when it is lost.\n"
    "\n"
    "  otaria keys new work  --dir keys\n"
    "  otaria keys new spare --dir /media/usb",
    NULL,
    NULL,
    NULL,
};

/* Fills text with the passphrase that was chosen, or leaves it empty for none. */
static int choose_passphrase(const struct new_options *o, char text[KEYS_PASSPHRASE_MAX],
                             struct err *err)
{
    text[0] = '\0';
    if (o->no_passphrase)
        return 0;
    if (o->passphrase_file)
        return cli_read_secret(o->passphrase_file, text, KEYS_PASSPHRASE_MAX, err);
    if (cli_has_terminal())
        return cli_passphrase_new(text, err);
    cli_note("no terminal to ask for a passphrase: --no-passphrase is implied, the private key is "
             "written unencrypted");
    return 0;
}

static int keys_new(int argc, char **argv)
{
    struct new_options o = {.dir = "."};
    char passphrase[KEYS_PASSPHRASE_MAX];
    char *private_path, *public_path;
    struct err err = {0};
    int ret = -1;

    cli_parse(&new_argp, argc, argv, &o);
    private_path = xasprintf("%s/%s.key.pem", o.dir, o.name);
    public_path = xasprintf("%s/%s.pub.pem", o.dir, o.name);
    if (mkdir(o.dir, 0777) < 0 && errno != EEXIST)
        err_errno(&err, "%s", o.dir);
    else if (keys_absent(private_path, public_path, &err) == 0 &&
             choose_passphrase(&o, passphrase, &err) == 0)
        ret = keys_create(private_path, public_path, passphrase, &err);
    OPENSSL_cleanse(passphrase, sizeof passphrase);
    if (ret == 0)
        printf("%s\n%s\n", private_path, public_path);
    free(private_path);
    free(public_path);
    return ret == 0 ? 0 : cli_fail(&err);
}

/* ---- keys header ---- */

struct header_options {
    struct cli_keys keys;
    const char *output;
};

static const struct argp_option header_argp_options[] = {
    {"output", 'o', "FILE.h", 0, "Where to write the header; - is standard output", 0},
    {0},
};

static error_t parse_header(int key, char *arg, struct argp_state *state)
{
    struct header_options *o = state->input;

    switch (key) {
    case 'o':
        o->output = arg;
        return 0;
    case ARGP_KEY_ARG:
        cli_keys_add(state, &o->keys, arg);
        return 0;
    case ARGP_KEY_END:
        if (o->keys.cnt == 0)
            argp_error(state, "PUB.pem is missing");
        cli_need(state, o->output, "-o FILE.h");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp header_argp = {
    header_argp_options,
    parse_header,
    "PUB.pem...",
    "Write public keys as a C header for the firmware: the keys that a device trusts."
    "\v"
    "  otaria keys header keys/work.pub.pem keys/spare.pub.pem -o otaria_keys.h\n"
    "\n"
    "In the firmware: .keys = otaria_release_keys, .keys_cnt = OTARIA_RELEASE_KEYS_CNT.",
    NULL,
    NULL,
    NULL,
};

static void print_key(FILE *out, const uint8_t point[65], const char *path)
{
    const char *slash = strrchr(path, '/');
    uint8_t digest[32];
    char hex[HEX_SIZE(8)];

    release_sha256(point, 65, digest);
    hex_encode(hex, digest, 8);
    fprintf(out, "    /* %s, SHA-256 of the point %s... */\n    {", slash ? slash + 1 : path, hex);
    for (size_t i = 0; i < 65; i++)
        fprintf(out, "%s0x%02x%s", i % 13 ? " " : "\n        ", point[i], i < 64 ? "," : "");
    fprintf(out, "},\n");
}

static char *format_header(const uint8_t (*points)[65], const struct cli_keys *keys, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    if (!out)
        abort();
    fprintf(out,
            "/* Made by `otaria keys header`: the release keys that this firmware trusts (P-256, "
            "04 X Y). */\n"
            "#ifndef OTARIA_KEYS_H\n"
            "#define OTARIA_KEYS_H\n\n"
            "#include <stdint.h>\n\n"
            "#define OTARIA_RELEASE_KEYS_CNT %zu\n\n"
            "static const uint8_t otaria_release_keys[OTARIA_RELEASE_KEYS_CNT][65] = {\n",
            keys->cnt);
    for (size_t i = 0; i < keys->cnt; i++)
        print_key(out, points[i], keys->path[i]);
    fprintf(out, "};\n\n#endif\n");
    fclose(out);
    return text;
}

static int keys_header(int argc, char **argv)
{
    struct header_options o = {0};
    uint8_t points[CLI_KEYS_MAX][65];
    struct err err = {0};
    size_t len = 0;
    char *text;
    int ret = 0;

    cli_parse(&header_argp, argc, argv, &o);
    if (release_trust_load(o.keys.path, o.keys.cnt, points, &err) < 0)
        return cli_fail(&err);
    text = format_header((const uint8_t(*)[65])points, &o.keys, &len);
    if (strcmp(o.output, "-") == 0)
        fwrite(text, 1, len, stdout);
    else
        ret = file_write_atomic(o.output, text, len, 0644, &err);
    free(text);
    if (ret < 0)
        return cli_fail(&err);
    if (o.keys.cnt == 1)
        cli_note(
            "this header holds a single key: when it is lost or stolen, no release can replace "
            "it. Add a second one that is kept elsewhere");
    return 0;
}

static const struct cli_command commands[] = {
    {"new", keys_new, "make a release key"},
    {"header", keys_header, "write public keys as a C header for the firmware"},
    {"pin", keys_pin, "print the pin of a server's certificate, for TLS"},
    {"anchors", keys_anchors, "write a CA's certificates as a C header for the firmware"},
    {0},
};

int cmd_keys(int argc, char **argv)
{
    return cli_dispatch("otaria keys", commands, "Release keys, and those of servers.\n", argc,
                        argv);
}
