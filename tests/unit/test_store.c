// SPDX-License-Identifier: MIT
/* The SQLite backend: the conformance suite, and what is its own. */
#include "store_conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/store/sqlite.h"
#include <cmocka.h>

static char path[] = "/tmp/otaria-store-XXXXXX/otaria.db";
static char *folder_end = path + sizeof "/tmp/otaria-store-XXXXXX" - 1;

static struct store *open_it(void)
{
    struct store *s;
    struct err err;

    if (store_sqlite_open(path, 0, &s, &err) < 0)
        fail_msg("%s", err.text);
    return s;
}

static void wipe(void)
{
    char name[sizeof path + 8];

    unlink(path);
    snprintf(name, sizeof name, "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof name, "%s-shm", path);
    unlink(name);
}

static int wiped(void **state)
{
    (void)state;
    wipe();
    return 0;
}

static void version_set(int version)
{
    char text[64];
    sqlite3 *db;

    snprintf(text, sizeof text, "PRAGMA user_version=%d", version);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void database_of_a_newer_version_is_refused_with_a_sentence(void **state)
{
    struct store *s;
    struct err err;

    (void)state;
    version_set(99);
    assert_int_equal(store_sqlite_open(path, 0, &s, &err), -1);
    assert_null(s);
    assert_non_null(strstr(err.text, "written by a newer otaria (schema 99"));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    FILE *f = fopen(path, "w");
    struct store *s;
    struct err err;

    (void)state;
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        fputs("this is not a database\n", f);
    fclose(f);
    assert_int_equal(store_sqlite_open(path, 0, &s, &err), -1);
    assert_non_null(strstr(err.text, "not a database"));
}

static void others_cannot_read_the_database(void **state)
{
    struct store *s = open_it();
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    s->close(s);
}

static void commits_are_synced(void **state)
{
    struct store *s = open_it();
    sqlite3_stmt *q;
    sqlite3 *db = ((struct store_sqlite *)s)->db;

    (void)state;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA synchronous", -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(q, 0), 2);
    sqlite3_finalize(q);
    s->close(s);
}

static int count_one(void *ctx, const struct store_device *d)
{
    (void)d;
    ++*(size_t *)ctx;
    return 0;
}

/* A batch that does not fit leaves nothing of itself, and the store goes on when there is room. */
static void a_full_database_loses_only_the_batch_that_did_not_fit(void **state)
{
    static struct store_device many[4000];
    struct store *s;
    struct err err;
    size_t cnt = 0;

    (void)state;
    assert_int_equal(store_sqlite_open(path, 30 * 4096, &s, &err), 0);
    for (size_t i = 0; i < 4000; i++) {
        many[i].id.len = 6;
        memcpy(many[i].id.bytes, &i, 4);
    }
    assert_int_equal(s->device_seen(s, many, 3, NULL), 0);
    assert_int_equal(s->device_seen(s, many, 4000, &err), -1);
    assert_non_null(strstr(err.text, "full"));
    assert_int_equal(s->device_seen(s, many + 3, 1, NULL), 0);
    assert_int_equal(s->device_list(s, NULL, 9999, count_one, &cnt, NULL), 0);
    assert_int_equal(cnt, 4);
    s->close(s);
}

static void ids_have_6_to_16_bytes(void **state)
{
    struct store_id id;

    (void)state;
    assert_true(store_id_parse(&id, "5CCF7f000001", 12));
    assert_int_equal(id.len, 6);
    assert_int_equal(id.bytes[0], 0x5c);
    assert_false(store_id_parse(&id, "5ccf7f0000", 10));
    assert_false(store_id_parse(&id, "5ccf7f0000010", 13));
    assert_false(store_id_parse(&id, "5ccf7f00000g", 12));
    assert_false(store_id_parse(&id, "000102030405060708090a0b0c0d0e0f10", 34));
}

static void channels_have_plain_names(void **state)
{
    (void)state;
    assert_true(store_channel_valid("stable"));
    assert_true(store_channel_valid("site-2.a_b"));
    assert_false(store_channel_valid(""));
    assert_false(store_channel_valid("-x"));
    assert_false(store_channel_valid("Beta"));
    assert_false(store_channel_valid("a/b"));
    assert_false(store_channel_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    static const struct store_factory factory = {.open = open_it, .wipe = wipe};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(database_of_a_newer_version_is_refused_with_a_sentence,
                                        wiped, wiped),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_refused, wiped, wiped),
        cmocka_unit_test_setup_teardown(others_cannot_read_the_database, wiped, wiped),
        cmocka_unit_test_setup_teardown(commits_are_synced, wiped, wiped),
        cmocka_unit_test_setup_teardown(a_full_database_loses_only_the_batch_that_did_not_fit,
                                        wiped, wiped),
        cmocka_unit_test(ids_have_6_to_16_bytes),
        cmocka_unit_test(channels_have_plain_names),
    };
    int failed;

    *folder_end = '\0';
    if (mkdtemp(path) == NULL)
        return 1;
    *folder_end = '/';
    failed = store_conformance_run("sqlite", &factory);
    failed += cmocka_run_group_tests(tests, NULL, NULL);
    *folder_end = '\0';
    rmdir(path);
    return failed;
}
