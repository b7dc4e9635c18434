// SPDX-License-Identifier: MIT
/* Releases in SQLite. Lists of fixed-size things are blobs: components as 36 bytes each, ids as 17. */
#include "server/store/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include <otaria/base.h>

#include "base/xalloc.h"

#define COMPONENT_SIZE 36
#define ID_SIZE        (1 + STORE_ID_MAX)

static int id_order(const void *a, const void *b)
{
    return store_id_compare(a, b);
}

/* Sorted and written as length byte and 16 bytes each. Belongs to the caller. */
static uint8_t *only_pack(const struct store_id *only, size_t cnt)
{
    struct store_id *sorted = xcalloc(cnt + 1, sizeof *sorted);
    uint8_t *packed = xmalloc(cnt * ID_SIZE + 1);

    if (cnt > 0)
        memcpy(sorted, only, cnt * sizeof *sorted);
    qsort(sorted, cnt, sizeof *sorted, id_order);
    for (size_t i = 0; i < cnt; i++) {
        packed[i * ID_SIZE] = sorted[i].len;
        memcpy(packed + i * ID_SIZE + 1, sorted[i].bytes, STORE_ID_MAX);
    }
    free(sorted);
    return packed;
}

static void components_pack(uint8_t *out, const struct store_release *r)
{
    for (unsigned i = 0; i < r->components_cnt; i++) {
        otaria_store_le32(out + i * COMPONENT_SIZE, r->component[i].size);
        memcpy(out + i * COMPONENT_SIZE + 4, r->component[i].digest, 32);
    }
}

static int release_put(struct store *store, const struct store_release *r, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_RELEASE_PUT);
    uint8_t components[OTARIA_COMPONENTS_MAX * COMPONENT_SIZE];
    uint8_t *only = only_pack(r->only, r->only_cnt);
    int result;

    components_pack(components, r);
    sqlite3_bind_blob(q, 1, r->digest, sizeof r->digest, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, r->channel, -1, SQLITE_STATIC);
    sqlite3_bind_blob(q, 3, r->vendor, sizeof r->vendor, SQLITE_STATIC);
    sqlite3_bind_blob(q, 4, r->class_id, sizeof r->class_id, SQLITE_STATIC);
    sqlite3_bind_int64(q, 5, (sqlite3_int64)r->seq);
    sqlite3_bind_text(q, 6, r->vendor_text, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 7, r->product, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 8, r->hardware, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 9, r->layout, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 10, r->version, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(q, 11, r->suit, r->suit_len, SQLITE_STATIC);
    sqlite3_bind_blob64(q, 12, components, r->components_cnt * COMPONENT_SIZE, SQLITE_STATIC);
    sqlite3_bind_int(q, 13, (int)r->percent);
    sqlite3_bind_blob64(q, 14, only, r->only_cnt * ID_SIZE, SQLITE_STATIC);
    sqlite3_bind_int(q, 15, r->withdrawn);
    sqlite3_bind_int64(q, 16, r->at_ms);
    result = sql_run(s, q, "release", err);
    free(only);
    return result;
}

static bool components_read(sqlite3_stmt *q, int at, struct store_release *r)
{
    const uint8_t *p = sqlite3_column_blob(q, at);
    size_t len = (size_t)sqlite3_column_bytes(q, at);

    if (p == NULL || len % COMPONENT_SIZE != 0 || len / COMPONENT_SIZE > OTARIA_COMPONENTS_MAX)
        return false;
    r->components_cnt = (unsigned)(len / COMPONENT_SIZE);
    for (unsigned i = 0; i < r->components_cnt; i++) {
        r->component[i].size = otaria_load_le32(p + i * COMPONENT_SIZE);
        memcpy(r->component[i].digest, p + i * COMPONENT_SIZE + 4, 32);
    }
    return true;
}

/* *only belongs to the caller. */
static bool only_read(sqlite3_stmt *q, int at, struct store_id **only, size_t *cnt)
{
    const uint8_t *p = sqlite3_column_blob(q, at);
    size_t len = (size_t)sqlite3_column_bytes(q, at);

    *only = NULL;
    *cnt = len / ID_SIZE;
    if (len % ID_SIZE != 0 || *cnt > STORE_ONLY_MAX)
        return false;
    *only = xcalloc(*cnt + 1, sizeof **only);
    for (size_t i = 0; i < *cnt; i++) {
        (*only)[i].len = p[i * ID_SIZE];
        memcpy((*only)[i].bytes, p + i * ID_SIZE + 1, STORE_ID_MAX);
    }
    return true;
}

static bool release_read(sqlite3_stmt *q, struct store_release *r, struct store_id **only)
{
    memset(r, 0, sizeof *r);
    *only = NULL;
    if (!sql_bytes(q, 0, r->digest, sizeof r->digest) ||
        !sql_text(q, 1, r->channel, sizeof r->channel) ||
        !sql_bytes(q, 2, r->vendor, sizeof r->vendor) ||
        !sql_bytes(q, 3, r->class_id, sizeof r->class_id) ||
        !sql_text(q, 5, r->vendor_text, sizeof r->vendor_text) ||
        !sql_text(q, 6, r->product, sizeof r->product) ||
        !sql_text(q, 7, r->hardware, sizeof r->hardware) ||
        !sql_text(q, 8, r->layout, sizeof r->layout) ||
        !sql_text(q, 9, r->version, sizeof r->version) || !components_read(q, 11, r) ||
        !only_read(q, 13, only, &r->only_cnt))
        return false;
    r->seq = (uint64_t)sqlite3_column_int64(q, 4);
    r->suit = sqlite3_column_blob(q, 10);
    r->suit_len = (size_t)sqlite3_column_bytes(q, 10);
    r->percent = (unsigned)sqlite3_column_int(q, 12);
    r->only = *only;
    r->withdrawn = sqlite3_column_int(q, 14) != 0;
    r->at_ms = sqlite3_column_int64(q, 15);
    return true;
}

static int release_list(struct store *store, store_release_fn *fn, void *ctx, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_RELEASE_LIST);
    int rc, stop = 0, result = 0;

    while (!stop && (rc = sqlite3_step(q)) != SQLITE_DONE) {
        struct store_release r;
        struct store_id *only = NULL;

        if (rc != SQLITE_ROW) {
            result = sql_error(s, "releases", err);
            break;
        }
        if (release_read(q, &r, &only))
            stop = fn(ctx, &r);
        else
            result = err_set(err, ERR_FAILED, "database: a release row is damaged");
        free(only);
        if (result < 0)
            break;
    }
    sqlite3_reset(q);
    return result;
}

static int release_withdraw(struct store *store, const char *product, const char *version,
                            size_t *cnt, struct err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)store;
    sqlite3_stmt *q = sql(s, SQL_RELEASE_WITHDRAW);

    *cnt = 0;
    sqlite3_bind_text(q, 1, product, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, version, -1, SQLITE_STATIC);
    if (sql_run(s, q, "withdraw", err) < 0)
        return -1;
    *cnt = (size_t)sqlite3_changes(s->db);
    return 0;
}

void sqlite_release_verbs(struct store *verbs)
{
    verbs->release_put = release_put;
    verbs->release_list = release_list;
    verbs->release_withdraw = release_withdraw;
}
