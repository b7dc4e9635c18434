// SPDX-License-Identifier: MIT
/* Inside server/daemon: the settings, and who calls whom. */
#ifndef OTARIA_SERVER_DAEMON_IMPL_H
#define OTARIA_SERVER_DAEMON_IMPL_H

#include <stdint.h>

#include "server/api/api.h"
#include "server/daemon/daemon.h"
#include "server/http/http.h"

#define CONFIG_LIST_MAX   16
#define CONFIG_FILE_MAX   65536
#define CONFIG_LINE_MAX   190 /* libinih splits lines of 200 bytes without a word */
#define CONFIG_ADDR_MAX   80
#define CONFIG_ROWS_MAX   32
#define STOP_DEADLINE_S   30
#define NEW_IDS_UNLIMITED 4000000 /* the most that the fleet's buckets hold */

/* ---- config.c: the settings ---- */

struct config_list {
    char *item[CONFIG_LIST_MAX];
    size_t cnt;
};

struct config {
    char *data, *tls_cert, *tls_key, *token_out, *ready_file;
    struct config_list listen, admin, release_key, host;
    uint32_t threshold;
    uint32_t poll_interval, poll_minimum; /* seconds */
    uint32_t polls_per_second;            /* 0 = all */
    uint32_t new_ids_per_address;         /* 0 = no limit */
    uint32_t devices_max;
    uint32_t database_max;                  /* KB, 0 = no limit */
    uint32_t header_timeout, stop_deadline; /* seconds */
    bool admin_plain_anywhere, verbose;
    uint32_t given; /* one bit a row of the table: by file or command line, not by default */
};

/*
 * Defaults, then the file, then the words; checked as a whole. On -1 *config is empty, and err names the line or
 * the option.
 */
int config_load(struct config *config, const struct daemon_call *call, struct err *err)
    __attribute__((warn_unused_result));
void config_free(struct config *config);

/* Whether the setting of that name was given by anybody. */
bool config_given(const struct config *config, const char *name);

/* Swaps the settings that can change while the server runs. */
void config_take_live(struct config *config, struct config *from);

/*
 * Calls fn(ctx, name, before, after, live) for each setting that differs; live: it can change while the
 * server runs. The texts are as in a file, lists joined by ", ".
 */
void config_diff(const struct config *before, const struct config *after,
                 void (*fn)(void *ctx, const char *name, const char *before, const char *after,
                            bool live),
                 void *ctx);

/* ---- listen.c: addresses ---- */

/* "[tls:]ADDR:PORT" taken apart. */
struct listen_addr {
    char addr_port[CONFIG_ADDR_MAX]; /* as http_server_listen() wants it */
    size_t port_at;                  /* where the digits of the port begin */
    bool tls, loopback;
};
int listen_parse(struct listen_addr *a, const char *text, struct err *err)
    __attribute__((warn_unused_result));

/* What is bound, with the ports that the kernel chose. */
struct listen_bound {
    struct listen_addr addr[2 * CONFIG_LIST_MAX]; /* device plane first */
    size_t cnt, devices_cnt;
};
int listen_all(struct http_server *http, const struct config *config, struct listen_bound *bound,
               struct err *err) __attribute__((warn_unused_result));

/* The ready file: {"listen": [...], "admin": "...", "admins": [...], "tls": [...]}. */
int listen_tell(const struct listen_bound *bound, const char *path, struct err *err)
    __attribute__((warn_unused_result));

/* ---- token.c: the admin token ---- */

/*
 * Makes a token when the database knows none, or when `always`. It goes to token-out; without that to the
 * terminal when stdout is one, else to DATA/admin.token. `where` says it in words, or is empty when none
 * was made.
 */
int token_provide(struct api *api, const struct config *config, bool always, char *where,
                  size_t where_max, struct err *err) __attribute__((warn_unused_result));

/* ---- settings.c: from configuration to what server/api takes ---- */

/* Reads the release keys. The strings in *s are borrowed from config. */
int settings_from(const struct config *config, struct api_settings *s, struct err *err)
    __attribute__((warn_unused_result));

/* Logs which release keys came and went. */
void settings_tell_keys(const struct api_settings *before, const struct api_settings *after);

/* ---- notify.c ---- */

/* Tells systemd, when it asked to be told: "READY=1", "STOPPING=1", ... */
void notify(const char *state);

#endif
