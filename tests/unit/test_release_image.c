// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <otaria/base.h>

#include "release/image.h"
#include "tests/guard.h"

enum { IROM = 0x40201010, IRAM = 0x40100000, BOOT = 0x4010F000, FILE_ROOM = 0x4000 };

static struct guard guard;

struct file {
    uint8_t data[FILE_ROOM];
    size_t len;
};

static void put32(struct file *f, uint32_t v)
{
    otaria_store_le32(f->data + f->len, v);
    f->len += 4;
}

/* A segment whose bytes depend on their place. */
static void put_segment(struct file *f, uint32_t address, uint32_t len, uint8_t *checksum)
{
    put32(f, address);
    put32(f, len);
    for (uint32_t i = 0; i < len; i++) {
        f->data[f->len] = (uint8_t)(i * 7 + address);
        *checksum ^= f->data[f->len++];
    }
}

static void put_image(struct file *f, uint32_t first, uint32_t first_len, uint32_t entry)
{
    size_t start = f->len;
    uint8_t checksum = 0xEF;

    f->data[f->len++] = 0xE9;
    f->data[f->len++] = 2;
    f->data[f->len++] = 2;
    f->data[f->len++] = 0x40;
    put32(f, entry);
    put_segment(f, first, first_len, &checksum);
    put_segment(f, IRAM, 64, &checksum);
    while ((f->len - start) % 16 != 15)
        f->data[f->len++] = 0;
    f->data[f->len++] = checksum;
}

static void application(struct file *f)
{
    memset(f, 0, sizeof *f);
    put_image(f, IROM, 600, IRAM + 4);
}

static void store_crc(struct file *f)
{
    memset(f->data + 0x1010, 0, 8);
    uint32_t crc = image_crc(~0u, f->data, f->len);
    otaria_store_le32(f->data + 0x1010, (uint32_t)f->len);
    otaria_store_le32(f->data + 0x1014, crc);
}

/* As the Arduino core's packer does it: checksum with zeros at 0x1010, then length and CRC. */
static void arduino(struct file *f)
{
    size_t at;
    uint8_t fields = 0;

    memset(f, 0, sizeof *f);
    put_image(f, BOOT, 800, BOOT);
    memset(f->data + f->len, 0xAA, 0x1000 - f->len);
    f->len = 0x1000;
    put_image(f, IROM, 600, IRAM + 4);
    for (at = 0x1010; at < 0x1018; at++)
        fields ^= f->data[at];
    f->data[f->len - 1] ^= fields;
    store_crc(f);
}

static int examine(const struct file *f, struct image *image, struct err *err)
{
    return image_examine(guard_copy(&guard, f->data, f->len), f->len, image, err);
}

static void expect(const struct file *f, const char *says)
{
    struct image image;
    struct err err = {0};

    assert_int_equal(examine(f, &image, &err), -1);
    assert_int_equal(err.code, OTARIA_E_NOT_AN_IMAGE);
    if (!strstr(err.text, says))
        print_error("\"%s\" does not say \"%s\"\n", err.text, says);
    assert_non_null(strstr(err.text, says));
}

static void an_application_image_is_its_own_slot(void **state)
{
    struct file f;
    struct image image;
    struct err err = {0};

    (void)state;
    application(&f);
    assert_int_equal(examine(&f, &image, &err), 0);
    assert_int_equal(image.form, IMAGE_APPLICATION);
    assert_int_equal(image.slot_off, 0);
    assert_int_equal(image.slot_len, f.len);
    assert_int_equal(image.segments_cnt, 2);
    assert_int_equal(image.entry, IRAM + 4);
    assert_int_equal(image.flash_size, 0x400000);
}

static void the_slot_of_an_arduino_file_begins_behind_the_boot_stage(void **state)
{
    struct file f;
    struct image image;
    struct err err = {0};

    (void)state;
    arduino(&f);
    assert_int_equal(examine(&f, &image, &err), 0);
    assert_int_equal(image.form, IMAGE_ARDUINO);
    assert_int_equal(image.slot_off, 0x1000);
    assert_int_equal(image.slot_len, f.len - 0x1000);
}

/* The slot of an Arduino file is an application image too: `release again` and --image meet it alone. */
static void the_slot_alone_is_recognised(void **state)
{
    struct file f;
    struct image image;
    struct err err = {0};

    (void)state;
    arduino(&f);
    memmove(f.data, f.data + 0x1000, f.len - 0x1000);
    f.len -= 0x1000;
    assert_int_equal(examine(&f, &image, &err), 0);
    assert_int_equal(image.form, IMAGE_APPLICATION);
}

static void an_application_with_the_magic_at_0x1000_is_no_arduino_file(void **state)
{
    struct file f;
    struct image image;
    struct err err = {0};
    uint8_t was;

    (void)state;
    memset(&f, 0, sizeof f);
    put_image(&f, IROM, 0x1400, IRAM + 4);
    was = f.data[0x1000];
    f.data[0x1000] = 0xE9;
    f.data[f.len - 1] ^= was ^ 0xE9;
    assert_int_equal(examine(&f, &image, &err), 0);
    assert_int_equal(image.form, IMAGE_APPLICATION);
    assert_int_equal(image.slot_off, 0);
}

/* CRC-32/MPEG-2 of "123456789" is 0376E6E7. */
static void the_crc_is_the_one_of_the_arduino_core(void **state)
{
    (void)state;
    assert_int_equal(image_crc(~0u, (const uint8_t *)"123456789", 9), 0x0376E6E7);
}

static void every_truncation_is_refused(void **state)
{
    struct file f;
    struct image image;
    struct err err;

    (void)state;
    arduino(&f);
    for (size_t len = 0; len < f.len; len++) {
        uint8_t *tail = guard_copy(&guard, f.data, len);

        assert_int_equal(image_examine(tail, len, &image, &err), -1);
    }
}

static void every_flipped_bit_of_an_arduino_file_is_refused(void **state)
{
    struct file f;
    struct image image;
    struct err err;
    uint8_t *copy;

    (void)state;
    arduino(&f);
    copy = guard_copy(&guard, f.data, f.len);
    for (size_t at = 0; at < f.len; at++)
        for (int bit = 0; bit < 8; bit += 3) {
            copy[at] ^= (uint8_t)(1 << bit);
            if (image_examine(copy, f.len, &image, &err) == 0)
                print_error("bit %d of byte 0x%zx\n", bit, at);
            assert_int_equal(image_examine(copy, f.len, &image, &err), -1);
            copy[at] ^= (uint8_t)(1 << bit);
        }
    assert_int_equal(image_examine(copy, f.len, &image, &err), 0);
}

static void what_is_not_an_image_is_named(void **state)
{
    struct file f;

    (void)state;
    f.len = 0;
    expect(&f, "empty");
    memset(&f, 0, sizeof f);
    f.len = 100;
    expect(&f, "0x00 and should be 0xe9; --raw");
    memcpy(f.data,
           "\x7f"
           "ELF",
           4);
    expect(&f, "ELF");
    memcpy(f.data, "\x1f\x8b\x08", 3);
    expect(&f, "gzip");
}

static void damage_is_named_with_its_offset(void **state)
{
    struct file f;

    (void)state;
    application(&f);
    f.data[1] = 0;
    expect(&f, "counts 0 segments");
    application(&f);
    f.data[1] = 17;
    expect(&f, "counts 17 segments");
    application(&f);
    f.data[100] ^= 1;
    expect(&f, "the checksum at offset 0x");
    application(&f);
    f.len -= 20;
    expect(&f, "truncated");
    arduino(&f);
    f.data[0x20] ^= 1;
    expect(&f, "boot stage: the checksum");
    arduino(&f);
    f.data[0x1010] ^= 1;
    expect(&f, "the length at offset 0x1010");
    arduino(&f);
    f.data[0x0FFF] ^= 1; /* padding of the boot stage: only the CRC covers it */
    expect(&f, "the CRC at offset 0x1014");
}

static void what_the_chip_cannot_load_is_refused(void **state)
{
    struct file f;

    (void)state;
    memset(&f, 0, sizeof f);
    put_image(&f, 0x400D0020, 600, IRAM + 4);
    expect(&f, "for another chip");
    memset(&f, 0, sizeof f);
    put_image(&f, IROM + 0x1000, 600, IRAM + 4);
    expect(&f, "linked for 0x40202010");
    memset(&f, 0, sizeof f);
    put_image(&f, IROM, 600, 0x40200000 - 4);
    expect(&f, "entry point");
    memset(&f, 0, sizeof f);
    put_image(&f, IROM, 602, IRAM + 4);
    expect(&f, "words of 4");
    memset(&f, 0, sizeof f);
    put_image(&f, BOOT, 800, BOOT);
    expect(&f, "boot stage alone");
    /* a segment that would run over the end of the address space */
    application(&f);
    otaria_store_le32(f.data + 8, 0x3FFE8000);
    otaria_store_le32(f.data + 12, 0xFFFFFFF0);
    expect(&f, "no ESP8266 can load");
}

static void bytes_behind_the_image_are_counted(void **state)
{
    struct file f;

    (void)state;
    application(&f);
    f.len += 16;
    expect(&f, "16 bytes follow the end of the image");
    application(&f);
    f.len += 256;
    put32(&f, 256);
    expect(&f, "classic RSA signature");
}

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, FILE_ROOM);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_close(&guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_application_image_is_its_own_slot),
        cmocka_unit_test(the_slot_of_an_arduino_file_begins_behind_the_boot_stage),
        cmocka_unit_test(the_slot_alone_is_recognised),
        cmocka_unit_test(an_application_with_the_magic_at_0x1000_is_no_arduino_file),
        cmocka_unit_test(the_crc_is_the_one_of_the_arduino_core),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_of_an_arduino_file_is_refused),
        cmocka_unit_test(what_is_not_an_image_is_named),
        cmocka_unit_test(damage_is_named_with_its_offset),
        cmocka_unit_test(what_the_chip_cannot_load_is_refused),
        cmocka_unit_test(bytes_behind_the_image_are_counted),
    };

    return cmocka_run_group_tests(tests, open_guard, close_guard);
}
