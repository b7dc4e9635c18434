// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/cbor.h>

static uint8_t buf[64];
static struct otaria_cbor_writer w;

static int fresh(void **state)
{
    (void)state;
    memset(buf, 0xEE, sizeof buf);
    otaria_cbor_into(&w, buf, sizeof buf);
    return 0;
}

#define ASSERT_WRITTEN(...)                                  \
    do {                                                     \
        static const uint8_t expected[] = {__VA_ARGS__};     \
        assert_false(w.overflow);                            \
        assert_int_equal(w.len, sizeof expected);            \
        assert_memory_equal(buf, expected, sizeof expected); \
        fresh(NULL);                                         \
    } while (0)

static void integers_take_their_shortest_head(void **state)
{
    (void)state;
    otaria_cbor_put_uint(&w, 23);
    otaria_cbor_put_uint(&w, 24);
    otaria_cbor_put_uint(&w, 255);
    otaria_cbor_put_uint(&w, 256);
    ASSERT_WRITTEN(0x17, 0x18, 24, 0x18, 255, 0x19, 1, 0);
    otaria_cbor_put_uint(&w, 65535);
    otaria_cbor_put_uint(&w, 65536);
    otaria_cbor_put_uint(&w, UINT32_MAX);
    ASSERT_WRITTEN(0x19, 0xFF, 0xFF, 0x1A, 0, 1, 0, 0, 0x1A, 0xFF, 0xFF, 0xFF, 0xFF);
    otaria_cbor_put_uint(&w, UINT64_C(1) << 32);
    ASSERT_WRITTEN(0x1B, 0, 0, 0, 1, 0, 0, 0, 0);
    otaria_cbor_put_int(&w, -1);
    otaria_cbor_put_int(&w, -46);
    otaria_cbor_put_int(&w, 9);
    ASSERT_WRITTEN(0x20, 0x38, 0x2D, 0x09);
    otaria_cbor_put_int(&w, INT64_MIN);
    ASSERT_WRITTEN(0x3B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
}

static void strings_and_containers_have_their_heads(void **state)
{
    (void)state;
    otaria_cbor_put_tag(&w, 107);
    otaria_cbor_put_map(&w, 1);
    otaria_cbor_put_bytes(&w, "\x01\x02", 2);
    otaria_cbor_put_array(&w, 2);
    otaria_cbor_put_text(&w, "abc", 2);
    otaria_cbor_put_null(&w);
    ASSERT_WRITTEN(0xD8, 0x6B, 0xA1, 0x42, 1, 2, 0x82, 0x62, 'a', 'b', 0xF6);
    otaria_cbor_put_head(&w, OTARIA_CBOR_BYTES, 300);
    otaria_cbor_put_raw(&w, "x", 1);
    otaria_cbor_put_raw(&w, NULL, 0);
    ASSERT_WRITTEN(0x59, 0x01, 0x2C, 'x');
}

static void overflow_writes_nothing_behind_the_buffer_and_counts_on(void **state)
{
    (void)state;
    otaria_cbor_into(&w, buf, 4);
    otaria_cbor_put_bytes(&w, "abc", 3);
    assert_false(w.overflow);
    assert_int_equal(w.len, 4);
    otaria_cbor_put_uint(&w, 1000);
    otaria_cbor_put_uint(&w, 1);
    assert_true(w.overflow);
    assert_int_equal(w.len, 8);
    assert_int_equal(buf[4], 0xEE);
}

/* A small item must not slip into the room that a larger one before it did not fit into. */
static void nothing_is_written_after_an_overflow(void **state)
{
    (void)state;
    otaria_cbor_into(&w, buf, 4);
    otaria_cbor_put_raw(&w, "abcde", 5);
    otaria_cbor_put_uint(&w, 1);
    assert_int_equal(buf[0], 0xEE);
    assert_int_equal(w.len, 6);
}

static void no_buffer_measures(void **state)
{
    (void)state;
    otaria_cbor_into(&w, NULL, 0);
    otaria_cbor_put_text(&w, "hello", 5);
    assert_true(w.overflow);
    assert_int_equal(w.len, 6);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int64_t off = -1; off <= 1; off++) {
            uint64_t v = (UINT64_C(1) << bit) + (uint64_t)off;
            struct otaria_cbor_reader r;

            otaria_cbor_into(&w, buf, sizeof buf);
            otaria_cbor_put_uint(&w, v);
            otaria_cbor_put_int(&w, (int64_t)v);
            otaria_cbor_open(&r, buf, w.len);
            assert_true(otaria_cbor_uint(&r) == v);
            assert_true(otaria_cbor_int(&r) == (int64_t)v);
            assert_true(otaria_cbor_at_end(&r));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(integers_take_their_shortest_head, fresh),
        cmocka_unit_test_setup(strings_and_containers_have_their_heads, fresh),
        cmocka_unit_test_setup(overflow_writes_nothing_behind_the_buffer_and_counts_on, fresh),
        cmocka_unit_test_setup(nothing_is_written_after_an_overflow, fresh),
        cmocka_unit_test_setup(no_buffer_measures, fresh),
        cmocka_unit_test_setup(what_is_written_is_read_back, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
