// SPDX-License-Identifier: MIT
/*
 * otaria_p256_verify() that remembers its answers: a device that polls for days in virtual time asks the same question
 * thousands of times, at 27 million instructions each. Linked with --wrap, for tests of whole devices only.
 */
#include <string.h>

#include <otaria/crypto.h>

struct question {
    uint8_t key[65], hash[32], signature[64];
};

bool __real_otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32],
                               const uint8_t signature[64]);
bool __wrap_otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32],
                               const uint8_t signature[64]);

bool __wrap_otaria_p256_verify(const uint8_t key[65], const uint8_t hash[32],
                               const uint8_t signature[64])
{
    enum { ROOM = 32 };
    static struct question asked[ROOM];
    static bool answer[ROOM];
    static size_t cnt;
    struct question q;

    memcpy(q.key, key, sizeof q.key);
    memcpy(q.hash, hash, sizeof q.hash);
    memcpy(q.signature, signature, sizeof q.signature);
    for (size_t i = 0; i < ROOM && i < cnt; i++) {
        if (memcmp(&asked[i], &q, sizeof q) == 0)
            return answer[i];
    }
    asked[cnt % ROOM] = q;
    answer[cnt % ROOM] = __real_otaria_p256_verify(key, hash, signature);
    return answer[cnt++ % ROOM];
}
