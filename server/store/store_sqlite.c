// SPDX-License-Identifier: MIT
/*
 * The SQLite backend: opening, transactions, settings and counters.
 *
 * WAL with synchronous=FULL: in WAL mode NORMAL syncs only at checkpoints, so a commit that a device was told of
 * could be lost with the power. FULL syncs each commit; callers group what belongs together.
 */
#include "server/store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"

#define STATEMENT_TEXT(name, text) [SQL_##name] = text,
static const char *const texts[SQL_CNT] = {STATEMENTS(STATEMENT_TEXT)};
#undef STATEMENT_TEXT

sqlite3_stmt *sql(struct store_sqlite *s, enum statement which)
{
    sqlite3_reset(s->statement[which]);
    sqlite3_clear_bindings(s->statement[which]);
    return s->statement[which];
}

int sql_error(struct store_sqlite *s, const char *what, struct err *err)
{
    return err_set(err, ERR_FAILED, "database: %s: %s", what, sqlite3_errmsg(s->db));
}

int sql_run(struct store_sqlite *s, sqlite3_stmt *q, const char *what, struct err *err)
{
    int rc = sqlite3_step(q);

    if (rc != SQLITE_DONE)
        sql_error(s, what, err);
    sqlite3_reset(q);
    return rc == SQLITE_DONE ? 0 : -1;
}

int sql_begin(struct store_sqlite *s, struct err *err)
{
    return sql_run(s, sql(s, SQL_BEGIN), "begin", err);
}

int sql_end(struct store_sqlite *s, int result, struct err *err)
{
    if (result == 0 && sql_run(s, sql(s, SQL_COMMIT), "commit", err) == 0)
        return 0;
    /* Some failures (a full disk) roll back by themselves; a second ROLLBACK would be an error of its own. */
    if (!sqlite3_get_autocommit(s->db))
        (void)!sql_run(s, sql(s, SQL_ROLLBACK), "rollback", NULL);
    return -1;
}

bool sql_bytes(sqlite3_stmt *q, int at, void *out, size_t len)
{
    const void *p = sqlite3_column_blob(q, at);

    if (p == NULL || (size_t)sqlite3_column_bytes(q, at) != len)
        return false;
    memcpy(out, p, len);
    return true;
}

bool sql_text(sqlite3_stmt *q, int at, char *out, size_t max)
{
    const void *p = sqlite3_column_text(q, at);
    size_t len = (size_t)sqlite3_column_bytes(q, at);

    if (p == NULL || len >= max)
        return false;
    memcpy(out, p, len);
    out[len] = '\0';
    return true;
}

static int token_get(struct store *store, uint8_t hash[32], bool *found, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_SETTING_GET);
    int rc;

    sqlite3_bind_text(q, 1, "admin_token_sha256", -1, SQLITE_STATIC);
    rc = sqlite3_step(q);
    *found = rc == SQLITE_ROW && sql_bytes(q, 0, hash, 32);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        sql_error(s, "token", err);
    sqlite3_reset(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

static int token_set(struct store *store, const uint8_t hash[32], struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_SETTING_SET);

    sqlite3_bind_text(q, 1, "admin_token_sha256", -1, SQLITE_STATIC);
    sqlite3_bind_blob(q, 2, hash, 32, SQLITE_STATIC);
    return sql_run(s, q, "token", err);
}

static int counter_add(struct store *store, const char *name, uint64_t n, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_COUNTER_ADD);

    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, (sqlite3_int64)n);
    return sql_run(s, q, "counter", err);
}

static int counter_list(struct store *store, store_counter_fn *fn, void *ctx, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_COUNTER_LIST);
    int rc;

    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(q, 0);

        if (name != NULL && fn(ctx, name, (uint64_t)sqlite3_column_int64(q, 1)) != 0)
            break;
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        sql_error(s, "counters", err);
    sqlite3_reset(q);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -1;
}

static int probe(struct store *store, struct err *err)
{
    return counter_add(store, "probe", 1, err);
}

static void close_all(struct store *store)
{
    struct store_sqlite *s = (struct store_sqlite *)store;

    for (int i = 0; i < SQL_CNT; i++)
        sqlite3_finalize(s->statement[i]);
    sqlite3_close(s->db);
    free(s);
}

static int limit_size(sqlite3 *db, uint64_t bytes_max)
{
    char text[64];

    if (bytes_max == 0)
        return SQLITE_OK;
    snprintf(text, sizeof text, "PRAGMA max_page_count=%llu",
             (unsigned long long)(bytes_max / 4096));
    return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static int prepare(struct store_sqlite *s, const char *path, uint64_t bytes_max, struct err *err)
{
    static const char pragmas[] = "PRAGMA page_size=4096;"
                                  "PRAGMA journal_mode=WAL;"
                                  "PRAGMA synchronous=FULL;"
                                  "PRAGMA foreign_keys=ON;"
                                  "PRAGMA trusted_schema=OFF;";

    sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
    /* The version is looked at before anything is written: a newer database is left as it is. */
    if (schema_migrate(s->db, path, err) < 0)
        return -1;
    if (sqlite3_exec(s->db, pragmas, NULL, NULL, NULL) != SQLITE_OK ||
        limit_size(s->db, bytes_max) != SQLITE_OK)
        return err_set(err, ERR_FAILED, "%s: %s", path, sqlite3_errmsg(s->db));
    for (int i = 0; i < SQL_CNT; i++) {
        if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statement[i],
                               NULL) != SQLITE_OK)
            return err_set(err, ERR_FAILED, "%s: %s", path, sqlite3_errmsg(s->db));
    }
    return 0;
}

int store_sqlite_open(const char *path, uint64_t bytes_max, struct store **store, struct err *err)
{
    struct store_sqlite *s = xcalloc(1, sizeof *s);
    mode_t old = umask(077);
    int rc;

    *store = NULL;
    s->store = (struct store){.close = close_all,
                              .token_get = token_get,
                              .token_set = token_set,
                              .counter_add = counter_add,
                              .counter_list = counter_list,
                              .probe = probe};
    sqlite_release_verbs(&s->store);
    sqlite_device_verbs(&s->store);
    rc = sqlite3_open_v2(path, &s->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        err_set(err, ERR_FAILED, "%s: %s", path, s->db ? sqlite3_errmsg(s->db) : "no memory");
    else if (prepare(s, path, bytes_max, err) < 0)
        rc = SQLITE_ERROR;
    umask(old);
    if (rc != SQLITE_OK) {
        close_all(&s->store);
        return -1;
    }
    *store = &s->store;
    return 0;
}
