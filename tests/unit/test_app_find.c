// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/app.h>

#include "tests/guard.h"

OTARIA_APP("1.0.2-test");

static struct guard guard;
static struct otaria_span version;

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, 4096);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_close(&guard);
    return 0;
}

static bool find(const void *image, size_t len)
{
    memset(&version, 0, sizeof version);
    return otaria_app_find(guard_copy(&guard, image, len), len, &version);
}

#define FIND(literal) find(literal, sizeof(literal) - 1)

static void assert_version(const char *text)
{
    assert_int_equal(version.len, strlen(text));
    assert_memory_equal(version.p, text, version.len);
}

static void finds_what_the_macro_leaves_in_a_program(void **state)
{
    (void)state;
    assert_true(otaria_app_find((const uint8_t *)otaria_app_identity,
                                strlen(otaria_app_identity) + 1, &version));
    assert_version("1.0.2-test");
}

static void finds_the_version_between_other_bytes_and_at_the_very_end(void **state)
{
    (void)state;
    assert_true(FIND("\n\nOTARIA-APP:2\n\0after"));
    assert_version("2");
    assert_true(FIND("before\xff\nOTARIA-APP:1.0.3\n\0"));
    assert_version("1.0.3");
}

static void every_truncation_finds_nothing(void **state)
{
    static const char image[] = "x\nOTARIA-APP:1.0.3\n"; /* its NUL belongs to it */

    (void)state;
    assert_true(find(image, sizeof image));
    for (size_t len = 0; len < sizeof image; len++)
        assert_false(find(image, len));
}

static void version_has_1_to_32_visible_characters_without_slash(void **state)
{
    (void)state;
    assert_false(FIND("\nOTARIA-APP:\n\0"));
    assert_false(FIND("\nOTARIA-APP:1 0\n\0"));
    assert_false(FIND("\nOTARIA-APP:1/0\n\0"));
    assert_false(FIND("\nOTARIA-APP:1\x7f\n\0"));
    assert_true(FIND("\nOTARIA-APP:0123456789abcdef0123456789ABCDEF\n\0"));
    assert_int_equal(version.len, OTARIA_VERSION_MAX);
    assert_false(FIND("\nOTARIA-APP:0123456789abcdef0123456789ABCDEF-\n\0"));
}

static void a_mark_without_line_end_and_nul_is_none(void **state)
{
    (void)state;
    assert_false(FIND("\nOTARIA-APP:1.0.3\0\n"));
    assert_false(FIND("\nOTARIA-APP:1.0.3\nx"));
    assert_true(FIND("\nOTARIA-APP:\nOTARIA-APP:1.0.3\n\0"));
    assert_version("1.0.3");
}

static void the_same_version_twice_is_found_and_two_versions_are_refused(void **state)
{
    (void)state;
    assert_true(FIND("\nOTARIA-APP:1.0.3\n\0\nOTARIA-APP:1.0.3\n\0"));
    assert_version("1.0.3");
    assert_false(FIND("\nOTARIA-APP:1.0.3\n\0\nOTARIA-APP:1.0.4\n\0"));
    assert_false(FIND("\nOTARIA-APP:1.0\n\0\nOTARIA-APP:1.0.4\n\0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_macro_leaves_in_a_program),
        cmocka_unit_test(finds_the_version_between_other_bytes_and_at_the_very_end),
        cmocka_unit_test(every_truncation_finds_nothing),
        cmocka_unit_test(version_has_1_to_32_visible_characters_without_slash),
        cmocka_unit_test(a_mark_without_line_end_and_nul_is_none),
        cmocka_unit_test(the_same_version_twice_is_found_and_two_versions_are_refused),
    };
    return cmocka_run_group_tests(tests, open_guard, close_guard);
}
