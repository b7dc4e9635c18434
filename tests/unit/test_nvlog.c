// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <otaria/nvlog.h>

#include "sim/nor.h"

static const uint32_t sectors[2] = {0x4000, 0x5000};
static struct nor nor;
static struct otaria_nvlog nv;

static int setup(void **state)
{
    (void)state;
    nor_open(&nor, 0x8000);
    return otaria_nvlog_open(&nv, &nor.port, sectors);
}

static int teardown(void **state)
{
    (void)state;
    nor_close(&nor);
    return 0;
}

static int put(enum otaria_nv_kind kind, uint32_t value)
{
    uint8_t data[4];

    otaria_store_le32(data, value);
    return otaria_nvlog_put(&nv, kind, data, sizeof data);
}

/* 0 when there is none */
static uint32_t get(enum otaria_nv_kind kind)
{
    uint8_t data[OTARIA_NV_DATA_MAX];
    size_t len;

    assert_int_equal(otaria_nvlog_get(&nv, kind, data, sizeof data, &len), 0);
    return len == 4 ? otaria_load_le32(data) : 0;
}

static void the_newest_entry_of_a_kind_wins_after_a_reboot_too(void **state)
{
    (void)state;
    assert_int_equal(get(OTARIA_NV_BOOTS), 0);
    assert_int_equal(put(OTARIA_NV_BOOTS, 1), 0);
    assert_int_equal(put(OTARIA_NV_FLOOR, 7), 0);
    assert_int_equal(put(OTARIA_NV_BOOTS, 2), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(get(OTARIA_NV_BOOTS), 2);
        assert_int_equal(get(OTARIA_NV_FLOOR), 7);
        assert_int_equal(get(OTARIA_NV_LEFT), 0);
        assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
    }
}

static void an_empty_entry_removes_a_kind(void **state)
{
    (void)state;
    assert_int_equal(put(OTARIA_NV_LEFT, 5), 0);
    assert_int_equal(otaria_nvlog_put(&nv, OTARIA_NV_LEFT, NULL, 0), 0);
    assert_int_equal(get(OTARIA_NV_LEFT), 0);
    assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
    assert_int_equal(get(OTARIA_NV_LEFT), 0);
}

static void the_same_again_writes_nothing(void **state)
{
    (void)state;
    assert_int_equal(put(OTARIA_NV_BOOTS, 9), 0);
    uint64_t ops = nor.ops;
    assert_int_equal(put(OTARIA_NV_BOOTS, 9), 0);
    assert_int_equal(otaria_nvlog_put(&nv, OTARIA_NV_FAILED, NULL, 0), 0);
    assert_int_equal(nor.ops, ops);
}

static void arguments_out_of_range_are_refused(void **state)
{
    uint8_t data[OTARIA_NV_DATA_MAX + 1] = {0};
    size_t len;

    (void)state;
    assert_int_equal(otaria_nvlog_put(&nv, OTARIA_NV_BOOTS, data, sizeof data), OTARIA_E_ARGUMENT);
    assert_int_equal(otaria_nvlog_put(&nv, OTARIA_NV_KINDS, data, 4), OTARIA_E_ARGUMENT);
    assert_int_equal(otaria_nvlog_put(&nv, (enum otaria_nv_kind)0, data, 4), OTARIA_E_ARGUMENT);
    assert_int_equal(otaria_nvlog_put(&nv, OTARIA_NV_BOOTS, data, OTARIA_NV_DATA_MAX), 0);
    assert_int_equal(otaria_nvlog_get(&nv, OTARIA_NV_BOOTS, data, 51, &len), OTARIA_E_BUFFER);
}

static void a_put_is_one_write_and_both_sectors_wear_alike(void **state)
{
    (void)state;
    assert_int_equal(put(OTARIA_NV_FLOOR, 77), 0);
    assert_int_equal(put(OTARIA_NV_LEFT, 78), 0);
    for (uint32_t i = 1; i <= 6000; i++) {
        uint64_t ops = nor.ops;
        unsigned erases = nor.erases[4] + nor.erases[5];
        assert_int_equal(put(OTARIA_NV_BOOTS, i), 0);
        if (nor.erases[4] + nor.erases[5] == erases) {
            assert_int_equal(nor.ops, ops + 1);
        } else {
            assert_in_range(nor.ops - ops, 1, 1 + OTARIA_NV_KINDS + 1);
        }
    }
    assert_in_range(nor.erases[4] + nor.erases[5], 6000 / 62, 6000 / 55);
    assert_in_range(nor.erases[4], nor.erases[5], nor.erases[5] + 1);
    assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
    assert_int_equal(get(OTARIA_NV_BOOTS), 6000);
    assert_int_equal(get(OTARIA_NV_FLOOR), 77);
    assert_int_equal(get(OTARIA_NV_LEFT), 78);
    assert_int_equal(nor.illegal_programs + nor.refused_calls, 0);
}

/* The last value put before the cut, or the one whose put was cut; never anything older. */
static void a_cut_at_any_operation_loses_at_most_the_entry_being_put(void **state)
{
    struct nor blank;

    (void)state;
    nor_open(&blank, nor.size);
    for (unsigned at = 1; at <= 160; at++) {
        for (int mode = NOR_CUT_BEFORE; mode <= NOR_CUT_AFTER; mode++) {
            uint32_t stood = 0;
            nor_copy(&nor, &blank);
            assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
            assert_int_equal(put(OTARIA_NV_FLOOR, 5), 0);
            nor_plan_cut(&nor, at, (enum nor_cut)mode, at * 3 + (unsigned)mode);
            while (put(OTARIA_NV_BOOTS, stood + 1) == 0) {
                stood++;
            }
            nor_power_on(&nor);
            assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
            assert_int_equal(get(OTARIA_NV_FLOOR), 5);
            assert_in_range(get(OTARIA_NV_BOOTS), stood, stood + 1);
            for (uint32_t i = 1; i < 70; i++) {
                assert_int_equal(put(OTARIA_NV_BOOTS, stood + i), 0);
            }
            assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
            assert_int_equal(get(OTARIA_NV_FLOOR), 5);
            assert_int_equal(get(OTARIA_NV_BOOTS), stood + 69);
            assert_int_equal(nor.illegal_programs + nor.refused_calls, 0);
        }
    }
    nor_close(&blank);
}

static void any_content_opens_as_a_log_that_works(void **state)
{
    uint8_t junk[OTARIA_SECTOR];
    uint32_t seed = 3;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 0; i < 2; i++) {
            for (unsigned k = 0; k < sizeof junk; k++) {
                seed = seed * 1664525u + 1013904223u;
                junk[k] = round == 0 ? 0 : (uint8_t)(seed >> 24);
            }
            nor_poke(&nor, sectors[i], junk, sizeof junk);
        }
        assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
        assert_int_equal(get(OTARIA_NV_BOOTS), 0);
        assert_int_equal(put(OTARIA_NV_BOOTS, round + 1), 0);
        assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
        assert_int_equal(get(OTARIA_NV_BOOTS), round + 1);
    }
    assert_int_equal(nor.illegal_programs, 0);
}

static void a_damaged_entry_gives_way_to_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(put(OTARIA_NV_BOOTS, 1), 0);
    assert_int_equal(put(OTARIA_NV_BOOTS, 2), 0);
    nor.mem[sectors[0] + 2 * 64 + 9] ^= 1;
    assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
    assert_int_equal(get(OTARIA_NV_BOOTS), 1);
    assert_int_equal(put(OTARIA_NV_BOOTS, 3), 0);
    assert_int_equal(get(OTARIA_NV_BOOTS), 3);
    assert_int_equal(nor.illegal_programs, 0);
}

static void a_write_that_does_not_stick_is_made_again(void **state)
{
    (void)state;
    assert_int_equal(put(OTARIA_NV_BOOTS, 1), 0);
    nor.silent_from = nor.silent_to = nor.ops + 1;
    assert_int_equal(put(OTARIA_NV_BOOTS, 2), 0);
    assert_int_equal(get(OTARIA_NV_BOOTS), 2);
    nor.silent_from = nor.ops + 1;
    nor.silent_to = nor.ops + 100;
    assert_int_equal(put(OTARIA_NV_BOOTS, 3), OTARIA_E_FLASH_VERIFY);
    assert_int_equal(get(OTARIA_NV_BOOTS), 2);
    assert_int_equal(otaria_nvlog_open(&nv, &nor.port, sectors), 0);
    assert_int_equal(get(OTARIA_NV_BOOTS), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_newest_entry_of_a_kind_wins_after_a_reboot_too),
        T(an_empty_entry_removes_a_kind),
        T(the_same_again_writes_nothing),
        T(arguments_out_of_range_are_refused),
        T(a_put_is_one_write_and_both_sectors_wear_alike),
        T(a_cut_at_any_operation_loses_at_most_the_entry_being_put),
        T(any_content_opens_as_a_log_that_works),
        T(a_damaged_entry_gives_way_to_the_one_before),
        T(a_write_that_does_not_stick_is_made_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
