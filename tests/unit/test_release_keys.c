// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <otaria/crypto.h>

#include "base/file.h"
#include "base/hex.h"
#include "release/keys.h"
#include "release/release.h"

static char folder[64];

static const char *at(const char *name)
{
    static char path[4][128];
    static unsigned turn;
    char *p = path[turn++ % 4];

    snprintf(p, 128, "%s/%s", folder, name);
    return p;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/otaria-keys-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"k.key.pem", "k.pub.pem", "e.key.pem", "e.pub.pem",
                                        "other.pem", "odd.pem",   "pub.pem",   "sub"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (unlink(at(names[i])) < 0)
            rmdir(at(names[i]));
    return rmdir(folder);
}

static int say_horse(void *ctx, const char *path, char text[KEYS_PASSPHRASE_MAX], struct err *err)
{
    (void)path;
    (void)err;
    snprintf(text, KEYS_PASSPHRASE_MAX, "%s", (const char *)ctx);
    return 0;
}

static int say_nothing(void *ctx, const char *path, char text[KEYS_PASSPHRASE_MAX], struct err *err)
{
    (void)ctx;
    (void)text;
    return err_set(err, ERR_FAILED, "%s: nobody to ask", path);
}

static char right[] = "correct horse", wrong[] = "battery staple";

static void both_files_are_written_and_only_the_owner_reads_the_private_one(void **state)
{
    struct key_pair key;
    struct err err = {0};
    struct stat st;
    uint8_t point[65];

    (void)state;
    umask(0);
    assert_int_equal(keys_create(at("k.key.pem"), at("k.pub.pem"), NULL, &err), 0);
    assert_int_equal(stat(at("k.key.pem"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(at("k.pub.pem"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_false(keys_exposed(at("k.key.pem")));
    assert_true(keys_exposed(at("k.pub.pem")));
    assert_int_equal(keys_load(at("k.key.pem"), NULL, &key, &err), 0);
    assert_int_equal(keys_load_public(at("k.pub.pem"), point, &err), 0);
    assert_memory_equal(point, key.point, 65);
    keys_wipe(&key);
    unlink(at("k.key.pem"));
    unlink(at("k.pub.pem"));
}

static void neither_file_is_ever_overwritten(void **state)
{
    static const char *const there[] = {"k.key.pem", "k.pub.pem"};
    struct err err = {0};
    uint8_t *data;
    size_t len;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(file_write_atomic(at(there[i]), "precious", 8, 0600, &err), 0);
        assert_int_equal(keys_create(at("k.key.pem"), at("k.pub.pem"), NULL, &err), -1);
        assert_non_null(strstr(err.text, "never overwritten"));
        assert_int_equal(file_read(at(there[i]), 100, &data, &len, &err), 0);
        assert_string_equal((char *)data, "precious");
        free(data);
        assert_int_equal(access(at(there[!i]), F_OK), -1);
        unlink(at(there[i]));
    }
}

static void a_private_key_is_not_left_alone_when_the_public_one_cannot_be_written(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(keys_create(at("k.key.pem"), at("sub/k.pub.pem"), NULL, &err), -1);
    assert_int_equal(access(at("k.key.pem"), F_OK), -1);
}

static void an_encrypted_key_opens_with_its_passphrase_only(void **state)
{
    struct keys_passphrase good = {say_horse, right}, bad = {say_horse, wrong},
                           none = {say_nothing, NULL};
    struct key_pair key, zero = {0};
    struct err err = {0};
    uint8_t *pem;
    size_t len;

    (void)state;
    assert_int_equal(keys_create(at("e.key.pem"), at("e.pub.pem"), right, &err), 0);
    assert_int_equal(file_read(at("e.key.pem"), KEYS_FILE_MAX, &pem, &len, &err), 0);
    assert_non_null(strstr((char *)pem, "BEGIN ENCRYPTED PRIVATE KEY"));
    free(pem);
    assert_int_equal(keys_load(at("e.key.pem"), &good, &key, &err), 0);
    assert_int_equal(key.point[0], 4);
    assert_int_equal(keys_load(at("e.key.pem"), &bad, &key, &err), -1);
    assert_non_null(strstr(err.text, "the passphrase does not open this key"));
    assert_memory_equal(&key, &zero, sizeof key);
    assert_int_equal(keys_load(at("e.key.pem"), NULL, &key, &err), -1);
    assert_non_null(strstr(err.text, "no passphrase was given"));
    assert_int_equal(keys_load(at("e.key.pem"), &none, &key, &err), -1);
    assert_non_null(strstr(err.text, "nobody to ask"));
}

/* 30 81 .. 06 09 pbes2 ... 06 09 2b 06 01 04 01 da 47 04 0b scrypt; 06 09 60 86 48 01 65 03 04 01 2a AES-256-CBC */
static void encryption_is_scrypt_and_aes_256(void **state)
{
    static const uint8_t scrypt[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b};
    static const uint8_t aes_256_cbc[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a};
    BIO *bio = BIO_new_file(at("e.key.pem"), "r");
    uint8_t *der = NULL;
    char *name = NULL, *header = NULL;
    long len = 0;

    (void)state;
    assert_non_null(bio);
    assert_int_equal(PEM_read_bio(bio, &name, &header, &der, &len), 1);
    assert_non_null(memmem(der, (size_t)len, scrypt, sizeof scrypt));
    assert_non_null(memmem(der, (size_t)len, aes_256_cbc, sizeof aes_256_cbc));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
}

static void write_pem(const char *path, EVP_PKEY *pkey)
{
    BIO *bio = BIO_new_file(path, "w");

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

static void keys_of_other_kinds_and_files_that_are_none_are_refused(void **state)
{
    struct key_pair key;
    struct err err = {0};
    uint8_t point[65];

    (void)state;
    write_pem(at("other.pem"), EVP_EC_gen("P-384"));
    assert_int_equal(keys_load(at("other.pem"), NULL, &key, &err), -1);
    assert_non_null(strstr(err.text, "P-256"));
    write_pem(at("other.pem"), EVP_EC_gen("secp256k1"));
    assert_int_equal(keys_load(at("other.pem"), NULL, &key, &err), -1);
    assert_non_null(strstr(err.text, "P-256"));
    write_pem(at("other.pem"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    assert_int_equal(keys_load(at("other.pem"), NULL, &key, &err), -1);
    assert_non_null(strstr(err.text, "P-256"));
    assert_int_equal(file_write_atomic(at("odd.pem"), "hello", 5, 0600, &err), 0);
    assert_int_equal(keys_load(at("odd.pem"), NULL, &key, &err), -1);
    assert_non_null(strstr(err.text, "not a private key"));
    assert_int_equal(keys_load_public(at("odd.pem"), point, &err), -1);
    assert_non_null(strstr(err.text, "not a public key"));
    assert_int_equal(keys_load_public(at("e.key.pem"), point, &err), -1);
    assert_non_null(strstr(err.text, ".pub.pem"));
    assert_int_equal(keys_load(at("none.pem"), NULL, &key, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
}

/* The private half of one key and the public half of another, as a damaged or forged file would hold. */
static EVP_PKEY *mismatched(void)
{
    EVP_PKEY *one = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256"), *both = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *params = OSSL_PARAM_BLD_new();
    OSSL_PARAM *list;
    BIGNUM *secret = NULL;
    uint8_t point[65];
    size_t len;

    assert_int_equal(EVP_PKEY_get_bn_param(one, "priv", &secret), 1);
    assert_int_equal(EVP_PKEY_get_octet_string_param(other, "pub", point, 65, &len), 1);
    OSSL_PARAM_BLD_push_utf8_string(params, "group", "P-256", 0);
    OSSL_PARAM_BLD_push_BN(params, "priv", secret);
    OSSL_PARAM_BLD_push_octet_string(params, "pub", point, len);
    list = OSSL_PARAM_BLD_to_param(params);
    assert_int_equal(EVP_PKEY_fromdata_init(make), 1);
    assert_int_equal(EVP_PKEY_fromdata(make, &both, EVP_PKEY_KEYPAIR, list), 1);
    OSSL_PARAM_free(list);
    OSSL_PARAM_BLD_free(params);
    EVP_PKEY_CTX_free(make);
    BN_free(secret);
    EVP_PKEY_free(one);
    EVP_PKEY_free(other);
    return both;
}

static void two_halves_that_do_not_fit_are_refused_and_nothing_is_kept(void **state)
{
    struct key_pair key, zero = {0};
    struct err err = {0};

    (void)state;
    write_pem(at("other.pem"), mismatched());
    assert_int_equal(keys_load(at("other.pem"), NULL, &key, &err), -1);
    assert_non_null(strstr(err.text, "not a sound P-256 key"));
    assert_memory_equal(&key, &zero, sizeof key);
}

static void a_compressed_public_key_is_the_same_key(void **state)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    uint8_t compressed[65], plain[65];
    struct err err = {0};
    BIO *bio;

    (void)state;
    for (int form = 0; form < 2; form++) {
        EVP_PKEY_set_utf8_string_param(pkey, "point-format", form ? "compressed" : "uncompressed");
        bio = BIO_new_file(at("pub.pem"), "w");
        assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
        BIO_free(bio);
        assert_int_equal(keys_load_public(at("pub.pem"), form ? compressed : plain, &err), 0);
    }
    assert_memory_equal(compressed, plain, 65);
    EVP_PKEY_free(pkey);
}

/* RFC 6979, appendix A.2.5: P-256 with SHA-256. */
static void signatures_are_those_of_rfc_6979(void **state)
{
    static const struct {
        const char *message, *signature;
    } rows[] = {
        {"sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                   "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
        {"test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                 "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
    };
    struct key_pair key;
    uint8_t hash[32], signature[64];
    char hex[HEX_SIZE(64)];
    struct err err = {0};

    (void)state;
    assert_true(hex_decode(key.secret, 32,
                           "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"));
    assert_true(hex_decode(key.point, 65,
                           "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                           "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"));
    for (size_t i = 0; i < 2; i++) {
        release_sha256(rows[i].message, strlen(rows[i].message), hash);
        assert_int_equal(keys_sign(&key, hash, signature, &err), 0);
        hex_encode(hex, signature, 64);
        assert_string_equal(hex, rows[i].signature);
        assert_true(otaria_p256_verify(key.point, hash, signature));
    }
}

static void wiping_leaves_nothing(void **state)
{
    struct key_pair key, zero = {0};

    (void)state;
    memset(&key, 0xA5, sizeof key);
    keys_wipe(&key);
    assert_memory_equal(&key, &zero, sizeof key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_files_are_written_and_only_the_owner_reads_the_private_one),
        cmocka_unit_test(neither_file_is_ever_overwritten),
        cmocka_unit_test(a_private_key_is_not_left_alone_when_the_public_one_cannot_be_written),
        cmocka_unit_test(an_encrypted_key_opens_with_its_passphrase_only),
        cmocka_unit_test(encryption_is_scrypt_and_aes_256),
        cmocka_unit_test(keys_of_other_kinds_and_files_that_are_none_are_refused),
        cmocka_unit_test(two_halves_that_do_not_fit_are_refused_and_nothing_is_kept),
        cmocka_unit_test(a_compressed_public_key_is_the_same_key),
        cmocka_unit_test(signatures_are_those_of_rfc_6979),
        cmocka_unit_test(wiping_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
