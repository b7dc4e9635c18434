// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"

static void encode_writes_lower_case_and_a_nul(void **state)
{
    const uint8_t bytes[] = {0x00, 0x9f, 0xA5, 0xff};
    char out[HEX_SIZE(sizeof bytes)];

    (void)state;
    assert_int_equal(hex_encode(out, bytes, sizeof bytes), 8);
    assert_string_equal(out, "009fa5ff");
    assert_int_equal(hex_encode(out, bytes, 0), 0);
    assert_string_equal(out, "");
}

static void decode_gives_back_every_byte_in_either_case(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        uint8_t in = (uint8_t)value, out = (uint8_t)~value;
        char text[HEX_SIZE(1)];

        hex_encode(text, &in, 1);
        assert_true(hex_decode(&out, 1, text));
        assert_int_equal(out, value);
        for (char *c = text; *c; c++)
            if (*c >= 'a')
                *c = (char)(*c - 'a' + 'A');
        assert_true(hex_decode(&out, 1, text));
        assert_int_equal(out, value);
    }
}

static void decode_refuses_wrong_length_and_other_characters(void **state)
{
    static const char *const bad[] = {"",     "0",    "00",   "000",  "00000", "000000",
                                      "0x00", "00 0", "00g0", "000:", "-100",  "000\n"};
    uint8_t out[2];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(hex_decode(out, sizeof out, bad[i]));
    assert_true(hex_decode(out, sizeof out, "00fF"));
    assert_true(hex_decode(out, 0, ""));
    assert_false(hex_decode(out, 0, "0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode_writes_lower_case_and_a_nul),
        cmocka_unit_test(decode_gives_back_every_byte_in_either_case),
        cmocka_unit_test(decode_refuses_wrong_length_and_other_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
