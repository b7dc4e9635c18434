// SPDX-License-Identifier: MIT
/* ECDSA verification by BearSSL with the small generic curve code (8.7 KB on lx106). */
#include <string.h>

#include <bearssl/bearssl_ec.h>

#include <otaria/crypto.h>

bool otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32], const uint8_t signature[64])
{
    uint8_t point[65]; /* BearSSL takes a key that it may write to, though it never does */
    br_ec_public_key pk = {BR_EC_secp256r1, point, sizeof point};

    memcpy(point, key, sizeof point);
    return br_ecdsa_i15_vrfy_raw(&br_ec_prime_i15, hash, 32, &pk, signature, 64) == 1;
}
