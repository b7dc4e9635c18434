// SPDX-License-Identifier: MIT
/* The encoder of M: the template of FORMAT.md §2 to §4, written from the inside out. */
#include <stdlib.h>
#include <string.h>

#include <otaria/cbor.h>
#include <otaria/crypto.h>

#include "base/xalloc.h"
#include "release/release.h"

/* SUIT and COSE numbers, in the order of FORMAT.md. */
enum {
    TAG_COSE_SIGN1 = 18,
    TAG_SUIT_ENVELOPE = 107,
    ENVELOPE_AUTHENTICATION = 2,
    ENVELOPE_MANIFEST = 3,
    ENVELOPE_TEXT = 23,
    COSE_ALG = 1,
    ALG_ESP256 = -9,
    ALG_SHA256 = -16,
    MANIFEST_VERSION = 1,
    MANIFEST_SEQUENCE = 2,
    MANIFEST_COMMON = 3,
    MANIFEST_VALIDATE = 7,
    MANIFEST_INSTALL = 20,
    MANIFEST_TEXT = 23,
    COMMON_COMPONENTS = 2,
    COMMON_SHARED = 4,
    CONDITION_VENDOR = 1,
    CONDITION_CLASS = 2,
    CONDITION_IMAGE = 3,
    DIRECTIVE_COMPONENT = 12,
    DIRECTIVE_PARAMETERS = 20,
    DIRECTIVE_FETCH = 21,
    PARAMETER_VENDOR = 1,
    PARAMETER_CLASS = 2,
    PARAMETER_DIGEST = 3,
    PARAMETER_SIZE = 14,
    PARAMETER_URI = 21,
    TEXT_MODEL = 2,
    TEXT_VENDOR = 3,
    TEXT_VERSION = 6,
};

/* Reporting policy of SUIT: a condition reports whatever it finds, a fetch only its failure. */
enum { REPORT_CONDITION = 15, REPORT_FETCH = 2 };

/* One nested byte string under construction; every one of them is smaller than an envelope. */
struct part {
    struct otaria_cbor_writer w;
    uint8_t buf[OTARIA_ENVELOPE_MAX];
};

static void begin(struct part *p)
{
    otaria_cbor_into(&p->w, p->buf, sizeof p->buf);
}

static void put_part(struct otaria_cbor_writer *w, const struct part *p)
{
    if (p->w.overflow)
        w->overflow = true;
    else
        otaria_cbor_put_bytes(w, p->buf, p->w.len);
}

static void put_digest(struct otaria_cbor_writer *w, const uint8_t digest[32])
{
    otaria_cbor_put_array(w, 2);
    otaria_cbor_put_int(w, ALG_SHA256);
    otaria_cbor_put_bytes(w, digest, 32);
}

/* The digest array is itself a byte string in two places. */
static void put_wrapped_digest(struct otaria_cbor_writer *w, const uint8_t digest[32])
{
    uint8_t buf[64];
    struct otaria_cbor_writer inner;

    otaria_cbor_into(&inner, buf, sizeof buf);
    put_digest(&inner, digest);
    otaria_cbor_put_bytes(w, buf, inner.len);
}

static void put_command(struct otaria_cbor_writer *w, int command, int argument)
{
    otaria_cbor_put_int(w, command);
    otaria_cbor_put_int(w, argument);
}

/* Only a release of two components says which one it speaks of. */
static void put_select(struct otaria_cbor_writer *w, const struct release_plan *plan, unsigned i)
{
    if (plan->components_cnt > 1)
        put_command(w, DIRECTIVE_COMPONENT, (int)i);
}

static void begin_commands(struct part *p, const struct release_plan *plan, size_t items)
{
    begin(p);
    otaria_cbor_put_array(&p->w,
                          plan->components_cnt * (items + (plan->components_cnt > 1 ? 2 : 0)));
}

static void encode_shared(struct part *p, const struct release_plan *plan, const uint8_t vendor[16],
                          const uint8_t class_id[16])
{
    struct otaria_cbor_writer *w = &p->w;

    begin_commands(p, plan, 6);
    for (unsigned i = 0; i < plan->components_cnt; i++) {
        put_select(w, plan, i);
        otaria_cbor_put_int(w, DIRECTIVE_PARAMETERS);
        otaria_cbor_put_map(w, 4);
        otaria_cbor_put_int(w, PARAMETER_VENDOR);
        otaria_cbor_put_bytes(w, vendor, 16);
        otaria_cbor_put_int(w, PARAMETER_CLASS);
        otaria_cbor_put_bytes(w, class_id, 16);
        otaria_cbor_put_int(w, PARAMETER_DIGEST);
        put_wrapped_digest(w, plan->component[i].digest);
        otaria_cbor_put_int(w, PARAMETER_SIZE);
        otaria_cbor_put_uint(w, plan->component[i].size);
        put_command(w, CONDITION_VENDOR, REPORT_CONDITION);
        put_command(w, CONDITION_CLASS, REPORT_CONDITION);
    }
}

static void encode_common(struct part *p, struct part *inner, const struct release_plan *plan,
                          const uint8_t vendor[16], const uint8_t class_id[16])
{
    encode_shared(inner, plan, vendor, class_id);
    begin(p);
    otaria_cbor_put_map(&p->w, 2);
    otaria_cbor_put_int(&p->w, COMMON_COMPONENTS);
    otaria_cbor_put_array(&p->w, plan->components_cnt);
    for (uint8_t i = 0; i < plan->components_cnt; i++) {
        otaria_cbor_put_array(&p->w, 1);
        otaria_cbor_put_bytes(&p->w, &i, 1);
    }
    otaria_cbor_put_int(&p->w, COMMON_SHARED);
    put_part(&p->w, inner);
}

static void encode_validate(struct part *p, const struct release_plan *plan)
{
    begin_commands(p, plan, 2);
    for (unsigned i = 0; i < plan->components_cnt; i++) {
        put_select(&p->w, plan, i);
        put_command(&p->w, CONDITION_IMAGE, REPORT_CONDITION);
    }
}

static void encode_install(struct part *p, const struct release_plan *plan)
{
    begin_commands(p, plan, 6);
    for (unsigned i = 0; i < plan->components_cnt; i++) {
        put_select(&p->w, plan, i);
        otaria_cbor_put_int(&p->w, DIRECTIVE_PARAMETERS);
        otaria_cbor_put_map(&p->w, 1);
        otaria_cbor_put_int(&p->w, PARAMETER_URI);
        otaria_cbor_put_text(&p->w, plan->component[i].uri, strlen(plan->component[i].uri));
        put_command(&p->w, DIRECTIVE_FETCH, REPORT_FETCH);
        put_command(&p->w, CONDITION_IMAGE, REPORT_CONDITION);
    }
}

static void put_string(struct otaria_cbor_writer *w, int key, const char *s)
{
    otaria_cbor_put_int(w, key);
    otaria_cbor_put_text(w, s, strlen(s));
}

static void encode_text(struct part *p, const struct release_text *t)
{
    begin(p);
    otaria_cbor_put_map(&p->w, 1);
    otaria_cbor_put_text(&p->w, "en", 2);
    otaria_cbor_put_map(&p->w, 1);
    otaria_cbor_put_array(&p->w, 1);
    otaria_cbor_put_bytes(&p->w, "", 1); /* component h'00' */
    otaria_cbor_put_map(&p->w, 3);
    put_string(&p->w, TEXT_MODEL, t->class_text);
    put_string(&p->w, TEXT_VENDOR, t->vendor);
    put_string(&p->w, TEXT_VERSION, t->version);
}

/* SHA-256 over the content as it stands in the envelope, with the head of its byte string. */
static void digest_wrapped(const struct part *content, uint8_t digest[32])
{
    uint8_t buf[OTARIA_ENVELOPE_MAX + 9];
    struct otaria_cbor_writer w;

    otaria_cbor_into(&w, buf, sizeof buf);
    put_part(&w, content);
    release_sha256(buf, w.len, digest);
}

struct encoder {
    struct part manifest, text, common, inner;
};

static int encode_manifest(struct encoder *e, const struct release_plan *plan, struct err *err)
{
    struct otaria_cbor_writer *w = &e->manifest.w;
    uint8_t vendor[16], class_id[16], text_digest[32];

    if (release_ids(plan->text.vendor, plan->text.class_text, vendor, class_id, err) < 0)
        return -1;
    encode_text(&e->text, &plan->text);
    digest_wrapped(&e->text, text_digest);
    begin(&e->manifest);
    otaria_cbor_put_map(w, 6);
    put_command(w, MANIFEST_VERSION, 1);
    otaria_cbor_put_int(w, MANIFEST_SEQUENCE);
    otaria_cbor_put_uint(w, plan->seq);
    otaria_cbor_put_int(w, MANIFEST_COMMON);
    encode_common(&e->common, &e->inner, plan, vendor, class_id);
    put_part(w, &e->common);
    otaria_cbor_put_int(w, MANIFEST_VALIDATE);
    encode_validate(&e->inner, plan);
    put_part(w, &e->inner);
    otaria_cbor_put_int(w, MANIFEST_INSTALL);
    encode_install(&e->inner, plan);
    put_part(w, &e->inner);
    otaria_cbor_put_int(w, MANIFEST_TEXT);
    put_digest(w, text_digest);
    if (e->manifest.w.overflow || e->manifest.w.len > OTARIA_MANIFEST_MAX)
        return err_set(err, ERR_FAILED,
                       "the manifest would be larger than %d bytes; shorten the URI",
                       OTARIA_MANIFEST_MAX);
    if (e->text.w.overflow || e->text.w.len > OTARIA_TEXT_MAX)
        return err_set(err, ERR_FAILED,
                       "vendor, product, hardware, layout and version are too long together (the "
                       "text has %d bytes in all)",
                       OTARIA_TEXT_MAX);
    return 0;
}

/* protected {1: alg}, and the Sig_structure of RFC 9052 §4.4 around it and the digest array. */
static int put_block(struct otaria_cbor_writer *w, const struct key_pair *key,
                     const uint8_t digest[32], struct err *err)
{
    uint8_t header[8], message[96], hash[32], signature[64], block[128];
    struct otaria_cbor_writer protected, to_sign, b;

    otaria_cbor_into(&protected, header, sizeof header);
    otaria_cbor_put_map(&protected, 1);
    put_command(&protected, COSE_ALG, ALG_ESP256);

    otaria_cbor_into(&to_sign, message, sizeof message);
    otaria_cbor_put_array(&to_sign, 4);
    otaria_cbor_put_text(&to_sign, "Signature1", 10);
    otaria_cbor_put_bytes(&to_sign, header, protected.len);
    otaria_cbor_put_bytes(&to_sign, NULL, 0);
    put_wrapped_digest(&to_sign, digest);
    release_sha256(message, to_sign.len, hash);
    if (keys_sign(key, hash, signature, err) < 0)
        return -1;

    otaria_cbor_into(&b, block, sizeof block);
    otaria_cbor_put_tag(&b, TAG_COSE_SIGN1);
    otaria_cbor_put_array(&b, 4);
    otaria_cbor_put_bytes(&b, header, protected.len);
    otaria_cbor_put_map(&b, 0);
    otaria_cbor_put_null(&b);
    otaria_cbor_put_bytes(&b, signature, sizeof signature);
    otaria_cbor_put_bytes(w, block, b.len);
    return 0;
}

static int encode_authentication(struct part *p, const struct part *manifest,
                                 const struct key_pair *keys, size_t keys_cnt, struct err *err)
{
    uint8_t digest[32];

    digest_wrapped(manifest, digest);
    begin(p);
    otaria_cbor_put_array(&p->w, 1 + keys_cnt);
    put_wrapped_digest(&p->w, digest);
    for (size_t i = 0; i < keys_cnt; i++)
        if (put_block(&p->w, &keys[i], digest, err) < 0)
            return -1;
    return 0;
}

/* What was just written, seen as those see it who will get it: every key must have signed. */
static int self_check(const uint8_t *suit, size_t len, const struct release_plan *plan,
                      const struct key_pair *keys, size_t keys_cnt, struct err *err)
{
    uint8_t points[OTARIA_BLOCKS_MAX][65];
    struct otaria_trust trust = {.keys = (const uint8_t(*)[65])points,
                                 .keys_cnt = (unsigned)keys_cnt,
                                 .threshold = (unsigned)keys_cnt};
    struct otaria_manifest m;
    struct release_text t;

    for (size_t i = 0; i < keys_cnt; i++)
        memcpy(points[i], keys[i].point, 65);
    if (release_check(suit, len, &trust, &m, &t, err) < 0)
        return -1;
    if (m.seq != plan->seq || m.components_cnt != plan->components_cnt ||
        strcmp(t.version, plan->text.version) != 0 ||
        strcmp(t.class_text, plan->text.class_text) != 0)
        return err_set(err, ERR_FAILED, "the encoded release does not say what was planned");
    for (unsigned i = 0; i < m.components_cnt; i++)
        if (m.component[i].size != plan->component[i].size ||
            memcmp(m.component[i].digest, plan->component[i].digest, 32) != 0)
            return err_set(err, ERR_FAILED, "the encoded release does not say what was planned");
    return 0;
}

static int check_plan(const struct release_plan *plan, const struct key_pair *keys, size_t keys_cnt,
                      struct err *err)
{
    if (keys_cnt < 1 || keys_cnt > OTARIA_BLOCKS_MAX)
        return err_set(err, ERR_USAGE, "a release is signed by 1 to %d keys", OTARIA_BLOCKS_MAX);
    if (plan->components_cnt < 1 || plan->components_cnt > OTARIA_COMPONENTS_MAX)
        return err_set(err, ERR_USAGE, "a release has 1 to %d components", OTARIA_COMPONENTS_MAX);
    if (plan->seq >> 53)
        return err_set(err, ERR_USAGE, "sequence %llu is above 2^53-1",
                       (unsigned long long)plan->seq);
    for (size_t i = 1; i < keys_cnt; i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(keys[i].point, keys[k].point, 65) == 0)
                return err_set(err, ERR_USAGE, "the same key is given twice; it counts once");
    return 0;
}

int release_encode(const struct release_plan *plan, const struct key_pair *keys, size_t keys_cnt,
                   uint8_t *out, size_t *len, struct err *err)
{
    struct encoder *e = xcalloc(1, sizeof *e);
    struct otaria_cbor_writer w;
    int ret = -1;

    if (check_plan(plan, keys, keys_cnt, err) < 0)
        goto out;
    if (encode_manifest(e, plan, err) < 0 ||
        encode_authentication(&e->inner, &e->manifest, keys, keys_cnt, err) < 0)
        goto out;
    otaria_cbor_into(&w, out, OTARIA_ENVELOPE_MAX);
    otaria_cbor_put_tag(&w, TAG_SUIT_ENVELOPE);
    otaria_cbor_put_map(&w, 3);
    otaria_cbor_put_int(&w, ENVELOPE_AUTHENTICATION);
    put_part(&w, &e->inner);
    otaria_cbor_put_int(&w, ENVELOPE_MANIFEST);
    put_part(&w, &e->manifest);
    otaria_cbor_put_int(&w, ENVELOPE_TEXT);
    put_part(&w, &e->text);
    if (w.overflow) {
        err_set(err, ERR_FAILED, "the release would be larger than %d bytes", OTARIA_ENVELOPE_MAX);
        goto out;
    }
    *len = w.len;
    ret = self_check(out, w.len, plan, keys, keys_cnt, err);
    if (ret < 0)
        err_prefix(err, "the encoded release would be refused");
out:
    free(e);
    return ret;
}

void release_sha256(const void *data, size_t len, uint8_t digest[32])
{
    struct otaria_sha256 h;

    otaria_sha256_init(&h, NULL, 0);
    otaria_sha256_update(&h, data, len);
    otaria_sha256_final(&h, digest);
}
