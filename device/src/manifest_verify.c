// SPDX-License-Identifier: MIT
/* Who signed M, and is it for this device: the decisions. Every verdict starts as a refusal. */
#include <string.h>

#include <otaria/crypto.h>

#include "manifest_private.h"

/* What is signed (RFC 9052, section 4.4): the alg stands at ALG_AT, the digest follows these bytes. */
static const uint8_t to_sign_start[] = {0x84, 0x6A, 'S',  'i',  'g',  'n',  'a',  't',
                                        'u',  'r',  'e',  '1',  0x43, 0xA1, 0x01, 0x00,
                                        0x40, 0x58, 0x24, 0x82, 0x2F, 0x58, 0x20};
#define ALG_AT         15u
#define CBOR_MINUS_ONE 0x20u /* -1-n is encoded as this + n */

struct check {
    const struct otaria_manifest *m;
    const struct otaria_trust *trust;
    int verdict;
};

static void hash_to_sign(const struct otaria_manifest *m, int64_t alg, uint8_t hash[32])
{
    struct otaria_sha256 h;
    uint8_t start[sizeof to_sign_start];

    memcpy(start, to_sign_start, sizeof start);
    start[ALG_AT] = (uint8_t)(CBOR_MINUS_ONE + (uint32_t)(-1 - alg));
    otaria_sha256_init(&h, NULL, 0);
    otaria_sha256_update(&h, start, sizeof start);
    otaria_sha256_update(&h, m->digest, sizeof m->digest);
    otaria_sha256_final(&h, hash);
}

static bool block_verifies(const struct otaria_manifest *m, const struct otaria_block *b,
                           const uint8_t key[65])
{
    uint8_t hash[32];

    hash_to_sign(m, b->alg, hash);
    return otaria_p256_verify(key, hash, b->signature.p);
}

/* Is there a usable block, and when key is not NULL, one that the key signed? */
static bool has_block(const struct otaria_manifest *m, const uint8_t *key)
{
    struct otaria_cbor_reader r;

    otaria_cbor_open(&r, m->blocks.p, m->blocks.len);
    for (unsigned i = 0; i < m->blocks_cnt; i++) {
        struct otaria_block b;

        otaria_block_read(&r, &b);
        if (r.failed)
            return false;
        if (otaria_block_usable(&b) && (key == NULL || block_verifies(m, &b, key)))
            return true;
    }
    return false;
}

static bool listed_before(const struct otaria_trust *trust, unsigned i)
{
    for (unsigned j = 0; j < i; j++) {
        if (memcmp(trust->keys[j], trust->keys[i], sizeof trust->keys[i]) == 0)
            return true;
    }
    return false;
}

/*
 * Counts keys, not blocks: key by key, so a key that signed two blocks counts once, and a key that is
 * listed twice is asked once.
 */
static void check_signatures(void *arg)
{
    struct check *c = (struct check *)arg;
    unsigned wanted = c->trust->threshold > 0 ? c->trust->threshold : 1;
    unsigned signers = 0;

    if (!has_block(c->m, NULL)) {
        c->verdict = OTARIA_E_NO_BLOCK;
        return;
    }
    for (unsigned i = 0; i < c->trust->keys_cnt; i++) {
        if (listed_before(c->trust, i) || !has_block(c->m, c->trust->keys[i]))
            continue;
        c->verdict = OTARIA_E_THRESHOLD;
        if (++signers == wanted) {
            c->verdict = 0; /* the one place where M is accepted */
            return;
        }
    }
}

int otaria_manifest_verify(const struct otaria_manifest *m, const struct otaria_trust *trust)
{
    struct check c = {m, trust, OTARIA_E_SIGNATURE};

    if (trust->on_stack != NULL)
        trust->on_stack(trust->on_stack_ctx, check_signatures, &c);
    else
        check_signatures(&c);
    return c.verdict;
}

/* A device that has confirmed nothing yet takes any sequence. */
static int check_sequence(const struct otaria_manifest *m, const struct otaria_identity *id)
{
    if (m->seq > id->floor_seq || (id->floor_seq == 0 && !id->has_floor_digest))
        return 0;
    if (m->seq < id->floor_seq)
        return OTARIA_E_OLD_SEQUENCE;
    if (id->has_floor_digest && memcmp(m->digest, id->floor_digest, sizeof m->digest) == 0)
        return 0;
    return OTARIA_E_SAME_SEQUENCE;
}

static int check_sizes(const struct otaria_manifest *m, const struct otaria_identity *id)
{
    for (unsigned i = 0; i < m->components_cnt; i++) {
        if (id->image_max[i] == 0)
            return OTARIA_E_COMPONENTS;
        if (m->component[i].size > id->image_max[i])
            return OTARIA_E_TOO_LARGE;
    }
    return 0;
}

int otaria_manifest_applies(const struct otaria_manifest *m, const struct otaria_identity *id)
{
    int result;

    if (memcmp(m->vendor, id->vendor, sizeof m->vendor) != 0)
        return OTARIA_E_VENDOR;
    if (memcmp(m->class_id, id->class_id, sizeof m->class_id) != 0)
        return OTARIA_E_CLASS;
    result = check_sequence(m, id);
    return result != 0 ? result : check_sizes(m, id);
}

int otaria_manifest_accept(struct otaria_manifest *m, const uint8_t *envelope, size_t len,
                           const struct otaria_trust *trust, const struct otaria_identity *id)
{
    int result = otaria_manifest_decode(m, envelope, len);

    if (result == 0)
        result = otaria_manifest_verify(m, trust);
    if (result == 0)
        result = otaria_manifest_applies(m, id);
    if (result != 0)
        memset(m, 0, sizeof *m);
    return result;
}
