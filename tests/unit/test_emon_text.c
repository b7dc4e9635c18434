// SPDX-License-Identifier: MIT
/* firmware/emon: text.c, json.c, error_words.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/error_names.h"
#include "firmware/emon/error_words.h"
#include "firmware/emon/json.h"

static char buf[1000];
static struct emon_text out;

static int setup(void **state)
{
    (void)state;
    memset(buf, '#', sizeof buf);
    out = (struct emon_text){.p = buf, .max = sizeof buf - 1};
    return 0;
}

static void wrote(const char *text)
{
    assert_int_equal(out.len, strlen(text));
    assert_memory_equal(buf, text, out.len);
    out.len = 0;
}

/* ---- text ---- */

static void numbers_are_written_as_people_write_them(void **state)
{
    (void)state;
    emon_put_u32(&out, 0);
    wrote("0");
    emon_put_u32(&out, UINT32_MAX);
    wrote("4294967295");
    emon_put_int(&out, -43);
    wrote("-43");
    emon_put_milli(&out, 3935000);
    wrote("3935");
    emon_put_milli(&out, 12500);
    wrote("12.5");
    emon_put_milli(&out, -3250);
    wrote("-3.25");
    emon_put_milli(&out, -5);
    wrote("-0.005");
    emon_put_milli(&out, 0);
    wrote("0");
    emon_put_milli(&out, INT32_MIN);
    wrote("-2147483.648");
}

static void any_bytes_become_a_json_string(void **state)
{
    (void)state;
    emon_put_json(&out, "a\"b\\c\n\x7f\xff<", 9);
    wrote("\"a\\u0022b\\u005cc\\u000a\\u007f\\u00ff<\"");
    emon_put_plain(&out, "1.0\x1b[2J\xc3");
    wrote("1.0?[2J?");
}

static void what_does_not_fit_is_cut_and_remembered(void **state)
{
    (void)state;
    out.max = 5;
    emon_put_string(&out, "12345");
    assert_false(out.cut);
    emon_put_string(&out, "6");
    assert_true(out.cut);
    assert_int_equal(buf[5], '#');
    wrote("12345");
}

EMON_TEXT(list, "head [@l] @xtail with some words that go on for a while,@b@x");

static bool put_field(void *ctx, char field, unsigned index, struct emon_text *to)
{
    unsigned *cnt = ctx;

    if (field == 'b') {
        char piece[EMON_PIECE_MAX];

        memset(piece, 'b', sizeof piece);
        emon_put(to, piece, sizeof piece);
        return false;
    }
    if (field == 'x') {
        emon_put_string(to, "X");
        return false;
    }
    if (*cnt == 0)
        return false;
    emon_put_string(to, index ? ",item" : "item");
    return index + 1 < *cnt;
}

static void a_template_gives_the_same_text_through_any_buffer(void **state)
{
    char want[1200], got[1200];
    unsigned cnt = 40;
    const struct emon_fields fields = {&cnt, put_field};
    struct emon_template t = {.word = list.word};
    struct emon_text whole = {.p = want, .max = sizeof want};

    (void)state;
    assert_true(emon_template_fill(&t, &fields, &whole));
    assert_memory_equal(want, "head [item,item", 15);
    assert_memory_equal(want + whole.len - 2, "bX", 2);
    for (size_t size = EMON_PIECE_MAX; size < EMON_PIECE_MAX + 8; size++) {
        size_t len = 0;
        bool through = false;

        t = (struct emon_template){.word = list.word};
        while (!through) {
            struct emon_text piece = {.p = malloc(size), .max = size};

            through = emon_template_fill(&t, &fields, &piece);
            assert_true(piece.len > 0 || through);
            assert_false(piece.cut);
            memcpy(got + len, piece.p, piece.len);
            len += piece.len;
            free(piece.p);
        }
        assert_int_equal(len, whole.len);
        assert_memory_equal(got, want, len);
    }
    cnt = 0;
    t = (struct emon_template){.word = list.word};
    assert_true(emon_template_fill(&t, &fields, &out));
    assert_memory_equal(buf, "head [] Xtail", 13);
}

/* ---- result codes ---- */

static void each_code_has_the_name_and_sentence_of_the_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < error_names_cnt; i++) {
        emon_put_result_name(&out, error_names[i].code);
        wrote(error_names[i].name);
        emon_put_result_words(&out, error_names[i].code);
        wrote(error_names[i].sentence);
    }
    emon_put_result_name(&out, 0);
    wrote("CONFIRMED");
    emon_put_result_name(&out, -95);
    wrote("-95");
    emon_put_result_name(&out, 7);
    wrote("7");
    emon_put_result_words(&out, -1000);
    wrote("this firmware has no words for it");
}

/* ---- JSON ---- */

static int members(const char *json, struct emon_member *m, char *copy)
{
    size_t len = strlen(json), at = 0;
    int more, cnt = 0;

    memcpy(copy, json, len);
    while ((more = emon_json_next(copy, len, &at, &m[cnt])) == 1)
        cnt++;
    return more < 0 ? -1 : cnt;
}

static void an_object_of_strings_and_numbers_is_read(void **state)
{
    struct emon_member m[8];
    char text[200];

    (void)state;
    assert_int_equal(members(" { } ", m, text), 0);
    assert_int_equal(members("{\"a\":\"x\\\"y\\\\z\\/\", \"bc\" : 120}\r\n", m, text), 2);
    assert_int_equal(m[0].value_len, 6);
    assert_memory_equal(m[0].value, "x\"y\\z/", 6);
    assert_true(m[0].is_string);
    assert_int_equal(m[1].key_len, 2);
    assert_memory_equal(m[1].value, "120", 3);
    assert_false(m[1].is_string);
}

static void everything_else_is_no_object_for_us(void **state)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1",
                                      "{\"a\":1,}",
                                      "{,\"a\":1}",
                                      "{\"a\":-1}",
                                      "{\"a\":1.5}",
                                      "{\"a\":01}",
                                      "{\"a\":true}",
                                      "{\"a\":{}}",
                                      "{\"a\":\"",
                                      "{\"a\":\"\\u0041\"}",
                                      "{\"a\":\"\\",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":1}x",
                                      "{}{}",
                                      "{a:1}",
                                      "{\"a\":1 2}",
                                      "{\"a\":\"\xc3\xa4\"}",
                                      "{\"a\":12345678901}"};
    struct emon_member m[8];
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (members(bad[i], m, text) >= 0)
            fail_msg("taken: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_are_written_as_people_write_them, setup),
        cmocka_unit_test_setup(any_bytes_become_a_json_string, setup),
        cmocka_unit_test_setup(what_does_not_fit_is_cut_and_remembered, setup),
        cmocka_unit_test_setup(a_template_gives_the_same_text_through_any_buffer, setup),
        cmocka_unit_test_setup(each_code_has_the_name_and_sentence_of_the_spec, setup),
        cmocka_unit_test_setup(an_object_of_strings_and_numbers_is_read, setup),
        cmocka_unit_test_setup(everything_else_is_no_object_for_us, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
