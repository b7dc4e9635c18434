// SPDX-License-Identifier: MIT
/* The migrations: step n brings a database from user_version n to n + 1. Steps are only ever appended. */
#include "server/store/sqlite.h"

#include <stdio.h>

static const char *const steps[] = {
    "CREATE TABLE release("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " digest BLOB NOT NULL, channel TEXT NOT NULL,"
    " vendor BLOB NOT NULL, class BLOB NOT NULL, seq INTEGER NOT NULL,"
    " vendor_text TEXT NOT NULL, product TEXT NOT NULL, hardware TEXT NOT NULL,"
    " layout TEXT NOT NULL, version TEXT NOT NULL, suit BLOB NOT NULL, components BLOB NOT NULL,"
    " percent INTEGER NOT NULL, only_ids BLOB NOT NULL, withdrawn INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " UNIQUE(digest, channel));"
    "CREATE UNIQUE INDEX release_class ON release(vendor, class, channel, seq);"
    "CREATE TABLE device("
    " id BLOB PRIMARY KEY NOT NULL,"
    " vendor BLOB NOT NULL, class BLOB NOT NULL, channel TEXT NOT NULL DEFAULT '',"
    " version TEXT NOT NULL, reset_reason TEXT NOT NULL, address TEXT NOT NULL,"
    " state INTEGER NOT NULL, trial_boots INTEGER NOT NULL, confirmed_seq INTEGER NOT NULL,"
    " counter INTEGER NOT NULL, running_sha256 BLOB NOT NULL, manifest BLOB,"
    " uptime_s INTEGER NOT NULL, free_heap INTEGER NOT NULL, capabilities INTEGER NOT NULL,"
    " rssi INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
    " result INTEGER, result_manifest BLOB, result_ms INTEGER"
    ");"
    "CREATE INDEX device_order ON device(length(id), id);"
    "CREATE TABLE result("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " device BLOB NOT NULL, code INTEGER NOT NULL, manifest BLOB NOT NULL,"
    " at_ms INTEGER NOT NULL, version TEXT NOT NULL);"
    "CREATE INDEX result_device ON result(device, id);"
    "CREATE TABLE setting(name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE counter(name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID;",
};
#define STEPS_CNT ((int)(sizeof steps / sizeof steps[0]))

static int version_of(sqlite3 *db, int *version)
{
    sqlite3_stmt *q;
    int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL);

    if (rc == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        *version = sqlite3_column_int(q, 0);
    else
        rc = SQLITE_ERROR;
    sqlite3_finalize(q);
    return rc == SQLITE_OK ? 0 : -1;
}

/* The step and its number in one transaction: a crash leaves the version before or the one after. */
static int step_run(sqlite3 *db, int version)
{
    char number[64];

    snprintf(number, sizeof number, "PRAGMA user_version=%d; COMMIT", version + 1);
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_exec(db, steps[version], NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(db, number, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return -1;
}

int schema_migrate(sqlite3 *db, const char *path, struct err *err)
{
    int version;

    if (version_of(db, &version) < 0)
        return err_set(err, ERR_FAILED, "%s: %s", path, sqlite3_errmsg(db));
    if (version > STEPS_CNT)
        return err_set(err, ERR_FAILED,
                       "%s was written by a newer otaria (schema %d, this one knows %d); "
                       "run that version, or restore the backup made before the upgrade",
                       path, version, STEPS_CNT);
    for (; version < STEPS_CNT; version++) {
        if (step_run(db, version) < 0) {
            err_set(err, ERR_FAILED, "%s: migration to schema %d: %s", path, version + 1,
                    sqlite3_errmsg(db));
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
            return -1;
        }
    }
    return 0;
}
