// SPDX-License-Identifier: MIT
/* Pure parts of the api: routes, base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "server/api/base64.h"
#include "server/api/impl.h"

static bool matches(const char *pattern, const char *path, struct route_args *args)
{
    return route_match(pattern, (struct http_str){path, strlen(path)}, args);
}

static void parts_of_a_path_are_decoded(void **state)
{
    struct route_args args;

    (void)state;
    assert_true(matches("/r/{}/{}/withdraw", "/r/emon/1.0.3%2Brc%201/withdraw", &args));
    assert_int_equal(args.cnt, 2);
    assert_string_equal(args.text[0], "emon");
    assert_string_equal(args.text[1], "1.0.3+rc 1");
    assert_true(matches("/r", "/r", &args));
    assert_int_equal(args.cnt, 0);
}

static void other_paths_do_not_match(void **state)
{
    static const char *const paths[] = {
        "",          "/",           "/r",        "/r/",        "/r/a",    "/r/a/",
        "/r/a/b/",   "/r//b",       "/r/a/b/c",  "/R/a/b",     "/r/%2/b", "/r/%zz/b",
        "/r/a%00/b", "/r/..%2fx/b", "/r/a%0a/b", "/r/a\x7f/b", "/ra/b",   "/r/a/b%",
    };
    struct route_args args;
    char longest[300];

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (matches("/r/{}/{}", paths[i], &args))
            fail_msg("%s", paths[i]);
    }
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "/r/", 3);
    longest[3 + API_ARG_MAX] = '\0';
    assert_true(matches("/r/{}", longest, &args));
    assert_int_equal(strlen(args.text[0]), API_ARG_MAX);
    longest[3 + API_ARG_MAX] = 'a';
    longest[4 + API_ARG_MAX] = '\0';
    assert_false(matches("/r/{}", longest, &args));
}

static bool decodes(const char *text, const char *want, size_t max)
{
    uint8_t out[16];
    size_t len;

    return base64_decode(out, max, text, strlen(text), &len) && len == strlen(want) &&
           memcmp(out, want, len) == 0;
}

static void base64_of_the_rfc_decodes_and_nothing_looser(void **state)
{
    (void)state;
    assert_true(decodes("", "", 16));
    assert_true(decodes("Zg==", "f", 16));
    assert_true(decodes("Zm8=", "fo", 16));
    assert_true(decodes("Zm9v", "foo", 16));
    assert_true(decodes("Zm9vYmFy", "foobar", 6));
    assert_false(decodes("Zm9vYmFy", "foobar", 5));
    assert_false(decodes("Zg", "f", 16));
    assert_false(decodes("Zg=", "f", 16));
    assert_false(decodes("Zh==", "f", 16));
    assert_false(decodes("Zm9=", "fo", 16));
    assert_false(decodes("Z===", "", 16));
    assert_false(decodes("Zg==Zg==", "ff", 16));
    assert_false(decodes("Zm 9", "foo", 16));
    assert_false(decodes("Zm9-", "fo>", 16));
}

static void base64url_has_no_padding_and_no_slash(void **state)
{
    char out[BASE64_SIZE(4)];

    (void)state;
    base64url_encode(out, (const uint8_t *)"\xfb\xff\xbf", 3);
    assert_string_equal(out, "-_-_");
    base64url_encode(out, (const uint8_t *)"f", 1);
    assert_string_equal(out, "Zg");
    base64url_encode(out, (const uint8_t *)"fo", 2);
    assert_string_equal(out, "Zm8");
}

static void spread_covers_its_range_and_stays_inside(void **state)
{
    struct loop loop = {.random = 1};
    unsigned low = 0, high = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        unsigned value = spread(&loop, 1000, 10);

        assert_in_range(value, 900, 1100);
        low += value < 920;
        high += value > 1080;
    }
    assert_true(low > 500 && high > 500);
    assert_int_equal(spread(&loop, 1, 10), 1);
    assert_in_range(spread(&loop, 0, 10), 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_path_are_decoded),
        cmocka_unit_test(other_paths_do_not_match),
        cmocka_unit_test(base64_of_the_rfc_decodes_and_nothing_looser),
        cmocka_unit_test(base64url_has_no_padding_and_no_slash),
        cmocka_unit_test(spread_covers_its_range_and_stays_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
