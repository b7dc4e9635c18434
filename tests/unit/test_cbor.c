// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/cbor.h>

#include "tests/guard.h"

static struct guard guard;

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

static struct otaria_cbor_reader reader(const void *data, size_t len)
{
    struct otaria_cbor_reader r;

    otaria_cbor_open(&r, guard_copy(&guard, data, len), len);
    return r;
}

#define READER(...) reader((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void uint_reads_every_width(void **state)
{
    static const struct {
        uint8_t bytes[9];
        size_t len;
        uint64_t value;
    } cases[] = {
        {{0x00}, 1, 0},
        {{0x17}, 1, 23},
        {{0x18, 24}, 2, 24},
        {{0x18, 0xFF}, 2, 255},
        {{0x19, 0x01, 0x00}, 3, 256},
        {{0x19, 0xFF, 0xFF}, 3, 65535},
        {{0x1A, 0, 1, 0, 0}, 5, 65536},
        {{0x1A, 0xFF, 0xFF, 0xFF, 0xFF}, 5, UINT32_MAX},
        {{0x1B, 0, 0, 0, 1, 0, 0, 0, 0}, 9, UINT64_C(1) << 32},
        {{0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 9, UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct otaria_cbor_reader r = reader(cases[i].bytes, cases[i].len);

        assert_int_equal(otaria_cbor_peek(&r), OTARIA_CBOR_UINT);
        assert_true(otaria_cbor_uint(&r) == cases[i].value);
        assert_true(otaria_cbor_at_end(&r));
        for (size_t len = 0; len < cases[i].len; len++) {
            r = reader(cases[i].bytes, len);
            assert_true(otaria_cbor_uint(&r) == 0);
            assert_true(r.failed);
        }
        for (size_t shift = 1; shift < 8; shift++) { /* at the guard's end all are aligned */
            uint8_t *at = guard_tail(&guard, cases[i].len + shift);

            memcpy(at, cases[i].bytes, cases[i].len);
            otaria_cbor_open(&r, at, cases[i].len);
            assert_true(otaria_cbor_uint(&r) == cases[i].value);
        }
    }
}

static void uint_refuses_a_head_longer_than_needed(void **state)
{
    static const struct {
        uint8_t bytes[9];
        size_t len;
    } cases[] = {
        {{0x18, 0}, 2},
        {{0x18, 23}, 2},
        {{0x19, 0, 0xFF}, 3},
        {{0x1A, 0, 0, 0xFF, 0xFF}, 5},
        {{0x1B, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct otaria_cbor_reader r = reader(cases[i].bytes, cases[i].len);

        assert_true(otaria_cbor_uint(&r) == 0);
        assert_true(r.failed);
    }
}

static void heads_that_are_indefinite_or_reserved_fail_in_every_major_type(void **state)
{
    (void)state;
    for (unsigned major = 0; major < 8; major++) {
        for (unsigned info = 28; info < 32; info++) {
            uint8_t bytes[3] = {(uint8_t)(major << 5 | info), 0xFF, 0xFF};
            struct otaria_cbor_reader r = reader(bytes, sizeof bytes);

            otaria_cbor_skip(&r);
            assert_true(r.failed);
        }
    }
}

static void int_reads_both_signs_up_to_the_ends_of_int64(void **state)
{
    struct otaria_cbor_reader r = READER(0x20, 0x28, 0x38, 0x2D, 0x05);

    (void)state;
    assert_true(otaria_cbor_int(&r) == -1);
    assert_true(otaria_cbor_int(&r) == -9);
    assert_true(otaria_cbor_int(&r) == -46);
    assert_true(otaria_cbor_int(&r) == 5);
    assert_true(otaria_cbor_at_end(&r));
    r = READER(0x3B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
    assert_true(otaria_cbor_int(&r) == INT64_MIN);
    assert_false(r.failed);
    r = READER(0x1B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
    assert_true(otaria_cbor_int(&r) == INT64_MAX);
    assert_false(r.failed);
}

static void int_refuses_what_int64_cannot_hold(void **state)
{
    struct otaria_cbor_reader r = READER(0x3B, 0x80, 0, 0, 0, 0, 0, 0, 0);

    (void)state;
    assert_true(otaria_cbor_int(&r) == 0);
    assert_true(r.failed);
    r = READER(0x1B, 0x80, 0, 0, 0, 0, 0, 0, 0);
    assert_true(otaria_cbor_int(&r) == 0);
    assert_true(r.failed);
}

static void bytes_and_text_are_borrowed_from_the_input(void **state)
{
    struct otaria_cbor_reader r = READER(0x42, 'a', 'b', 0x61, 'c', 0x40);
    const uint8_t *start = r.p;
    struct otaria_span s = otaria_cbor_bytes(&r);

    (void)state;
    assert_ptr_equal(s.p, start + 1);
    assert_int_equal(s.len, 2);
    s = otaria_cbor_text(&r);
    assert_ptr_equal(s.p, start + 4);
    assert_int_equal(s.len, 1);
    s = otaria_cbor_bytes(&r);
    assert_int_equal(s.len, 0);
    assert_non_null(s.p);
    assert_true(otaria_cbor_at_end(&r));
}

static void bytes_longer_than_the_rest_of_the_input_fail(void **state)
{
    struct otaria_cbor_reader r = READER(0x43, 1, 2);
    struct otaria_span s = otaria_cbor_bytes(&r);

    (void)state;
    assert_true(r.failed);
    assert_null(s.p);
    assert_int_equal(s.len, 0);
    r = READER(0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
    assert_null(otaria_cbor_bytes(&r).p);
    assert_true(r.failed);
}

static void counts_are_never_more_than_the_rest_can_hold(void **state)
{
    struct otaria_cbor_reader r = READER(0x82, 1, 2);

    (void)state;
    assert_int_equal(otaria_cbor_array(&r), 2);
    r = READER(0x83, 1, 2);
    assert_int_equal(otaria_cbor_array(&r), 0);
    assert_true(r.failed);
    r = READER(0xA1, 1, 2);
    assert_int_equal(otaria_cbor_map(&r), 1);
    r = READER(0xA2, 1, 2, 3);
    assert_int_equal(otaria_cbor_map(&r), 0);
    assert_true(r.failed);
    r = READER(0xBB, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0);
    assert_int_equal(otaria_cbor_map(&r), 0);
    assert_true(r.failed);
}

static void another_major_type_fails(void **state)
{
    struct otaria_cbor_reader r = READER(0x01);

    (void)state;
    assert_null(otaria_cbor_bytes(&r).p);
    assert_true(r.failed);
    r = READER(0x41, 0);
    assert_null(otaria_cbor_text(&r).p);
    assert_true(r.failed);
    r = READER(0x80);
    assert_int_equal(otaria_cbor_map(&r), 0);
    assert_true(r.failed);
    r = READER(0x20);
    assert_true(otaria_cbor_uint(&r) == 0);
    assert_true(r.failed);
}

static void failure_is_sticky_and_reads_zero(void **state)
{
    struct otaria_cbor_reader r = READER(0x01, 0x02, 0x41, 0x00);

    (void)state;
    otaria_cbor_fail(&r);
    assert_int_equal(otaria_cbor_peek(&r), OTARIA_CBOR_NOTHING);
    assert_true(otaria_cbor_uint(&r) == 0);
    assert_true(otaria_cbor_int(&r) == 0);
    assert_null(otaria_cbor_bytes(&r).p);
    assert_int_equal(otaria_cbor_array(&r), 0);
    assert_true(otaria_cbor_tag(&r) == 0);
    otaria_cbor_null(&r);
    otaria_cbor_expect(&r, 0x01);
    otaria_cbor_skip(&r);
    assert_false(otaria_cbor_at_end(&r));
}

static void tag_null_and_expect_read_one_head_each(void **state)
{
    struct otaria_cbor_reader r = READER(0xD8, 0x6B, 0xF6, 0x2F);

    (void)state;
    assert_true(otaria_cbor_tag(&r) == 107);
    otaria_cbor_null(&r);
    otaria_cbor_expect(&r, 0x2F);
    assert_true(otaria_cbor_at_end(&r));
    r = READER(0xF5);
    otaria_cbor_null(&r);
    assert_true(r.failed);
    r = READER(0x2E);
    otaria_cbor_expect(&r, 0x2F);
    assert_true(r.failed);
}

static void skip_takes_one_item_with_all_its_content(void **state)
{
    /* {1: [h'AA', "b", -1, null], 2: 18({3: false})} 7 */
    struct otaria_cbor_reader r =
        READER(0xA2, 1, 0x84, 0x41, 0xAA, 0x61, 'b', 0x20, 0xF6, 2, 0xD2, 0xA1, 3, 0xF4, 7);

    (void)state;
    otaria_cbor_skip(&r);
    assert_true(otaria_cbor_uint(&r) == 7);
    assert_true(otaria_cbor_at_end(&r));
}

static void skip_of_a_truncated_item_fails(void **state)
{
    static const uint8_t item[] = {0xA2, 1,    0x84, 0x41, 0xAA, 0x61, 'b',
                                   0x20, 0xF6, 2,    0xD2, 0xA1, 3,    0xF4};

    (void)state;
    for (size_t len = 0; len < sizeof item; len++) {
        struct otaria_cbor_reader r = reader(item, len);

        otaria_cbor_skip(&r);
        assert_true(r.failed);
    }
}

static void skip_accepts_8_levels_and_refuses_9(void **state)
{
    struct otaria_cbor_reader r = READER(0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0);

    (void)state;
    otaria_cbor_skip(&r);
    assert_true(otaria_cbor_at_end(&r));
    r = READER(0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0);
    otaria_cbor_skip(&r);
    assert_true(r.failed);
}

static void skip_refuses_floats_undefined_and_other_simple_values(void **state)
{
    (void)state;
    for (unsigned info = 0; info < 28; info++) {
        uint8_t bytes[9] = {(uint8_t)(0xE0 | info), 0x40, 1, 2, 3, 4, 5, 6, 7};
        struct otaria_cbor_reader r = reader(bytes, sizeof bytes);

        otaria_cbor_skip(&r);
        assert_int_equal(r.failed, info < 20 || info > 22);
    }
}

/* All inputs of up to two bytes, and of three with every second byte: nothing is read behind the page. */
static void skip_of_every_short_input_stays_inside_it(void **state)
{
    (void)state;
    for (uint32_t v = 0; v < 1u << 16; v++) {
        uint8_t bytes[3] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 3)};

        for (size_t len = 1; len <= sizeof bytes; len++) {
            struct otaria_cbor_reader r = reader(bytes, len);

            while (!r.failed && !otaria_cbor_at_end(&r))
                otaria_cbor_skip(&r);
            assert_true(r.p <= r.end);
        }
    }
}

static void empty_input_is_at_its_end(void **state)
{
    struct otaria_cbor_reader r;

    (void)state;
    otaria_cbor_open(&r, NULL, 0);
    assert_true(otaria_cbor_at_end(&r));
    assert_int_equal(otaria_cbor_peek(&r), OTARIA_CBOR_NOTHING);
    otaria_cbor_skip(&r);
    assert_true(r.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uint_reads_every_width),
        cmocka_unit_test(uint_refuses_a_head_longer_than_needed),
        cmocka_unit_test(heads_that_are_indefinite_or_reserved_fail_in_every_major_type),
        cmocka_unit_test(int_reads_both_signs_up_to_the_ends_of_int64),
        cmocka_unit_test(int_refuses_what_int64_cannot_hold),
        cmocka_unit_test(bytes_and_text_are_borrowed_from_the_input),
        cmocka_unit_test(bytes_longer_than_the_rest_of_the_input_fail),
        cmocka_unit_test(counts_are_never_more_than_the_rest_can_hold),
        cmocka_unit_test(another_major_type_fails),
        cmocka_unit_test(failure_is_sticky_and_reads_zero),
        cmocka_unit_test(tag_null_and_expect_read_one_head_each),
        cmocka_unit_test(skip_takes_one_item_with_all_its_content),
        cmocka_unit_test(skip_of_a_truncated_item_fails),
        cmocka_unit_test(skip_accepts_8_levels_and_refuses_9),
        cmocka_unit_test(skip_refuses_floats_undefined_and_other_simple_values),
        cmocka_unit_test(skip_of_every_short_input_stays_inside_it),
        cmocka_unit_test(empty_input_is_at_its_end),
    };
    return cmocka_run_group_tests(tests, open_guard, close_guard);
}
