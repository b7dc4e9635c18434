// SPDX-License-Identifier: MIT
/* Devices and their outcomes in SQLite. */
#include "server/store/sqlite.h"

#include <stdio.h>
#include <string.h>

static void bind_id(sqlite3_stmt *q, const struct store_id *id)
{
    sqlite3_bind_blob(q, 1, id->bytes, id->len, SQLITE_STATIC);
}

static int seen_one(struct store_sqlite *s, const struct store_device *d, struct err *err)
{
    sqlite3_stmt *q = sql(s, SQL_DEVICE_SEEN);

    bind_id(q, &d->id);
    sqlite3_bind_blob(q, 2, d->vendor, sizeof d->vendor, SQLITE_STATIC);
    sqlite3_bind_blob(q, 3, d->class_id, sizeof d->class_id, SQLITE_STATIC);
    sqlite3_bind_text(q, 4, d->version, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 5, d->reset_reason, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 6, d->address, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 7, d->state);
    sqlite3_bind_int64(q, 8, d->trial_boots);
    sqlite3_bind_int64(q, 9, (sqlite3_int64)d->confirmed_seq);
    sqlite3_bind_int64(q, 10, (sqlite3_int64)d->counter);
    sqlite3_bind_blob(q, 11, d->running_sha256, sizeof d->running_sha256, SQLITE_STATIC);
    if (d->has_manifest)
        sqlite3_bind_blob(q, 12, d->manifest, sizeof d->manifest, SQLITE_STATIC);
    sqlite3_bind_int64(q, 13, d->uptime_s);
    sqlite3_bind_int64(q, 14, d->free_heap);
    sqlite3_bind_int64(q, 15, d->capabilities);
    sqlite3_bind_int64(q, 16, d->rssi);
    sqlite3_bind_int64(q, 17, d->last_ms);
    return sql_run(s, q, "device", err);
}

static int result_one(struct store_sqlite *s, const struct store_device *d, struct err *err)
{
    sqlite3_stmt *q = sql(s, SQL_DEVICE_RESULT);
    char counter[32];

    bind_id(q, &d->id);
    sqlite3_bind_int(q, 2, d->result);
    sqlite3_bind_blob(q, 3, d->result_manifest, sizeof d->result_manifest, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, d->result_ms);
    if (sql_run(s, q, "result", err) < 0)
        return -1;
    q = sql(s, SQL_RESULT_ADD);
    bind_id(q, &d->id);
    sqlite3_bind_int(q, 2, d->result);
    sqlite3_bind_blob(q, 3, d->result_manifest, sizeof d->result_manifest, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, d->result_ms);
    sqlite3_bind_text(q, 5, d->version, -1, SQLITE_STATIC);
    if (sql_run(s, q, "result", err) < 0)
        return -1;
    q = sql(s, SQL_RESULT_TRIM);
    bind_id(q, &d->id);
    sqlite3_bind_int(q, 2, STORE_RESULTS_KEPT);
    if (sql_run(s, q, "result", err) < 0)
        return -1;
    snprintf(counter, sizeof counter, "outcome.%d", d->result);
    return s->store.counter_add(&s->store, counter, 1, err);
}

static int device_seen(struct store *store, const struct store_device *devices, size_t cnt,
                       struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    int result = 0;

    if (cnt == 0)
        return 0;
    if (sql_begin(s, err) < 0)
        return -1;
    for (size_t i = 0; i < cnt && result == 0; i++) {
        const struct store_device *d = &devices[i];

        result = seen_one(s, d, err);
        if (result == 0 && d->has_result && d->result_ms == d->last_ms)
            result = result_one(s, d, err);
    }
    return sql_end(s, result, err);
}

static bool device_read(sqlite3_stmt *q, struct store_device *d)
{
    int id_len = sqlite3_column_bytes(q, 0);

    memset(d, 0, sizeof *d);
    if (id_len < 6 || id_len > STORE_ID_MAX || !sql_bytes(q, 0, d->id.bytes, (size_t)id_len) ||
        !sql_bytes(q, 1, d->vendor, sizeof d->vendor) ||
        !sql_bytes(q, 2, d->class_id, sizeof d->class_id) ||
        !sql_text(q, 3, d->channel, sizeof d->channel) ||
        !sql_text(q, 4, d->version, sizeof d->version) ||
        !sql_text(q, 5, d->reset_reason, sizeof d->reset_reason) ||
        !sql_text(q, 6, d->address, sizeof d->address) ||
        !sql_bytes(q, 11, d->running_sha256, sizeof d->running_sha256))
        return false;
    d->id.len = (uint8_t)id_len;
    d->state = (unsigned)sqlite3_column_int64(q, 7);
    d->trial_boots = (unsigned)sqlite3_column_int64(q, 8);
    d->confirmed_seq = (uint64_t)sqlite3_column_int64(q, 9);
    d->counter = (uint64_t)sqlite3_column_int64(q, 10);
    d->has_manifest = sql_bytes(q, 12, d->manifest, sizeof d->manifest);
    d->uptime_s = (uint32_t)sqlite3_column_int64(q, 13);
    d->free_heap = (uint32_t)sqlite3_column_int64(q, 14);
    d->capabilities = (uint32_t)sqlite3_column_int64(q, 15);
    d->rssi = sqlite3_column_int(q, 16);
    d->first_ms = sqlite3_column_int64(q, 17);
    d->last_ms = sqlite3_column_int64(q, 18);
    d->has_result = sqlite3_column_type(q, 19) != SQLITE_NULL &&
                    sql_bytes(q, 20, d->result_manifest, sizeof d->result_manifest);
    d->result = sqlite3_column_int(q, 19);
    d->result_ms = sqlite3_column_int64(q, 21);
    return true;
}

static int device_list(struct store *store, const struct store_id *after, size_t limit,
                       store_device_fn *fn, void *ctx, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_DEVICE_LIST);
    int rc, stop = 0, result = 0;

    sqlite3_bind_int(q, 1, after != NULL ? after->len : 0);
    sqlite3_bind_blob(q, 2, after != NULL ? (const void *)after->bytes : "",
                      after != NULL ? after->len : 0, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, (sqlite3_int64)limit);
    while (!stop && result == 0 && (rc = sqlite3_step(q)) != SQLITE_DONE) {
        struct store_device d;

        if (rc != SQLITE_ROW)
            result = sql_error(s, "devices", err);
        else if (!device_read(q, &d))
            result = err_set(err, ERR_FAILED, "database: a device row is damaged");
        else
            stop = fn(ctx, &d);
    }
    sqlite3_reset(q);
    return result;
}

static int device_get(struct store *store, const struct store_id *id, struct store_device *device,
                      bool *found, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_DEVICE_GET);
    int rc;

    *found = false;
    bind_id(q, id);
    rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *found = device_read(q, device);
    else if (rc != SQLITE_DONE)
        sql_error(s, "device", err);
    sqlite3_reset(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

static int device_results(struct store *store, const struct store_id *id, store_result_fn *fn,
                          void *ctx, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_RESULT_LIST);
    int rc, stop = 0, result = 0;

    bind_id(q, id);
    while (!stop && result == 0 && (rc = sqlite3_step(q)) != SQLITE_DONE) {
        struct store_result r = {.code = sqlite3_column_int(q, 0),
                                 .at_ms = sqlite3_column_int64(q, 2)};

        if (rc != SQLITE_ROW)
            result = sql_error(s, "results", err);
        else if (!sql_bytes(q, 1, r.manifest, sizeof r.manifest) ||
                 !sql_text(q, 3, r.version, sizeof r.version))
            result = err_set(err, ERR_FAILED, "database: a result row is damaged");
        else
            stop = fn(ctx, &r);
    }
    sqlite3_reset(q);
    return result;
}

static int device_set_channel(struct store *store, const struct store_id *id, const char *channel,
                              bool *found, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_DEVICE_CHANNEL);

    *found = false;
    bind_id(q, id);
    sqlite3_bind_text(q, 2, channel, -1, SQLITE_STATIC);
    if (sql_run(s, q, "device", err) < 0)
        return -1;
    *found = sqlite3_changes(s->db) > 0;
    return 0;
}

static const char *text_of(sqlite3_stmt *q, int at)
{
    const char *text = (const char *)sqlite3_column_text(q, at);

    return text != NULL ? text : "";
}

static int device_counts(struct store *store, store_count_fn *fn, void *ctx, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_DEVICE_COUNTS);
    int rc, stop = 0, result = 0;

    while (!stop && result == 0 && (rc = sqlite3_step(q)) != SQLITE_DONE) {
        struct store_count c = {.channel = text_of(q, 0),
                                .version = text_of(q, 1),
                                .product = text_of(q, 2),
                                .state = (unsigned)sqlite3_column_int64(q, 3),
                                .has_result = sqlite3_column_type(q, 4) != SQLITE_NULL,
                                .result = sqlite3_column_int(q, 4),
                                .devices = (uint64_t)sqlite3_column_int64(q, 5)};

        if (rc != SQLITE_ROW)
            result = sql_error(s, "counts", err);
        else
            stop = fn(ctx, &c);
    }
    sqlite3_reset(q);
    return result;
}

void sqlite_device_verbs(struct store *verbs)
{
    verbs->device_seen = device_seen;
    verbs->device_list = device_list;
    verbs->device_get = device_get;
    verbs->device_results = device_results;
    verbs->device_set_channel = device_set_channel;
    verbs->device_counts = device_counts;
}
