// SPDX-License-Identifier: MIT
/*
 * Instructions that the costly parts take: run with -icount shift=0, where one tick of CCOUNT is 25 of them. One line each,
 * name and number, for tests/board/test_units.py, which compares them with the table in README.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl.h>

#include <otaria/boot.h>
#include <otaria/crypto.h>
#include <otaria/manifest.h>

#include "base/hex.h"
#include "boards/lx106/unit/cost.h"
#include "tests/vectors/vectors.h"

static uint8_t data[1u << 16] __attribute__((aligned(4)));
static uint32_t began;

static void start(void)
{
    began = runtime_ticks();
}

static void stop(const char *name, uint32_t per)
{
    uint32_t ticks = runtime_ticks() - began;

    printf("%s\t%lu.%lu\n", name, (unsigned long)(ticks * COST_TICK / per),
           (unsigned long)((uint64_t)ticks * COST_TICK * 10 / per % 10));
}

void cost_say(const char *name, uint64_t number)
{
    printf("%s\t%lu\n", name, (unsigned long)number);
}

static void hashes(void)
{
    struct otaria_sha256 ours;
    br_sha256_context theirs;
    uint8_t a[32], b[32];

    start();
    otaria_sha256_init(&ours, NULL, 0);
    otaria_sha256_update(&ours, data, sizeof data);
    otaria_sha256_final(&ours, a);
    stop("SHA-256, ours, a byte", sizeof data);
    start();
    br_sha256_init(&theirs);
    br_sha256_update(&theirs, data, sizeof data);
    br_sha256_out(&theirs, b);
    stop("SHA-256, BearSSL's, a byte", sizeof data);
    start();
    (void)otaria_crc32(0, data, sizeof data);
    stop("CRC-32, a byte", sizeof data);
    if (memcmp(a, b, 32) != 0)
        abort();
}

static void verify(const char *name, const br_ec_impl *curve)
{
    static const char key[] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                              "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    static const char sample[] = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                                 "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    uint8_t point[65] = {0x04}, hash[32], signature[64];
    br_ec_public_key pk = {BR_EC_secp256r1, point, sizeof point};
    br_sha256_context h;
    uint32_t good;

    if (!hex_decode(point + 1, 64, key) || !hex_decode(signature, 64, sample))
        abort();
    br_sha256_init(&h);
    br_sha256_update(&h, "sample", 6);
    br_sha256_out(&h, hash);
    start();
    good = br_ecdsa_i15_vrfy_raw(curve, hash, sizeof hash, &pk, signature, sizeof signature);
    stop(name, 1);
    if (good != 1)
        abort();
}

static void decode(void)
{
    struct vectors all;
    struct otaria_manifest m;
    size_t len;
    uint8_t *base;
    int result;

    vectors_open(&all);
    base = vector_read(vectors_find(&all, "base"), &len);
    start();
    result = otaria_manifest_decode(&m, base, len);
    stop("decoding M", 1);
    if (result != 0)
        abort();
    free(base);
    vectors_close(&all);
}

int main(void)
{
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 167);
    hashes();
    verify("ECDSA P-256, m15", &br_ec_p256_m15);
    verify("ECDSA P-256, prime_i15", &br_ec_prime_i15);
    decode();
    cost_tls();
    return 0;
}
