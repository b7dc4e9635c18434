// SPDX-License-Identifier: MIT
/* Inside the SQLite backend: its struct, its statements, and small helpers. */
#ifndef OTARIA_SERVER_STORE_SQLITE_H
#define OTARIA_SERVER_STORE_SQLITE_H

#include <sqlite3.h>

#include "server/store/store.h"

/* X(name, sql): prepared once, when the database is opened. */
#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(RELEASE_PUT,                                                                                 \
      "INSERT INTO release(digest,channel,vendor,class,seq,vendor_text,product,hardware,layout,"   \
      "version,suit,components,percent,only_ids,withdrawn,at_ms)"                                  \
      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)"                            \
      " ON CONFLICT(digest,channel) DO UPDATE SET percent=?13,only_ids=?14")                       \
    X(RELEASE_LIST,                                                                                \
      "SELECT digest,channel,vendor,class,seq,vendor_text,product,hardware,layout,version,suit,"   \
      "components,percent,only_ids,withdrawn,at_ms FROM release ORDER BY id")                      \
    X(RELEASE_WITHDRAW,                                                                            \
      "UPDATE release SET withdrawn=1 WHERE product=?1 AND version=?2 AND withdrawn=0")            \
    X(DEVICE_SEEN,                                                                                 \
      "INSERT INTO device(id,vendor,class,version,reset_reason,address,state,trial_boots,"         \
      "confirmed_seq,counter,running_sha256,manifest,uptime_s,free_heap,capabilities,rssi,"        \
      "first_ms,last_ms)"                                                                          \
      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?17)"                    \
      " ON CONFLICT(id) DO UPDATE SET vendor=?2,class=?3,version=?4,reset_reason=?5,address=?6,"   \
      "state=?7,trial_boots=?8,confirmed_seq=?9,counter=?10,running_sha256=?11,manifest=?12,"      \
      "uptime_s=?13,free_heap=?14,capabilities=?15,rssi=?16,last_ms=?17")                          \
    X(DEVICE_RESULT, "UPDATE device SET result=?2,result_manifest=?3,result_ms=?4 WHERE id=?1")    \
    X(RESULT_ADD, "INSERT INTO result(device,code,manifest,at_ms,version) VALUES(?1,?2,?3,?4,?5)") \
    X(RESULT_TRIM, "DELETE FROM result WHERE device=?1 AND id NOT IN"                              \
                   " (SELECT id FROM result WHERE device=?1 ORDER BY id DESC LIMIT ?2)")           \
    X(RESULT_LIST, "SELECT code,manifest,at_ms,version FROM result WHERE device=?1"                \
                   " ORDER BY id DESC")                                                            \
    X(DEVICE_LIST, "SELECT " DEVICE_COLUMNS " FROM device WHERE (length(id),id) > (?1,?2)"         \
                   " ORDER BY length(id),id LIMIT ?3")                                             \
    X(DEVICE_GET, "SELECT " DEVICE_COLUMNS " FROM device WHERE id=?1")                             \
    X(DEVICE_CHANNEL, "UPDATE device SET channel=?2 WHERE id=?1")                                  \
    X(DEVICE_COUNTS,                                                                               \
      "SELECT d.channel,d.version,"                                                                \
      "coalesce((SELECT r.product FROM release r WHERE"                                            \
      " r.vendor=d.vendor AND r.class=d.class LIMIT 1),'') AS product,d.state,d.result,count(*)"   \
      " FROM device d GROUP BY 1,2,3,4,5")                                                         \
    X(SETTING_GET, "SELECT value FROM setting WHERE name=?1")                                      \
    X(SETTING_SET, "INSERT INTO setting(name,value) VALUES(?1,?2)"                                 \
                   " ON CONFLICT(name) DO UPDATE SET value=?2")                                    \
    X(COUNTER_ADD, "INSERT INTO counter(name,value) VALUES(?1,?2)"                                 \
                   " ON CONFLICT(name) DO UPDATE SET value=value+?2")                              \
    X(COUNTER_LIST, "SELECT name,value FROM counter ORDER BY name")

#define DEVICE_COLUMNS                                                                       \
    "id,vendor,class,channel,version,reset_reason,address,state,trial_boots,confirmed_seq,"  \
    "counter,running_sha256,manifest,uptime_s,free_heap,capabilities,rssi,first_ms,last_ms," \
    "result,result_manifest,result_ms"

#define STATEMENT_NAME(name, sql) SQL_##name,
enum statement { STATEMENTS(STATEMENT_NAME) SQL_CNT };
#undef STATEMENT_NAME

struct store_sqlite {
    struct store store; /* first: a struct store * is a struct store_sqlite * */
    sqlite3 *db;
    sqlite3_stmt *statement[SQL_CNT];
};

/* Brings an open database to the newest version. */
STORE_MUST_CHECK int schema_migrate(sqlite3 *db, const char *path, struct err *err);

/* The statement, reset and without old bindings. */
sqlite3_stmt *sql(struct store_sqlite *s, enum statement which);

/* "<what>: <SQLite's words>"; -1. */
int sql_error(struct store_sqlite *s, const char *what, struct err *err);

/* Steps a statement that returns no rows. 0 or -1. */
STORE_MUST_CHECK int sql_run(struct store_sqlite *s, sqlite3_stmt *q, const char *what,
                             struct err *err);

/* BEGIN; then end with what the work returned: COMMIT after 0, otherwise ROLLBACK. -1 when either failed. */
STORE_MUST_CHECK int sql_begin(struct store_sqlite *s, struct err *err);
STORE_MUST_CHECK int sql_end(struct store_sqlite *s, int result, struct err *err);

/* Column `at` as exactly len bytes or at most max-1 bytes of text; false when it does not fit. */
bool sql_bytes(sqlite3_stmt *q, int at, void *out, size_t len);
bool sql_text(sqlite3_stmt *q, int at, char *out, size_t max);

void sqlite_release_verbs(struct store *verbs);
void sqlite_device_verbs(struct store *verbs);

#endif
