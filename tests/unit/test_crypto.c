// SPDX-License-Identifier: MIT
/* Every backend of otaria/crypto.h must pass this: one program each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/crypto.h>

#include "base/hex.h"
#include "tests/guard.h"

static void hex(void *out, size_t len, const char *text)
{
    assert_true(hex_decode(out, len, text));
}

/* ---- SHA-256 ---- */

static void digest_of(const void *data, size_t len, uint8_t digest[32])
{
    struct otaria_sha256 h;

    otaria_sha256_init(&h, NULL, 0);
    otaria_sha256_update(&h, data, len);
    otaria_sha256_final(&h, digest);
}

static void assert_digest(const uint8_t digest[32], const char *expected)
{
    char text[HEX_SIZE(32)];

    hex_encode(text, digest, 32);
    assert_string_equal(text, expected);
}

/* FIPS 180-4 examples. */
static void sha256_gives_the_published_digests(void **state)
{
    struct otaria_sha256 h;
    uint8_t digest[32], block[1000];

    (void)state;
    digest_of(NULL, 0, digest);
    assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_of("abc", 3, digest);
    assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    memset(block, 'a', sizeof block);
    otaria_sha256_init(&h, NULL, 0);
    for (unsigned i = 0; i < 1000; i++)
        otaria_sha256_update(&h, block, sizeof block);
    otaria_sha256_final(&h, digest);
    assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void sha256_is_the_same_for_every_two_way_split(void **state)
{
    uint8_t data[200], whole[32], digest[32];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    digest_of(data, sizeof data, whole);
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        struct otaria_sha256 h;

        otaria_sha256_init(&h, NULL, 0);
        otaria_sha256_update(&h, data, cut);
        otaria_sha256_update(&h, data + cut, sizeof data - cut);
        otaria_sha256_final(&h, digest);
        assert_memory_equal(digest, whole, 32);
    }
}

static void sha256_final_leaves_the_hash_usable(void **state)
{
    struct otaria_sha256 h;
    uint8_t digest[32];

    (void)state;
    otaria_sha256_init(&h, NULL, 0);
    otaria_sha256_update(&h, "ab", 2);
    otaria_sha256_final(&h, digest);
    otaria_sha256_update(&h, "c", 1);
    otaria_sha256_final(&h, digest);
    assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void sha256_goes_on_from_a_state_at_every_block(void **state)
{
    uint8_t data[400], whole[32], digest[32], chained[32];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 11);
    digest_of(data, sizeof data, whole);
    for (size_t cut = 0; cut <= sizeof data; cut += 64) {
        struct otaria_sha256 h;

        otaria_sha256_init(&h, NULL, 0);
        otaria_sha256_update(&h, data, cut);
        otaria_sha256_state(&h, chained);
        memset(&h, 0x55, sizeof h);
        otaria_sha256_init(&h, chained, cut);
        otaria_sha256_update(&h, data + cut, sizeof data - cut);
        otaria_sha256_final(&h, digest);
        assert_memory_equal(digest, whole, 32);
    }
}

/* The length counts in bits: 512 MB is where a 32-bit count of them would wrap. */
static void sha256_goes_on_behind_512_megabytes(void **state)
{
    struct otaria_sha256 h;
    uint8_t chained[32], near[32], far[32];

    (void)state;
    memset(chained, 0x42, sizeof chained);
    otaria_sha256_init(&h, chained, UINT64_C(1) << 29);
    otaria_sha256_final(&h, far);
    otaria_sha256_init(&h, chained, 0);
    otaria_sha256_final(&h, near);
    assert_memory_not_equal(near, far, 32);
    assert_digest(far, "d1f15b822682f774eec1dabf0c9f633dc43d3a7dd2c6fbb4ca732bf6ce181a05");
}

/* ---- ECDSA, with the key and a signature of RFC 6979, A.2.5 (SHA-256, "sample") ---- */

#define ORDER     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define ZERO      "0000000000000000000000000000000000000000000000000000000000000000"
#define R         "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define S         "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define N_MINUS_S "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"

static uint8_t key[65], hash[32], signature[64];
static unsigned bit_step = 1; /* "sampled": a prime, unless OTARIA_LONG is set */

static int sample(void **state)
{
    (void)state;
    hex(key, 65,
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    hex(signature, 64, R S);
    digest_of("sample", 6, hash);
    return 0;
}

static bool verify(void)
{
    return otaria_p256_verify(key, hash, signature);
}

static void p256_verifies_the_published_signature(void **state)
{
    (void)state;
    assert_true(verify());
}

static void p256_takes_either_s(void **state)
{
    (void)state;
    hex(signature, 64, R N_MINUS_S);
    assert_true(verify());
}

static void p256_refuses_every_bit_flip_in_hash_and_signature(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof hash; bit += bit_step) {
        hash[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(verify());
        hash[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 8 * sizeof signature; bit += bit_step) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(verify());
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(verify());
}

static void p256_refuses_r_and_s_outside_1_to_n_minus_1(void **state)
{
    static const char *const bad[] = {
        ZERO S,
        R ZERO,
        ZERO ZERO,
        ORDER S,
        R ORDER,
        ORDER ORDER,
        /* n + 1, and all ones */
        R "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" S,
        R "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hex(signature, 64, bad[i]);
        assert_false(verify());
    }
}

static void p256_refuses_an_all_zero_signature_of_an_all_zero_hash(void **state)
{
    (void)state;
    memset(hash, 0, sizeof hash);
    memset(signature, 0, sizeof signature);
    assert_false(verify());
}

static void p256_refuses_keys_that_are_no_point(void **state)
{
    (void)state;
    for (unsigned bit = 8; bit < 8 * sizeof key; bit += bit_step) {
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(verify());
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(verify());
    memset(key + 1, 0, 64);
    assert_false(verify());
    memset(key + 1, 0xFF, 64);
    assert_false(verify());
}

static void p256_refuses_keys_of_another_form(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first += first < 8 ? 1 : bit_step) {
        key[0] = (uint8_t)first;
        assert_int_equal(verify(), first == 4);
    }
}

static void p256_reads_nothing_behind_its_inputs(void **state)
{
    struct guard a, b, c;

    (void)state;
    guard_open(&a, 65);
    guard_open(&b, 32);
    guard_open(&c, 64);
    assert_true(otaria_p256_verify(guard_copy(&a, key, 65), guard_copy(&b, hash, 32),
                                   guard_copy(&c, signature, 64)));
    guard_close(&a);
    guard_close(&b);
    guard_close(&c);
}

static void wipe_leaves_zeroes_and_touches_nothing_else(void **state)
{
    uint8_t bytes[8];

    (void)state;
    memset(bytes, 0xAA, sizeof bytes);
    otaria_wipe(bytes + 1, 6);
    assert_int_equal(bytes[0], 0xAA);
    assert_memory_equal(bytes + 1, "\0\0\0\0\0\0", 6);
    assert_int_equal(bytes[7], 0xAA);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digests),
        cmocka_unit_test(sha256_is_the_same_for_every_two_way_split),
        cmocka_unit_test(sha256_final_leaves_the_hash_usable),
        cmocka_unit_test(sha256_goes_on_from_a_state_at_every_block),
        cmocka_unit_test(sha256_goes_on_behind_512_megabytes),
        cmocka_unit_test_setup(p256_verifies_the_published_signature, sample),
        cmocka_unit_test_setup(p256_takes_either_s, sample),
        cmocka_unit_test_setup(p256_refuses_every_bit_flip_in_hash_and_signature, sample),
        cmocka_unit_test_setup(p256_refuses_r_and_s_outside_1_to_n_minus_1, sample),
        cmocka_unit_test_setup(p256_refuses_an_all_zero_signature_of_an_all_zero_hash, sample),
        cmocka_unit_test_setup(p256_refuses_keys_that_are_no_point, sample),
        cmocka_unit_test_setup(p256_refuses_keys_of_another_form, sample),
        cmocka_unit_test_setup(p256_reads_nothing_behind_its_inputs, sample),
        cmocka_unit_test(wipe_leaves_zeroes_and_touches_nothing_else),
    };
    if (argc > 1 && strcmp(argv[1], "sampled") == 0 && getenv("OTARIA_LONG") == NULL)
        bit_step = 11;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
