// SPDX-License-Identifier: MIT
/* otaria serve: the command line of server/daemon. */
#include <string.h>

#include "cli/cli.h"
#include "server/daemon/daemon.h"

#ifndef OTARIA_VERSION
#error "the build names the version"
#endif

#define WORDS_MAX 128

struct serve_options {
    struct daemon_word words[WORDS_MAX];
    struct daemon_call call;
};

/* Keys from KEY_SETTING on are settings: they go to the daemon by name. */
enum { KEY_CONFIG = 256, KEY_NEW_TOKEN, KEY_SETTING };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Where", 1},
    {"data", KEY_SETTING, "DIR", 0, "Database and payloads (default: otaria-data)", 1},
    {"listen", KEY_SETTING + 1, "[tls:]ADDR:PORT", 0,
     "Devices come here; may be repeated; port 0 = any free one (default: 0.0.0.0:8266)", 1},
    {"admin", KEY_SETTING + 2, "[tls:]ADDR:PORT", 0,
     "Administration; may be repeated; beyond this machine only with tls: (default: 127.0.0.1:8267)",
     1},
    {"tls-cert", KEY_SETTING + 3, "FILE", 0, "Certificate chain (PEM, own one first)", 1},
    {"tls-key", KEY_SETTING + 4, "FILE", 0, "Its private key (PEM, not encrypted)", 1},
    {"ready-file", KEY_SETTING + 5, "FILE", 0,
     "Written when serving, as JSON: the addresses, with the ports that port 0 became", 1},

    {NULL, 0, NULL, 0, "Who may publish", 2},
    {"release-key", KEY_SETTING + 6, "PUB.pem", 0,
     "Only what this key signed can be published; may be repeated; without one, nothing can", 2},
    {"threshold", KEY_SETTING + 7, "N", 0, "How many of the keys must have signed (default: 1)", 2},
    {"token-out", KEY_SETTING + 8, "FILE", 0,
     "The admin token made at the first start goes here, readable by you alone (default: the "
     "terminal, or DIR/admin.token when stdout is none)",
     2},
    {"new-token", KEY_NEW_TOKEN, NULL, 0, "Make another admin token; the old one is void", 2},
    {"host", KEY_SETTING + 9, "NAME", 0,
     "A name by which administration may be called, besides addresses and localhost; may be repeated",
     2},
    {"admin-plain-anywhere", KEY_SETTING + 10, NULL, 0,
     "Allow --admin without tls: beyond this machine, as behind a proxy of your own", 2},

    {NULL, 0, NULL, 0, "How much", 3},
    {"poll-interval", KEY_SETTING + 11, "S", 0, "Devices are told to poll so often (default: 3600)",
     3},
    {"poll-minimum", KEY_SETTING + 12, "S", 0,
     "and never more often than this (default: 60; they do not go below 60 themselves)", 3},
    {"polls-per-second", KEY_SETTING + 13, "N", 0,
     "More polls are told to come back later (default: 0, no limit)", 3},
    {"new-ids-per-address", KEY_SETTING + 14, "N", 0,
     "New device ids that one address may bring at once; 0 = no limit (default: 500, not counting "
     "those from this machine, where a proxy may be; a number given here counts them)",
     3},
    {"devices-max", KEY_SETTING + 15, "N", 0, "Devices in the inventory (default: 200000)", 3},
    {"database-max", KEY_SETTING + 16, "KB", 0,
     "The database does not grow beyond it (default: 0, no limit)", 3},
    {"header-timeout", KEY_SETTING + 17, "S", 0,
     "A request's header is complete within it, or dropped (default: 20)", 3},
    {"stop-deadline", KEY_SETTING + 18, "S", 0,
     "How long running downloads may go on after SIGTERM (default: 30)", 3},

    {NULL, 0, NULL, 0, "This program", 4},
    {"config", KEY_CONFIG, "FILE", 0, "Read settings from FILE as well; see below", 4},
    {"verbose", KEY_SETTING + 19, NULL, 0, "Log more, on stderr", 4},
    {0},
};

static const struct argp_option *option_find(int key)
{
    for (const struct argp_option *o = options; o->name || o->doc; o++) {
        if (o->name && o->key == key)
            return o;
    }
    return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct serve_options *o = state->input;
    const struct argp_option *option;

    switch (key) {
    case KEY_CONFIG:
        o->call.config_path = arg;
        return 0;
    case KEY_NEW_TOKEN:
        o->call.new_token = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\" is left over; release keys are given as --release-key FILE each",
                   arg);
        return 0;
    default:
        option = key >= KEY_SETTING ? option_find(key) : NULL;
        if (!option)
            return ARGP_ERR_UNKNOWN;
        if (o->call.words_cnt == WORDS_MAX)
            argp_error(state, "more than %d options", WORDS_MAX);
        o->words[o->call.words_cnt++] =
            (struct daemon_word){option->name, option->arg ? arg : "yes"};
        return 0;
    }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Serve releases to devices, and let their makers publish and look. Stops with Ctrl-C or SIGTERM."
    "\v"
    "The configuration file has the long options as names, one a line, and # comments:\n"
    "\n"
    "  data = /var/lib/otaria\n"
    "  listen = 0.0.0.0:8266\n"
    "  listen = tls:0.0.0.0:8443\n"
    "  tls-cert = /etc/otaria/chain.pem\n"
    "  tls-key = /etc/otaria/key.pem\n"
    "  release-key = /etc/otaria/work.pub.pem\n"
    "  admin-plain-anywhere = no\n"
    "\n"
    "What the command line gives wins. SIGHUP reads the file, the release keys and the certificate "
    "again: release-key, threshold, poll-interval, poll-minimum, polls-per-second, host and "
    "stop-deadline change at once, the rest with the next start; when anything is wrong, nothing "
    "changes. SIGTERM lets running downloads finish; a second one does not.\n"
    "\n"
    "The first start on a data folder makes the admin token that `otaria publish` and "
    "`otaria fleet` need. Only its hash is kept.",
    NULL,
    NULL,
    NULL,
};

int cmd_serve(int argc, char **argv)
{
    struct serve_options o = {.call = {.version = OTARIA_VERSION}};
    struct err err = {0};

    o.call.words = o.words;
    cli_parse(&argp, argc, argv, &o);
    return daemon_run(&o.call, &err) < 0 ? cli_fail(&err) : 0;
}
