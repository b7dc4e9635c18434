// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <otaria/boot.h>

#include "sim/nor.h"

static struct nor nor;
static const struct otaria_layout *layout;

static int setup(void **state)
{
    (void)state;
    layout = otaria_layout_find("2m", 2);
    nor_open(&nor, layout->flash_size);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    nor_close(&nor);
    return 0;
}

static struct otaria_record sample(uint32_t counter)
{
    struct otaria_record rec = {.counter = counter,
                                .active = 1,
                                .trial = 0,
                                .manifest_len = 0x123,
                                .active_len = 0x1000,
                                .trial_len = 0x2340,
                                .floor_seq = 0x1122334455667788u};

    memset(rec.active_digest, 0xA1, 32);
    memset(rec.trial_digest, 0xB2, 32);
    memset(rec.active_manifest, 0xC3, 32);
    return rec;
}

static void poke(unsigned index, const struct otaria_record *rec)
{
    uint8_t raw[OTARIA_RECORD_SIZE];

    otaria_record_encode(rec, raw);
    nor_poke(&nor, layout->record[index], raw, sizeof raw);
}

static void crc32_is_that_of_ieee_802_3(void **state)
{
    (void)state;
    assert_int_equal(otaria_crc32(0, "123456789", 9), 0xCBF43926);
    assert_int_equal(otaria_crc32(otaria_crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
}

static void a_record_has_the_bytes_of_the_specification(void **state)
{
    struct otaria_record rec = sample(0x01020304);
    uint8_t raw[OTARIA_RECORD_SIZE];
    static const uint8_t head[28] = {'O',  'T',  'R',  '1',  4,    3,    2,    1,    1, 0,
                                     0x23, 0x01, 0x00, 0x10, 0,    0,    0x40, 0x23, 0, 0,
                                     0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};

    (void)state;
    otaria_record_encode(&rec, raw);
    assert_memory_equal(raw, head, sizeof head);
    assert_int_equal(raw[28], 0xA1);
    assert_int_equal(raw[60], 0xB2);
    assert_int_equal(raw[92], 0xC3);
    assert_int_equal(otaria_load_le32(raw + 124), otaria_crc32(0, raw, 124));
}

static void the_newer_of_two_records_counts(void **state)
{
    struct otaria_record rec;
    struct otaria_words words;
    unsigned index;

    (void)state;
    assert_int_equal(otaria_record_read(&nor.port, layout, &rec, &words, &index), OTARIA_E_STATE);
    rec = sample(7);
    poke(0, &rec);
    nor_poke(&nor, layout->record[0] + OTARIA_RECORD_WORDS, "\x01\0\0\0\x02\0\0\0\x03\0\0\0", 12);
    assert_int_equal(otaria_record_read(&nor.port, layout, &rec, &words, &index), 0);
    assert_int_equal(index, 0);
    assert_int_equal(rec.counter, 7);
    assert_int_equal(rec.floor_seq, 0x1122334455667788u);
    assert_int_equal(rec.manifest_len, 0x123);
    assert_int_equal(words.tries, 1);
    assert_int_equal(words.healthy, 2);
    assert_int_equal(words.stage, 3);
    assert_int_equal(words.confirmed, 0xFFFFFFFF);
    rec = sample(8);
    poke(1, &rec);
    assert_int_equal(otaria_record_read(&nor.port, layout, &rec, &words, &index), 0);
    assert_int_equal(index, 1);
    assert_int_equal(words.tries, 0xFFFFFFFF);
    rec = sample(6);
    poke(1, &rec);
    assert_int_equal(otaria_record_read(&nor.port, layout, &rec, &words, &index), 0);
    assert_int_equal(index, 0);
}

static void any_flipped_bit_makes_a_record_invalid(void **state)
{
    struct otaria_record rec = sample(1);

    (void)state;
    poke(0, &rec);
    for (unsigned bit = 0; bit < OTARIA_RECORD_SIZE * 8; bit++) {
        nor.mem[layout->record[0] + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(otaria_record_read_at(&nor.port, layout, 0, &rec), OTARIA_E_STATE);
        nor.mem[layout->record[0] + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(otaria_record_read_at(&nor.port, layout, 0, &rec), 0);
}

static void fields_out_of_range_make_a_record_invalid(void **state)
{
    struct otaria_record rec, read;

    (void)state;
#define REFUSED(change) \
    rec = sample(1);    \
    change;             \
    poke(0, &rec);      \
    assert_int_equal(otaria_record_read_at(&nor.port, layout, 0, &read), OTARIA_E_STATE)
    REFUSED(rec.active = 2);
    REFUSED(rec.trial = 1);
    REFUSED(rec.trial = 2);
    REFUSED(rec.trial_len = layout->image_max + 1);
    REFUSED(rec.trial_len = 0);
    REFUSED(rec.active_len = layout->image_max + 1);
    REFUSED(rec.manifest_len = OTARIA_MANIFEST_MAX + 1);
#undef REFUSED
    rec = sample(1);
    rec.trial = OTARIA_NO_SLOT;
    rec.trial_len = 0;
    poke(0, &rec);
    assert_int_equal(otaria_record_read_at(&nor.port, layout, 0, &read), 0);
}

static void tries_are_three_and_three_for_each_healthy_bit(void **state)
{
    struct otaria_words w = {~0u, ~0u, ~0u, ~0u, ~0u};

    (void)state;
    assert_int_equal(otaria_words_tries_left(&w), 3);
    w.tries = 0xFFFFFFFC;
    assert_int_equal(otaria_words_tries_left(&w), 1);
    w.tries = 0xFFFFFFF0;
    assert_int_equal(otaria_words_tries_left(&w), 0);
    w.healthy = 0xFFFFFFFE;
    assert_int_equal(otaria_words_tries_left(&w), 2);
    w.healthy = 0;
    assert_int_equal(otaria_words_tries_left(&w), 28);
    w.tries = 0;
    assert_int_equal(otaria_words_tries_left(&w), 0);
}

static void half_of_a_words_bits_decide(void **state)
{
    (void)state;
    assert_false(otaria_word_set(0xFFFFFFFF));
    assert_false(otaria_word_set(0xFFFF8000 | 0x8000));
    assert_false(otaria_word_set(0xFFFF8000));
    assert_true(otaria_word_set(0xFFFF0000));
    assert_true(otaria_word_set(0x00000001));
    assert_true(otaria_word_set(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32_is_that_of_ieee_802_3),
        cmocka_unit_test(a_record_has_the_bytes_of_the_specification),
        cmocka_unit_test_setup_teardown(the_newer_of_two_records_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(any_flipped_bit_makes_a_record_invalid, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_out_of_range_make_a_record_invalid, setup, teardown),
        cmocka_unit_test(tries_are_three_and_three_for_each_healthy_bit),
        cmocka_unit_test(half_of_a_words_bits_decide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
