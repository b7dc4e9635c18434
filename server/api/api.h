// SPDX-License-Identifier: MIT
/*
 * What the server answers: the device plane (POST /v1/poll, GET /b/<sha256>) and the admin plane, both
 * described in spec/openapi.yaml, as handlers for server/http.
 *
 *     if (api_new(&config, &settings, &api, err) < 0) ...       opens DATA, loads the fleet
 *     planes = api_planes(api, &cnt); http_server_new(..., planes, cnt, &server, err) ...
 *     if (api_start(api, server, err) < 0) ...                  before http_server_start()
 *     ... http_server_stop(server, ...);
 *     api_stop(api);                                            writes what is left, wakes what waits
 *     http_server_free(server);
 *     api_free(api);
 *
 * Polls are answered on the loops from memory. One thread owns the database: it writes what polls told in
 * batches and runs the admin requests, which are parked meanwhile. A poll that brings a new outcome is
 * parked until that is on disk.
 */
#ifndef OTARIA_SERVER_API_API_H
#define OTARIA_SERVER_API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <otaria/constants.h>

#include "base/err.h"
#include "server/api/limits.h"
#include "server/http/http.h"

enum api_plane { API_PLANE_DEVICE = 1, API_PLANE_ADMIN = 2 };

struct api;

/* What holds for the life of a server. 0 = the default. */
struct api_config {
    const char *data;            /* folder, created when missing */
    uint64_t database_bytes_max; /* 0 = no limit */
    size_t devices_max;
    unsigned new_ids_per_address; /* at once, of each loop; an eighth of it a minute later */
    bool count_local;             /* limit new ids from loopback too */
};

/* What a reload may change. Strings and keys are copied. */
struct api_settings {
    uint8_t keys[OTARIA_KEYS_MAX][65]; /* release keys; keys_cnt 0: publishing is refused */
    unsigned keys_cnt, threshold;
    unsigned poll_interval_s, poll_minimum_s;
    unsigned polls_per_s;             /* 0 = all that come; more are answered 503 */
    const char *hosts[API_HOSTS_MAX]; /* names for the admin plane beside localhost and addresses */
    size_t hosts_cnt;
};

/* Opens (creating) database and payloads and loads the fleet. One process a folder. */
int api_new(const struct api_config *config, const struct api_settings *settings, struct api **api,
            struct err *err) __attribute__((warn_unused_result));
void api_free(struct api *api); /* NULL is fine */

/* The two planes, for http_server_new(). */
const struct http_plane *api_planes(struct api *api, size_t *cnt);

/* Starts the thread of the database and registers with the server, which must not be started yet. */
int api_start(struct api *api, struct http_server *http, struct err *err)
    __attribute__((warn_unused_result));

/* After http_server_stop(). */
void api_stop(struct api *api);

/* From any one thread at a time. */
void api_settings_change(struct api *api, const struct api_settings *settings);

/* Whether an admin token was ever set; and sets one (its SHA-256 is what is kept). Before api_start(). */
bool api_token_known(const struct api *api);
int api_token_set(struct api *api, const char *token, struct err *err)
    __attribute__((warn_unused_result));

#endif
