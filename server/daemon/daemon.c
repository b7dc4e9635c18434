// SPDX-License-Identifier: MIT
/* The life of the server: start, signals, stop. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "server/daemon/impl.h"

struct daemon {
    const struct daemon_call *call;
    struct config config;
    struct api_settings settings; /* borrows from config */
    struct api *api;
    struct http_server *http;
    struct listen_bound bound;
    char token_where[4200];
};

/* Read by the handler of a second SIGTERM. */
static const char *ready_file;

/* ---- The process ---- */

static void process_set_up(sigset_t *signals)
{
    struct rlimit files;

    umask(077);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) < 0)
            log_line(LOG_LEVEL_WARNING, "the limit of open files stays low: %s", strerror(errno));
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ,
           SIG_IGN); /* a write beyond the limit of file sizes fails like one on a full disk */
    sigemptyset(signals);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

/* What is acknowledged is on disk, so ending here loses nothing but the answers under way. */
static void stop_at_once(int signal_number)
{
    (void)signal_number;
    if (ready_file)
        unlink(ready_file);
    _exit(ERR_FAILED);
}

/* ---- Start ---- */

static void settings_for_api(const struct config *config, struct api_config *out)
{
    memset(out, 0, sizeof *out);
    out->data = config->data;
    out->database_bytes_max = (uint64_t)config->database_max * 1024;
    out->devices_max = config->devices_max;
    out->new_ids_per_address =
        config->new_ids_per_address == 0 ? NEW_IDS_UNLIMITED : config->new_ids_per_address;
    /* A proxy on this machine would be one address with all the devices; a limit given is meant. */
    out->count_local = config_given(config, "new-ids-per-address");
}

static int open_http(struct daemon *d, struct err *err)
{
    const struct http_config config = {.header_ms = d->config.header_timeout * 1000,
                                       .tls_cert = d->config.tls_cert,
                                       .tls_key = d->config.tls_key};
    const struct http_plane *planes;
    size_t planes_cnt;

    planes = api_planes(d->api, &planes_cnt);
    if (http_server_new(&config, planes, planes_cnt, &d->http, err) < 0)
        return -1;
    return listen_all(d->http, &d->config, &d->bound, err);
}

/* The token comes after everything that can commonly fail, so that one is shown only by a server that runs. */
static int start(struct daemon *d, struct err *err)
{
    struct api_config config;

    if (settings_from(&d->config, &d->settings, err) < 0)
        return -1;
    settings_for_api(&d->config, &config);
    if (api_new(&config, &d->settings, &d->api, err) < 0)
        return err_prefix(err, "data folder");
    if (open_http(d, err) < 0 || token_provide(d->api, &d->config, d->call->new_token,
                                               d->token_where, sizeof d->token_where, err) < 0)
        return -1;
    if (api_start(d->api, d->http, err) < 0)
        return -1;
    return http_server_start(d->http, err);
}

static void print_facts(const struct daemon *d)
{
    printf("otaria %s is serving\n", d->call->version);
    for (size_t i = 0; i < d->bound.cnt; i++)
        printf("  %-9s %s://%s\n", i < d->bound.devices_cnt ? "devices" : "admin",
               d->bound.addr[i].tls ? "https" : "http", d->bound.addr[i].addr_port);
    printf("  %-9s %s\n", "data", d->config.data);
    if (d->settings.keys_cnt > 0)
        printf("  %-9s %u release key%s, %u must have signed\n", "publish", d->settings.keys_cnt,
               d->settings.keys_cnt == 1 ? "" : "s", d->settings.threshold);
    else
        printf("  %-9s refused: no --release-key was given\n", "publish");
    if (d->token_where[0] != '\0')
        printf("  %-9s %s\n", "token", d->token_where);
    fflush(stdout);
}

static int tell_ready(struct daemon *d, struct err *err)
{
    if (d->settings.keys_cnt == 0)
        log_line(LOG_LEVEL_WARNING, "without --release-key publishing is refused");
    print_facts(d);
    if (d->config.ready_file) {
        if (listen_tell(&d->bound, d->config.ready_file, err) < 0)
            return err_prefix(err, "ready file");
        ready_file = d->config.ready_file;
    }
    notify("READY=1");
    return 0;
}

/* ---- Reload ---- */

static void tell_change(void *ctx, const char *name, const char *before, const char *after,
                        bool live)
{
    bool *any = ctx;

    *any = true;
    if (live)
        log_line(LOG_LEVEL_INFO, "reload: %s: %s -> %s", name, before, after);
    else
        log_line(LOG_LEVEL_WARNING,
                 "reload: %s: %s -> %s needs a restart; until then the old holds", name, before,
                 after);
}

/*
 * Everything that can fail comes before anything changes. Settings that need a restart keep the text of the
 * start in `d->config`, so that they are told again with each reload until it happens.
 */
static int reload(struct daemon *d, struct err *err)
{
    struct api_settings settings;
    struct config config;
    bool any = false;

    if (config_load(&config, d->call, err) < 0)
        return -1;
    if (settings_from(&config, &settings, err) < 0 ||
        (d->config.tls_cert && http_server_reload_tls(d->http, err) < 0)) {
        config_free(&config);
        return -1;
    }
    api_settings_change(d->api, &settings);
    config_diff(&d->config, &config, tell_change, &any);
    settings_tell_keys(&d->settings, &settings);
    if (memcmp(d->settings.keys, settings.keys, sizeof settings.keys) != 0)
        any = true;
    d->settings = settings; /* the strings that it borrows move to d->config now */
    config_take_live(&d->config, &config);
    config_free(&config);
    if (d->config.tls_cert)
        log_line(LOG_LEVEL_INFO, "reload: certificate and key were read again");
    log_line(LOG_LEVEL_INFO, "reload: done%s", any ? "" : "; no setting differs");
    return 0;
}

/* ---- Signals, stop ---- */

static void wait_for_stop(struct daemon *d, const sigset_t *signals)
{
    struct err err;
    int n;

    while ((n = sigwaitinfo(signals, NULL)) != SIGTERM && n != SIGINT) {
        if (n != SIGHUP)
            continue;
        notify("RELOADING=1");
        if (reload(d, &err) < 0)
            log_line(LOG_LEVEL_ERROR, "reload: nothing changed: %s", err.text);
        notify("READY=1");
    }
    log_line(LOG_LEVEL_INFO,
             "stopping: running downloads may finish for %u s; a second signal stops at once",
             (unsigned)d->config.stop_deadline);
}

static void stop(struct daemon *d, const sigset_t *signals)
{
    notify("STOPPING=1");
    signal(SIGTERM, stop_at_once);
    signal(SIGINT, stop_at_once);
    signal(SIGHUP, SIG_IGN);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
    http_server_stop(d->http, d->config.stop_deadline * 1000);
    if (ready_file)
        unlink(ready_file);
}

static void tear_down(struct daemon *d)
{
    if (d->http)
        http_server_stop(d->http, 0);
    if (d->api)
        api_stop(d->api);
    http_server_free(d->http);
    api_free(d->api);
    config_free(&d->config);
    ready_file = NULL;
}

int daemon_run(const struct daemon_call *call, struct err *err)
{
    struct daemon *d = xcalloc(1, sizeof *d);
    sigset_t signals;
    int ret = -1;

    d->call = call;
    if (config_load(&d->config, call, err) == 0) {
        process_set_up(&signals);
        if (d->config.verbose)
            log_set_level(LOG_LEVEL_DEBUG);
        if (d->config.ready_file)
            unlink(d->config.ready_file); /* of a server that was killed */
        if (start(d, err) == 0 && tell_ready(d, err) == 0) {
            wait_for_stop(d, &signals);
            stop(d, &signals);
            ret = 0;
        }
    }
    tear_down(d);
    free(d);
    return ret;
}
