// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sim/nor.h"

static struct nor nor;
static uint8_t page[OTARIA_PAGE] OTARIA_ALIGNED;

static int setup(void **state)
{
    (void)state;
    nor_open(&nor, 0x4000);
    memset(page, 0x5A, sizeof page);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    nor_close(&nor);
    return 0;
}

static void a_program_is_read_back_to_its_last_byte(void **state)
{
    (void)state;
    assert_int_equal(otaria_flash_program(&nor.port, 0x1000, page, sizeof page), 0);
    assert_memory_equal(nor.mem + 0x1000, page, sizeof page);
    nor.mem[0x20FF] = 0xF0; /* the last byte cannot become 5A */
    assert_int_equal(otaria_flash_program(&nor.port, 0x2000, page, sizeof page),
                     OTARIA_E_FLASH_VERIFY);
    nor.silent_from = nor.silent_to = nor.ops + 1;
    assert_int_equal(otaria_flash_program(&nor.port, 0x3000, page, 4), OTARIA_E_FLASH_VERIFY);
}

static void an_erase_is_read_back_to_its_last_byte(void **state)
{
    (void)state;
    nor_poke(&nor, 0x1FFC, page, 4);
    nor.silent_from = nor.silent_to = nor.ops + 1;
    assert_int_equal(otaria_flash_erase(&nor.port, 0x1000), OTARIA_E_FLASH_VERIFY);
    assert_int_equal(otaria_flash_erase(&nor.port, 0x1000), 0);
    assert_int_equal(nor.mem[0x1FFF], 0xFF);
}

static void without_power_both_report_it(void **state)
{
    (void)state;
    nor.off = true;
    assert_int_equal(otaria_flash_program(&nor.port, 0, page, 4), OTARIA_E_FLASH_IO);
    assert_int_equal(otaria_flash_erase(&nor.port, 0), OTARIA_E_FLASH_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_program_is_read_back_to_its_last_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(an_erase_is_read_back_to_its_last_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(without_power_both_report_it, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
