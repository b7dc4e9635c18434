// SPDX-License-Identifier: MIT
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <otaria/constants.h>

#include "base/xalloc.h"

#ifndef OTARIA_VERSION
#error "the build names the version"
#endif

static void print_commands(FILE *out, const char *program, const struct cli_command *commands,
                           const char *intro)
{
    fprintf(out, "Usage: %s COMMAND [OPTION...]\n\n%s\nCommands:\n", program, intro);
    for (const struct cli_command *c = commands; c->name; c++)
        fprintf(out, "  %-10s %s\n", c->name, c->summary);
    fprintf(out,
            "\n\"%s COMMAND --help\" explains a command. Exit code: 0 done, 1 refused or failed, "
            "2 wrong use.\n",
            program);
}

/* Edit distance with a cut-off at the lengths that command names have. */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t row[MOST + 1], a_len = strlen(a), b_len = strlen(b);

    if (a_len > MOST || b_len > MOST)
        return MOST;
    for (size_t k = 0; k <= b_len; k++)
        row[k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            size_t change = diagonal + (a[i - 1] != b[k - 1]);

            diagonal = row[k];
            row[k] = row[k] + 1 < row[k - 1] + 1 ? row[k] + 1 : row[k - 1] + 1;
            if (change < row[k])
                row[k] = change;
        }
    }
    return row[b_len];
}

static int unknown_command(const char *program, const struct cli_command *commands,
                           const char *name)
{
    const struct cli_command *nearest = NULL;
    size_t least = 3; /* further away it is not a typing error */

    for (const struct cli_command *c = commands; c->name; c++) {
        size_t d = distance(name, c->name);

        if (d < least) {
            least = d;
            nearest = c;
        }
    }
    fprintf(stderr, "%s: unknown command \"%s\"", program, name);
    if (nearest)
        fprintf(stderr, "; did you mean \"%s %s\"?\n", program, nearest->name);
    else
        fprintf(stderr, "; \"%s help\" lists them\n", program);
    return ERR_USAGE;
}

int cli_dispatch(const char *program, const struct cli_command *commands, const char *intro,
                 int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    if (!name) {
        print_commands(stderr, program, commands, intro);
        return ERR_USAGE;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-?") == 0 ||
        strcmp(name, "-h") == 0) {
        print_commands(stdout, program, commands, intro);
        return 0;
    }
    if (strcmp(name, "--version") == 0) {
        printf("otaria %s\n", OTARIA_VERSION);
        return 0;
    }
    for (const struct cli_command *c = commands; c->name; c++) {
        char *full;
        int status;

        if (strcmp(name, c->name) != 0)
            continue;
        full = xasprintf("%s %s", program, name);
        argv[1] = full; /* argp takes the program's name from here */
        status = c->run(argc - 1, argv + 1);
        free(full);
        return status;
    }
    return unknown_command(program, commands, name);
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = ERR_USAGE;
    if (argp_parse(argp, argc, argv, 0, NULL, input) != 0)
        exit(ERR_USAGE);
}

int cli_fail(const struct err *err)
{
    fflush(stdout);
    fprintf(stderr, "otaria: %s\n", err->text);
    return err->code == ERR_USAGE ? ERR_USAGE : ERR_FAILED;
}

void cli_note(const char *fmt, ...)
{
    va_list ap;

    fflush(stdout);
    fputs("otaria: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

void cli_print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(value);
}

uint64_t cli_number(const struct argp_state *state, const char *option, const char *text,
                    uint64_t min, uint64_t max)
{
    unsigned long long value;
    char *end;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value < min || value > max)
        argp_error(state, "%s: \"%s\" is not a whole number from %llu to %llu", option, text,
                   (unsigned long long)min, (unsigned long long)max);
    return value;
}

const char *cli_component(const struct argp_state *state, const char *option, const char *text)
{
    if (strncmp(text, "app=", 4) == 0 && text[4])
        return text + 4;
    if (strncmp(text, "fs=", 3) == 0)
        argp_error(state, "%s: devices cannot install a filesystem yet; only app= is taken",
                   option);
    argp_error(state, "%s: \"%s\" does not begin with app=, as in %s app=firmware.bin", option,
               text, option);
    return NULL;
}

void cli_need(const struct argp_state *state, const void *value, const char *option)
{
    if (!value)
        argp_error(state, "%s is missing", option);
}

bool cli_looks_like_key(const char *path)
{
    size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".pem") == 0;
}

void cli_keys_add(const struct argp_state *state, struct cli_keys *keys, const char *path)
{
    if (keys->cnt == CLI_KEYS_MAX)
        argp_error(state, "more than %d keys", CLI_KEYS_MAX);
    keys->path[keys->cnt++] = path;
}
