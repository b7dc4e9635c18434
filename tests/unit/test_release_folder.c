// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "release/release.h"

#define KEY OTARIA_SOURCE_DIR "/spec/vectors/manifest/keys/a.key.pem"

static char folder[64];
static struct key_pair key;
static const uint8_t image[] = "slot bytes", whole[] = "boot stage and slot bytes";

struct made {
    struct release_plan plan;
    struct release_files files;
    uint8_t suit[OTARIA_ENVELOPE_MAX];
};

static void make(struct made *r, const char *product, const char *version, uint64_t seq)
{
    struct err err = {0};

    memset(r, 0, sizeof *r);
    assert_int_equal(
        release_text_set(&r->plan.text, "example.org", product, "h", "2m", version, &err), 0);
    r->plan.seq = seq;
    r->plan.components_cnt = 1;
    r->plan.component[0].size = sizeof image;
    r->plan.component[0].uri = "x";
    release_sha256(image, sizeof image, r->plan.component[0].digest);
    assert_int_equal(release_encode(&r->plan, &key, 1, r->suit, &r->files.suit_len, &err), 0);
    r->files.text = &r->plan.text;
    r->files.suit = r->suit;
    r->files.slot = image;
    r->files.slot_len = sizeof image;
    r->files.classic = whole;
    r->files.classic_len = sizeof whole;
}

static int count_files(bool remove)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int cnt = 0;

    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.') {
            cnt++;
            if (remove)
                unlinkat(dirfd(dir), entry->d_name, 0);
        }
    closedir(dir);
    return cnt;
}

static int open_folder(void **state)
{
    struct err err;

    (void)state;
    snprintf(folder, sizeof folder, "/tmp/otaria-folder-XXXXXX");
    return mkdtemp(folder) && keys_load(KEY, NULL, &key, &err) == 0 ? 0 : -1;
}

static int empty_folder(void **state)
{
    (void)state;
    count_files(true);
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* coreutils agrees with what SHA256SUMS says of every file. */
static void sums_are_right(void)
{
    static char sh[] = "sh", option[] = "-c";
    static char script[] = "cd \"$0\" && sha256sum --quiet --strict -c SHA256SUMS";
    char *argv[] = {sh, option, script, folder, NULL};
    int status;
    pid_t pid;

    assert_int_equal(posix_spawnp(&pid, "sh", NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static char *read_file(const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    uint8_t *data;
    size_t len;

    assert_int_equal(file_read(path, 1 << 20, &data, &len, NULL), 0);
    free(path);
    return (char *)data;
}

static int write_release(struct made *r, struct err *err)
{
    return release_folder_write(folder, &r->files, err);
}

static void five_files_are_written_and_the_sums_are_right(void **state)
{
    struct made r;
    struct err err = {0};
    char *text;

    (void)state;
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(write_release(&r, &err), 0);
    assert_int_equal(count_files(false), 5);
    text = read_file("p-h-2m-1.0.0.bin");
    assert_string_equal(text, (const char *)image);
    free(text);
    text = read_file("p-h-2m-1.0.0.classic.bin");
    assert_string_equal(text, (const char *)whole);
    free(text);
    sums_are_right();
}

static void the_same_release_again_changes_nothing(void **state)
{
    struct made r;
    struct err err = {0};
    char *before, *after;

    (void)state;
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(write_release(&r, &err), 0);
    before = read_file("SHA256SUMS");
    assert_int_equal(write_release(&r, &err), 0);
    after = read_file("SHA256SUMS");
    assert_string_equal(before, after);
    assert_int_equal(count_files(false), 5);
    free(before);
    free(after);
}

static void a_version_is_released_once(void **state)
{
    struct made r;
    struct err err = {0};
    char *before, *after;

    (void)state;
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(write_release(&r, &err), 0);
    before = read_file("p-h-2m.suit");
    make(&r, "p", "1.0.0", 101);
    assert_int_equal(write_release(&r, &err), -1);
    assert_non_null(strstr(err.text, "p-h-2m-1.0.0.suit exists with other content"));
    after = read_file("p-h-2m.suit");
    assert_memory_equal(before, after, r.files.suit_len);
    free(before);
    free(after);
}

static void a_newer_version_becomes_the_latest_and_the_sums_keep_both(void **state)
{
    struct made old, new;
    struct err err = {0};
    char *sums, *latest, *line;
    int lines = 0, latest_lines = 0;

    (void)state;
    make(&old, "p", "1.0.0", 100);
    make(&new, "p", "1.0.1", 101);
    assert_int_equal(write_release(&old, &err), 0);
    assert_int_equal(write_release(&new, &err), 0);
    latest = read_file("p-h-2m.suit");
    assert_memory_equal(latest, new.suit, new.files.suit_len);
    free(latest);
    sums = read_file("SHA256SUMS");
    for (line = strtok_r(sums, "\n", &latest); line; line = strtok_r(NULL, "\n", &latest)) {
        lines++;
        latest_lines += strstr(line, "  p-h-2m.suit") != NULL;
    }
    assert_int_equal(lines, 7);
    assert_int_equal(latest_lines, 1);
    free(sums);
}

static void an_older_or_equal_sequence_does_not_replace_the_latest(void **state)
{
    struct made r;
    struct err err = {0};

    (void)state;
    make(&r, "p", "1.0.1", 101);
    assert_int_equal(write_release(&r, &err), 0);
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(write_release(&r, &err), -1);
    assert_non_null(strstr(err.text, "higher sequence 101"));
    make(&r, "p", "1.0.2", 101);
    assert_int_equal(write_release(&r, &err), -1);
    assert_non_null(strstr(err.text, "the same sequence 101"));
    assert_int_equal(count_files(false), 5);
}

static void boards_share_a_folder_and_its_sums(void **state)
{
    struct made r;
    struct err err = {0};

    (void)state;
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(write_release(&r, &err), 0);
    make(&r, "q", "1.0.0", 90);
    assert_int_equal(write_release(&r, &err), 0);
    assert_int_equal(count_files(false), 9);
    sums_are_right();
}

/* "a-b"/"c" and "a"/"b-c" have the same file names. */
static void another_class_with_the_same_name_is_refused(void **state)
{
    struct made r;
    struct err err = {0};

    (void)state;
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(write_release(&r, &err), 0);
    make(&r, "p", "1.0.1", 101);
    snprintf(r.plan.text.class_text, sizeof r.plan.text.class_text, "p-h/x/2m");
    assert_int_equal(release_encode(&r.plan, &key, 1, r.suit, &r.files.suit_len, &err), 0);
    assert_int_equal(write_release(&r, &err), -1);
    assert_non_null(strstr(err.text, "belongs to p/h/2m of example.org"));
}

static void a_line_without_end_in_the_sums_is_kept(void **state)
{
    static const char line[] =
        "0000000000000000000000000000000000000000000000000000000000000000  other.bin";
    struct made r;
    struct err err = {0};
    char *path = xasprintf("%s/SHA256SUMS", folder), *sums;

    (void)state;
    assert_int_equal(file_write_atomic(path, line, sizeof line - 1, 0644, &err), 0);
    free(path);
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(write_release(&r, &err), 0);
    sums = read_file("SHA256SUMS");
    assert_memory_equal(sums, line, sizeof line - 1);
    assert_int_equal(sums[sizeof line - 1], '\n');
    free(sums);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct made r;
    struct err err = {0};

    (void)state;
    make(&r, "p", "1.0.0", 100);
    assert_int_equal(release_folder_write("/nowhere/at/all", &r.files, &err), -1);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(five_files_are_written_and_the_sums_are_right, empty_folder),
        cmocka_unit_test_teardown(the_same_release_again_changes_nothing, empty_folder),
        cmocka_unit_test_teardown(a_version_is_released_once, empty_folder),
        cmocka_unit_test_teardown(a_newer_version_becomes_the_latest_and_the_sums_keep_both,
                                  empty_folder),
        cmocka_unit_test_teardown(an_older_or_equal_sequence_does_not_replace_the_latest,
                                  empty_folder),
        cmocka_unit_test_teardown(boards_share_a_folder_and_its_sums, empty_folder),
        cmocka_unit_test_teardown(another_class_with_the_same_name_is_refused, empty_folder),
        cmocka_unit_test_teardown(a_line_without_end_in_the_sums_is_kept, empty_folder),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
    };

    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
