// SPDX-License-Identifier: MIT
/* firmware/emon/previous.c: the version of an image in flash, wherever in it the mark lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/emon/previous.h"
#include "sim/chip.h"
#include "sim/nor.h"

#define IMAGE_AT  OTARIA_SECTOR
#define IMAGE_MAX (4 * OTARIA_SECTOR)

static struct nor nor;
static struct emon_previous p;
static uint8_t image[3000];

static int setup(void **state)
{
    (void)state;
    nor_open(&nor, 6 * OTARIA_SECTOR);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(nor.refused_calls, 0);
    nor_close(&nor);
    return 0;
}

/* An image of one segment with `text` at this offset. */
static void make(size_t at, const char *text, size_t len)
{
    uint8_t sum = 0xEF;

    memset(image, 0x5A, sizeof image);
    memcpy(image, "\xE9\x01\x02\x40\x10\x10\x20\x40\x10\x10\x20\x40", 12);
    otaria_store_le32(image + 12, sizeof image - 16 - 24);
    memcpy(image + at, text, len);
    for (size_t i = 16; i < sizeof image - 24; i++)
        sum ^= image[i];
    memset(image + sizeof image - 24, 0, 24);
    image[sizeof image - 24 + 15 - (sizeof image - 24) % 16] = sum;
    nor_poke(&nor, IMAGE_AT, image, sizeof image);
}

static const char *read_version(void)
{
    unsigned steps = 0;

    emon_previous_begin(&p, &nor.port, IMAGE_AT, IMAGE_MAX);
    while (emon_previous_step(&p) == OTARIA_MORE) {
        assert_string_equal(emon_previous_version(&p), "");
        assert_true(++steps <= IMAGE_MAX / OTARIA_PAGE);
    }
    assert_int_equal(emon_previous_step(&p), 0);
    return emon_previous_version(&p);
}

static const char mark[] = OTARIA_APP_MARK "1.0.2-rc1+0123456789abcdef012345" OTARIA_APP_END;

static void a_mark_is_found_wherever_it_lies(void **state)
{
    (void)state;
    for (size_t at = 24; at < sizeof image - 24 - sizeof mark; at++) {
        make(at, mark, sizeof mark);
        if (strcmp(read_version(), "1.0.2-rc1+0123456789abcdef012345") != 0)
            fail_msg("not at %zu", at);
    }
}

static void what_lies_behind_the_image_is_not_looked_at(void **state)
{
    (void)state;
    make(100, "x", 1);
    nor_poke(&nor, IMAGE_AT + sizeof image, mark, sizeof mark);
    assert_string_equal(read_version(), "");
    make(100, OTARIA_APP_MARK "1.0" OTARIA_APP_END, sizeof OTARIA_APP_MARK "1.0" OTARIA_APP_END);
    assert_string_equal(read_version(), "1.0");
}

static void two_versions_are_none(void **state)
{
    static const char other[] = OTARIA_APP_MARK "2" OTARIA_APP_END;

    (void)state;
    make(100, mark, sizeof mark);
    memcpy(image + 2000, other, sizeof other);
    /* the checksum counts bytes: put one right elsewhere */
    for (size_t i = 0; i < sizeof other; i++)
        image[2100] ^= (uint8_t)(other[i] ^ 0x5A);
    nor_poke(&nor, IMAGE_AT, image, sizeof image);
    assert_string_equal(read_version(), "");
}

static void what_is_no_image_has_no_version(void **state)
{
    const uint8_t zero[4] = {0};

    (void)state;
    assert_string_equal(read_version(), "");
    make(100, mark, sizeof mark);
    image[500] ^= 1;
    nor_poke(&nor, IMAGE_AT, image, sizeof image);
    assert_string_equal(read_version(), "");
    make(100, mark, sizeof mark);
    nor_poke(&nor, IMAGE_AT, zero, sizeof zero);
    assert_string_equal(read_version(), "");
    make(100, mark, sizeof mark);
    nor.off = true;
    assert_string_equal(read_version(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mark_is_found_wherever_it_lies, setup, teardown),
        cmocka_unit_test_setup_teardown(what_lies_behind_the_image_is_not_looked_at, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(two_versions_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_image_has_no_version, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
