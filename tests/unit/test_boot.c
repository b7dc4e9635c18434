// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <otaria/boot.h>

#include "sim/nor.h"
#include "sim/small_release.h"

static struct nor nor;
static const struct otaria_layout *layout;
static struct small_release a, b;
static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;

static int setup(void **state)
{
    (void)state;
    layout = otaria_layout_find("4m2m", 4);
    nor_open(&nor, layout->flash_size);
    small_release_make(&a, 5000, "1", 5000000001u, 1);
    small_release_make(&b, 6000, "2", 5000000002u, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    nor_close(&nor);
    small_release_free(&a);
    small_release_free(&b);
    return 0;
}

static void put(unsigned slot, const struct small_release *r)
{
    nor_poke(&nor, layout->slot[slot], r->image, r->len);
}

static void break_slot(unsigned slot)
{
    nor_poke(&nor, layout->slot[slot], "\0\0\0", 4);
}

/* a in slot 0 is active, b in slot 1 the trial */
static void put_record(void)
{
    struct otaria_record rec = {
        .counter = 3, .active = 0, .trial = 1, .active_len = a.len, .trial_len = b.len};
    uint8_t raw[OTARIA_RECORD_SIZE];

    memcpy(rec.active_digest, a.m.component[0].digest, 32);
    memcpy(rec.trial_digest, b.m.component[0].digest, 32);
    otaria_record_encode(&rec, raw);
    nor_poke(&nor, layout->record[0], raw, sizeof raw);
}

static void put_word(enum otaria_word_off off, uint32_t word)
{
    uint8_t raw[4];

    otaria_store_le32(raw, word);
    nor_poke(&nor, layout->record[0] + OTARIA_RECORD_WORDS + off, raw, 4);
}

static void expect(enum otaria_boot_kind kind, unsigned slot)
{
    struct otaria_boot_choice choice;

    otaria_boot_choose(&nor.port, layout, buf, &choice);
    assert_int_equal(choice.kind, kind);
    assert_int_equal(choice.slot, slot);
    assert_int_equal(nor.illegal_programs + nor.refused_calls, 0);
    for (unsigned i = 0; i < nor.size / OTARIA_SECTOR; i++) {
        assert_int_equal(nor.erases[i], 0);
    }
}

static void whatever_the_records_hold_a_complete_image_boots(void **state)
{
    uint8_t junk[OTARIA_SECTOR];
    uint32_t seed = 1;

    (void)state;
    put(1, &b);
    for (unsigned round = 0; round < 200; round++) {
        for (unsigned index = 0; index < 2; index++) {
            for (unsigned i = 0; i < sizeof junk; i++) {
                seed = seed * 1664525u + 1013904223u;
                junk[i] = round == 0 ? 0xFF : round == 1 ? 0 : (uint8_t)(seed >> 24);
            }
            if (round % 2 == 1) {
                otaria_store_le32(junk, OTARIA_RECORD_MAGIC);
            }
            nor_poke(&nor, layout->record[index], junk, sizeof junk);
        }
        expect(OTARIA_BOOT_NO_RECORD, 1);
    }
    put(0, &a);
    expect(OTARIA_BOOT_NO_RECORD, 0);
    assert_int_equal(nor.ops, 0);
}

static void without_a_record_an_unsound_image_does_not_boot(void **state)
{
    (void)state;
    put(0, &a);
    expect(OTARIA_BOOT_NO_RECORD, 0);
    nor.mem[layout->slot[0] + 1000] ^= 1; /* the checksum is wrong then */
    expect(OTARIA_BOOT_NONE, 0);
    put(1, &b);
    expect(OTARIA_BOOT_NO_RECORD, 1);
}

static void a_trial_boots_three_times_and_then_never_again(void **state)
{
    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    for (unsigned i = 0; i < 3; i++) {
        expect(OTARIA_BOOT_TRIAL, 1);
        assert_int_equal(nor.ops, i + 1);
    }
    for (unsigned i = 0; i < 5; i++) {
        expect(OTARIA_BOOT_FALLBACK, 0);
    }
    assert_int_equal(nor.ops, 3);
    put_word(OTARIA_WORD_HEALTHY, 0x7FFFFFFF);
    expect(OTARIA_BOOT_TRIAL, 1);
}

static void a_try_is_spent_before_the_image_is_read(void **state)
{
    struct otaria_boot_choice choice;

    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    nor_plan_cut(&nor, 1, NOR_CUT_AFTER, 0);
    otaria_boot_choose(&nor.port, layout, buf, &choice);
    assert_true(nor.reads < 1000); /* two records, the words, one header */
    nor_power_on(&nor);
    assert_int_equal(otaria_load_le32(nor.mem + layout->record[0] + OTARIA_RECORD_WORDS),
                     0xFFFFFFFE);
}

static void a_try_that_does_not_stick_boots_no_trial(void **state)
{
    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    nor.silent_from = 1;
    nor.silent_to = 10;
    for (unsigned i = 0; i < 10; i++) {
        expect(OTARIA_BOOT_FALLBACK, 0);
    }
    expect(OTARIA_BOOT_TRIAL, 1);
}

static void a_trial_that_is_not_the_signed_image_does_not_boot(void **state)
{
    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    nor.mem[layout->slot[1] + b.len - 100] ^= 0x10;
    expect(OTARIA_BOOT_FALLBACK, 0);
    assert_int_equal(nor.ops, 1); /* and yet it cost a try */
    break_slot(0);
    expect(OTARIA_BOOT_NONE, 0); /* not even when nothing else is left */
}

static void a_confirmed_trial_boots_without_writes_until_it_is_reverted(void **state)
{
    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    put_word(OTARIA_WORD_CONFIRMED, 0);
    put_word(OTARIA_WORD_TRIES, 0);
    expect(OTARIA_BOOT_ACTIVE, 1);
    put_word(OTARIA_WORD_CONFIRMED, 0x0000FFFF);
    expect(OTARIA_BOOT_ACTIVE, 1);
    put_word(OTARIA_WORD_CONFIRMED, 0x0001FFFF);
    expect(OTARIA_BOOT_FALLBACK, 0);
    put_word(OTARIA_WORD_CONFIRMED, 0);
    put_word(OTARIA_WORD_REVERT, 0);
    expect(OTARIA_BOOT_REVERTED, 0);
    assert_int_equal(nor.ops, 0);
}

static void a_revert_word_alone_means_nothing(void **state)
{
    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    put_word(OTARIA_WORD_REVERT, 0);
    expect(OTARIA_BOOT_TRIAL, 1);
}

static void a_damaged_slot_is_made_up_for_by_the_other(void **state)
{
    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    put_word(OTARIA_WORD_TRIES, 0);
    break_slot(0);
    expect(OTARIA_BOOT_RESCUE, 1); /* out of tries, but the signed image, and all there is */
    put(0, &a);
    put_word(OTARIA_WORD_CONFIRMED, 0);
    break_slot(1);
    expect(OTARIA_BOOT_RESCUE, 0);
    break_slot(0);
    expect(OTARIA_BOOT_NONE, 0);
}

static void a_header_without_a_segment_table_does_not_boot(void **state)
{
    static const uint8_t nonsense[8] = {0x10, 0x10, 0x20, 0x40, 0xF0, 0xFF, 0xFF, 0x00};

    (void)state;
    put(0, &a);
    put(1, &b);
    put_record();
    put_word(OTARIA_WORD_TRIES, 0);
    expect(OTARIA_BOOT_FALLBACK, 0);
    nor_poke(&nor, layout->slot[0] + 8, nonsense,
             sizeof nonsense); /* a segment larger than the slot */
    expect(OTARIA_BOOT_RESCUE, 1);
}

struct loaded {
    unsigned cnt, stop_at;
    uint32_t to[4], from[4], len[4];
};

static int note_load(void *ctx, uint32_t to, uint32_t from, uint32_t len)
{
    struct loaded *l = ctx;

    l->to[l->cnt] = to;
    l->from[l->cnt] = from;
    l->len[l->cnt] = len;
    return ++l->cnt == l->stop_at;
}

static void word_at(uint8_t *image, uint32_t off, uint32_t value)
{
    otaria_store_le32(image + off, value);
}

static void the_segment_table_names_what_goes_where(void **state)
{
    uint8_t image[64] = {0xE9, 3, 2, 0x40};
    struct loaded l = {0};
    uint32_t entry = 0;

    (void)state;
    word_at(image, 4, 0x40100004);
    word_at(image, 8, 0x40201010);
    word_at(image, 12, 8);
    word_at(image, 24, 0x40100000);
    word_at(image, 28, 12);
    word_at(image, 44, 0x3FFE8000);
    word_at(image, 48, 4);
    nor_poke(&nor, 0x1000, image, sizeof image);
    assert_int_equal(otaria_image_segments(&nor.port, 0x1000, 64, note_load, &l, &entry), 0);
    assert_int_equal(entry, 0x40100004);
    assert_int_equal(l.cnt, 3);
    assert_int_equal(l.to[0], 0x40201010);
    assert_int_equal(l.from[0], 0x1000 + 16);
    assert_int_equal(l.len[0], 8);
    assert_int_equal(l.to[1], 0x40100000);
    assert_int_equal(l.from[1], 0x1000 + 32);
    assert_int_equal(l.len[1], 12);
    assert_int_equal(l.to[2], 0x3FFE8000);
    assert_int_equal(l.from[2], 0x1000 + 52);
    assert_int_equal(l.len[2], 4);

    l = (struct loaded){.stop_at = 1};
    assert_int_equal(otaria_image_segments(&nor.port, 0x1000, 64, note_load, &l, &entry),
                     OTARIA_E_FLASH_IO);
    assert_int_equal(l.cnt, 1);
    /* the last segment needs byte 56: one word less is one too few, and so is no room for its head */
    for (uint32_t max = 8; max < 56; max += 4)
        assert_int_equal(otaria_image_segments(&nor.port, 0x1000, max, NULL, NULL, &entry),
                         OTARIA_E_NOT_AN_IMAGE);
    assert_int_equal(otaria_image_segments(&nor.port, 0x1000, 56, NULL, NULL, &entry), 0);
}

static void flash_that_cannot_be_read_boots_nothing_and_ends(void **state)
{
    (void)state;
    put(0, &a);
    nor.off = true;
    expect(OTARIA_BOOT_NONE, 0);
}

static int check(const uint8_t *image, uint32_t len, uint32_t max)
{
    uint32_t found = 0;

    memset(nor.mem + layout->slot[0], 0xFF, 0x4000);
    nor_poke(&nor, layout->slot[0], image, len);
    int result = otaria_image_check(&nor.port, layout->slot[0], max, buf, &found);
    if (result == 0) {
        assert_int_equal(found, len);
    }
    return result;
}

static void the_walk_finds_the_length_and_refuses_what_is_no_image(void **state)
{
    uint8_t bad[8192];

    (void)state;
    assert_int_equal(check(a.image, a.len, layout->image_max), 0);
    assert_int_equal(check(a.image, a.len, a.len), 0);
    assert_int_equal(check(a.image, a.len, a.len - 16), OTARIA_E_NOT_AN_IMAGE);
    assert_int_equal(check(a.image, 100, layout->image_max), OTARIA_E_NOT_AN_IMAGE);
#define REFUSED(at, value)                \
    memcpy(bad, a.image, a.len);          \
    otaria_store_le32(bad + (at), value); \
    assert_int_equal(check(bad, a.len, layout->image_max), OTARIA_E_NOT_AN_IMAGE)
    REFUSED(0, 0x400203EA); /* magic */
    REFUSED(0, 0x400200E9); /* no segment */
    REFUSED(0, 0x400211E9); /* 17 segments */
    REFUSED(0, 0x400202E9); /* one less than there are */
    REFUSED(8, 0x4010C000); /* the cache's part of IRAM */
    REFUSED(8, 0x3FFFC000); /* the ROM's data */
    REFUSED(8, 0x60000000);
    REFUSED(8, 0x40300000);
    REFUSED(8, 0);
    REFUSED(8, 0x402FFFF0);  /* runs out of its window */
    REFUSED(12, 0xFFFFFFFC); /* longer than the slot */
    REFUSED(12, 5);
    REFUSED(100, 0xDEADBEEF);
#undef REFUSED
}

/* otaria_image_check and the walk are two programs with one answer. */
static void check_and_walk_agree_on_damaged_images(void **state)
{
    static uint8_t image[5120];
    struct otaria_image_walk walk;
    uint32_t random = 1, len;
    unsigned sound = 0;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        memset(image, 0, sizeof image);
        assert_true(a.len <= sizeof image);
        memcpy(image, a.image, a.len);
        for (unsigned changes = round % 4; changes > 0; changes--) {
            random = random * 1664525u + 1013904223u;
            image[(random >> 8) % (round % 2 ? 64 : sizeof image)] ^=
                (uint8_t)(1u << (random >> 29));
        }
        random = random * 1664525u + 1013904223u;
        uint32_t max = (uint32_t)sizeof image - (random >> 8) % 60 * 4;
        memcpy(nor.mem + layout->slot[0], image, sizeof image);
        otaria_image_begin(&walk, max);
        int walked = otaria_image_feed(&walk, image, max);
        int checked = otaria_image_check(&nor.port, layout->slot[0], max, buf, &len);
        assert_int_equal(checked, walked == OTARIA_MORE ? OTARIA_E_NOT_AN_IMAGE : walked);
        sound += checked == 0;
        if (checked == 0)
            assert_int_equal(len, walk.len);
    }
    assert_in_range(sound, 200, 2500);
}

static void an_arduino_checksum_leaves_out_the_stored_crc(void **state)
{
    uint8_t image[8192];

    (void)state;
    /* the core's packer stores length and CRC after it computed the checksum over zeros there */
    memcpy(image, a.image, a.len);
    for (unsigned i = 0x10; i < 0x18; i++) {
        image[a.len - 1] ^= image[i];
        image[i] = 0;
    }
    assert_int_equal(check(image, a.len, layout->image_max), 0);
    memcpy(image + 0x10, "\x12\x34\x56\x78\x9A\xBC\xDE\xF3", 8);
    assert_int_equal(check(image, a.len, layout->image_max), 0);
    image[0x18] ^= 1;
    assert_int_equal(check(image, a.len, layout->image_max), OTARIA_E_NOT_AN_IMAGE);
}

static void a_staged_layout_boots_its_first_slot_only(void **state)
{
    const struct otaria_layout *two_banks = layout;

    (void)state;
    layout = otaria_layout_find("1m", 2);
    put(1, &b);
    expect(OTARIA_BOOT_NONE, 0);
    put(0, &a);
    expect(OTARIA_BOOT_NO_RECORD, 0);
    layout = two_banks;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(whatever_the_records_hold_a_complete_image_boots),
        T(without_a_record_an_unsound_image_does_not_boot),
        T(a_trial_boots_three_times_and_then_never_again),
        T(a_try_is_spent_before_the_image_is_read),
        T(a_try_that_does_not_stick_boots_no_trial),
        T(a_trial_that_is_not_the_signed_image_does_not_boot),
        T(a_confirmed_trial_boots_without_writes_until_it_is_reverted),
        T(a_revert_word_alone_means_nothing),
        T(a_damaged_slot_is_made_up_for_by_the_other),
        T(a_header_without_a_segment_table_does_not_boot),
        T(the_segment_table_names_what_goes_where),
        T(flash_that_cannot_be_read_boots_nothing_and_ends),
        T(the_walk_finds_the_length_and_refuses_what_is_no_image),
        T(check_and_walk_agree_on_damaged_images),
        T(an_arduino_checksum_leaves_out_the_stored_crc),
        T(a_staged_layout_boots_its_first_slot_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
