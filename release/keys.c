// SPDX-License-Identifier: MIT
#include "release/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bearssl.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "base/file.h"

/* One guess costs 16 MB and five passes over them (a pair that OWASP lists); `openssl pkey` reads it. */
enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 5, SALT_LEN = 16 };

static int crypto_failed(struct err *err, const char *what)
{
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return err_set(err, ERR_FAILED, "%s: %s", what, reason ? reason : "failed");
}

/* The key as encrypted PKCS#8, or NULL. */
static X509_SIG *encrypt_key(EVP_PKEY *pkey, const char *passphrase)
{
    uint8_t salt[SALT_LEN];
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(pkey);
    X509_ALGOR *scheme = NULL;
    X509_SIG *encrypted = NULL;

    if (!plain || RAND_bytes(salt, sizeof salt) != 1)
        goto out;
    scheme = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, SCRYPT_N, SCRYPT_R,
                                   SCRYPT_P);
    if (!scheme)
        goto out;
    encrypted = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), plain, scheme);
    if (!encrypted)
        X509_ALGOR_free(scheme);
out:
    PKCS8_PRIV_KEY_INFO_free(plain);
    return encrypted;
}

static int write_private(BIO *bio, EVP_PKEY *pkey, const char *passphrase)
{
    X509_SIG *encrypted;
    int done;

    if (!passphrase || !*passphrase)
        return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1 ? 0 : -1;
    encrypted = encrypt_key(pkey, passphrase);
    done = encrypted && PEM_write_bio_PKCS8(bio, encrypted) == 1;
    X509_SIG_free(encrypted);
    return done ? 0 : -1;
}

/* A new file with the content of bio. What exists stays as it is; what could not be finished is removed. */
static int create_file(const char *path, BIO *bio, mode_t mode, struct err *err)
{
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_FAILED, "%s exists already, and keys are never overwritten", path);
    if (fd < 0)
        return err_errno(err, "%s", path);
    if (write(fd, text, (size_t)len) != len || fsync(fd) < 0) {
        err_errno(err, "%s", path);
        close(fd);
        unlink(path);
        return -1;
    }
    if (close(fd) < 0) {
        err_errno(err, "%s", path);
        unlink(path);
        return -1;
    }
    return 0;
}

static int must_not_exist(const char *path, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) == 0)
        return err_set(err, ERR_FAILED, "%s exists already, and keys are never overwritten", path);
    return errno == ENOENT ? 0 : err_errno(err, "%s", path);
}

int keys_absent(const char *private_path, const char *public_path, struct err *err)
{
    if (must_not_exist(private_path, err) < 0)
        return -1;
    return must_not_exist(public_path, err);
}

int keys_create(const char *private_path, const char *public_path, const char *passphrase,
                struct err *err)
{
    BIO *secret = BIO_new(BIO_s_secmem()), *open = BIO_new(BIO_s_mem());
    EVP_PKEY *pkey = NULL;
    int ret = -1;

    if (keys_absent(private_path, public_path, err) < 0)
        goto out;
    pkey = EVP_EC_gen("P-256");
    if (!secret || !open || !pkey || write_private(secret, pkey, passphrase) < 0 ||
        PEM_write_bio_PUBKEY(open, pkey) != 1) {
        crypto_failed(err, "making the key");
        goto out;
    }
    if (create_file(private_path, secret, 0600, err) < 0)
        goto out;
    if (create_file(public_path, open, 0644, err) < 0) {
        unlink(private_path);
        goto out;
    }
    ret = 0;
out:
    EVP_PKEY_free(pkey);
    BIO_free(secret);
    BIO_free(open);
    return ret;
}

struct asking {
    const struct keys_passphrase *pass;
    const char *path;
    struct err *err;
    bool asked;
    bool failed; /* err says why */
};

static int passphrase_callback(char *buf, int size, int writing, void *arg)
{
    struct asking *asking = arg;
    char text[KEYS_PASSPHRASE_MAX];
    size_t len;

    (void)writing;
    asking->asked = true;
    if (!asking->pass) {
        asking->failed = true;
        err_set(asking->err, ERR_FAILED, "%s: the key is encrypted and no passphrase was given",
                asking->path);
        return -1;
    }
    if (asking->pass->ask(asking->pass->ctx, asking->path, text, asking->err) < 0) {
        asking->failed = true;
        return -1;
    }
    len = strlen(text);
    if (len > (size_t)size)
        len = 0;
    memcpy(buf, text, len);
    OPENSSL_cleanse(text, sizeof text);
    return (int)len;
}

static EVP_PKEY *read_private(const char *path, const struct keys_passphrase *pass, struct err *err)
{
    struct asking asking = {pass, path, err, false, false};
    EVP_PKEY *pkey = NULL;
    uint8_t *pem;
    size_t len;
    BIO *bio;

    if (file_read(path, KEYS_FILE_MAX, &pem, &len, err) < 0)
        return NULL;
    bio = BIO_new_mem_buf(pem, (int)len);
    if (bio)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, passphrase_callback, &asking);
    if (!pkey && asking.asked && !asking.failed)
        err_set(err, ERR_FAILED, "%s: the passphrase does not open this key", path);
    else if (!pkey && !asking.failed)
        err_set(err, ERR_FAILED, "%s: not a private key in PEM form", path);
    ERR_clear_error();
    BIO_free(bio);
    OPENSSL_cleanse(pem, len);
    free(pem);
    return pkey;
}

/* The public point of a P-256 key, or -1. */
static int take_point(EVP_PKEY *pkey, uint8_t point[65])
{
    char group[32] = "";
    size_t len = 0;
    BIGNUM *x = NULL, *y = NULL;
    int ret = -1;

    if (!EVP_PKEY_is_a(pkey, "EC") ||
        EVP_PKEY_get_group_name(pkey, group, sizeof group, &len) != 1 ||
        strcmp(group, "prime256v1") != 0)
        return -1;
    /* By coordinates: the encoded form of a key from elsewhere may be the compressed one. */
    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
        BN_bn2binpad(x, point + 1, 32) == 32 && BN_bn2binpad(y, point + 33, 32) == 32) {
        point[0] = 0x04;
        ret = 0;
    }
    BN_free(x);
    BN_free(y);
    return ret;
}

static int take_pair(EVP_PKEY *pkey, struct key_pair *key)
{
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new(pkey, NULL);
    BIGNUM *secret = NULL;
    int ret = -1;

    if (check && take_point(pkey, key->point) == 0 && EVP_PKEY_check(check) == 1 &&
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1 &&
        BN_bn2binpad(secret, key->secret, 32) == 32)
        ret = 0;
    BN_clear_free(secret);
    EVP_PKEY_CTX_free(check);
    ERR_clear_error();
    return ret;
}

int keys_load(const char *path, const struct keys_passphrase *pass, struct key_pair *key,
              struct err *err)
{
    EVP_PKEY *pkey;
    int ret;

    keys_wipe(key);
    pkey = read_private(path, pass, err);
    if (!pkey)
        return -1;
    ret = take_pair(pkey, key);
    EVP_PKEY_free(pkey);
    if (ret < 0) {
        keys_wipe(key);
        return err_set(err, ERR_FAILED, "%s: not a sound P-256 key", path);
    }
    return 0;
}

bool keys_exposed(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0;
}

/* OpenSSL asks the terminal by itself when it meets an encrypted key and has no callback. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static EVP_PKEY *read_public(const uint8_t *pem, size_t len)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return pkey;
}

int keys_load_public(const char *path, uint8_t point[65], struct err *err)
{
    EVP_PKEY_CTX *check = NULL;
    EVP_PKEY *pkey;
    uint8_t *pem;
    size_t len;
    int ret = -1;

    if (file_read(path, KEYS_FILE_MAX, &pem, &len, err) < 0)
        return -1;
    pkey = read_public(pem, len);
    if (!pkey && strstr((char *)pem, "PRIVATE KEY"))
        err_set(err, ERR_FAILED, "%s: this is a private key; give the .pub.pem beside it", path);
    else if (!pkey)
        err_set(err, ERR_FAILED, "%s: not a public key in PEM form", path);
    if (!pkey)
        goto out;
    check = EVP_PKEY_CTX_new(pkey, NULL);
    if (!check || take_point(pkey, point) < 0 || EVP_PKEY_public_check(check) != 1)
        err_set(err, ERR_FAILED, "%s: not a sound P-256 key", path);
    else
        ret = 0;
out:
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    OPENSSL_cleanse(pem, len);
    free(pem);
    return ret;
}

int keys_sign(const struct key_pair *key, const uint8_t hash[32], uint8_t signature[64],
              struct err *err)
{
    uint8_t secret[32];
    br_ec_private_key sk = {BR_EC_secp256r1, secret, sizeof secret};
    size_t len;

    memcpy(secret, key->secret, sizeof secret);
    len = br_ecdsa_sign_raw_get_default()(br_ec_get_default(), &br_sha256_vtable, hash, &sk,
                                          signature);
    OPENSSL_cleanse(secret, sizeof secret);
    return len == 64 ? 0 : err_set(err, ERR_FAILED, "signing failed");
}

void keys_wipe(struct key_pair *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}
