// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <otaria/update.h>

#include "sim/nor.h"
#include "sim/small_release.h"

#define SEQ 5000000000u

static struct nor nor;
static const struct otaria_layout *layout;
static struct small_release a, b;
static struct otaria_slots slots;
static struct otaria_update update;
static uint32_t split_step = 1; /* "sampled": a prime */

static void start(uint32_t len)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;

    layout = otaria_layout_find("2m", 2);
    nor_open(&nor, layout->flash_size);
    small_release_make(&a, 2000, "1", SEQ + 1, 1);
    small_release_make(&b, len, "2", SEQ + 2, 2);
    nor_poke(&nor, layout->slot[0], a.image, a.len);
    otaria_boot_choose(&nor.port, layout, buf, &choice);
    assert_int_equal(otaria_slots_open(&slots, &nor.port, layout, choice.slot), 0);
}

static void end(void)
{
    assert_int_equal(nor.illegal_programs + nor.refused_calls, 0);
    nor_close(&nor);
    small_release_free(&a);
    small_release_free(&b);
}

static int setup(void **state)
{
    (void)state;
    start(40000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    end();
    return 0;
}

static void reboot(void)
{
    memset(&update, 0xAA, sizeof update);
    memset(&slots, 0xAA, sizeof slots);
    assert_int_equal(otaria_slots_open(&slots, &nor.port, layout, 0), 0);
}

static const uint8_t *slot_b(void)
{
    return nor.mem + layout->slot[1];
}

static bool is_complete(void)
{
    return memcmp(slot_b(), b.image, b.len) == 0;
}

static unsigned first_word_erased(void)
{
    return otaria_load_le32(slot_b()) == 0xFFFFFFFF;
}

/* Pushes bytes until the engine has `until` of them, `chunk` at a time. The last result. */
static int push_until(const uint8_t *image, uint32_t until, uint32_t chunk)
{
    int result = OTARIA_MORE;
    size_t used;

    while (otaria_update_offset(&update) < until && result == OTARIA_MORE) {
        uint32_t at = otaria_update_offset(&update);
        uint32_t n = until - at < chunk ? until - at : chunk;
        result = otaria_update_push(&update, image + at, n, &used);
        assert_true(used <= n);
    }
    return result;
}

static int finish(void)
{
    int result;

    do {
        result = otaria_update_finish(&update);
    } while (result == OTARIA_MORE);
    return result;
}

static void run_whole(uint32_t chunk)
{
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), 0);
    assert_int_equal(push_until(b.image, b.len, chunk), 0);
    assert_false(is_complete());
    assert_true(first_word_erased());
    assert_int_equal(finish(), 0);
    assert_true(is_complete());
}

static void the_slot_holds_the_image_and_its_first_word_last(void **state)
{
    (void)state;
    run_whole(500);
    assert_int_equal(otaria_update_finish(&update), 0);
    assert_int_equal(otaria_slots_stage(&slots, &b.m), 0);
}

static void any_split_of_the_same_bytes_gives_the_same_flash(void **state)
{
    struct nor fresh, want;
    uint32_t size;

    (void)state;
    end();
    start(8000);
    size = b.len;
    nor_open(&fresh, nor.size);
    nor_open(&want, nor.size);
    nor_copy(&fresh, &nor);
    run_whole(1);
    nor_copy(&want, &nor);
    for (uint32_t at = 1; at < size; at += split_step) {
        nor_copy(&nor, &fresh);
        reboot();
        assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
        assert_int_equal(push_until(b.image, at, at), OTARIA_MORE);
        assert_int_equal(push_until(b.image, size, size), 0);
        assert_int_equal(finish(), 0);
        assert_memory_equal(nor.mem + layout->slot[1], want.mem + layout->slot[1], 0x3000);
        assert_int_equal(nor.ops, want.ops);
    }
    nor_close(&fresh);
    nor_close(&want);
}

static void larger_images_come_in_any_chunks(void **state)
{
    static const uint32_t chunks[] = {1, 3, 255, 256, 257, 1460, 4096, 5000, 100000};

    (void)state;
    for (unsigned i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        run_whole(chunks[i]);
        end();
        start(40000 + i);
    }
}

static void erasing_ahead_leaves_only_programs_for_later(void **state)
{
    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    unsigned sectors = 0;
    while (otaria_update_step(&update) == OTARIA_MORE) {
        sectors++;
    }
    assert_int_equal(sectors, 10);
    assert_int_equal(push_until(b.image, b.len, 512), 0);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(nor.erases[layout->slot[1] / OTARIA_SECTOR + i], 1);
    }
    assert_int_equal(finish(), 0);
    assert_true(is_complete());
}

static void one_call_is_one_operation_at_most(void **state)
{
    size_t used;
    int result = OTARIA_MORE;

    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    while (result == OTARIA_MORE) {
        uint32_t at = otaria_update_offset(&update);
        uint64_t ops = nor.ops;
        result = otaria_update_push(&update, b.image + at, b.len - at, &used);
        assert_true(used <= OTARIA_PAGE);
        assert_true(nor.ops <= ops + 1);
    }
    do {
        uint64_t ops = nor.ops;
        uint64_t reads = nor.reads;
        result = otaria_update_finish(&update);
        assert_true(nor.ops <= ops + 1);
        assert_true(nor.reads <= reads + OTARIA_PAGE);
    } while (result == OTARIA_MORE);
    assert_int_equal(result, 0);
}

static unsigned log_programs(void)
{
    return nor.programs[layout->nv[0] / OTARIA_SECTOR] +
           nor.programs[layout->nv[1] / OTARIA_SECTOR];
}

static void progress_is_written_once_in_16_kb_and_at_both_ends(void **state)
{
    (void)state;
    end();
    start(200000);
    assert_int_equal(otaria_nvlog_put(&slots.nv, OTARIA_NV_BOOTS, "1", 1), 0); /* opens the log */
    unsigned before = log_programs();
    run_whole(1000);
    assert_int_equal(log_programs() - before, 200000 / OTARIA_PROGRESS_STEP + 2);
}

static void after_a_dropped_link_it_goes_on_at_the_next_byte(void **state)
{
    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, 12345, 777), OTARIA_MORE);
    assert_int_equal(otaria_update_offset(&update), 12345);
    assert_int_equal(push_until(b.image, b.len, 777), 0);
    assert_int_equal(finish(), 0);
    assert_true(is_complete());
}

static void after_a_reboot_it_goes_on_at_the_last_16_kb(void **state)
{
    (void)state;
    for (uint32_t stop = 1000; stop < b.len; stop += 1913) {
        assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
        assert_int_equal(push_until(b.image, stop, 1000), OTARIA_MORE);
        reboot();
        assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
        /* the entry at a step is written with the bytes behind it */
        assert_int_equal(otaria_update_offset(&update),
                         (stop - 1) / OTARIA_PROGRESS_STEP * OTARIA_PROGRESS_STEP);
        assert_int_equal(push_until(b.image, b.len, 1000), 0);
        assert_int_equal(finish(), 0);
        assert_true(is_complete());
        end();
        start(40000);
    }
}

static void another_release_does_not_resume_from_this_one(void **state)
{
    struct small_release c;

    (void)state;
    small_release_make(&c, 40000, "3", SEQ + 3, 3);
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, 30000, 1000), OTARIA_MORE);
    assert_int_equal(otaria_update_begin(&update, &slots, &c.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), 0);
    assert_int_equal(push_until(c.image, 20000, 1000), OTARIA_MORE);
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), 0);
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    assert_int_equal(finish(), 0);
    small_release_free(&c);
}

static void a_complete_slot_is_not_downloaded_again(void **state)
{
    (void)state;
    run_whole(500);
    reboot(); /* it was never staged */
    uint64_t ops = nor.ops;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), b.len);
    assert_int_equal(finish(), 0);
    assert_int_equal(nor.ops, ops + 1); /* the first word again, as it stands */
    assert_int_equal(otaria_slots_stage(&slots, &b.m), 0);
    assert_true(otaria_slots_staged(&slots));
}

static void a_complete_slot_that_rotted_is_downloaded_again(void **state)
{
    (void)state;
    run_whole(500);
    nor.mem[layout->slot[1] + 5000] &= 0x0F;
    nor.mem[layout->slot[1] + 5001] &= 0xF0;
    reboot();
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(finish(), OTARIA_E_FLASH_VERIFY);
    assert_int_equal(otaria_load_le32(slot_b()), 0);
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), 0);
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    assert_int_equal(finish(), 0);
}

static void a_staged_trial_is_taken_back_before_its_slot_is_touched(void **state)
{
    struct small_release c;

    (void)state;
    small_release_make(&c, 3000, "3", SEQ + 3, 3);
    run_whole(500);
    assert_int_equal(otaria_slots_stage(&slots, &b.m), 0);
    assert_int_equal(otaria_update_begin(&update, &slots, &c.m, NULL), 0);
    assert_false(otaria_slots_staged(&slots));
    assert_int_equal(otaria_load_le32(slot_b()), 0);
    small_release_free(&c);
}

static void wrong_bytes_are_found_and_forgotten(void **state)
{
    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    b.image[20000] ^= 1;
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    assert_int_equal(finish(), OTARIA_E_DIGEST);
    assert_int_equal(otaria_update_finish(&update), OTARIA_E_DIGEST); /* sticky */
    assert_int_equal(otaria_update_step(&update), OTARIA_E_DIGEST);
    assert_true(first_word_erased());
    b.image[20000] ^= 1;
    reboot();
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), 0);
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    assert_int_equal(finish(), 0);
}

static void flash_that_does_not_hold_the_bytes_is_found(void **state)
{
    (void)state;
    for (unsigned at = 4; at < 120; at += 9) {
        assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
        nor.silent_from = nor.silent_to = nor.ops + at;
        assert_int_equal(push_until(b.image, b.len, 1000), 0);
        int result = finish();
        /* a lost log entry is written again; a lost erase of blank flash is no loss */
        assert_true(result == OTARIA_E_FLASH_VERIFY || (result == 0 && is_complete()));
        assert_true(result == 0 || first_word_erased());
        nor.silent_from = nor.silent_to = 0;
        end();
        start(40000);
    }
}

static void a_lost_page_is_the_flashs_fault(void **state)
{
    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, 5120, 256), OTARIA_MORE);
    nor.silent_from = nor.silent_to = nor.ops + 1;
    assert_int_equal(push_until(b.image, b.len, 256), 0);
    assert_int_equal(finish(), OTARIA_E_FLASH_VERIFY);
    assert_true(first_word_erased());
}

static void a_first_word_that_does_not_stick_is_found(void **state)
{
    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    nor.silent_from = nor.ops + 2; /* behind the last log entry */
    nor.silent_to = nor.ops + 2;
    assert_int_equal(finish(), OTARIA_E_FLASH_VERIFY);
}

static void signed_bytes_that_are_no_image_never_complete(void **state)
{
    struct otaria_sha256 h;

    (void)state;
    b.image[100] ^= 1; /* its checksum is wrong, and that is what was signed */
    otaria_sha256_init(&h, NULL, 0);
    otaria_sha256_update(&h, b.image, b.len);
    otaria_sha256_final(&h, b.m.component[0].digest);
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    assert_int_equal(finish(), OTARIA_E_NOT_AN_IMAGE);
    assert_true(first_word_erased());
}

static void missing_bytes_are_not_the_end(void **state)
{
    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, 1000, 1000), OTARIA_MORE);
    assert_int_equal(otaria_update_finish(&update), OTARIA_E_LENGTH);
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    assert_int_equal(finish(), 0);
}

static void what_does_not_fit_is_refused_before_flash_is_touched(void **state)
{
    (void)state;
    uint64_t ops = nor.ops;
    b.m.component[0].size = layout->image_max + 1;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), OTARIA_E_TOO_LARGE);
    b.m.component[0].size = 100;
    b.m.components_cnt = 2;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), OTARIA_E_COMPONENTS);
    size_t used;
    assert_int_equal(otaria_update_push(&update, b.image, 4, &used), OTARIA_E_COMPONENTS);
    assert_int_equal(nor.ops, ops);
}

static void on_trial_nothing_begins(void **state)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;

    (void)state;
    run_whole(1000);
    assert_int_equal(otaria_slots_stage(&slots, &b.m), 0);
    otaria_boot_choose(&nor.port, layout, buf, &choice);
    assert_int_equal(choice.kind, OTARIA_BOOT_TRIAL);
    assert_int_equal(otaria_slots_open(&slots, &nor.port, layout, choice.slot), 0);
    uint64_t ops = nor.ops;
    assert_int_equal(otaria_update_begin(&update, &slots, &a.m, NULL), OTARIA_E_ON_TRIAL);
    assert_int_equal(nor.ops, ops);
}

static void a_previous_image_under_a_new_manifest_needs_no_download(void **state)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;

    (void)state;
    run_whole(1000);
    assert_int_equal(otaria_slots_stage(&slots, &b.m), 0);
    otaria_boot_choose(&nor.port, layout, buf, &choice);
    assert_int_equal(otaria_slots_open(&slots, &nor.port, layout, choice.slot), 0);
    assert_int_equal(otaria_slots_stage_reached(&slots, OTARIA_STAGE_ALL), 0);
    assert_int_equal(otaria_slots_confirm(&slots), 0);
    a.m.digest[0] ^= 1; /* "release again": another M for the image in slot A */
    assert_int_equal(otaria_update_begin(&update, &slots, &a.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), a.len);
    assert_int_equal(finish(), 0);
    assert_int_equal(otaria_slots_stage(&slots, &a.m), 0);
}

static void an_image_about_to_be_overwritten_is_not_reverted_to(void **state)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;
    struct small_release c;

    (void)state;
    small_release_make(&c, 3000, "3", SEQ + 3, 3);
    run_whole(1000);
    assert_int_equal(otaria_slots_stage(&slots, &b.m), 0);
    otaria_boot_choose(&nor.port, layout, buf, &choice);
    assert_int_equal(otaria_slots_open(&slots, &nor.port, layout, choice.slot), 0);
    assert_int_equal(otaria_slots_stage_reached(&slots, OTARIA_STAGE_ALL), 0);
    assert_int_equal(otaria_slots_confirm(&slots), 0);
    assert_true(otaria_slots_can_revert(&slots));
    nor_plan_cut(&nor, 2, NOR_CUT_BEFORE, 0); /* the log entry stands, the header too */
    assert_int_equal(otaria_update_begin(&update, &slots, &c.m, NULL), OTARIA_E_FLASH_IO);
    nor_power_on(&nor);
    assert_int_equal(otaria_slots_open(&slots, &nor.port, layout, 1), 0);
    assert_memory_equal(nor.mem + layout->slot[0], a.image, 4);
    assert_false(otaria_slots_can_revert(&slots));
    small_release_free(&c);
}

static void a_slot_that_lost_its_blank_first_word_is_started_over(void **state)
{
    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, 20000, 1000), OTARIA_MORE);
    nor_poke(&nor, layout->slot[1], "\0\0\0", 4);
    reboot();
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), 0);
    assert_int_equal(push_until(b.image, b.len, 1000), 0);
    assert_int_equal(finish(), 0);
    assert_true(is_complete());
}

/* Each byte comes as two: a stand-in for a real decoder. */
static int twice(void *ctx, const uint8_t *data, size_t len, size_t *used, uint8_t *out,
                 size_t out_max, size_t *out_len)
{
    int *end_early = ctx;

    *used = 0;
    for (*out_len = 0; *used + 2 <= len && *out_len < out_max; *used += 2) {
        if (data[*used] != data[*used + 1]) {
            return OTARIA_E_DECODE;
        }
        out[(*out_len)++] = data[*used];
    }
    return *end_early ? 0 : OTARIA_MORE;
}

static int push_doubled(uint32_t limit)
{
    uint8_t pair[400];
    int result = OTARIA_MORE;
    size_t used;

    while (result == OTARIA_MORE && otaria_update_offset(&update) < limit) {
        uint32_t at = otaria_update_offset(&update);
        uint32_t n = limit - at < 200 ? limit - at : 200;
        for (uint32_t i = 0; i < n; i++) {
            pair[2 * i] = pair[2 * i + 1] = b.image[at + i];
        }
        result = otaria_update_push(&update, pair, 2 * n, &used);
    }
    return result;
}

static void a_decoder_sits_between_network_and_engine(void **state)
{
    int end_early = 0;
    struct otaria_decoder decoder = {&end_early, twice};
    size_t used;

    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, &decoder), 0);
    assert_int_equal(push_doubled(b.len), 0);
    assert_int_equal(finish(), 0);
    assert_true(is_complete());

    reboot();
    b.m.digest[0] ^= 1;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, &decoder), 0);
    assert_int_equal(push_doubled(1000), OTARIA_MORE);
    end_early = 1;
    assert_int_equal(push_doubled(2000), OTARIA_E_LENGTH);

    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, &decoder), 0);
    end_early = 0;
    assert_int_equal(push_doubled(1000), OTARIA_MORE);
    assert_int_equal(otaria_update_push(&update, (const uint8_t *)"ab", 2, &used), OTARIA_E_DECODE);

    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, &decoder), 0);
    assert_int_equal(push_doubled(1000), OTARIA_MORE);
    assert_int_equal(otaria_update_push(&update, (const uint8_t *)"a", 1, &used),
                     OTARIA_E_DECODE); /* it stands still */
}

static void an_aborted_update_resumes_and_a_discarded_one_does_not(void **state)
{
    size_t used;

    (void)state;
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(push_until(b.image, 20000, 1000), OTARIA_MORE);
    otaria_update_abort(&update);
    assert_int_equal(otaria_update_push(&update, b.image, 4, &used), OTARIA_E_STATE);
    assert_int_equal(otaria_update_finish(&update), OTARIA_E_STATE);
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), OTARIA_PROGRESS_STEP);
    assert_int_equal(otaria_update_discard(&update), 0);
    assert_int_equal(otaria_update_begin(&update, &slots, &b.m, NULL), 0);
    assert_int_equal(otaria_update_offset(&update), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(the_slot_holds_the_image_and_its_first_word_last),
        T(any_split_of_the_same_bytes_gives_the_same_flash),
        T(larger_images_come_in_any_chunks),
        T(erasing_ahead_leaves_only_programs_for_later),
        T(one_call_is_one_operation_at_most),
        T(progress_is_written_once_in_16_kb_and_at_both_ends),
        T(after_a_dropped_link_it_goes_on_at_the_next_byte),
        T(after_a_reboot_it_goes_on_at_the_last_16_kb),
        T(another_release_does_not_resume_from_this_one),
        T(a_complete_slot_is_not_downloaded_again),
        T(a_complete_slot_that_rotted_is_downloaded_again),
        T(a_staged_trial_is_taken_back_before_its_slot_is_touched),
        T(wrong_bytes_are_found_and_forgotten),
        T(flash_that_does_not_hold_the_bytes_is_found),
        T(a_lost_page_is_the_flashs_fault),
        T(a_first_word_that_does_not_stick_is_found),
        T(signed_bytes_that_are_no_image_never_complete),
        T(missing_bytes_are_not_the_end),
        T(what_does_not_fit_is_refused_before_flash_is_touched),
        T(on_trial_nothing_begins),
        T(a_previous_image_under_a_new_manifest_needs_no_download),
        T(an_image_about_to_be_overwritten_is_not_reverted_to),
        T(a_slot_that_lost_its_blank_first_word_is_started_over),
        T(a_decoder_sits_between_network_and_engine),
        T(an_aborted_update_resumes_and_a_discarded_one_does_not),
    };

    if (argc > 1 && strcmp(argv[1], "sampled") == 0)
        split_step = 13;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
