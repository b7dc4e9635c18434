// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "release/release.h"

static void ids_are_those_of_the_vectors(void **state)
{
    struct err err = {0};
    uint8_t *data;
    char *rest, *line;
    size_t len;
    int rows = 0;

    (void)state;
    assert_int_equal(
        file_read(OTARIA_SOURCE_DIR "/spec/vectors/ids.tsv", 100000, &data, &len, &err), 0);
    rest = (char *)data;
    strsep(&rest, "\n");
    while ((line = strsep(&rest, "\n")) && *line) {
        char *domain = strsep(&line, "\t"), *class_text = strsep(&line, "\t");
        char *vendor_hex = strsep(&line, "\t"), hex[HEX_SIZE(16)];
        uint8_t vendor[16], class_id[16];

        if (!strchr(class_text, '/'))
            continue; /* of the SUIT draft: no class of ours */
        assert_int_equal(release_ids(domain, class_text, vendor, class_id, &err), 0);
        hex_encode(hex, vendor, 16);
        assert_string_equal(hex, vendor_hex);
        hex_encode(hex, class_id, 16);
        assert_string_equal(hex, line);
        rows++;
    }
    free(data);
    assert_true(rows >= 5);
}

static void ids_are_made_of_well_formed_names_only(void **state)
{
    static const char *const classes[] = {"",       "a",       "a/b",    "a/b/",   "/b/c",
                                          "a//c",   "a/b/c/d", "a/b/c ", "a/.b/c", "a/b/\xc3\xa4",
                                          ".a/b/c", "a/b/c\n", "a/b/c/"};
    static const char *const domains[] = {"", "Example.org", "exa mple.org", "ex_ample", "a/b"};
    uint8_t vendor[16], class_id[16];
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        assert_int_equal(release_ids("example.org", classes[i], vendor, class_id, &err), -1);
        assert_int_equal(err.code, OTARIA_E_CLASS);
    }
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        assert_int_equal(release_ids(domains[i], "a/b/c", vendor, class_id, &err), -1);
        assert_int_equal(err.code, OTARIA_E_VENDOR);
    }
}

static void layouts_have_the_sizes_of_the_table(void **state)
{
    uint32_t image, filesystem;
    struct err err;

    (void)state;
    assert_int_equal(release_layout("4m2m", &image, &filesystem, &err), 0);
    assert_int_equal(image, 0xF8000);
    assert_int_equal(filesystem, 0);
    assert_int_equal(release_layout("4m1m1m", &image, &filesystem, &err), 0);
    assert_int_equal(filesystem, 0xFA000);
    assert_int_equal(release_layout("1m", &image, NULL, &err), 0);
    assert_int_equal(image, 0x7A000);
}

static void other_layouts_are_refused_with_their_reason_or_the_list(void **state)
{
    uint32_t image;
    struct err err;

    (void)state;
    assert_int_equal(release_layout("4m3m", &image, NULL, &err), -1);
    assert_int_equal(err.code, OTARIA_E_LAYOUT);
    assert_non_null(strstr(err.text, "where slot B lies; use 4m2m"));
    assert_int_equal(release_layout("8m", &image, NULL, &err), -1);
    assert_non_null(strstr(err.text, "there are 2m, 4m2m, 4m1m1m, 1m"));
}

static void good_names_become_a_text_and_a_file_name(void **state)
{
    struct release_text t;
    struct err err = {0};
    char *name;

    (void)state;
    assert_int_equal(
        release_text_set(&t, "example.org", "sensor-2", "d1_mini", "4m2m", "1.0.3-rc.1+b5", &err),
        0);
    assert_string_equal(t.class_text, "sensor-2/d1_mini/4m2m");
    assert_string_equal(t.version, "1.0.3-rc.1+b5");
    name = release_name(&t);
    assert_string_equal(name, "sensor-2-d1_mini-4m2m");
    free(name);
}

static void names_that_harm_as_file_names_are_refused_and_named(void **state)
{
    static const char long_64[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const struct {
        const char *vendor, *product, *hardware, *layout, *version, *says;
    } rows[] = {
        {"Example.org", "p", "h", "2m", "1", "vendor"},
        {"", "p", "h", "2m", "1", "vendor"},
        {"-x.org", "p", "h", "2m", "1", "vendor"},
        {"x.org", "", "h", "2m", "1", "product is empty"},
        {"x.org", "../p", "h", "2m", "1", "product"},
        {"x.org", "a/b", "h", "2m", "1", "product"},
        {"x.org", "-p", "h", "2m", "1", "product"},
        {"x.org", "p", ".h", "2m", "1", "hardware"},
        {"x.org", "p", "h h", "2m", "1", "hardware"},
        {"x.org", "p", "h", "2m1m", "1", "where slot B lies"},
        {"x.org", "p", "h", "", "1", "unknown flash layout"},
        {"x.org", "p", "h", "2m", "", "version is empty"},
        {"x.org", "p", "h", "2m", "1/2", "version"},
        {"x.org", "p", "h", "2m", "1?2", "version"},
        {"x.org", "p", "h", "2m", "1%2", "version"},
        {"x.org", "p", "h", "2m", "1 2", "version"},
        {"x.org", "p", "h", "2m", "123456789012345678901234567890123", "longer than 32"},
        {"x.org", long_64, "h", "2m", "1", "longer than 63"},
    };
    struct release_text t;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(release_text_set(&t, rows[i].vendor, rows[i].product, rows[i].hardware,
                                          rows[i].layout, rows[i].version, &err),
                         -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.text, rows[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_those_of_the_vectors),
        cmocka_unit_test(ids_are_made_of_well_formed_names_only),
        cmocka_unit_test(layouts_have_the_sizes_of_the_table),
        cmocka_unit_test(other_layouts_are_refused_with_their_reason_or_the_list),
        cmocka_unit_test(good_names_become_a_text_and_a_file_name),
        cmocka_unit_test(names_that_harm_as_file_names_are_refused_and_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
