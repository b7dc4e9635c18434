// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sim/nor.h"

static struct nor nor;
static uint8_t buf[OTARIA_SECTOR] OTARIA_ALIGNED;

static int setup(void **state)
{
    (void)state;
    nor_open(&nor, 0x10000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    nor_close(&nor);
    return 0;
}

static void programming_clears_bits_and_erasing_sets_them(void **state)
{
    (void)state;
    memset(buf, 0x0F, 8);
    assert_int_equal(nor.port.write(&nor, 0x1000, buf, 8), 0);
    memset(buf, 0x0E, 8);
    assert_int_equal(nor.port.write(&nor, 0x1000, buf, 8), 0);
    assert_int_equal(nor.illegal_programs, 0);
    memset(buf, 0xF0, 8);
    assert_int_equal(nor.port.write(&nor, 0x1004, buf, 4), 0);
    assert_int_equal(nor.illegal_programs, 1);
    assert_int_equal(nor.port.read(&nor, 0x1000, buf, 8), 0);
    assert_memory_equal(buf, ((uint8_t[]){14, 14, 14, 14, 0, 0, 0, 0}), 8);
    assert_int_equal(nor.port.erase(&nor, 0x1000), 0);
    assert_int_equal(nor.mem[0x1000], 0xFF);
    assert_int_equal(nor.mem[0x1FFF], 0xFF);
    assert_int_equal(nor.ops, 4);
    assert_int_equal(nor.erases[1], 1);
}

static void calls_that_break_the_rules_are_refused(void **state)
{
    (void)state;
    assert_int_not_equal(nor.port.write(&nor, 0x1002, buf, 4), 0);
    assert_int_not_equal(nor.port.write(&nor, 0x1000, buf, 6), 0);
    assert_int_not_equal(nor.port.write(&nor, 0x1000, buf + 1, 4), 0);
    assert_int_not_equal(nor.port.write(&nor, 0x10F0, buf, 32), 0);
    assert_int_not_equal(nor.port.write(&nor, 0x10000, buf, 4), 0);
    assert_int_not_equal(nor.port.erase(&nor, 0x1100), 0);
    assert_int_not_equal(nor.port.read(&nor, 0xFFFC, buf, 8), 0);
    assert_int_equal(nor.refused_calls, 7);
    assert_int_equal(nor.ops, 0);
}

static void a_cut_leaves_nothing_a_part_or_all_and_then_silence(void **state)
{
    static const enum nor_cut modes[] = {NOR_CUT_BEFORE, NOR_CUT_TORN, NOR_CUT_AFTER};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t addr = 0x2000 + i * OTARIA_PAGE;
        unsigned clear = 0;
        memset(buf, 0, OTARIA_PAGE);
        nor_plan_cut(&nor, 1, modes[i], 7);
        assert_int_not_equal(nor.port.write(&nor, addr, buf, OTARIA_PAGE), 0);
        assert_int_not_equal(nor.port.read(&nor, 0, buf, 4), 0);
        assert_int_not_equal(nor.port.erase(&nor, 0), 0);
        nor_power_on(&nor);
        for (unsigned k = 0; k < OTARIA_PAGE; k++) {
            clear += nor.mem[addr + k] == 0;
        }
        assert_int_equal(clear, i == 0 ? 0 : i == 1 ? 128 : 256);
    }
    assert_int_not_equal(nor.mem[0x2100 + 128], 0xFF); /* half a byte */
    assert_int_equal(nor.port.read(&nor, 0, buf, 4), 0);
}

static void a_torn_erase_raises_some_bits_and_the_same_ones_for_a_seed(void **state)
{
    static uint8_t first[OTARIA_SECTOR];

    (void)state;
    memset(buf, 0, sizeof buf);
    for (unsigned run = 0; run < 2; run++) {
        nor.ops = 0;
        nor_poke(&nor, 0x3000, buf, sizeof buf);
        nor_plan_cut(&nor, 1, NOR_CUT_TORN, 99);
        assert_int_not_equal(nor.port.erase(&nor, 0x3000), 0);
        nor_power_on(&nor);
        if (run == 0) {
            memcpy(first, nor.mem + 0x3000, sizeof first);
        }
    }
    assert_memory_equal(first, nor.mem + 0x3000, sizeof first);
    unsigned ones = 0;
    for (unsigned i = 0; i < sizeof first; i++) {
        ones += (unsigned)__builtin_popcount(first[i]);
    }
    assert_in_range(ones, 4096 * 3, 4096 * 5);
}

static void a_silent_failure_reports_success(void **state)
{
    (void)state;
    memset(buf, 0, 4);
    nor.silent_from = nor.silent_to = 1;
    assert_int_equal(nor.port.write(&nor, 0, buf, 4), 0);
    assert_int_equal(nor.mem[0], 0xFF);
    assert_int_equal(nor.port.write(&nor, 0, buf, 4), 0);
    assert_int_equal(nor.mem[0], 0);
}

static void a_copy_is_what_its_source_is(void **state)
{
    struct nor other;

    (void)state;
    nor_open(&other, nor.size);
    nor_poke(&other, 0x5000, "other", 5);
    nor_poke(&nor, 0x4000, "here", 4);
    nor_copy(&other, &nor);
    assert_memory_equal(other.mem, nor.mem, nor.size);
    assert_ptr_equal(other.port.ctx, &other);
    nor_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(programming_clears_bits_and_erasing_sets_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(calls_that_break_the_rules_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_leaves_nothing_a_part_or_all_and_then_silence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_torn_erase_raises_some_bits_and_the_same_ones_for_a_seed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_failure_reports_success, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_what_its_source_is, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
