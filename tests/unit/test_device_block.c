// SPDX-License-Identifier: MIT
#include "device_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/boot.h>

static uint8_t chip[OTARIA_SECTOR];
static bool broken;

static int read_chip(void *ctx, uint32_t addr, void *buf, size_t len)
{
    (void)ctx;
    assert_true(addr + len <= sizeof chip);
    memcpy(buf, chip + addr, len);
    return broken ? -1 : 0;
}

static const struct otaria_flash flash = {.read = read_chip};
static uint8_t block[OTARIA_DEVICE_BLOCK_SIZE] OTARIA_ALIGNED;

static uint8_t *in_flash(void)
{
    return chip + OTARIA_DEVICE_BLOCK_ADDR;
}

static void seal(void)
{
    otaria_store_le32(in_flash() + OTARIA_DEVICE_BLOCK_CRC,
                      otaria_crc32(0, in_flash(), OTARIA_DEVICE_BLOCK_CRC));
}

/* Two keys: bytes 0x10.. and 0x80.. */
static int fill(void **state)
{
    (void)state;
    broken = false;
    memset(chip, 0xFF, sizeof chip);
    memset(in_flash(), 0, OTARIA_DEVICE_BLOCK_SIZE);
    memcpy(in_flash(), "OTD1\1\0\2\1", 8);
    for (unsigned i = 0; i < 64; i++) {
        in_flash()[24 + i] = (uint8_t)(0x10 + i);
        in_flash()[88 + i] = (uint8_t)(0x80 + i);
    }
    seal();
    return 0;
}

static void a_whole_block_is_read_with_its_keys(void **state)
{
    uint8_t keys[OTARIA_DEVICE_KEYS_MAX][65];

    (void)state;
    assert_int_equal(otaria_device_block_read(&flash, block), 0);
    assert_int_equal(block[OTARIA_DEVICE_BLOCK_LAYOUT], OTARIA_DEVICE_TWO_BANKS);
    assert_int_equal(otaria_device_block_keys(block, keys), 2);
    assert_int_equal(keys[0][0], 4);
    assert_memory_equal(keys[0] + 1, in_flash() + 24, 64);
    assert_int_equal(keys[1][0], 4);
    assert_memory_equal(keys[1] + 1, in_flash() + 88, 64);
}

static void every_changed_bit_makes_it_invalid(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8 * OTARIA_DEVICE_BLOCK_SIZE; bit++) {
        in_flash()[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(otaria_device_block_read(&flash, block), OTARIA_E_STATE);
        in_flash()[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void another_version_is_not_ours_to_read(void **state)
{
    (void)state;
    in_flash()[OTARIA_DEVICE_BLOCK_VERSION] = 2;
    seal();
    assert_int_equal(otaria_device_block_read(&flash, block), OTARIA_E_STATE);
}

static void blank_and_unreadable_flash_have_none(void **state)
{
    (void)state;
    memset(chip, 0xFF, sizeof chip);
    assert_int_equal(otaria_device_block_read(&flash, block), OTARIA_E_STATE);
    broken = true;
    assert_int_equal(otaria_device_block_read(&flash, block), OTARIA_E_FLASH_IO);
}

static void unknown_kinds_and_counts_of_keys_are_no_keys(void **state)
{
    uint8_t keys[OTARIA_DEVICE_KEYS_MAX][65];

    (void)state;
    in_flash()[OTARIA_DEVICE_BLOCK_KEYS_CNT] = 3;
    seal();
    assert_int_equal(otaria_device_block_read(&flash, block), 0);
    assert_int_equal(otaria_device_block_keys(block, keys), 0);
    in_flash()[OTARIA_DEVICE_BLOCK_KEYS_CNT] = 2;
    in_flash()[OTARIA_DEVICE_BLOCK_KEYS_KIND] = 2;
    seal();
    assert_int_equal(otaria_device_block_read(&flash, block), 0);
    assert_int_equal(otaria_device_block_keys(block, keys), 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, fill)
    const struct CMUnitTest tests[] = {
        T(a_whole_block_is_read_with_its_keys),          T(every_changed_bit_makes_it_invalid),
        T(another_version_is_not_ours_to_read),          T(blank_and_unreadable_flash_have_none),
        T(unknown_kinds_and_counts_of_keys_are_no_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
