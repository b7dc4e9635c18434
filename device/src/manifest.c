// SPDX-License-Identifier: MIT
/*
 * M's template (spec/FORMAT.md, sections 2 and 3), from the first byte to the last.
 *
 * All heads of the template but lengths are single bytes, so most of it is otaria_cbor_expect(): whatever
 * differs makes the reader fail, and a longer spelling of the same number differs. One reader walks the
 * whole envelope; enter() goes into a byte string and leave() demands that its end was met exactly. So
 * an optional member that is sought at that end may see a byte of what follows, and then fails at leave().
 */
#include <string.h>

#include <otaria/crypto.h>

#include "manifest_private.h"

/* The heads that the template uses; n < 24. */
#define ARRAY(n)  (uint8_t)(0x80u | (n))
#define MAP(n)    (uint8_t)(0xA0u | (n))
#define BYTES_1   0x41u /* a byte string of one byte */
#define BYTES_N   0x58u /* a byte string whose length, 24..255, follows */
#define TAG_N     0xD8u /* a tag whose number follows */
#define TAG_SIGN1 0xD2u
#define NIL       0xF6u

#define TAG_SUIT         107u
#define DIGEST_ARRAY_LEN 36u

/* SUIT's numbers. */
enum {
    ENVELOPE_AUTHENTICATION = 2,
    ENVELOPE_MANIFEST = 3,
    ENVELOPE_TEXT = 23,
    MANIFEST_VERSION = 1,
    MANIFEST_SEQUENCE = 2,
    MANIFEST_COMMON = 3,
    MANIFEST_REFERENCE_URI = 4,
    MANIFEST_VALIDATE = 7,
    MANIFEST_INVOKE = 9,
    MANIFEST_INSTALL = 20,
    MANIFEST_TEXT_DIGEST = 23,
    COMMON_COMPONENTS = 2,
    COMMON_SHARED = 4,
    PARAMETER_VENDOR = 1,
    PARAMETER_CLASS = 2,
    PARAMETER_DIGEST = 3,
    PARAMETER_SIZE = 14,
    PARAMETER_URI = 21,
    DO_CHECK_VENDOR = 1,
    DO_CHECK_CLASS = 2,
    DO_CHECK_IMAGE = 3,
    DO_SELECT_COMPONENT = 12,
    DO_SET_PARAMETERS = 20,
    DO_FETCH = 21,
    DO_INVOKE = 23,
    SHA256_MINUS_16 = 0x2F, /* -16, encoded */
    COSE_ALG = 1,
    COSE_KID = 4,
    ALG_ESP256 = -9,
    ALG_ES256 = -7,
    ALG_HSS_LMS = -46
};

#define SEQUENCE_MAX       ((UINT64_C(1) << 53) - 1)
#define P256_SIGNATURE_LEN 64u

/* The walk: where it is, what it fills, and the code that a failure has. */
struct walk {
    struct otaria_cbor_reader r;
    struct otaria_manifest *m;
    int error;
};

/* Takes the next byte if it is this one. */
static bool next(struct otaria_cbor_reader *r, uint8_t byte)
{
    if (r->failed || r->p == r->end || *r->p != byte)
        return false;
    r->p++;
    return true;
}

static void expect2(struct otaria_cbor_reader *r, uint8_t first, uint8_t second)
{
    otaria_cbor_expect(r, first);
    otaria_cbor_expect(r, second);
}

static void demand(struct otaria_cbor_reader *r, bool holds)
{
    if (!holds)
        otaria_cbor_fail(r);
}

const uint8_t *otaria_cbor_enter(struct otaria_cbor_reader *r)
{
    struct otaria_span s = otaria_cbor_bytes(r);
    const uint8_t *end = r->p;

    r->p -= s.len;
    return end;
}

void otaria_cbor_leave(struct otaria_cbor_reader *r, const uint8_t *end)
{
    demand(r, r->p == end);
}

/* A byte string of exactly len bytes; out is left alone on failure. */
static void exactly(struct otaria_cbor_reader *r, uint8_t *out, size_t len)
{
    struct otaria_span s = otaria_cbor_bytes(r);

    if (s.len == len)
        memcpy(out, s.p, len);
    else
        otaria_cbor_fail(r);
}

/* [-16, <32 bytes>] */
static void digest_array(struct otaria_cbor_reader *r, uint8_t digest[32])
{
    expect2(r, ARRAY(2), SHA256_MINUS_16);
    exactly(r, digest, 32);
}

static void wrapped_digest(struct otaria_cbor_reader *r, uint8_t digest[32])
{
    expect2(r, BYTES_N, DIGEST_ARRAY_LEN);
    digest_array(r, digest);
}

/* A command and its reporting argument. */
static void command(struct otaria_cbor_reader *r, uint8_t name)
{
    otaria_cbor_expect(r, name);
    demand(r, otaria_cbor_uint(r) <= OTARIA_REPORTING_MAX);
}

/* ---- signature blocks ---- */

bool otaria_block_usable(const struct otaria_block *b)
{
    return b->alg == ALG_ESP256 || b->alg == ALG_ES256;
}

static void key_id(struct otaria_cbor_reader *r)
{
    size_t len;

    if (next(r, MAP(0)))
        return;
    expect2(r, MAP(1), COSE_KID);
    len = otaria_cbor_bytes(r).len;
    demand(r, len > 0 && len <= OTARIA_KID_MAX);
}

void otaria_block_read(struct otaria_cbor_reader *r, struct otaria_block *b)
{
    const uint8_t *block_end = otaria_cbor_enter(r);
    const uint8_t *protected_end;

    expect2(r, TAG_SIGN1, ARRAY(4));
    protected_end = otaria_cbor_enter(r);
    expect2(r, MAP(1), COSE_ALG);
    b->alg = otaria_cbor_int(r);
    otaria_cbor_leave(r, protected_end);
    key_id(r);
    otaria_cbor_expect(r, NIL);
    b->signature = otaria_cbor_bytes(r);
    otaria_cbor_leave(r, block_end);
    demand(r, !otaria_block_usable(b) || b->signature.len == P256_SIGNATURE_LEN);
}

/* The wrapper: the digest, then 0..3 blocks. *lms = a block may make the envelope longer. */
static void authentication(struct walk *w, bool *lms)
{
    struct otaria_manifest *m = w->m;
    const uint8_t *end = otaria_cbor_enter(&w->r);
    size_t cnt = otaria_cbor_array(&w->r);

    demand(&w->r, cnt >= 1 && cnt <= 1 + OTARIA_BLOCKS_MAX);
    wrapped_digest(&w->r, m->digest);
    m->blocks.p = w->r.p;
    for (m->blocks_cnt = 0; !w->r.failed && m->blocks_cnt + 1 < cnt; m->blocks_cnt++) {
        struct otaria_block b;

        otaria_block_read(&w->r, &b);
        *lms |= b.alg == ALG_HSS_LMS;
    }
    m->blocks.len = (size_t)(w->r.p - m->blocks.p);
    otaria_cbor_leave(&w->r, end);
}

/* ---- manifest ---- */

/* The head of a command sequence of `items` items, or of two such with "select component i" before each. */
static void sequence_head(struct walk *w, unsigned items)
{
    otaria_cbor_expect(&w->r, w->m->components_cnt == 1 ? ARRAY(items) : ARRAY(2 * (items + 2)));
}

static void select_component(struct walk *w, unsigned i)
{
    if (w->m->components_cnt > 1)
        expect2(&w->r, DO_SELECT_COMPONENT, (uint8_t)i);
}

/* [[h'00']] or [[h'00'], [h'01']] */
static void components(struct walk *w)
{
    struct otaria_manifest *m = w->m;

    m->components_cnt = next(&w->r, ARRAY(2)) ? 2 : 1;
    if (m->components_cnt == 1)
        otaria_cbor_expect(&w->r, ARRAY(1));
    for (unsigned i = 0; i < m->components_cnt; i++) {
        expect2(&w->r, ARRAY(1), BYTES_1);
        otaria_cbor_expect(&w->r, (uint8_t)i);
    }
}

/* A 16-byte id: the first component sets it, the second must repeat it. */
static void id(struct walk *w, uint8_t out[16], unsigned component)
{
    uint8_t found[16] = {0};

    exactly(&w->r, found, sizeof found);
    if (component == 0)
        memcpy(out, found, sizeof found);
    demand(&w->r, memcmp(out, found, sizeof found) == 0);
}

static void parameters(struct walk *w, unsigned i)
{
    struct otaria_component *c = &w->m->component[i];
    uint64_t size;

    expect2(&w->r, MAP(4), PARAMETER_VENDOR);
    id(w, w->m->vendor, i);
    otaria_cbor_expect(&w->r, PARAMETER_CLASS);
    id(w, w->m->class_id, i);
    otaria_cbor_expect(&w->r, PARAMETER_DIGEST);
    wrapped_digest(&w->r, c->digest);
    otaria_cbor_expect(&w->r, PARAMETER_SIZE);
    size = otaria_cbor_uint(&w->r);
    demand(&w->r, size > 0 && size <= UINT32_MAX);
    c->size = (uint32_t)size;
}

static void shared(struct walk *w)
{
    const uint8_t *end = otaria_cbor_enter(&w->r);

    sequence_head(w, 6);
    for (unsigned i = 0; i < w->m->components_cnt; i++) {
        select_component(w, i);
        otaria_cbor_expect(&w->r, DO_SET_PARAMETERS);
        parameters(w, i);
        command(&w->r, DO_CHECK_VENDOR);
        command(&w->r, DO_CHECK_CLASS);
    }
    otaria_cbor_leave(&w->r, end);
}

static void common(struct walk *w)
{
    const uint8_t *end = otaria_cbor_enter(&w->r);

    expect2(&w->r, MAP(2), COMMON_COMPONENTS);
    components(w);
    otaria_cbor_expect(&w->r, COMMON_SHARED);
    shared(w);
    otaria_cbor_leave(&w->r, end);
}

static void validate(struct walk *w)
{
    const uint8_t *end = otaria_cbor_enter(&w->r);

    sequence_head(w, 2);
    for (unsigned i = 0; i < w->m->components_cnt; i++) {
        select_component(w, i);
        command(&w->r, DO_CHECK_IMAGE);
    }
    otaria_cbor_leave(&w->r, end);
}

static void invoke(struct walk *w)
{
    const uint8_t *end = otaria_cbor_enter(&w->r);

    otaria_cbor_expect(&w->r, ARRAY(2));
    command(&w->r, DO_INVOKE);
    otaria_cbor_leave(&w->r, end);
}

/* 1..200 visible characters. Too long has a code of its own, since that is a maker's honest mistake. */
static void uri(struct walk *w, struct otaria_span *out)
{
    struct otaria_span s = otaria_cbor_text(&w->r);

    if (s.len > OTARIA_URI_MAX) {
        w->error = OTARIA_E_URI;
        otaria_cbor_fail(&w->r);
    }
    demand(&w->r, s.len > 0);
    for (size_t i = 0; i < s.len; i++)
        demand(&w->r, s.p[i] > ' ' && s.p[i] <= '~');
    *out = s;
}

static void install(struct walk *w)
{
    const uint8_t *end = otaria_cbor_enter(&w->r);

    sequence_head(w, 6);
    for (unsigned i = 0; i < w->m->components_cnt; i++) {
        select_component(w, i);
        expect2(&w->r, DO_SET_PARAMETERS, MAP(1));
        otaria_cbor_expect(&w->r, PARAMETER_URI);
        uri(w, &w->m->component[i].uri);
        command(&w->r, DO_FETCH);
        command(&w->r, DO_CHECK_IMAGE);
    }
    otaria_cbor_leave(&w->r, end);
}

/* An optional member of the manifest's map: present when its key comes next. */
static bool member(struct walk *w, uint8_t key, size_t *members)
{
    if (!next(&w->r, key))
        return false;
    ++*members;
    return true;
}

static void optional_members(struct walk *w, size_t *members)
{
    if (member(w, MANIFEST_INVOKE, members))
        invoke(w);
    if (member(w, MANIFEST_INSTALL, members))
        install(w);
    if (member(w, MANIFEST_TEXT_DIGEST, members)) {
        digest_array(&w->r, w->m->text_digest);
        w->m->has_text_digest = true;
    }
}

static void manifest_map(struct walk *w)
{
    size_t promised = otaria_cbor_map(&w->r);
    size_t members = 4;

    expect2(&w->r, MANIFEST_VERSION, 1);
    otaria_cbor_expect(&w->r, MANIFEST_SEQUENCE);
    w->m->seq = otaria_cbor_uint(&w->r);
    demand(&w->r, w->m->seq <= SEQUENCE_MAX);
    otaria_cbor_expect(&w->r, MANIFEST_COMMON);
    common(w);
    if (member(w, MANIFEST_REFERENCE_URI, &members))
        demand(&w->r, otaria_cbor_text(&w->r).len <= OTARIA_REFERENCE_URI_MAX);
    otaria_cbor_expect(&w->r, MANIFEST_VALIDATE);
    validate(w);
    optional_members(w, &members);
    demand(&w->r, members == promised);
}

/* ---- envelope ---- */

static void manifest_member(struct walk *w)
{
    const uint8_t *end = otaria_cbor_enter(&w->r);

    w->m->manifest.p = w->r.p;
    w->m->manifest.len = (size_t)(end - w->r.p);
    demand(&w->r, w->m->manifest.len <= OTARIA_MANIFEST_MAX);
    manifest_map(w);
    otaria_cbor_leave(&w->r, end);
}

static void text_member(struct walk *w)
{
    otaria_cbor_expect(&w->r, ENVELOPE_TEXT);
    w->m->text = otaria_cbor_bytes(&w->r);
    demand(&w->r, w->m->has_text_digest && w->m->text.len > 0);
    demand(&w->r, w->m->text.len <= OTARIA_TEXT_MAX);
}

static void envelope_map(struct walk *w, size_t len)
{
    bool text, lms = false;

    expect2(&w->r, TAG_N, TAG_SUIT);
    text = next(&w->r, MAP(3));
    if (!text)
        otaria_cbor_expect(&w->r, MAP(2));
    otaria_cbor_expect(&w->r, ENVELOPE_AUTHENTICATION);
    authentication(w, &lms);
    otaria_cbor_expect(&w->r, ENVELOPE_MANIFEST);
    manifest_member(w);
    if (text)
        text_member(w);
    demand(&w->r, len <= (lms ? OTARIA_ENVELOPE_LMS_MAX : OTARIA_ENVELOPE_MAX));
}

/* ---- digests ---- */

/* SHA-256 over a byte string, its head included. */
static void digest_bstr(struct otaria_span s, uint8_t digest[32])
{
    struct otaria_sha256 h;
    struct otaria_cbor_writer w;
    uint8_t head[3];

    otaria_cbor_into(&w, head, sizeof head);
    otaria_cbor_put_head(&w, OTARIA_CBOR_BYTES, s.len);
    otaria_sha256_init(&h, NULL, 0);
    otaria_sha256_update(&h, head, w.len);
    otaria_sha256_update(&h, s.p, s.len);
    otaria_sha256_final(&h, digest);
}

static bool has_digest(struct otaria_span s, const uint8_t digest[32])
{
    uint8_t found[32];

    digest_bstr(s, found);
    return memcmp(found, digest, sizeof found) == 0;
}

static int check_digests(const struct otaria_manifest *m)
{
    if (!has_digest(m->manifest, m->digest))
        return OTARIA_E_MANIFEST_DIGEST;
    if (m->text.len > 0 && !has_digest(m->text, m->text_digest))
        return OTARIA_E_TEXT;
    return 0;
}

static int finished(struct otaria_manifest *m, int result)
{
    if (result != 0)
        memset(m, 0, sizeof *m);
    return result;
}

static void begin(struct walk *w, struct otaria_manifest *m, const uint8_t *data, size_t len)
{
    memset(m, 0, sizeof *m);
    otaria_cbor_open(&w->r, data, len);
    w->m = m;
    w->error = OTARIA_E_ENVELOPE;
}

int otaria_manifest_decode(struct otaria_manifest *m, const uint8_t *envelope, size_t len)
{
    struct walk w;

    begin(&w, m, envelope, len);
    demand(&w.r, len <= OTARIA_ENVELOPE_LMS_MAX);
    envelope_map(&w, len);
    return finished(m, otaria_cbor_at_end(&w.r) ? check_digests(m) : w.error);
}

int otaria_manifest_decode_bare(struct otaria_manifest *m, const uint8_t *manifest, size_t len)
{
    struct walk w;

    begin(&w, m, manifest, len);
    m->manifest.p = manifest;
    m->manifest.len = len;
    demand(&w.r, len <= OTARIA_MANIFEST_MAX);
    manifest_map(&w);
    if (!otaria_cbor_at_end(&w.r))
        return finished(m, w.error);
    digest_bstr(m->manifest, m->digest);
    return 0;
}
