// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <otaria/slots.h>

#include "sim/nor.h"
#include "sim/small_release.h"

#define SEQ 5000000000u

static struct nor nor, blank;
static const struct otaria_layout *layout;
static struct small_release a, b, c;
static struct otaria_slots slots;

static int open_flash(void **state)
{
    (void)state;
    layout = otaria_layout_find("4m2m", 4);
    nor_open(&nor, layout->flash_size);
    nor_open(&blank, layout->flash_size);
    return 0;
}

static int close_flash(void **state)
{
    (void)state;
    nor_close(&nor);
    nor_close(&blank);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    nor_copy(&nor, &blank);
    small_release_make(&a, 5000, "1", SEQ + 1, 1);
    small_release_make(&b, 6000, "2", SEQ + 2, 2);
    small_release_make(&c, 7000, "3", SEQ + 3, 3);
    nor_poke(&nor, layout->slot[0], a.image, a.len);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(nor.illegal_programs + nor.refused_calls, 0);
    small_release_free(&a);
    small_release_free(&b);
    small_release_free(&c);
    return 0;
}

static enum otaria_boot_kind boot(void)
{
    static uint8_t buf[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;

    otaria_boot_choose(&nor.port, layout, buf, &choice);
    assert_int_equal(otaria_slots_open(&slots, &nor.port, layout, choice.slot), 0);
    return choice.kind;
}

/* Puts r where an update would, as if the engine had. */
static void fill_target(const struct small_release *r)
{
    uint32_t addr = layout->slot[otaria_slots_target(&slots)];

    memset(nor.mem + addr, 0xFF, 0x3000);
    nor_poke(&nor, addr, r->image, r->len);
}

static void stage(const struct small_release *r)
{
    fill_target(r);
    assert_int_equal(otaria_slots_stage(&slots, &r->m), 0);
}

static void confirm(void)
{
    assert_int_equal(otaria_slots_stage_reached(&slots, OTARIA_STAGE_ALL), 0);
    assert_int_equal(otaria_slots_confirm(&slots), 0);
}

static void install(const struct small_release *r)
{
    stage(r);
    assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
    confirm();
}

static void expect_floor(uint64_t seq, const struct small_release *r)
{
    uint8_t digest[32];
    bool has;

    assert_int_equal(otaria_slots_floor(&slots, digest, &has), seq);
    assert_int_equal(has, r != NULL);
    if (r != NULL) {
        assert_memory_equal(digest, r->m.digest, 32);
    }
}

static void expect_result(int code, const struct small_release *r)
{
    uint8_t manifest8[8];
    int told = 1;

    assert_true(otaria_slots_result(&slots, &told, manifest8));
    assert_int_equal(told, code);
    assert_memory_equal(manifest8, r->m.digest, 8);
}

static void expect_nothing_to_tell(void)
{
    uint8_t manifest8[8];
    int code;

    assert_false(otaria_slots_result(&slots, &code, manifest8));
}

static void the_first_start_writes_a_record_of_what_runs(void **state)
{
    uint8_t digest[32];
    uint32_t len;

    (void)state;
    assert_int_equal(boot(), OTARIA_BOOT_NO_RECORD);
    assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_CONFIRMED);
    otaria_slots_running_image(&slots, digest, &len);
    assert_int_equal(len, a.len);
    assert_memory_equal(digest, a.m.component[0].digest, 32);
    assert_false(otaria_slots_running_manifest(&slots, digest));
    assert_int_equal(otaria_slots_running_seq(&slots), 0);
    assert_false(otaria_slots_can_revert(&slots));
    assert_int_equal(otaria_slots_revert(&slots), OTARIA_E_NO_PREVIOUS);
    expect_floor(0, NULL);
    expect_nothing_to_tell();
    uint64_t ops = nor.ops;
    assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
    assert_int_equal(nor.ops, ops);
}

static void a_staged_layout_is_refused(void **state)
{
    (void)state;
    assert_int_equal(otaria_slots_open(&slots, &nor.port, otaria_layout_find("1m", 2), 0),
                     OTARIA_E_LAYOUT);
    assert_int_equal(nor.ops, 0);
}

static void a_trial_that_reaches_all_stages_is_confirmed(void **state)
{
    uint8_t digest[32];

    (void)state;
    boot();
    stage(&b);
    assert_true(otaria_slots_staged(&slots));
    assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
    assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_TRIAL);
    assert_int_equal(otaria_slots_tries_left(&slots), 2);
    assert_int_equal(otaria_slots_stages(&slots), 0);
    expect_floor(0, NULL);
    assert_int_equal(otaria_slots_confirm(&slots), OTARIA_E_STATE);
    for (unsigned bit = 1; bit < 8; bit <<= 1) {
        assert_int_equal(otaria_slots_stage_reached(&slots, bit), 0);
        assert_int_equal(otaria_slots_confirm(&slots), OTARIA_E_STATE);
    }
    boot();
    assert_int_equal(otaria_slots_stages(&slots), 7);
    assert_int_equal(otaria_slots_stage_reached(&slots, OTARIA_STAGE_SOURCE), 0);
    assert_int_equal(otaria_slots_confirm(&slots), 0);
    assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_CONFIRMED);
    expect_floor(SEQ + 2, &b);
    expect_result(0, &b);
    assert_int_equal(otaria_slots_result_reported(&slots), 0);
    expect_nothing_to_tell();
    uint64_t ops = nor.ops;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
        assert_int_equal(otaria_slots_confirm(&slots), 0);
    }
    assert_int_equal(nor.ops, ops);
    expect_nothing_to_tell();
    assert_true(otaria_slots_running_manifest(&slots, digest));
    assert_memory_equal(digest, b.m.digest, 32);
    assert_int_equal(otaria_slots_running_seq(&slots), SEQ + 2);
    assert_true(otaria_slots_can_revert(&slots));
}

static void a_failed_trial_tells_its_lowest_missing_stage(void **state)
{
    static const struct {
        unsigned reached;
        int code;
    } cases[] = {{0, OTARIA_E_TRIAL_STARTED},
                 {1, OTARIA_E_TRIAL_CONFIGURATION},
                 {3, OTARIA_E_TRIAL_NETWORK},
                 {7, OTARIA_E_TRIAL_SOURCE},
                 {5, OTARIA_E_TRIAL_CONFIGURATION}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        boot();
        stage(&b);
        assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
        assert_int_equal(otaria_slots_stage_reached(&slots, cases[i].reached), 0);
        assert_int_equal(otaria_slots_give_up(&slots), 0);
        assert_int_equal(boot(), OTARIA_BOOT_FALLBACK);
        assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_CONFIRMED);
        expect_result(cases[i].code, &b);
        assert_int_equal(otaria_load_le32(nor.mem + layout->slot[1]), 0);
        assert_int_equal(otaria_slots_may_take(&slots, &b.m, false), OTARIA_E_KNOWN_BAD);
        assert_int_equal(otaria_slots_may_take(&slots, &b.m, true), 0);
        assert_int_equal(otaria_slots_may_take(&slots, &c.m, false), 0);
        assert_int_equal(otaria_slots_result_reported(&slots), 0);
        uint64_t ops = nor.ops;
        boot();
        assert_int_equal(nor.ops, ops);
        expect_nothing_to_tell();
        expect_floor(0, NULL);
        teardown(state);
        setup(state);
    }
}

static void a_release_that_fails_again_is_reported_again(void **state)
{
    (void)state;
    boot();
    for (unsigned i = 0; i < 2; i++) {
        stage(&b);
        for (unsigned k = 0; k < OTARIA_TRIES; k++) {
            assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
        }
        assert_int_equal(boot(), OTARIA_BOOT_FALLBACK);
        expect_result(OTARIA_E_TRIAL_STARTED, &b);
        assert_int_equal(otaria_slots_result_reported(&slots), 0);
    }
}

static void a_slot_that_rotted_before_its_trial_is_the_reason(void **state)
{
    (void)state;
    boot();
    stage(&b);
    nor.mem[layout->slot[1] + 3000] ^= 1;
    assert_int_equal(boot(), OTARIA_BOOT_FALLBACK);
    expect_result(OTARIA_E_TRIAL_IMAGE, &b);
    assert_int_equal(otaria_load_le32(nor.mem + layout->slot[1]), 0);
    assert_int_equal(boot(), OTARIA_BOOT_FALLBACK);
}

static void a_try_that_could_not_be_spent_condemns_nothing(void **state)
{
    (void)state;
    boot();
    stage(&b);
    assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
    nor.silent_from = nor.silent_to = nor.ops + 1;
    assert_int_equal(boot(), OTARIA_BOOT_FALLBACK);
    assert_true(otaria_slots_staged(&slots));
    expect_nothing_to_tell();
    assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
}

static void healthy_boots_buy_tries(void **state)
{
    (void)state;
    boot();
    stage(&b);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
        assert_int_equal(otaria_slots_healthy(&slots), 0);
    }
    for (unsigned i = 20; i < 32; i++) {
        assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
    }
    assert_int_equal(boot(), OTARIA_BOOT_FALLBACK); /* a word has 32 bits */
}

static void a_confirm_cut_in_the_last_try_is_finished_later(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 90; seed++) {
        boot();
        stage(&b);
        for (unsigned i = 0; i < OTARIA_TRIES; i++) {
            assert_int_equal(boot(), OTARIA_BOOT_TRIAL);
        }
        assert_int_equal(otaria_slots_tries_left(&slots), 0);
        assert_int_equal(otaria_slots_stage_reached(&slots, OTARIA_STAGE_ALL), 0);
        /* behind the healthy bit that buys one more boot, whichever write comes */
        nor_plan_cut(&nor, 2 + seed / 3 % 3, (enum nor_cut)(seed % 3), seed);
        assert_int_equal(otaria_slots_confirm(&slots), OTARIA_E_FLASH_IO);
        assert_int_equal(slots.words.healthy, 0xFFFFFFFE);
        nor_power_on(&nor);
        boot(); /* on trial still, or confirmed: open finishes it */
        assert_int_equal(slots.running, 1);
        assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_CONFIRMED);
        assert_int_equal(slots.words.confirmed, 0);
        expect_floor(SEQ + 2, &b);
        expect_result(0, &b);
        assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
        teardown(state);
        setup(state);
    }
}

static void a_torn_revert_reads_one_way_and_stays_so(void **state)
{
    unsigned reverted = 0;

    for (unsigned seed = 0; seed < 60; seed++) {
        boot();
        install(&b);
        nor_plan_cut(&nor, 1, NOR_CUT_TORN, seed);
        assert_int_equal(otaria_slots_revert(&slots), OTARIA_E_FLASH_IO);
        nor_power_on(&nor);
        enum otaria_boot_kind kind = boot();
        reverted += kind == OTARIA_BOOT_REVERTED;
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(boot(), kind);
        }
        if (kind == OTARIA_BOOT_REVERTED) {
            assert_int_equal(slots.words.revert, 0);
        } else {
            assert_int_equal(kind, OTARIA_BOOT_ACTIVE);
            assert_int_equal(otaria_slots_revert(&slots), 0);
            assert_int_equal(boot(), OTARIA_BOOT_REVERTED);
        }
        teardown(state);
        setup(state);
    }
    assert_in_range(reverted, 1, 59); /* both ways were met */
}

static void the_owners_revert_keeps_the_floor_and_leaves_the_release_behind(void **state)
{
    uint8_t digest[32];

    (void)state;
    boot();
    install(&b);
    install(&c);
    assert_int_equal(otaria_slots_revert(&slots), 0);
    assert_int_equal(boot(), OTARIA_BOOT_REVERTED);
    assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_REVERTED);
    expect_floor(SEQ + 3, &c);
    assert_true(otaria_slots_running_manifest(&slots, digest));
    assert_memory_equal(digest, b.m.digest, 32);
    assert_int_equal(otaria_slots_running_seq(&slots), SEQ + 2);
    assert_false(otaria_slots_can_revert(&slots));
    assert_int_equal(otaria_slots_may_take(&slots, &c.m, false), OTARIA_E_LEFT_BEHIND);
    assert_int_equal(otaria_slots_may_take(&slots, &c.m, true), 0);
    uint64_t ops = nor.ops;
    assert_int_equal(boot(), OTARIA_BOOT_REVERTED);
    assert_int_equal(nor.ops, ops);
}

static void a_previous_image_that_is_not_what_it_was_is_not_reverted_to(void **state)
{
    (void)state;
    boot();
    install(&b);
    nor.mem[layout->slot[0] + 3000] ^= 1;
    assert_true(otaria_slots_can_revert(&slots)); /* as far as the header tells */
    assert_int_equal(otaria_slots_revert(&slots), OTARIA_E_NO_PREVIOUS);
    assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
}

static void while_on_trial_nothing_else_is_taken(void **state)
{
    (void)state;
    boot();
    stage(&b);
    boot();
    uint64_t ops = nor.ops;
    assert_int_equal(otaria_slots_may_take(&slots, &c.m, true), OTARIA_E_ON_TRIAL);
    assert_int_equal(otaria_slots_stage(&slots, &c.m), OTARIA_E_ON_TRIAL);
    assert_int_equal(otaria_slots_adopt(&slots, &b.m), OTARIA_E_ON_TRIAL);
    assert_int_equal(otaria_slots_revert(&slots), OTARIA_E_ON_TRIAL);
    assert_int_equal(nor.ops, ops);
}

static void outside_a_trial_its_verbs_do_nothing(void **state)
{
    (void)state;
    boot();
    uint64_t ops = nor.ops;
    assert_int_equal(otaria_slots_stage_reached(&slots, OTARIA_STAGE_ALL), 0);
    assert_int_equal(otaria_slots_healthy(&slots), 0);
    assert_int_equal(otaria_slots_confirm(&slots), 0);
    assert_int_equal(otaria_slots_give_up(&slots), OTARIA_E_STATE);
    assert_int_equal(nor.ops, ops);
}

static void an_incomplete_slot_or_two_components_are_not_staged(void **state)
{
    (void)state;
    boot();
    assert_int_equal(otaria_slots_stage(&slots, &b.m), OTARIA_E_STATE);
    fill_target(&b);
    b.m.components_cnt = 2;
    assert_int_equal(otaria_slots_stage(&slots, &b.m), OTARIA_E_COMPONENTS);
    assert_int_equal(otaria_slots_may_take(&slots, &b.m, true), OTARIA_E_COMPONENTS);
}

static void a_staged_trial_can_be_taken_back(void **state)
{
    (void)state;
    boot();
    stage(&b);
    assert_int_equal(otaria_slots_unstage(&slots), 0);
    assert_false(otaria_slots_staged(&slots));
    assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
    assert_int_equal(slots.running, 0);
    uint64_t ops = nor.ops;
    assert_int_equal(otaria_slots_unstage(&slots), 0);
    assert_int_equal(nor.ops, ops);
}

static void adopting_remembers_m_and_keeps_the_way_back(void **state)
{
    struct small_release again;
    uint8_t digest[32];

    (void)state;
    boot();
    assert_int_equal(otaria_slots_adopt(&slots, &b.m), OTARIA_E_STATE);
    assert_int_equal(otaria_slots_adopt(&slots, &a.m), 0);
    assert_true(otaria_slots_running_manifest(&slots, digest));
    assert_memory_equal(digest, a.m.digest, 32);
    expect_floor(SEQ + 1, &a);
    expect_result(0, &a);
    assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
    expect_floor(SEQ + 1, &a);
    assert_int_equal(otaria_slots_running_seq(&slots), SEQ + 1);

    install(&b);
    small_release_make(&again, 6000, "2", SEQ + 9, 2); /* the same image, a later M */
    assert_int_equal(otaria_slots_adopt(&slots, &again.m), 0);
    assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
    expect_floor(SEQ + 9, &again);
    assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_CONFIRMED);
    assert_int_equal(otaria_slots_adopt(&slots, &b.m), OTARIA_E_STATE); /* below the floor */
    assert_int_equal(otaria_slots_revert(&slots), 0);
    assert_int_equal(boot(), OTARIA_BOOT_REVERTED);
    assert_int_equal(slots.running, 0);
    expect_floor(SEQ + 9, &again);
    small_release_free(&again);
}

static void the_floor_survives_the_loss_of_log_or_records(void **state)
{
    uint8_t junk[OTARIA_SECTOR];

    (void)state;
    memset(junk, 0x5A, sizeof junk);
    boot();
    install(&b);
    install(&c);
    for (unsigned i = 0; i < 2; i++) {
        nor_poke(&nor, layout->nv[i], junk, sizeof junk);
    }
    boot();
    expect_floor(SEQ + 3, &c);
    for (unsigned i = 0; i < 2; i++) {
        nor_poke(&nor, layout->record[i], junk, sizeof junk);
    }
    assert_int_equal(boot(), OTARIA_BOOT_NO_RECORD);
    expect_floor(SEQ + 3, &c);
    assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_CONFIRMED);
}

static void a_record_that_does_not_explain_what_runs_is_replaced(void **state)
{
    uint8_t digest[32];

    (void)state;
    boot();
    install(&b);
    memset(nor.mem + layout->slot[1], 0, 4); /* the confirmed slot is damaged */
    assert_int_equal(boot(), OTARIA_BOOT_RESCUE);
    assert_int_equal(slots.running, 0);
    assert_int_equal(otaria_slots_state(&slots), OTARIA_RUN_CONFIRMED);
    expect_floor(SEQ + 2, &b);
    assert_false(otaria_slots_running_manifest(&slots, digest));
    assert_int_equal(boot(), OTARIA_BOOT_ACTIVE);
    assert_int_equal(otaria_slots_may_take(&slots, &b.m, false), 0); /* repair */
    install(&b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_first_start_writes_a_record_of_what_runs),
        T(a_staged_layout_is_refused),
        T(a_trial_that_reaches_all_stages_is_confirmed),
        T(a_failed_trial_tells_its_lowest_missing_stage),
        T(a_release_that_fails_again_is_reported_again),
        T(a_slot_that_rotted_before_its_trial_is_the_reason),
        T(a_try_that_could_not_be_spent_condemns_nothing),
        T(healthy_boots_buy_tries),
        T(a_confirm_cut_in_the_last_try_is_finished_later),
        T(a_torn_revert_reads_one_way_and_stays_so),
        T(the_owners_revert_keeps_the_floor_and_leaves_the_release_behind),
        T(a_previous_image_that_is_not_what_it_was_is_not_reverted_to),
        T(while_on_trial_nothing_else_is_taken),
        T(outside_a_trial_its_verbs_do_nothing),
        T(an_incomplete_slot_or_two_components_are_not_staged),
        T(a_staged_trial_can_be_taken_back),
        T(adopting_remembers_m_and_keeps_the_way_back),
        T(the_floor_survives_the_loss_of_log_or_records),
        T(a_record_that_does_not_explain_what_runs_is_replaced),
    };

    return cmocka_run_group_tests(tests, open_flash, close_flash);
}
