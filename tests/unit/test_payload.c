// SPDX-License-Identifier: MIT
#include "server/store/payload.h"

#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hex.h"

static const char abc_hex[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static char folder[64];
static uint8_t abc[32];

static int setup(void **state)
{
    struct payloads *p;

    snprintf(folder, sizeof folder, "/tmp/otaria-payload-XXXXXX");
    if (mkdtemp(folder) == NULL || !hex_decode(abc, 32, abc_hex) ||
        payloads_open(folder, &p, NULL) < 0)
        return -1;
    *state = p;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

static int teardown(void **state)
{
    payloads_close(*state);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void stored_bytes_are_found_under_their_digest(void **state)
{
    enum payload_put how;
    uint64_t size;
    char text[4] = "";
    int fd;

    assert_int_equal(payload_put(*state, abc, "abc", 3, &how, NULL), 0);
    assert_int_equal(how, PAYLOAD_NEW);
    assert_int_equal(payload_put(*state, abc, "abc", 3, &how, NULL), 0);
    assert_int_equal(how, PAYLOAD_OLD);
    assert_int_equal(payload_open(*state, abc, &fd, &size, NULL), 0);
    assert_true(fd >= 0 && size == 3);
    assert_int_equal(read(fd, text, 3), 3);
    assert_string_equal(text, "abc");
    close(fd);
}

static void bytes_of_another_digest_are_not_stored(void **state)
{
    enum payload_put how;
    struct err err;
    uint64_t size;
    int fd;

    assert_int_equal(payload_put(*state, abc, "abd", 3, &how, &err), -1);
    assert_int_equal(how, PAYLOAD_DIFFERS);
    assert_int_equal(payload_open(*state, abc, &fd, &size, NULL), 0);
    assert_int_equal(fd, -1);
}

static void leftovers_of_a_crash_are_removed_at_start(void **state)
{
    char name[128], temp[256];
    enum payload_put how;
    struct payloads *again;

    assert_int_equal(payload_put(*state, abc, "abc", 3, &how, NULL), 0);
    snprintf(name, sizeof name, "%s/ba", folder);
    snprintf(temp, sizeof temp, "%s/.tmp-abcdef", name);
    fclose(fopen(temp, "w"));
    assert_int_equal(payloads_open(folder, &again, NULL), 0);
    assert_int_equal(access(temp, F_OK), -1);
    snprintf(temp, sizeof temp, "%s/%s", name, abc_hex);
    assert_int_equal(access(temp, F_OK), 0);
    payloads_close(again);
}

static void damaged_file_is_noticed_and_replaced(void **state)
{
    char name[PAYLOAD_PATH_MAX];
    enum payload_put how;
    bool intact;
    FILE *f;

    assert_int_equal(payload_put(*state, abc, "abc", 3, &how, NULL), 0);
    assert_int_equal(payload_check(*state, abc, 3, &intact, NULL), 0);
    assert_true(intact);
    assert_int_equal(payload_check(*state, abc, 4, &intact, NULL), 0);
    assert_false(intact);
    payload_path(*state, abc, name);
    assert_int_equal(unlink(name), 0);
    f = fopen(name, "w");
    fputs("abx", f);
    fclose(f);
    assert_int_equal(payload_check(*state, abc, 3, &intact, NULL), 0);
    assert_false(intact);
    assert_int_equal(payload_put(*state, abc, "abc", 3, &how, NULL), 0);
    assert_int_equal(how, PAYLOAD_NEW);
    assert_int_equal(payload_check(*state, abc, 3, &intact, NULL), 0);
    assert_true(intact);
}

/* A limit of file size fails the write in its middle, as a full disk does. */
static void a_write_that_fails_leaves_nothing(void **state)
{
    static const char zero_hex[] =
        "de2f256064a0af797747c2b97505dc0b9f3df0de4f489eac731c23ae9ca9cc31"; /* 65,536 zeros */
    struct rlimit old, small;
    enum payload_put how;
    uint8_t sha256[32];
    struct err err;
    uint64_t size;
    char *zeros = calloc(1, 65536), pattern[128];
    int fd, result;

    assert_true(hex_decode(sha256, 32, zero_hex));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){.rlim_cur = 10000, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    result = payload_put(*state, sha256, zeros, 65536, &how, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(result, -1);
    assert_non_null(strstr(err.text, "File too large"));
    assert_int_equal(payload_open(*state, sha256, &fd, &size, NULL), 0);
    assert_int_equal(fd, -1);
    snprintf(pattern, sizeof pattern, "%s/de", folder);
    assert_int_equal(rmdir(pattern), 0); /* no temporary file in it */
    assert_int_equal(payload_put(*state, sha256, zeros, 65536, &how, NULL), 0);
    free(zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stored_bytes_are_found_under_their_digest, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_of_another_digest_are_not_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(leftovers_of_a_crash_are_removed_at_start, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_file_is_noticed_and_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_that_fails_leaves_nothing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
