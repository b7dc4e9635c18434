// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void set_keeps_code_and_text(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(err_set(&e, -72, "seq %d", 7), -1);
    assert_int_equal(e.code, -72);
    assert_string_equal(e.text, "seq 7");
}

static void errno_text_ends_with_the_reason_and_keeps_errno(void **state)
{
    struct err e;

    (void)state;
    errno = ENOENT;
    assert_int_equal(err_errno(&e, "open %s", "x"), -1);
    assert_int_equal(e.code, ERR_FAILED);
    assert_string_equal(e.text, "open x: No such file or directory");
    assert_int_equal(errno, ENOENT);
}

static void prefix_goes_in_front_and_keeps_the_code(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, -70, "wrong vendor");
    assert_int_equal(err_prefix(&e, "release %d", 1), -1);
    assert_int_equal(e.code, -70);
    assert_string_equal(e.text, "release 1: wrong vendor");
}

static void text_may_be_its_own_argument(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, ERR_FAILED, "inner");
    err_set(&e, ERR_USAGE, "outer (%s)", e.text);
    assert_string_equal(e.text, "outer (inner)");
}

static void long_text_is_cut_at_a_character(void **state)
{
    char umlauts[2 * sizeof((struct err *)NULL)->text + 1];
    struct err e;
    size_t len;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof umlauts; i += 2)
        memcpy(umlauts + i, "\xc3\xa4", 3);
    for (unsigned shift = 0; shift < 2; shift++) {
        err_set(&e, ERR_FAILED, "%s%s", shift ? "x" : "", umlauts);
        len = strlen(e.text);
        assert_true(len < sizeof e.text && len > sizeof e.text - 8);
        assert_string_equal(e.text + len - 3, "...");
        assert_int_equal((len - 3 - shift) % 2, 0);
        assert_int_equal((unsigned char)e.text[len - 4], 0xa4);
    }
}

static void null_is_accepted_everywhere(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, 1, "x"), -1);
    assert_int_equal(err_errno(NULL, "x"), -1);
    assert_int_equal(err_prefix(NULL, "x"), -1);
}

static void every_device_code_has_its_own_name_and_a_sentence(void **state)
{
    int named = 0;

    (void)state;
    for (int code = -127; code < 0; code++) {
        const char *name = otaria_error_name(code);

        if (strcmp(name, "UNKNOWN") == 0)
            continue;
        named++;
        assert_true(strlen(otaria_error_sentence(code)) > 10);
        for (int other = code + 1; other < 0; other++)
            assert_string_not_equal(name, otaria_error_name(other));
    }
    assert_true(named >= 40);
    assert_string_equal(otaria_error_name(-72), "OLD_SEQUENCE");
    assert_string_equal(otaria_error_name(0), "OK");
    assert_string_equal(otaria_error_name(5), "UNKNOWN");
    assert_non_null(otaria_error_sentence(-127));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_keeps_code_and_text),
        cmocka_unit_test(errno_text_ends_with_the_reason_and_keeps_errno),
        cmocka_unit_test(prefix_goes_in_front_and_keeps_the_code),
        cmocka_unit_test(text_may_be_its_own_argument),
        cmocka_unit_test(long_text_is_cut_at_a_character),
        cmocka_unit_test(null_is_accepted_everywhere),
        cmocka_unit_test(every_device_code_has_its_own_name_and_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
