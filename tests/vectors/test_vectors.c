// SPDX-License-Identifier: MIT
/*
 * The device library against vectors that others made: spec/vectors/manifest by the project's independent
 * generator, and the examples of the SUIT draft where their folder is present. One program a backend.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "tests/guard.h"
#include "tests/vectors/vectors.h"

#define SUIT OTARIA_SOURCE_DIR "/../shared/vectors/suit/"

static struct vectors all;
static struct guard guard;
static size_t bit_step = 1; /* "sampled": a prime, unless OTARIA_LONG is set */

static const char *name_of(int result)
{
    return result == 0 ? "accepted" : otaria_error_name(result);
}

static bool is_zero(const struct otaria_manifest *m)
{
    static const struct otaria_manifest zero;

    return memcmp(m, &zero, sizeof zero) == 0;
}

static int accept_at_guard(const struct vector *v, const uint8_t *data, size_t len)
{
    struct otaria_manifest m;
    int result = otaria_manifest_accept(&m, guard_copy(&guard, data, len), len, &v->trust, &v->id);

    assert_true(result <= 0);
    assert_int_equal(is_zero(&m), result != 0);
    return result;
}

static void every_vector_gets_its_code(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < all.cnt; i++) {
        const struct vector *v = &all.v[i];
        size_t len;
        uint8_t *data = vector_read(v, &len);
        const char *found = name_of(accept_at_guard(v, data, len));

        if (strcmp(found, v->expected) != 0) {
            print_error("%s: expected %s, found %s\n", v->name, v->expected, found);
            wrong++;
        }
        free(data);
    }
    print_message("%zu vectors\n", all.cnt);
    assert_int_equal(wrong, 0);
}

static void text_of_every_importable_vector_can_be_read(void **state)
{
    unsigned cnt = 0;

    (void)state;
    for (size_t i = 0; i < all.cnt; i++) {
        struct otaria_manifest m;
        struct otaria_manifest_text text;
        size_t len;
        uint8_t *data;

        if (strcmp(all.v[i].import, "accepted") != 0)
            continue;
        data = vector_read(&all.v[i], &len);
        assert_int_equal(otaria_manifest_decode(&m, data, len), 0);
        assert_int_equal(otaria_manifest_text(&m, &text), 0);
        free(data);
        cnt++;
    }
    assert_true(cnt > 0);
}

static void flip_every_bit(const char *name)
{
    const struct vector *v = vectors_find(&all, name);
    size_t len;
    uint8_t *data = vector_read(v, &len);

    assert_int_equal(accept_at_guard(v, data, len), 0);
    for (size_t bit = 0; bit < 8 * len; bit += bit_step) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (accept_at_guard(v, data, len) == 0)
            fail_msg("%s: accepted with bit %zu flipped", name, bit);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(data);
}

static void every_single_bit_flip_is_refused(void **state)
{
    (void)state;
    flip_every_bit("base");
    flip_every_bit("base-es256");
}

static void every_truncation_is_refused(void **state)
{
    const struct vector *v = vectors_find(&all, "base");
    size_t len;
    uint8_t *data = vector_read(v, &len);

    (void)state;
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(accept_at_guard(v, data, cut), OTARIA_E_ENVELOPE);
    free(data);
}

static void every_single_byte_more_is_refused(void **state)
{
    const struct vector *v = vectors_find(&all, "base");
    size_t len;
    uint8_t *data = vector_read(v, &len);

    (void)state;
    data = xrealloc(data, len + 1);
    for (unsigned byte = 0; byte < 256; byte++) {
        data[len] = (uint8_t)byte;
        assert_int_equal(accept_at_guard(v, data, len + 1), OTARIA_E_ENVELOPE);
    }
    free(data);
}

/* What a record sector keeps decodes to what the envelope said. */
static void bare_manifest_of_every_accepted_vector_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < all.cnt; i++) {
        struct otaria_manifest m, bare;
        size_t len;
        uint8_t *data;

        if (strcmp(all.v[i].expected, "accepted") != 0)
            continue;
        data = vector_read(&all.v[i], &len);
        assert_int_equal(otaria_manifest_decode(&m, data, len), 0);
        assert_int_equal(
            otaria_manifest_decode_bare(&bare, guard_copy(&guard, m.manifest.p, m.manifest.len),
                                        m.manifest.len),
            0);
        assert_int_equal(bare.seq, m.seq);
        assert_int_equal(bare.components_cnt, m.components_cnt);
        assert_memory_equal(bare.digest, m.digest, 32);
        assert_memory_equal(bare.component[0].digest, m.component[0].digest, 32);
        assert_int_equal(bare.component[0].uri.len, m.component[0].uri.len);
        assert_int_equal(bare.component[1].size, m.component[1].size);
        free(data);
    }
}

/* ---- the SUIT draft's own examples ---- */

/* "<name>": "<64 hex digits>" in the draft's key.json. */
static void read_coordinate(const char *json, const char *name, uint8_t out[32])
{
    char digits[65] = "";
    const char *at = strstr(json, name);

    assert_non_null(at);
    memcpy(digits, at + strlen(name), 64);
    assert_true(hex_decode(out, 32, digits));
}

static bool read_suit(const char *name, uint8_t **data, size_t *len)
{
    char *path = xasprintf("%s%s", SUIT, name);
    struct err err;
    bool there = file_read(path, 1u << 16, data, len, &err) == 0;

    free(path);
    return there;
}

static int accept_suit_example(const char *name, const struct otaria_trust *trust,
                               struct otaria_manifest *m)
{
    struct otaria_identity id = {.image_max = {1015808, 0}};
    uint8_t *data;
    size_t len;
    int result;

    assert_true(hex_decode(id.vendor, 16, "fa6b4a53d5ad5fdfbe9de663e4d41ffe"));
    assert_true(hex_decode(id.class_id, 16, "1492af1425695e48bf429b2d51f2ab45"));
    assert_true(read_suit(name, &data, &len));
    result = otaria_manifest_accept(m, guard_copy(&guard, data, len), len, trust, &id);
    free(data);
    return result;
}

static void suit_draft_examples_0_and_1_are_accepted_and_3_is_refused(void **state)
{
    uint8_t key[1][65] = {{0x04}};
    struct otaria_trust trust = {.keys = (const uint8_t(*)[65])key, .keys_cnt = 1};
    struct otaria_manifest m;
    uint8_t *json;
    size_t len;

    (void)state;
    if (!read_suit("key.json", &json, &len)) {
        print_message("skipped: ../shared/vectors not present\n");
        skip();
    }
    read_coordinate((char *)json, "\"x\": \"", key[0] + 1);
    read_coordinate((char *)json, "\"y\": \"", key[0] + 33);
    free(json);
    assert_int_equal(accept_suit_example("manifest-spec-37-example0.signed.cbor", &trust, &m), 0);
    assert_int_equal(m.component[0].size, 34768);
    assert_int_equal(m.component[0].uri.len, 0);
    assert_int_equal(accept_suit_example("manifest-spec-37-example1.signed.cbor", &trust, &m), 0);
    assert_int_equal(m.seq, 1);
    assert_memory_equal(m.component[0].uri.p, "http://example.com/file.bin", 27);
    assert_int_equal(accept_suit_example("manifest-spec-37-example3.signed.cbor", &trust, &m),
                     OTARIA_E_ENVELOPE);
}

static int open_all(void **state)
{
    (void)state;
    vectors_open(&all);
    guard_open(&guard, 1u << 16);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    guard_close(&guard);
    vectors_close(&all);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_gets_its_code),
        cmocka_unit_test(text_of_every_importable_vector_can_be_read),
        cmocka_unit_test(bare_manifest_of_every_accepted_vector_gives_the_same),
        cmocka_unit_test(every_single_bit_flip_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_single_byte_more_is_refused),
        cmocka_unit_test(suit_draft_examples_0_and_1_are_accepted_and_3_is_refused),
    };
    if (argc > 1 && strcmp(argv[1], "sampled") == 0 && getenv("OTARIA_LONG") == NULL)
        bit_step = 11;
    return cmocka_run_group_tests(tests, open_all, close_all);
}
