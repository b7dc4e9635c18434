// SPDX-License-Identifier: MIT
/* What import says to every vector, and what it demands beyond a device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "release/release.h"
#include "tests/guard.h"
#include "tests/vectors/vectors.h"

#define KEYS OTARIA_SOURCE_DIR "/spec/vectors/manifest/keys/"

static struct vectors all;
static struct guard guard;

static int open_vectors(void **state)
{
    (void)state;
    vectors_open(&all);
    guard_open(&guard, 1u << 16);
    return 0;
}

static int close_vectors(void **state)
{
    (void)state;
    vectors_close(&all);
    guard_close(&guard);
    return 0;
}

/* The index's import column speaks of a device too: what depends on the device is asked of it. */
static const char *import(const struct vector *v, const uint8_t *suit, size_t len)
{
    struct otaria_manifest m;
    struct release_text t;
    struct err err = {0};

    if (release_check(guard_copy(&guard, suit, len), len, &v->trust, &m, &t, &err) < 0)
        return otaria_error_name(err.code);
    err.code = otaria_manifest_applies(&m, &v->id);
    return err.code < 0 ? otaria_error_name(err.code) : "accepted";
}

/* The index knows nothing of flash layouts; these vectors are what no layout holds. */
static const char *import_code(const struct vector *v)
{
    if (strcmp(v->name, "size-4294967295") == 0 || strcmp(v->name, "two-largest") == 0)
        return "TOO_LARGE";
    if (strcmp(v->name, "text-256") == 0) /* a layout's name of 200 characters */
        return "TEXT";
    return v->import;
}

static void every_vector_gets_its_import_code(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < all.cnt; i++) {
        const struct vector *v = &all.v[i];
        size_t len;
        uint8_t *suit = vector_read(v, &len);
        const char *found = import(v, suit, len);

        if (strcmp(found, import_code(v)) != 0) {
            print_error("%s: %s, should be %s\n", v->name, found, import_code(v));
            wrong++;
        }
        free(suit);
    }
    assert_int_equal(wrong, 0);
}

static void the_text_is_taken_apart(void **state)
{
    const struct vector *v = vectors_find(&all, "typical");
    struct otaria_manifest m;
    struct release_text t;
    struct err err = {0};
    size_t len;
    uint8_t *suit = vector_read(v, &len);

    (void)state;
    assert_int_equal(release_check(suit, len, &v->trust, &m, &t, &err), 0);
    assert_string_equal(t.vendor, "example.org");
    assert_string_equal(t.product, "emon");
    assert_string_equal(t.hardware, "esp12e");
    assert_string_equal(t.layout, "4m2m");
    assert_string_equal(t.class_text, "emon/esp12e/4m2m");
    assert_string_equal(t.version, "1.0.3");
    assert_int_equal(release_check(suit, len, &v->trust, &m, NULL, NULL), 0);
    free(suit);
}

static void nobody_trusted_means_refused(void **state)
{
    const struct vector *v = vectors_find(&all, "typical");
    struct otaria_trust nobody = {0};
    struct otaria_manifest m;
    struct err err = {0};
    size_t len;
    uint8_t *suit = vector_read(v, &len);

    (void)state;
    assert_int_equal(release_check(suit, len, &nobody, &m, NULL, &err), -1);
    assert_int_equal(err.code, OTARIA_E_SIGNATURE);
    free(suit);
}

static void trusted_keys_are_loaded_once_each(void **state)
{
    static const char *const two[] = {KEYS "a.pub.pem", KEYS "b.pub.pem"};
    static const char *const twice[] = {KEYS "a.pub.pem", KEYS "a.pub.pem"};
    static const char *const missing[] = {KEYS "a.pub.pem", KEYS "none.pub.pem"};
    const struct vector *v = vectors_find(&all, "blocks-2");
    uint8_t keys[OTARIA_KEYS_MAX][65];
    struct err err = {0};

    (void)state;
    assert_int_equal(release_trust_load(two, 2, keys, &err), 0);
    assert_memory_equal(keys, v->keys, 2 * 65);
    assert_int_equal(release_trust_load(twice, 2, keys, &err), -1);
    assert_non_null(strstr(err.text, "the same key"));
    assert_int_equal(release_trust_load(missing, 2, keys, &err), -1);
    assert_non_null(strstr(err.text, "none.pub.pem"));
    assert_int_equal(release_trust_load(two, OTARIA_KEYS_MAX + 1, keys, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_gets_its_import_code),
        cmocka_unit_test(the_text_is_taken_apart),
        cmocka_unit_test(nobody_trusted_means_refused),
        cmocka_unit_test(trusted_keys_are_loaded_once_each),
    };

    return cmocka_run_group_tests(tests, open_vectors, close_vectors);
}
