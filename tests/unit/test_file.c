// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/otaria-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

/* Removes everything and says how many entries there were. */
static int empty_folder(void)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int cnt = 0;

    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
            unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
        cnt++;
    }
    closedir(dir);
    return cnt;
}

static int remove_folder(void **state)
{
    (void)state;
    empty_folder();
    return rmdir(folder);
}

static void what_was_written_is_read_back_and_nothing_else_lies_around(void **state)
{
    const char text[] = "old\0and new";
    struct stat st;
    uint8_t *data;
    size_t len;

    (void)state;
    umask(077);
    assert_int_equal(file_write_atomic(in_folder("a"), "first", 5, 0600, NULL), 0);
    assert_int_equal(file_write_atomic(in_folder("a"), text, sizeof text, 0644, NULL), 0);
    assert_int_equal(stat(in_folder("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(file_read(in_folder("a"), 100, &data, &len, NULL), 0);
    assert_int_equal(len, sizeof text);
    assert_memory_equal(data, text, len);
    assert_int_equal(data[len], 0);
    free(data);
    assert_int_equal(empty_folder(), 1);
}

static void read_takes_max_bytes_and_refuses_one_more(void **state)
{
    static uint8_t big[100000];
    struct err e;
    uint8_t *data;
    size_t len;

    (void)state;
    assert_int_equal(file_write_atomic(in_folder("big"), big, sizeof big, 0600, NULL), 0);
    assert_int_equal(file_read(in_folder("big"), sizeof big, &data, &len, &e), 0);
    assert_int_equal(len, sizeof big);
    free(data);
    assert_int_equal(file_read(in_folder("big"), sizeof big - 1, &data, &len, &e), -1);
    assert_non_null(strstr(e.text, "larger than 99999 bytes"));
    assert_null(data);
    assert_int_equal(len, 0);
    empty_folder();
}

static void an_empty_file_is_an_empty_string(void **state)
{
    uint8_t *data;
    size_t len;

    (void)state;
    assert_int_equal(file_write_atomic(in_folder("empty"), NULL, 0, 0600, NULL), 0);
    assert_int_equal(file_read(in_folder("empty"), 0, &data, &len, NULL), 0);
    assert_int_equal(len, 0);
    assert_string_equal((char *)data, "");
    free(data);
    empty_folder();
}

static void missing_files_and_folders_are_named(void **state)
{
    struct err e;
    uint8_t *data;
    size_t len;

    (void)state;
    assert_int_equal(file_read(in_folder("none"), 10, &data, &len, &e), -1);
    assert_non_null(strstr(e.text, "/none: No such file or directory"));
    assert_int_equal(file_write_atomic(in_folder("no/where"), "x", 1, 0600, &e), -1);
    assert_non_null(strstr(e.text, "/no/where: No such file or directory"));
    assert_int_equal(file_read(folder, 10, &data, &len, &e), -1);
    assert_non_null(strstr(e.text, "Is a directory"));
}

static void a_failed_write_leaves_the_old_state_and_no_temporary_file(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(mkdir(in_folder("taken"), 0700), 0);
    assert_int_equal(file_write_atomic(in_folder("taken"), "x", 1, 0600, &e), -1);
    assert_int_equal(e.code, ERR_FAILED);
    assert_int_equal(empty_folder(), 1);
}

static void a_relative_path_without_folder_works(void **state)
{
    char before[4096];

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(file_write_atomic("plain", "x", 1, 0600, NULL), 0);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(access(in_folder("plain"), F_OK), 0);
    empty_folder();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back_and_nothing_else_lies_around),
        cmocka_unit_test(read_takes_max_bytes_and_refuses_one_more),
        cmocka_unit_test(an_empty_file_is_an_empty_string),
        cmocka_unit_test(missing_files_and_folders_are_named),
        cmocka_unit_test(a_failed_write_leaves_the_old_state_and_no_temporary_file),
        cmocka_unit_test(a_relative_path_without_folder_works),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
