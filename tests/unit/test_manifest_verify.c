// SPDX-License-Identifier: MIT
/* Verdicts; every kind of signature is covered by tests/vectors. One program a crypto backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/vectors/vectors.h"

static struct vectors all;
static uint8_t *envelope;
static size_t envelope_len;
static struct otaria_manifest m;
static struct otaria_trust trust;
static struct otaria_identity id;
static uint8_t keys[OTARIA_KEYS_MAX][65];

static int open_all(void **state)
{
    (void)state;
    vectors_open(&all);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    vectors_close(&all);
    return 0;
}

/* m, trust and id as the vector says; keys may be changed by the test. */
static void use(const char *name)
{
    const struct vector *v = vectors_find(&all, name);

    free(envelope);
    envelope = vector_read(v, &envelope_len);
    memcpy(keys, v->keys, sizeof keys);
    trust = v->trust;
    trust.keys = (const uint8_t(*)[65])keys;
    id = v->id;
    assert_int_equal(otaria_manifest_decode(&m, envelope, envelope_len), 0);
}

static int use_base(void **state)
{
    (void)state;
    use("base");
    return 0;
}

static int drop(void **state)
{
    (void)state;
    free(envelope);
    envelope = NULL;
    return 0;
}

static int verify(void)
{
    return otaria_manifest_verify(&m, &trust);
}

static int applies(void)
{
    return otaria_manifest_applies(&m, &id);
}

/* ---- verify ---- */

static void verify_accepts_a_trusted_signature_and_reads_threshold_0_as_1(void **state)
{
    (void)state;
    assert_int_equal(verify(), 0);
    trust.threshold = 0;
    assert_int_equal(verify(), 0);
}

static void verify_without_keys_is_refused(void **state)
{
    (void)state;
    trust.keys = NULL;
    trust.keys_cnt = 0;
    assert_int_equal(verify(), OTARIA_E_SIGNATURE);
}

static void verify_counts_a_key_that_is_listed_twice_once(void **state)
{
    (void)state;
    memcpy(keys[1], keys[0], 65);
    trust.keys_cnt = 2;
    trust.threshold = 2;
    assert_int_equal(verify(), OTARIA_E_THRESHOLD);
    trust.threshold = 1;
    assert_int_equal(verify(), 0);
}

static void verify_refuses_when_the_signed_digest_was_changed_after_decode(void **state)
{
    (void)state;
    m.digest[31] ^= 1;
    assert_int_equal(verify(), OTARIA_E_SIGNATURE);
}

static void verify_refuses_a_manifest_that_no_decode_filled(void **state)
{
    (void)state;
    memset(&m, 0, sizeof m);
    assert_int_equal(verify(), OTARIA_E_NO_BLOCK);
}

static void verify_refuses_what_decode_bare_gave(void **state)
{
    struct otaria_manifest bare;

    (void)state;
    assert_int_equal(otaria_manifest_decode_bare(&bare, m.manifest.p, m.manifest.len), 0);
    assert_int_equal(otaria_manifest_verify(&bare, &trust), OTARIA_E_NO_BLOCK);
}

static void verify_refuses_blocks_that_were_damaged_after_decode(void **state)
{
    (void)state;
    m.blocks.len--;
    assert_int_equal(verify(), OTARIA_E_NO_BLOCK);
}

static unsigned hook_calls;

static void run_hook(void *ctx, void (*fn)(void *arg), void *arg)
{
    assert_ptr_equal(ctx, &hook_calls);
    hook_calls++;
    fn(arg);
}

static void broken_hook(void *ctx, void (*fn)(void *arg), void *arg)
{
    (void)ctx;
    (void)fn;
    (void)arg;
}

static void verify_runs_once_through_the_stack_hook(void **state)
{
    (void)state;
    hook_calls = 0;
    trust.on_stack = run_hook;
    trust.on_stack_ctx = &hook_calls;
    assert_int_equal(verify(), 0);
    assert_int_equal(hook_calls, 1);
}

static void verify_is_a_refusal_when_the_hook_does_not_run_it(void **state)
{
    (void)state;
    trust.on_stack = broken_hook;
    assert_int_equal(verify(), OTARIA_E_SIGNATURE);
}

/* ---- applies ---- */

static void applies_checks_vendor_class_sequence_size_in_this_order(void **state)
{
    (void)state;
    id.floor_seq = m.seq + 1;
    id.image_max[0] = m.component[0].size - 1;
    id.class_id[15] ^= 1;
    id.vendor[0] ^= 1;
    assert_int_equal(applies(), OTARIA_E_VENDOR);
    id.vendor[0] ^= 1;
    assert_int_equal(applies(), OTARIA_E_CLASS);
    id.class_id[15] ^= 1;
    assert_int_equal(applies(), OTARIA_E_OLD_SEQUENCE);
    id.floor_seq = m.seq - 1;
    assert_int_equal(applies(), OTARIA_E_TOO_LARGE);
    id.image_max[0] = m.component[0].size;
    assert_int_equal(applies(), 0);
}

static void applies_takes_the_floor_again_only_for_the_confirmed_manifest(void **state)
{
    (void)state;
    id.floor_seq = m.seq;
    assert_int_equal(applies(), OTARIA_E_SAME_SEQUENCE);
    id.has_floor_digest = true;
    memcpy(id.floor_digest, m.digest, 32);
    assert_int_equal(applies(), 0);
    id.floor_digest[0] ^= 1;
    assert_int_equal(applies(), OTARIA_E_SAME_SEQUENCE);
}

static void applies_takes_sequence_0_on_a_device_that_confirmed_nothing(void **state)
{
    (void)state;
    m.seq = 0;
    id.floor_seq = 0;
    id.has_floor_digest = false;
    assert_int_equal(applies(), 0);
    id.has_floor_digest = true;
    assert_int_equal(applies(), OTARIA_E_SAME_SEQUENCE);
}

static void applies_refuses_a_component_that_has_no_place(void **state)
{
    (void)state;
    m.components_cnt = 2;
    m.component[1].size = 1;
    id.image_max[1] = 0;
    assert_int_equal(applies(), OTARIA_E_COMPONENTS);
    id.image_max[1] = 1;
    assert_int_equal(applies(), 0);
    m.component[1].size = 2;
    assert_int_equal(applies(), OTARIA_E_TOO_LARGE);
}

/* ---- accept ---- */

static int accept(void)
{
    memset(&m, 0xAA, sizeof m);
    return otaria_manifest_accept(&m, envelope, envelope_len, &trust, &id);
}

static void assert_zero(void)
{
    static const struct otaria_manifest zero;

    assert_memory_equal(&m, &zero, sizeof m);
}

static void accept_fills_the_manifest_only_when_every_step_accepts(void **state)
{
    (void)state;
    assert_int_equal(accept(), 0);
    assert_int_equal(m.component[0].size, 1000);
    id.vendor[3] ^= 1;
    assert_int_equal(accept(), OTARIA_E_VENDOR);
    assert_zero();
    trust.keys_cnt = 0;
    assert_int_equal(accept(), OTARIA_E_SIGNATURE);
    assert_zero();
    envelope_len--;
    assert_int_equal(accept(), OTARIA_E_ENVELOPE);
    assert_zero();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, use_base, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(verify_accepts_a_trusted_signature_and_reads_threshold_0_as_1),
        TEST(verify_without_keys_is_refused),
        TEST(verify_counts_a_key_that_is_listed_twice_once),
        TEST(verify_refuses_when_the_signed_digest_was_changed_after_decode),
        TEST(verify_refuses_a_manifest_that_no_decode_filled),
        TEST(verify_refuses_what_decode_bare_gave),
        TEST(verify_refuses_blocks_that_were_damaged_after_decode),
        TEST(verify_runs_once_through_the_stack_hook),
        TEST(verify_is_a_refusal_when_the_hook_does_not_run_it),
        TEST(applies_checks_vendor_class_sequence_size_in_this_order),
        TEST(applies_takes_the_floor_again_only_for_the_confirmed_manifest),
        TEST(applies_takes_sequence_0_on_a_device_that_confirmed_nothing),
        TEST(applies_refuses_a_component_that_has_no_place),
        TEST(accept_fills_the_manifest_only_when_every_step_accepts),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
