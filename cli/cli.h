// SPDX-License-Identifier: MIT
/*
 * What the commands share: tables, argp with our exit codes, messages, passphrases.
 *
 * Exit codes: 0 done or accepted, 1 refused or failed, 2 wrong use. Results go to stdout, everything
 * about them to stderr; with --json stdout is one JSON document.
 */
#ifndef OTARIA_CLI_CLI_H
#define OTARIA_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <otaria/constants.h>

#include "base/err.h"
#include "release/keys.h"

struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

/*
 * Runs the command that argv[1] names, with argv[0] replaced by "<program> <name>". "help", "--help" and no
 * name at all list the table; an unknown name is answered with the nearest one, exit code 2. The table ends
 * with a row without a name.
 */
int cli_dispatch(const char *program, const struct cli_command *commands, const char *intro,
                 int argc, char **argv);

/* argp_parse with wrong use exiting with 2. Options and arguments may be mixed. */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Prints "otaria: <text>" on stderr and gives the exit code for it. */
int cli_fail(const struct err *err);

/* Prints "otaria: <text>" on stderr: warnings and things worth knowing. */
void cli_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints a JSON value on stdout and releases it. */
void cli_print_json(json_t *value);

/* argp parsers call these; on a wrong value they end the program with its sentence and exit code 2. */
uint64_t cli_number(const struct argp_state *state, const char *option, const char *text,
                    uint64_t min, uint64_t max);
/* The FILE of "app=FILE". */
const char *cli_component(const struct argp_state *state, const char *option, const char *text);
/* For an option that must be there. */
void cli_need(const struct argp_state *state, const void *value, const char *option);

/* ---- Lists of key files, for --key A --key B and --key A B alike ---- */

#define CLI_KEYS_MAX OTARIA_KEYS_MAX

struct cli_keys {
    const char *path[CLI_KEYS_MAX];
    size_t cnt;
};
void cli_keys_add(const struct argp_state *state, struct cli_keys *keys, const char *path);
bool cli_looks_like_key(const char *path); /* ends in .pem */

/* ---- Passphrases ---- */

/*
 * A source for keys_load: the first line of passphrase_file, or when that is NULL the terminal; without
 * a terminal it fails with a sentence. The struct borrows passphrase_file.
 */
struct keys_passphrase cli_passphrase(const char *passphrase_file);

/* A new passphrase from the terminal, asked twice. -1 when they differ or it is empty. */
int cli_passphrase_new(char text[KEYS_PASSPHRASE_MAX], struct err *err)
    __attribute__((warn_unused_result));

/* The first line of a file, without its end. A file that others may read is noted. */
int cli_read_secret(const char *path, char *text, size_t max, struct err *err)
    __attribute__((warn_unused_result));

bool cli_has_terminal(void); /* stdin is one: a person can be asked */

/* ---- Commands ---- */

int cmd_keys(int argc, char **argv);
int keys_pin(int argc, char **argv);
int keys_anchors(int argc, char **argv);
int cmd_release(int argc, char **argv);
int cmd_release_new(int argc, char **argv);
int cmd_release_again(int argc, char **argv);
int cmd_release_verify(int argc, char **argv);
int cmd_release_show(int argc, char **argv);
int cmd_release_withdraw(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_fleet(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_device(int argc, char **argv);

#endif
