// SPDX-License-Identifier: MIT
/* The images that firmware/demo builds, as the release tools and the device see them. argv: folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/app.h>
#include <otaria/boot.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "release/image.h"

static const char *folder;
static const char *const versions[] = {"1.0.2", "1.0.3", "1.0.4"};
#define VERSIONS (sizeof versions / sizeof versions[0])

static struct {
    uint8_t *data;
    size_t len;
    struct image image;
} demo[VERSIONS];

static int load(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        char *path = xasprintf("%s/demo-%s.bin", folder, versions[i]);
        struct err err;

        if (file_read(path, IMAGE_FILE_MAX, &demo[i].data, &demo[i].len, &err) < 0) {
            print_error("%s\n", err.text);
            return -1;
        }
        free(path);
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++)
        free(demo[i].data);
    return 0;
}

static void release_tools_take_them_as_arduino_images(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        struct err err = {0};

        if (image_examine(demo[i].data, demo[i].len, &demo[i].image, &err) != 0)
            fail_msg("%s: %s", versions[i], err.text);
        assert_int_equal(demo[i].image.form, IMAGE_ARDUINO);
        assert_int_equal(demo[i].image.slot_off, IMAGE_BOOT_LEN);
        assert_int_equal(demo[i].image.flash_size, 0x400000);
    }
}

static void the_device_takes_what_a_slot_holds_to_its_last_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        struct otaria_image_walk walk;
        size_t len = demo[i].len - IMAGE_BOOT_LEN;

        otaria_image_begin(&walk, 0xF8000);
        assert_int_equal(otaria_image_feed(&walk, demo[i].data + IMAGE_BOOT_LEN, len), 0);
        assert_int_equal(walk.len, len);
    }
}

static void their_version_is_found_and_the_sizes_are_worth_a_download(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        struct otaria_span version;

        assert_true(otaria_app_find(demo[i].data, demo[i].len, &version));
        assert_int_equal(version.len, strlen(versions[i]));
        assert_memory_equal(version.p, versions[i], version.len);
        assert_in_range(demo[i].len, 200000, 400000);
    }
}

/* A version differs from the next in more than its number, and shares most of its bytes with it. */
static void versions_differ_in_places(void **state)
{
    size_t different = 0;

    (void)state;
    assert_int_equal(demo[0].len, demo[1].len);
    for (size_t i = 0; i < demo[0].len; i++)
        different += demo[0].data[i] != demo[1].data[i];
    assert_in_range(different, 20, demo[0].len / 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(release_tools_take_them_as_arduino_images),
        cmocka_unit_test(the_device_takes_what_a_slot_holds_to_its_last_byte),
        cmocka_unit_test(their_version_is_found_and_the_sizes_are_worth_a_download),
        cmocka_unit_test(versions_differ_in_places),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, load, unload);
}
