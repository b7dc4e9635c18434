// SPDX-License-Identifier: MIT
/* The life of an api: its folder, what it loads at start, and its settings. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "server/api/impl.h"

int64_t wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t monotonic_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

unsigned spread(struct loop *loop, unsigned mean, unsigned percent)
{
    uint64_t range = (uint64_t)mean * percent / 50 + 1, value;

    loop->random ^= loop->random << 13;
    loop->random ^= loop->random >> 7;
    loop->random ^= loop->random << 17;
    value = mean - (uint64_t)mean * percent / 100 + loop->random % range;
    return value < 1 ? 1 : (unsigned)value;
}

/* ---- Settings ---- */

static void settings_free(struct settings *s)
{
    while (s != NULL) {
        struct settings *older = s->older;

        for (size_t i = 0; i < s->s.hosts_cnt; i++)
            free((void *)(uintptr_t)s->s.hosts[i]);
        free(s);
        s = older;
    }
}

void api_settings_change(struct api *api, const struct api_settings *settings)
{
    struct settings *s = xcalloc(1, sizeof *s);

    s->s = *settings;
    if (s->s.poll_interval_s == 0)
        s->s.poll_interval_s = API_POLL_INTERVAL_S;
    for (size_t i = 0; i < settings->hosts_cnt; i++)
        s->s.hosts[i] = xstrdup(settings->hosts[i]);
    s->older = atomic_load(&api->settings);
    atomic_store_explicit(&api->settings, s, memory_order_release);
}

/* ---- Fleet ---- */

void api_override_set(struct api *api, const struct store_id *id, const char *channel)
{
    struct store_device *o = NULL;

    for (size_t i = 0; i < api->overrides_cnt && o == NULL; i++) {
        if (store_id_compare(&api->overrides[i].id, id) == 0)
            o = &api->overrides[i];
    }
    if (o == NULL) {
        if (api->overrides_cnt == api->overrides_max) {
            api->overrides_max = api->overrides_max == 0 ? 64 : 2 * api->overrides_max;
            api->overrides = xrealloc(api->overrides, api->overrides_max * sizeof *api->overrides);
        }
        o = &api->overrides[api->overrides_cnt++];
        memset(o, 0, sizeof *o);
        o->id = *id;
    }
    snprintf(o->channel, sizeof o->channel, "%s", channel);
}

static int add_release(void *ctx, const struct store_release *release)
{
    fleet_snapshot_add(ctx, release);
    return 0;
}

int api_fleet_refresh(struct api *api, struct err *err)
{
    struct fleet_snapshot *snapshot = fleet_snapshot_new();

    if (api->store->release_list(api->store, add_release, snapshot, err) < 0) {
        fleet_snapshot_free(snapshot);
        return -1;
    }
    for (size_t i = 0; i < api->overrides_cnt; i++)
        fleet_snapshot_channel(snapshot, &api->overrides[i].id, api->overrides[i].channel);
    fleet_replace(api->fleet, snapshot);
    return 0;
}

static int load_device(void *ctx, const struct store_device *d)
{
    struct api *api = ctx;

    (void)fleet_device_load(api->fleet, d);
    if (d->channel[0] != '\0')
        api_override_set(api, &d->id, d->channel);
    return 0;
}

/* ---- Life ---- */

static int folder_lock(struct api *api, struct err *err)
{
    char path[PAYLOAD_PATH_MAX];

    if (mkdir(api->config.data, 0700) < 0 && errno != EEXIST)
        return err_errno(err, "%s", api->config.data);
    snprintf(path, sizeof path, "%s/lock", api->config.data);
    api->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (api->lock_fd < 0)
        return err_errno(err, "%s", path);
    if (flock(api->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? err_set(err, ERR_FAILED, "another otaria serve is using %s", api->config.data)
                   : err_errno(err, "%s", path);
    return 0;
}

static int folder_open(struct api *api, struct err *err)
{
    char path[PAYLOAD_PATH_MAX];

    if (strlen(api->config.data) > 3000)
        return err_set(err, ERR_FAILED, "the name of the data folder is too long");
    if (folder_lock(api, err) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/otaria.db", api->config.data);
    if (store_sqlite_open(path, api->config.database_bytes_max, &api->store, err) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/payloads", api->config.data);
    return payloads_open(path, &api->payloads, err);
}

/* Readers of the fleet are the loops, whose number is known later: room for all there can be. */
static int load(struct api *api, struct err *err)
{
    unsigned burst = api->config.new_ids_per_address;
    struct fleet_config config = {.readers = FLEET_READERS_MAX,
                                  .devices_max = api->config.devices_max,
                                  .new_burst = burst < 1000000 ? burst : 1000000,
                                  .count_local = api->config.count_local};

    config.new_per_minute = config.new_burst == 0 ? 0 : config.new_burst / 8 + 1;
    if (getrandom(config.key, sizeof config.key, 0) != sizeof config.key)
        return err_errno(err, "random numbers");
    api->fleet = fleet_new(&config);
    if (api->store->token_get(api->store, api->token_sha256, &api->token_known, err) < 0 ||
        api->store->device_list(api->store, NULL, SIZE_MAX / 2, load_device, api, err) < 0)
        return -1;
    return api_fleet_refresh(api, err);
}

int api_new(const struct api_config *config, const struct api_settings *settings, struct api **api,
            struct err *err)
{
    struct api *a = xcalloc(1, sizeof *a);

    *api = NULL;
    a->config = *config;
    a->lock_fd = -1;
    api_settings_change(a, settings);
    a->planes[0] = (struct http_plane){.tag = API_PLANE_DEVICE,
                                       .handler = device_handle,
                                       .ctx = a,
                                       .body_max = OTARIA_POLL_REQUEST_MAX,
                                       .methods = HTTP_BIT(HTTP_GET) | HTTP_BIT(HTTP_HEAD) |
                                                  HTTP_BIT(HTTP_POST)};
    a->planes[1] = (struct http_plane){.tag = API_PLANE_ADMIN,
                                       .handler = admin_handle,
                                       .ctx = a,
                                       .body_max = API_BODY_MAX,
                                       .methods = HTTP_BIT(HTTP_GET) | HTTP_BIT(HTTP_POST) |
                                                  HTTP_BIT(HTTP_PUT)};
    if (folder_open(a, err) < 0 || load(a, err) < 0) {
        api_free(a);
        return -1;
    }
    *api = a;
    return 0;
}

void api_free(struct api *api)
{
    if (api == NULL)
        return;
    for (unsigned i = 0; i < api->loops_cnt; i++) {
        for (unsigned p = 0; p < API_PAYLOADS_OPEN; p++)
            http_file_unref(api->loops[i].payloads[p].file);
        ring_free(api->loops[i].ring);
    }
    fleet_free(api->fleet);
    payloads_close(api->payloads);
    if (api->store != NULL)
        api->store->close(api->store);
    settings_free(atomic_load(&api->settings));
    free(api->overrides);
    if (api->lock_fd >= 0)
        close(api->lock_fd);
    free(api);
}

const struct http_plane *api_planes(struct api *api, size_t *cnt)
{
    *cnt = 2;
    return api->planes;
}

static void round_done(unsigned loop_index, void *ctx)
{
    struct api *api = ctx;
    struct loop *loop = &api->loops[loop_index];

    if (loop->kick) {
        loop->kick = false;
        journal_wake(api);
    }
}

int api_start(struct api *api, struct http_server *http, struct err *err)
{
    api->http = http;
    api->loops_cnt = http_server_loops(http);
    if (api->loops_cnt > FLEET_READERS_MAX)
        return err_set(err, ERR_FAILED, "more than %d loops", FLEET_READERS_MAX);
    for (unsigned i = 0; i < api->loops_cnt; i++) {
        if (getrandom(&api->loops[i].random, sizeof api->loops[i].random, 0) < 0)
            return err_errno(err, "random numbers");
        api->loops[i].random |= 1;
        api->loops[i].ring = ring_new(API_RING_ITEMS, sizeof(struct told));
    }
    http_on_batch(http, round_done, api);
    return journal_start(api, err);
}

void api_stop(struct api *api)
{
    journal_stop(api);
}

/* ---- Token ---- */

bool api_token_known(const struct api *api)
{
    return api->token_known;
}

int api_token_set(struct api *api, const char *token, struct err *err)
{
    uint8_t sha256[32];

    auth_digest(token, strlen(token), sha256);
    if (api->store->token_set(api->store, sha256, err) < 0)
        return -1;
    memcpy(api->token_sha256, sha256, sizeof sha256);
    api->token_known = true;
    return 0;
}
