// SPDX-License-Identifier: MIT
/* device/ports/posix/flash_file.c: NOR rules in a file, one process at a time, safe against SIGKILL. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "device/ports/posix/posix.h"

#define SIZE 0x10000u

static char folder[] = "/tmp/otaria-posix-XXXXXX";
static char path[64];

static int fresh(void **state)
{
    (void)state;
    (void)unlink(path);
    return 0;
}

static void open_or_fail(struct otaria_posix_flash *f)
{
    assert_int_equal(otaria_posix_flash_open(f, path, SIZE, NULL), 0);
}

static void a_new_file_is_an_erased_chip(void **state)
{
    struct otaria_posix_flash f;
    uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED, blank[OTARIA_PAGE];
    struct stat st;
    bool created;

    (void)state;
    assert_int_equal(otaria_posix_flash_open(&f, path, 0, NULL), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(otaria_posix_flash_open(&f, path, SIZE, &created), 0);
    assert_true(created);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, SIZE);
    memset(blank, 0xFF, sizeof blank);
    for (uint32_t at = 0; at < SIZE; at += sizeof buf) {
        assert_int_equal(f.port.read(f.port.ctx, at, buf, sizeof buf), 0);
        assert_memory_equal(buf, blank, sizeof buf);
    }
    otaria_posix_flash_close(&f);
    assert_int_equal(otaria_posix_flash_open(&f, path, SIZE, &created), 0);
    assert_false(created);
    otaria_posix_flash_close(&f);
}

static void programming_clears_bits_and_erasing_sets_a_sector(void **state)
{
    struct otaria_posix_flash f;
    uint8_t a[8] OTARIA_ALIGNED = {0xF0, 0x0F, 0xAA, 0x55, 1, 2, 3, 4};
    uint8_t b[8] OTARIA_ALIGNED = {0x3C, 0x3C, 0x3C, 0x3C, 0xFF, 0xFF, 0, 0};
    uint8_t got[8] OTARIA_ALIGNED;

    (void)state;
    open_or_fail(&f);
    assert_int_equal(f.port.write(f.port.ctx, 0x2F8, a, 8), 0);
    assert_int_equal(f.port.write(f.port.ctx, 0x2F8, b, 8), 0);
    otaria_posix_flash_close(&f);
    open_or_fail(&f);
    assert_int_equal(f.port.read(f.port.ctx, 0x2F8, got, 8), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(got[i], a[i] & b[i]);
    assert_int_equal(f.port.write(f.port.ctx, 0x1000, a, 8), 0);
    assert_int_equal(f.port.erase(f.port.ctx, 0), 0);
    assert_int_equal(f.port.read(f.port.ctx, 0x2F8, got, 8), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(got[i], 0xFF);
    assert_int_equal(f.port.read(f.port.ctx, 0x1000, got, 8), 0);
    assert_memory_equal(got, a, 8);
    otaria_posix_flash_close(&f);
}

static void a_call_that_breaks_a_rule_fails_and_changes_nothing(void **state)
{
    struct otaria_posix_flash f;
    uint8_t buf[OTARIA_PAGE + 8] OTARIA_ALIGNED, got[OTARIA_PAGE] OTARIA_ALIGNED;

    (void)state;
    memset(buf, 0, sizeof buf);
    open_or_fail(&f);
    assert_true(f.port.write(f.port.ctx, 2, buf, 4) < 0);
    assert_true(f.port.write(f.port.ctx, 0, buf, 3) < 0);
    assert_true(f.port.write(f.port.ctx, 0, buf + 1, 4) < 0);
    assert_true(f.port.write(f.port.ctx, 4, buf, OTARIA_PAGE) < 0);
    assert_true(f.port.write(f.port.ctx, 0, buf, OTARIA_PAGE + 4) < 0);
    assert_true(f.port.write(f.port.ctx, SIZE, buf, 4) < 0);
    assert_true(f.port.write(f.port.ctx, UINT32_MAX - 3, buf, 4) < 0);
    assert_true(f.port.read(f.port.ctx, SIZE - 4, buf, 8) < 0);
    assert_true(f.port.read(f.port.ctx, 1, buf, 4) < 0);
    assert_true(f.port.erase(f.port.ctx, 4) < 0);
    assert_true(f.port.erase(f.port.ctx, SIZE) < 0);
    for (uint32_t at = 0; at < SIZE; at += sizeof got) {
        assert_int_equal(f.port.read(f.port.ctx, at, got, sizeof got), 0);
        for (size_t i = 0; i < sizeof got; i++)
            assert_int_equal(got[i], 0xFF);
    }
    otaria_posix_flash_close(&f);
}

static void a_second_opener_is_told_that_it_is_busy(void **state)
{
    struct otaria_posix_flash f, g;

    (void)state;
    open_or_fail(&f);
    assert_int_equal(otaria_posix_flash_open(&g, path, SIZE, NULL), -1);
    assert_int_equal(errno, EBUSY);
    otaria_posix_flash_close(&f);
    open_or_fail(&g);
    otaria_posix_flash_close(&g);
}

static void a_file_of_another_size_is_refused_and_kept(void **state)
{
    struct otaria_posix_flash f;
    struct stat st;
    FILE *file = fopen(path, "w");

    (void)state;
    assert_non_null(file);
    fputs("precious", file);
    fclose(file);
    assert_int_equal(otaria_posix_flash_open(&f, path, SIZE, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(otaria_posix_flash_open(&f, path, 0, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 8);
}

/* The child counts pages up from 0; each page that was begun must hold all of its bytes or none. */
static void count_pages(void)
{
    struct otaria_posix_flash f;
    uint8_t page[OTARIA_PAGE] OTARIA_ALIGNED;

    if (otaria_posix_flash_open(&f, path, SIZE, NULL) < 0)
        _exit(1);
    memset(page, 0x5A, sizeof page);
    for (uint32_t at = 0;; at = (at + OTARIA_PAGE) % SIZE) {
        if (at % OTARIA_SECTOR == 0 && f.port.erase(f.port.ctx, at) < 0)
            _exit(1);
        if (f.port.write(f.port.ctx, at, page, sizeof page) < 0)
            _exit(1);
    }
}

static void a_kill_at_any_time_leaves_whole_operations(void **state)
{
    struct otaria_posix_flash f;
    uint8_t page[OTARIA_PAGE] OTARIA_ALIGNED;
    int status;

    (void)state;
    open_or_fail(
        &f); /* made before the killing begins: a kill while it is made leaves a temporary file */
    otaria_posix_flash_close(&f);
    for (int round = 0; round < 20; round++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            count_pages();
        usleep((useconds_t)(2000 + 300 * round));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        open_or_fail(&f); /* the lock died with it; the file has its size */
        for (uint32_t at = 0; at < SIZE; at += sizeof page) {
            assert_int_equal(f.port.read(f.port.ctx, at, page, sizeof page), 0);
            assert_true(page[0] == 0x5A || page[0] == 0xFF);
            for (size_t i = 1; i < sizeof page; i++)
                assert_int_equal(page[i], page[0]);
        }
        otaria_posix_flash_close(&f);
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/flash", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* fails when a temporary file was left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_file_is_an_erased_chip, fresh),
        cmocka_unit_test_setup(programming_clears_bits_and_erasing_sets_a_sector, fresh),
        cmocka_unit_test_setup(a_call_that_breaks_a_rule_fails_and_changes_nothing, fresh),
        cmocka_unit_test_setup(a_second_opener_is_told_that_it_is_busy, fresh),
        cmocka_unit_test_setup(a_file_of_another_size_is_refused_and_kept, fresh),
        cmocka_unit_test_setup(a_kill_at_any_time_leaves_whole_operations, fresh),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
