// SPDX-License-Identifier: MIT
/* A release as `release new` makes it, in memory: an image that boots and its signed M. For tests of whole devices. */
#ifndef OTARIA_TESTS_SIGNED_RELEASE_H
#define OTARIA_TESTS_SIGNED_RELEASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "release/release.h"
#include "sim/model_server.h"

#define TEST_VENDOR "demo.otaria.example"
#define TEST_CLASS  "emon/nodemcu/2m"

struct signed_release {
    uint8_t *image;
    size_t image_len;
    uint8_t sha256[32];
    uint8_t suit[OTARIA_ENVELOPE_MAX];
    size_t suit_len;
};

static inline void test_must(int result, const struct err *err)
{
    if (result < 0) {
        fprintf(stderr, "%s\n", err->text);
        abort();
    }
}

/* name: a, b, c or stranger */
static inline void test_key(const char *name, struct key_pair *key)
{
    char path[256];
    struct err err;

    snprintf(path, sizeof path, OTARIA_SOURCE_DIR "/spec/vectors/manifest/keys/%s.key.pem", name);
    test_must(keys_load(path, NULL, key, &err), &err);
}

/* M of the image as it stands. */
static inline void signed_release_sign(struct signed_release *r, const char *version, uint64_t seq,
                                       const char *key_name)
{
    struct release_plan plan = {.seq = seq, .components_cnt = 1};
    struct key_pair key;
    struct err err;

    test_key(key_name, &key);
    release_sha256(r->image, r->image_len, r->sha256);
    test_must(release_text_set(&plan.text, TEST_VENDOR, "emon", "nodemcu", "2m", version, &err),
              &err);
    plan.component[0].size = (uint32_t)r->image_len;
    memcpy(plan.component[0].digest, r->sha256, 32);
    plan.component[0].uri = "app.bin";
    test_must(release_encode(&plan, &key, 1, r->suit, &r->suit_len, &err), &err);
}

static inline void signed_release_make(struct signed_release *r, const char *version, uint64_t seq,
                                       size_t len, const char *key_name)
{
    r->image = model_image(len, version, seq, &r->image_len);
    signed_release_sign(r, version, seq, key_name);
}

static inline void signed_release_free(struct signed_release *r)
{
    free(r->image);
}

static inline void signed_release_offer(const struct signed_release *r, struct model_server *s)
{
    s->suit = r->suit;
    s->suit_len = r->suit_len;
    s->image = r->image;
    s->image_len = r->image_len;
    hex_encode(s->image_hex, r->sha256, 32);
}

/* A device that trusts `key`, flashed with r over the serial cable, in front of the model server. */
static inline void test_device(struct virtual_device *d, const struct signed_release *r,
                               const uint8_t (*key)[65], struct model_server *s, uint64_t seed)
{
    struct err err;

    virtual_init(d, otaria_layout_find("2m", 2), seed);
    test_must(release_ids(TEST_VENDOR, TEST_CLASS, d->cfg.vendor, d->cfg.class_id, &err), &err);
    d->cfg.trust = (struct otaria_trust){.keys = key, .keys_cnt = 1};
    d->answer = model_server_answer;
    d->user = s;
    if (chip_flash_serial(&d->nor.port, d->cfg.layout, r->image, r->image_len) < 0)
        abort();
}

#endif
