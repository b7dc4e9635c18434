// SPDX-License-Identifier: MIT
/* The encoder against vectors that an independent generator made: the same facts, the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/release.h"
#include "tests/vectors/vectors.h"

#define KEYS OTARIA_SOURCE_DIR "/spec/vectors/manifest/keys/"

static struct vectors all;
static struct key_pair key[3]; /* a, b, c */

static int open_vectors(void **state)
{
    struct err err = {0};

    (void)state;
    vectors_open(&all);
    for (int i = 0; i < 3; i++) {
        char path[512];

        snprintf(path, sizeof path, KEYS "%c.key.pem", 'a' + i);
        if (keys_load(path, NULL, &key[i], &err) < 0)
            return -1;
    }
    return 0;
}

static int close_vectors(void **state)
{
    (void)state;
    vectors_close(&all);
    return 0;
}

/* The facts of a vector as a plan; uri borrows from *uris. */
static void plan_of(const struct vector *v, const uint8_t *suit, size_t len,
                    struct release_plan *plan, char uris[2][OTARIA_URI_MAX + 1])
{
    struct otaria_manifest m;
    struct err err = {0};

    memset(plan, 0, sizeof *plan);
    assert_int_equal(release_check(suit, len, &v->trust, &m, &plan->text, &err), 0);
    plan->seq = m.seq;
    plan->components_cnt = m.components_cnt;
    for (unsigned i = 0; i < m.components_cnt; i++) {
        plan->component[i].size = m.component[i].size;
        memcpy(plan->component[i].digest, m.component[i].digest, 32);
        snprintf(uris[i], OTARIA_URI_MAX + 1, "%.*s", (int)m.component[i].uri.len,
                 (const char *)m.component[i].uri.p);
        plan->component[i].uri = uris[i];
    }
}

static void facts_of_a_vector_become_its_bytes(void **state)
{
    static const struct {
        const char *name;
        size_t keys_cnt;
    } rows[] = {
        {"typical", 1}, {"uri-absolute", 1}, {"uri-1", 1},   {"uri-23", 1},   {"uri-24", 1},
        {"uri-200", 1}, {"uri-edges", 1},    {"seq-0", 1},   {"seq-1", 1},    {"seq-23", 1},
        {"seq-24", 1},  {"seq-255", 1},      {"seq-256", 1}, {"blocks-2", 2}, {"blocks-3", 3},
        {"two", 1},     {"two-same-uri", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct vector *v = vectors_find(&all, rows[i].name);
        uint8_t out[OTARIA_ENVELOPE_MAX];
        char uris[2][OTARIA_URI_MAX + 1];
        struct release_plan plan;
        struct err err = {0};
        size_t len, out_len;
        uint8_t *suit = vector_read(v, &len);

        plan_of(v, suit, len, &plan, uris);
        assert_int_equal(release_encode(&plan, key, rows[i].keys_cnt, out, &out_len, &err), 0);
        if (out_len != len || memcmp(out, suit, len) != 0)
            print_error("%s differs\n", v->name);
        assert_int_equal(out_len, len);
        assert_memory_equal(out, suit, len);
        free(suit);
    }
}

static void make_plan(struct release_plan *plan)
{
    struct err err = {0};

    memset(plan, 0, sizeof *plan);
    assert_int_equal(
        release_text_set(&plan->text, "example.org", "emon", "esp12e", "4m2m", "1.0.3", &err), 0);
    plan->seq = 1732449600;
    plan->components_cnt = 1;
    plan->component[0].size = 1000;
    plan->component[0].uri = "x.bin";
}

static void expect_refused(const struct release_plan *plan, size_t keys_cnt, int code,
                           const char *says)
{
    uint8_t out[OTARIA_ENVELOPE_MAX];
    struct err err = {0};
    size_t len;

    assert_int_equal(release_encode(plan, key, keys_cnt, out, &len, &err), -1);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.text, says));
}

/* Nothing leaves the encoder that a device or the server would refuse. */
static void what_a_device_would_refuse_is_not_written(void **state)
{
    char long_uri[OTARIA_URI_MAX + 2];
    struct release_plan plan;

    (void)state;
    make_plan(&plan);
    plan.component[0].size = 0xF8001;
    expect_refused(&plan, 1, OTARIA_E_TOO_LARGE, "would be refused");
    make_plan(&plan);
    plan.component[0].size = 0;
    expect_refused(&plan, 1, OTARIA_E_ENVELOPE, "would be refused");
    make_plan(&plan);
    memset(long_uri, 'u', sizeof long_uri - 1);
    long_uri[sizeof long_uri - 1] = '\0';
    plan.component[0].uri = long_uri;
    expect_refused(&plan, 1, OTARIA_E_URI, "would be refused");
    make_plan(&plan);
    plan.component[0].uri = "with space";
    expect_refused(&plan, 1, OTARIA_E_ENVELOPE, "would be refused");
    make_plan(&plan);
    plan.components_cnt = 2;
    plan.component[1] = plan.component[0];
    expect_refused(&plan, 1, OTARIA_E_COMPONENTS, "would be refused");
    make_plan(&plan);
    plan.seq = 1ULL << 53;
    expect_refused(&plan, 1, ERR_USAGE, "2^53-1");
    make_plan(&plan);
    expect_refused(&plan, 0, ERR_USAGE, "1 to 3 keys");
    expect_refused(&plan, 4, ERR_USAGE, "1 to 3 keys");
}

static void a_key_given_twice_is_refused(void **state)
{
    struct key_pair twice[2] = {key[0], key[0]};
    uint8_t out[OTARIA_ENVELOPE_MAX];
    struct release_plan plan;
    struct err err = {0};
    size_t len;

    (void)state;
    make_plan(&plan);
    assert_int_equal(release_encode(&plan, twice, 2, out, &len, &err), -1);
    assert_non_null(strstr(err.text, "given twice"));
}

static void names_that_do_not_fit_the_text_together_are_refused(void **state)
{
    struct release_plan plan;

    (void)state;
    make_plan(&plan);
    memset(plan.text.vendor, 'v', 127);
    snprintf(plan.text.class_text, sizeof plan.text.class_text, "%063d/%063d/4m2m", 0, 0);
    expect_refused(&plan, 1, ERR_FAILED, "too long together");
}

/* A wrong secret signs what its public half does not verify: the self-check must see it. */
static void a_signature_that_does_not_verify_is_not_written(void **state)
{
    struct key_pair broken = key[0];
    uint8_t out[OTARIA_ENVELOPE_MAX];
    struct release_plan plan;
    struct err err = {0};
    size_t len;

    (void)state;
    make_plan(&plan);
    broken.secret[31] ^= 1;
    assert_int_equal(release_encode(&plan, &broken, 1, out, &len, &err), -1);
    assert_int_equal(err.code, OTARIA_E_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_a_vector_become_its_bytes),
        cmocka_unit_test(what_a_device_would_refuse_is_not_written),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(names_that_do_not_fit_the_text_together_are_refused),
        cmocka_unit_test(a_signature_that_does_not_verify_is_not_written),
    };

    return cmocka_run_group_tests(tests, open_vectors, close_vectors);
}
