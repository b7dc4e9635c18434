// SPDX-License-Identifier: MIT
/* firmware/emon/readings.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/emon/readings.h"

static struct emon_readings r;

static int setup(void **state)
{
    (void)state;
    emon_readings_init(&r);
    return 0;
}

static void hear(const char *text, uint32_t now_s)
{
    emon_readings_push(&r, (const uint8_t *)text, strlen(text), now_s);
}

static void input_is(unsigned i, const char *name, int32_t milli)
{
    assert_true(i < r.cnt);
    assert_string_equal(r.input[i].name, name);
    assert_int_equal(r.input[i].milli, milli);
}

static void a_line_gives_values_in_its_order(void **state)
{
    (void)state;
    hear("CT1:3935,CT2:325,T1:12.5\r\n", 7);
    assert_int_equal(r.cnt, 3);
    input_is(0, "CT1", 3935000);
    input_is(1, "CT2", 325000);
    input_is(2, "T1", 12500);
    assert_int_equal(r.input[2].at_s, 7);
    assert_int_equal(r.lines, 1);
    assert_int_equal(r.dropped, 0);
}

static void the_latest_value_counts_and_the_others_age(void **state)
{
    (void)state;
    hear("CT1:1,CT2:2\n", 10);
    hear("CT2:-3.25\n", 20);
    assert_int_equal(r.cnt, 2);
    input_is(0, "CT1", 1000);
    input_is(1, "CT2", -3250);
    assert_int_equal(r.input[0].at_s, 10);
    assert_int_equal(r.input[1].at_s, 20);
}

static void a_line_counts_when_its_end_arrives(void **state)
{
    (void)state;
    hear("CT1:39", 1);
    assert_int_equal(r.cnt, 0);
    hear("35\n", 2);
    input_is(0, "CT1", 3935000);
}

static void bad_pairs_are_dropped_alone(void **state)
{
    static const char *const bad[] = {"CT2",
                                      "CT2:",
                                      ":5",
                                      "CT2:+5",
                                      "CT2:5x",
                                      "CT2:5.",
                                      "CT2:.5",
                                      "CT2:--5",
                                      "CT2:-",
                                      "CT2:2000001",
                                      "C T:5",
                                      "C-T:5",
                                      "CT2:1.2.3",
                                      "CT2:0x10",
                                      "CT2: 5",
                                      "CT2:1e3",
                                      "",
                                      "CT2:99999999999999999999",
                                      "ABCDEFGHIJKLMNOP:5"};
    char line[100];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        emon_readings_init(&r);
        snprintf(line, sizeof line, "CT1:1,%s,CT3:3\n", bad[i]);
        hear(line, 1);
        if (r.cnt != 2 || r.dropped != 1)
            fail_msg("%s: %u values, %u dropped", line, r.cnt, r.dropped);
        input_is(1, "CT3", 3000);
    }
}

static void numbers_are_exact_to_their_limits(void **state)
{
    (void)state;
    hear("A:2000000,B:-2000000.999,C:0.0009,D:-0,ABCDEFGHIJKLMNO:00012.340\n", 1);
    input_is(0, "A", 2000000000);
    input_is(1, "B", -2000000999);
    input_is(2, "C", 0);
    input_is(3, "D", 0);
    input_is(4, "ABCDEFGHIJKLMNO", 12340);
}

static void a_line_with_garbage_is_dropped_whole(void **state)
{
    (void)state;
    hear("CT1:1,CT2:\x80"
         "2\n",
         1);
    hear("\x01\x02\xff\n", 1);
    assert_int_equal(r.cnt, 0);
    assert_int_equal(r.dropped, 2);
    hear("CT1:5\n", 2);
    input_is(0, "CT1", 5000);
}

static void a_line_that_is_too_long_is_dropped_whole(void **state)
{
    (void)state;
    hear("CT1:1,", 1);
    for (unsigned i = 0; i < 1000; i++)
        hear("CT2:2,", 1);
    hear("\nCT3:3\n", 1);
    assert_int_equal(r.cnt, 1);
    input_is(0, "CT3", 3000);
    assert_int_equal(r.dropped, 1);
}

static void empty_lines_are_nothing(void **state)
{
    (void)state;
    hear("\r\n\n\r", 1);
    assert_int_equal(r.lines, 0);
    assert_int_equal(r.dropped, 0);
}

static void a_thirteenth_input_waits_until_another_is_silent(void **state)
{
    char pair[20];

    (void)state;
    for (unsigned i = 0; i < EMON_INPUTS_MAX; i++) {
        snprintf(pair, sizeof pair, "N%u:%u\n", i, i);
        hear(pair, 100 + i);
    }
    hear("LATE:1\n", 112);
    assert_int_equal(r.cnt, EMON_INPUTS_MAX);
    assert_int_equal(r.dropped, 1);
    hear("N0:5\n", 390);
    hear("LATE:1\n", 101 + EMON_SILENT_S);
    input_is(0, "N0", 5000);
    input_is(1, "LATE", 1000);
}

static void any_split_gives_the_same(void **state)
{
    static const char text[] = "CT1:1,CT2:2.5\r\ngarbage\n\x01,X:1\nT1:-7\n";
    struct emon_readings whole;

    (void)state;
    hear(text, 3);
    whole = r;
    for (size_t split = 0; split < sizeof text; split++) {
        emon_readings_init(&r);
        emon_readings_push(&r, (const uint8_t *)text, split, 3);
        emon_readings_push(&r, (const uint8_t *)text + split,
                           sizeof text - 1 - (split < sizeof text - 1 ? split : sizeof text - 1),
                           3);
        assert_int_equal(r.cnt, whole.cnt);
        assert_int_equal(r.dropped, whole.dropped);
        assert_memory_equal(r.input, whole.input, sizeof r.input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_gives_values_in_its_order, setup),
        cmocka_unit_test_setup(the_latest_value_counts_and_the_others_age, setup),
        cmocka_unit_test_setup(a_line_counts_when_its_end_arrives, setup),
        cmocka_unit_test_setup(bad_pairs_are_dropped_alone, setup),
        cmocka_unit_test_setup(numbers_are_exact_to_their_limits, setup),
        cmocka_unit_test_setup(a_line_with_garbage_is_dropped_whole, setup),
        cmocka_unit_test_setup(a_line_that_is_too_long_is_dropped_whole, setup),
        cmocka_unit_test_setup(empty_lines_are_nothing, setup),
        cmocka_unit_test_setup(a_thirteenth_input_waits_until_another_is_silent, setup),
        cmocka_unit_test_setup(any_split_gives_the_same, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
