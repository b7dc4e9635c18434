// SPDX-License-Identifier: MIT
/*
 * What the decoder gives and leaves; the template itself is covered by tests/vectors. The examples of
 * manifest.h and cbor.h are compiled here, as they stand in the headers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/cbor.h>
#include <otaria/manifest.h>

#include "base/hex.h"
#include "tests/guard.h"
#include "tests/vectors/vectors.h"

static struct vectors all;
static struct guard guard;
static struct otaria_manifest found;

static int open_all(void **state)
{
    (void)state;
    vectors_open(&all);
    guard_open(&guard, 1u << 13);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    guard_close(&guard);
    vectors_close(&all);
    return 0;
}

/* The vector's bytes at the guard page. */
static struct otaria_span load(const char *name)
{
    struct otaria_span s;
    uint8_t *data = vector_read(vectors_find(&all, name), &s.len);

    s.p = guard_copy(&guard, data, s.len);
    free(data);
    return s;
}

static bool is_zero(const struct otaria_manifest *manifest)
{
    static const struct otaria_manifest zero;

    return memcmp(manifest, &zero, sizeof zero) == 0;
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char text[HEX_SIZE(32)];

    hex_encode(text, bytes, len);
    assert_string_equal(text, expected);
}

static void assert_span(struct otaria_span s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.p, expected, s.len);
}

/* The envelope that spec/FORMAT.md takes apart byte by byte. */
static void decode_gives_what_the_format_page_shows(void **state)
{
    struct otaria_span s = load("typical");

    (void)state;
    assert_int_equal(otaria_manifest_decode(&found, s.p, s.len), 0);
    assert_true(found.seq == 1732449600);
    assert_hex(found.vendor, 16, "aad036818b63530489e08ca8f49461b5");
    assert_hex(found.class_id, 16, "4aa735facc0a5cc1aba70b09e466bb09");
    assert_int_equal(found.components_cnt, 1);
    assert_int_equal(found.component[0].size, 1000);
    assert_hex(found.component[0].digest, 32,
               "6954c84a8fc727dda64a03ee0e92fdf5fd26cdc24ac13af6aff7ca99f6fde7dd");
    assert_span(found.component[0].uri, "emon-esp12e-4m2m-1.0.3.bin");
    assert_hex(found.digest, 32,
               "1420ce85e2fd2fd991259ce847a70270a39a7d278da05ade5b3b89f06bc558cc");
    assert_int_equal(found.blocks_cnt, 1);
    assert_true(found.has_text_digest);
    assert_hex(found.text_digest, 32,
               "92f634fb01a142daa142f2641fe67df44fe58f49cc9ff0187c8f50aef98ad1af");
}

static void decode_borrows_from_the_envelope(void **state)
{
    struct otaria_span s = load("typical");

    (void)state;
    assert_int_equal(otaria_manifest_decode(&found, s.p, s.len), 0);
    assert_true(found.manifest.p > s.p && found.manifest.p + found.manifest.len < s.p + s.len);
    assert_ptr_equal(found.text.p + found.text.len, s.p + s.len);
    assert_true(found.blocks.p > s.p && found.blocks.p + found.blocks.len < found.manifest.p);
    assert_true(found.component[0].uri.p > found.manifest.p);
}

static void decode_says_nothing_about_who_signed(void **state)
{
    struct otaria_span s = load("typical");
    uint8_t *bytes = guard_tail(&guard, s.len);

    (void)state;
    assert_int_equal(otaria_manifest_decode(&found, s.p, s.len), 0);
    bytes[found.blocks.p + found.blocks.len - 1 - s.p] ^= 1; /* the signature's last byte */
    assert_int_equal(otaria_manifest_decode(&found, s.p, s.len), 0);
}

static void assert_refused_and_zero(struct otaria_span s, size_t len, int expected)
{
    memset(&found, 0xAA, sizeof found);
    assert_int_equal(otaria_manifest_decode(&found, s.p, len), expected);
    assert_true(is_zero(&found));
}

static void decode_that_fails_leaves_all_zero(void **state)
{
    struct otaria_span s = load("typical");

    (void)state;
    for (size_t len = 0; len < s.len; len++)
        assert_refused_and_zero(s, len, OTARIA_E_ENVELOPE);
    s = load("digest-of-the-text");
    assert_refused_and_zero(s, s.len, OTARIA_E_TEXT);
    s = load("uri-201");
    assert_refused_and_zero(s, s.len, OTARIA_E_URI);
}

static void decode_refuses_more_than_4096_bytes_unread(void **state)
{
    uint8_t *at = guard_tail(&guard, OTARIA_ENVELOPE_LMS_MAX + 1);

    (void)state;
    memset(at, 0xD8, OTARIA_ENVELOPE_LMS_MAX + 1);
    assert_int_equal(otaria_manifest_decode(&found, at, OTARIA_ENVELOPE_LMS_MAX + 1),
                     OTARIA_E_ENVELOPE);
}

static void decode_refuses_a_text_that_the_manifest_does_not_name(void **state)
{
    static const uint8_t text[] = {23, 0x41, 0xA0};
    struct otaria_span s = load("base");
    uint8_t *longer = guard_tail(&guard, s.len + sizeof text);

    (void)state;
    memmove(longer, s.p, s.len);
    memcpy(longer + s.len, text, sizeof text);
    longer[2] = 0xA3;
    assert_int_equal(otaria_manifest_decode(&found, longer, s.len + sizeof text),
                     OTARIA_E_ENVELOPE);
}

static void decode_of_nothing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(otaria_manifest_decode(&found, NULL, 0), OTARIA_E_ENVELOPE);
    assert_int_equal(otaria_manifest_decode_bare(&found, NULL, 0), OTARIA_E_ENVELOPE);
}

static void decode_bare_refuses_truncation_and_trailing_bytes(void **state)
{
    struct otaria_span s = load("typical");
    uint8_t bare[OTARIA_MANIFEST_MAX + 1];
    size_t len;

    (void)state;
    assert_int_equal(otaria_manifest_decode(&found, s.p, s.len), 0);
    len = found.manifest.len;
    memcpy(bare, found.manifest.p, len);
    bare[len] = 0;
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(otaria_manifest_decode_bare(&found, guard_copy(&guard, bare, cut), cut),
                         OTARIA_E_ENVELOPE);
        assert_true(is_zero(&found));
    }
    assert_int_equal(otaria_manifest_decode_bare(&found, bare, len), 0);
    assert_int_equal(found.blocks_cnt, 0);
    assert_int_equal(found.text.len, 0);
    assert_int_equal(otaria_manifest_decode_bare(&found, bare, len + 1), OTARIA_E_ENVELOPE);
}

static void text_gives_the_three_parts(void **state)
{
    struct otaria_manifest_text text;
    struct otaria_span s = load("typical");

    (void)state;
    assert_int_equal(otaria_manifest_decode(&found, s.p, s.len), 0);
    assert_int_equal(otaria_manifest_text(&found, &text), 0);
    assert_span(text.class_text, "emon/esp12e/4m2m");
    assert_span(text.vendor, "example.org");
    assert_span(text.version, "1.0.3");
}

static void text_that_is_absent_is_refused(void **state)
{
    struct otaria_manifest_text text;
    struct otaria_span s = load("base");

    (void)state;
    assert_int_equal(otaria_manifest_decode(&found, s.p, s.len), 0);
    assert_int_equal(otaria_manifest_text(&found, &text), OTARIA_E_TEXT);
}

/* ---- the text's grammar ---- */

static int read_text(const char *class_text, const char *vendor, const char *version)
{
    static const uint8_t heads[] = {0xA1, 0x62, 'e', 'n', 0xA1, 0x81, 0x41, 0x00, 0xA3};
    struct otaria_manifest_text out;
    struct otaria_cbor_writer w;
    uint8_t buf[300];

    otaria_cbor_into(&w, buf, sizeof buf);
    otaria_cbor_put_raw(&w, heads, sizeof heads);
    otaria_cbor_put_uint(&w, 2);
    otaria_cbor_put_text(&w, class_text, strlen(class_text));
    otaria_cbor_put_uint(&w, 3);
    otaria_cbor_put_text(&w, vendor, strlen(vendor));
    otaria_cbor_put_uint(&w, 6);
    otaria_cbor_put_text(&w, version, strlen(version));
    assert_false(w.overflow);
    memset(&found, 0, sizeof found);
    found.text.p = guard_copy(&guard, buf, w.len);
    found.text.len = w.len;
    return otaria_manifest_text(&found, &out);
}

static void text_accepts_names_of_the_allowed_characters(void **state)
{
    (void)state;
    assert_int_equal(read_text("a/b/c", "d", "1"), 0);
    assert_int_equal(read_text("AZ09._-/b.c/-", "a-z.09", "v1.0.3-rc1+g0abcd~"), 0);
    assert_int_equal(read_text("a/b/c", "d", "0123456789abcdef0123456789abcdef"), 0);
}

static void text_refuses_names_that_could_harm_a_path_or_a_line(void **state)
{
    static const char *const bad_class[] = {
        "",       "a",     "a/b",    "a/b/",    "/b/c",    "a//c",     "a/b/c/d", "a/b/c/",
        "../b/c", "a/./c", "a/b/.c", "a b/b/c", "a/b/c\n", "a/b/\x80", "a\\/b/c", "a/b:/c"};
    static const char *const bad_vendor[] = {"",    "Example.org", "a/b", "a b",
                                             "a_b", "a:80",        "\xC3"};
    static const char *const bad_version[] = {"",    "1.0/3", "1 0",
                                              "1\n", "1\x7F", "0123456789abcdef0123456789abcdefX"};

    (void)state;
    for (size_t i = 0; i < sizeof bad_class / sizeof bad_class[0]; i++)
        assert_int_equal(read_text(bad_class[i], "d", "1"), OTARIA_E_TEXT);
    for (size_t i = 0; i < sizeof bad_vendor / sizeof bad_vendor[0]; i++)
        assert_int_equal(read_text("a/b/c", bad_vendor[i], "1"), OTARIA_E_TEXT);
    for (size_t i = 0; i < sizeof bad_version / sizeof bad_version[0]; i++)
        assert_int_equal(read_text("a/b/c", "d", bad_version[i]), OTARIA_E_TEXT);
}

/* ---- the headers' examples ---- */

static size_t fetched;

static void fetch(struct otaria_span uri, uint32_t size, const uint8_t digest[32])
{
    assert_span(uri, "emon-esp12e-4m2m-1.0.3.bin");
    assert_int_equal(digest[0], 0x69);
    fetched = size;
}

static int example_of_manifest_h(const uint8_t *envelope, size_t envelope_len,
                                 struct otaria_trust trust, struct otaria_identity identity)
{
#include "example_manifest.inc"
    return 0;
}

static uint64_t again_s;

static int example_of_cbor_h(const uint8_t *body, size_t body_len)
{
#include "example_cbor.inc"
    return 0;
}

static void example_of_manifest_h_fetches_an_accepted_release(void **state)
{
    const struct vector *v = vectors_find(&all, "typical");
    struct otaria_span s = load("typical");

    (void)state;
    fetched = 0;
    assert_int_equal(example_of_manifest_h(s.p, s.len, v->trust, v->id), 0);
    assert_int_equal(fetched, 1000);
    assert_int_equal(example_of_manifest_h(s.p, s.len - 1, v->trust, v->id), OTARIA_E_ENVELOPE);
}

static void example_of_cbor_h_reads_a_map(void **state)
{
    static const uint8_t body[] = {0xA2, 2, 0x41, 0x00, 4, 0x18, 60};

    (void)state;
    assert_int_equal(example_of_cbor_h(guard_copy(&guard, body, sizeof body), sizeof body), 0);
    assert_true(again_s == 60);
    assert_int_equal(example_of_cbor_h(body, sizeof body - 1), OTARIA_E_POLL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_gives_what_the_format_page_shows),
        cmocka_unit_test(decode_borrows_from_the_envelope),
        cmocka_unit_test(decode_says_nothing_about_who_signed),
        cmocka_unit_test(decode_that_fails_leaves_all_zero),
        cmocka_unit_test(decode_refuses_more_than_4096_bytes_unread),
        cmocka_unit_test(decode_refuses_a_text_that_the_manifest_does_not_name),
        cmocka_unit_test(decode_of_nothing_is_refused),
        cmocka_unit_test(decode_bare_refuses_truncation_and_trailing_bytes),
        cmocka_unit_test(text_gives_the_three_parts),
        cmocka_unit_test(text_that_is_absent_is_refused),
        cmocka_unit_test(text_accepts_names_of_the_allowed_characters),
        cmocka_unit_test(text_refuses_names_that_could_harm_a_path_or_a_line),
        cmocka_unit_test(example_of_manifest_h_fetches_an_accepted_release),
        cmocka_unit_test(example_of_cbor_h_reads_a_map),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
