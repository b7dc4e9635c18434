// SPDX-License-Identifier: MIT
/*
 * The running server: settings, listeners, token, signals. What it answers is server/api, how it talks is
 * server/http; this puts them together and takes them apart again.
 *
 *     const struct daemon_word words[] = {{"data", "otaria-data"}, {"listen", "0.0.0.0:8266"}};
 *     const struct daemon_call call = {.words = words, .words_cnt = 2, .version = "1.0"};
 *
 *     if (daemon_run(&call, &err) < 0)
 *         ... err.text says why; err.code is ERR_USAGE when a setting is wrong, else ERR_FAILED ...
 *
 * Settings have one name each, on the command line and in the configuration file; the table in config.c is
 * the list of them. The file is flat, `name = value`, with an optional heading [serve]; # and ; begin
 * comments. A name that may be given several times (listen, admin, release-key, host) is repeated on
 * lines of its own. What the command line gives replaces what the file says.
 *
 * Signals, all taken by the calling thread, which must not have others beside it yet:
 *   SIGHUP           reads file, release keys and certificate again. All of it or, when anything is wrong,
 *                    nothing; what changed is logged, and what would need a restart.
 *   SIGTERM, SIGINT  stop: no new connections, running downloads finish until stop-deadline; a second one
 *                    stops at once. Acknowledged outcomes are on disk either way.
 */
#ifndef OTARIA_SERVER_DAEMON_DAEMON_H
#define OTARIA_SERVER_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A setting as the command line gave it: its long option without "--", and the text; "yes" for a flag. */
struct daemon_word {
    const char *name, *value;
};

/* Everything is borrowed until daemon_run() returns. */
struct daemon_call {
    const struct daemon_word *words; /* in the order given */
    size_t words_cnt;
    const char *config_path; /* NULL: no file */
    bool new_token;          /* make an admin token although there is one */
    const char *version;     /* of the program, for what it prints */
};

/*
 * Serves until told to stop by a signal; 0 then, else -1. Changes the process: umask 077, the limit of open
 * files at its maximum, SIGPIPE and SIGXFSZ ignored, the signals above blocked.
 */
int daemon_run(const struct daemon_call *call, struct err *err) __attribute__((warn_unused_result));

#endif
