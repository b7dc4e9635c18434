// SPDX-License-Identifier: MIT
/*
 * The CBOR reader. Every byte here comes from an attacker: what is left is compared before anything is
 * read, and always as `end - p`, which cannot wrap.
 */
#include <otaria/cbor.h>

#define INFO_IN_NEXT 24u /* from here on the value stands in 1, 2, 4 or 8 following bytes */
#define INFO_LAST    27u /* 28..30 are reserved, 31 is an indefinite length */
#define SIMPLE_FALSE 20u
#define SIMPLE_NULL  22u

static size_t left(const struct otaria_cbor_reader *r)
{
    return (size_t)(r->end - r->p);
}

void otaria_cbor_open(struct otaria_cbor_reader *r, const uint8_t *data, size_t len)
{
    static const uint8_t nothing;

    /* Arithmetic with a null pointer is undefined, even when it adds nothing. */
    r->p = data != NULL ? data : &nothing;
    r->end = r->p + len;
    r->failed = false;
}

void otaria_cbor_fail(struct otaria_cbor_reader *r)
{
    r->failed = true;
}

static bool exhausted(const struct otaria_cbor_reader *r)
{
    return r->failed || r->p == r->end;
}

/* The value in the next `width` bytes. The upper half must not be zero: it would have been shorter. */
static uint64_t value(struct otaria_cbor_reader *r, unsigned width)
{
    uint64_t v = 0;
    unsigned upper = 0;

    if (left(r) < width) {
        r->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < width; i++) {
        if (i < width / 2)
            upper |= *r->p;
        v = v << 8 | *r->p++;
    }
    if (width == 1 ? v < INFO_IN_NEXT : upper == 0)
        r->failed = true;
    return v;
}

/* Any head; its major type goes to *major. After a failure the result is 0, the type NOTHING. */
static uint64_t any_head(struct otaria_cbor_reader *r, unsigned *major)
{
    uint64_t v;
    unsigned info;

    *major = otaria_cbor_peek(r);
    if (*major == OTARIA_CBOR_NOTHING) {
        r->failed = true;
        return 0;
    }
    info = *r->p++ & 0x1Fu;
    if (info < INFO_IN_NEXT)
        return info;
    if (info > INFO_LAST || *major == OTARIA_CBOR_SIMPLE)
        r->failed = true;
    v = r->failed ? 0 : value(r, 1u << (info - INFO_IN_NEXT));
    return r->failed ? 0 : v;
}

static uint64_t head(struct otaria_cbor_reader *r, unsigned major)
{
    unsigned found;
    uint64_t v = any_head(r, &found);

    if (found == major)
        return v;
    r->failed = true;
    return 0;
}

/* A count that needs `each` bytes a piece at least. */
static size_t bounded(struct otaria_cbor_reader *r, uint64_t cnt, size_t each)
{
    if (cnt <= left(r) / each)
        return (size_t)cnt;
    r->failed = true;
    return 0;
}

static struct otaria_span content(struct otaria_cbor_reader *r, unsigned major)
{
    struct otaria_span s = {NULL, bounded(r, head(r, major), 1)};

    if (r->failed)
        return s;
    s.p = r->p;
    r->p += s.len;
    return s;
}

uint64_t otaria_cbor_uint(struct otaria_cbor_reader *r)
{
    return head(r, OTARIA_CBOR_UINT);
}

int64_t otaria_cbor_int(struct otaria_cbor_reader *r)
{
    unsigned major;
    uint64_t v = any_head(r, &major);

    if (major > OTARIA_CBOR_NEGATIVE || v > INT64_MAX) {
        r->failed = true;
        return 0;
    }
    if (r->failed)
        return 0;
    return major == OTARIA_CBOR_UINT ? (int64_t)v : -1 - (int64_t)v;
}

struct otaria_span otaria_cbor_bytes(struct otaria_cbor_reader *r)
{
    return content(r, OTARIA_CBOR_BYTES);
}

struct otaria_span otaria_cbor_text(struct otaria_cbor_reader *r)
{
    return content(r, OTARIA_CBOR_TEXT);
}

size_t otaria_cbor_array(struct otaria_cbor_reader *r)
{
    return bounded(r, head(r, OTARIA_CBOR_ARRAY), 1);
}

size_t otaria_cbor_map(struct otaria_cbor_reader *r)
{
    return bounded(r, head(r, OTARIA_CBOR_MAP), 2);
}

uint64_t otaria_cbor_tag(struct otaria_cbor_reader *r)
{
    return head(r, OTARIA_CBOR_TAG);
}

void otaria_cbor_null(struct otaria_cbor_reader *r)
{
    otaria_cbor_expect(r, OTARIA_CBOR_SIMPLE << 5 | SIMPLE_NULL);
}

void otaria_cbor_expect(struct otaria_cbor_reader *r, uint8_t byte)
{
    if (exhausted(r) || *r->p != byte)
        r->failed = true;
    else
        r->p++;
}

unsigned otaria_cbor_peek(const struct otaria_cbor_reader *r)
{
    return exhausted(r) ? OTARIA_CBOR_NOTHING : *r->p >> 5;
}

/* Reads a head, and a string's content; *inside = the items that the item contains. */
static void skip_one(struct otaria_cbor_reader *r, size_t *inside)
{
    unsigned major;
    uint64_t v = any_head(r, &major);

    *inside = 0;
    switch (major) {
    case OTARIA_CBOR_BYTES:
    case OTARIA_CBOR_TEXT:
        r->p += bounded(r, v, 1);
        break;
    case OTARIA_CBOR_ARRAY:
        *inside = bounded(r, v, 1);
        break;
    case OTARIA_CBOR_MAP:
        *inside = 2 * bounded(r, v, 2);
        break;
    case OTARIA_CBOR_TAG:
        *inside = 1;
        break;
    case OTARIA_CBOR_SIMPLE:
        if (v < SIMPLE_FALSE || v > SIMPLE_NULL)
            r->failed = true;
        break;
    default:
        break;
    }
}

void otaria_cbor_skip(struct otaria_cbor_reader *r)
{
    size_t todo[OTARIA_CBOR_NESTING_MAX + 1] = {1}; /* items left to skip, a level each */
    unsigned level = 0;

    while (!r->failed) {
        size_t inside;

        while (todo[level] == 0) {
            if (level == 0)
                return;
            level--;
        }
        todo[level]--;
        skip_one(r, &inside);
        if (inside == 0)
            continue;
        if (level == OTARIA_CBOR_NESTING_MAX)
            r->failed = true;
        else
            todo[++level] = inside;
    }
}

bool otaria_cbor_at_end(const struct otaria_cbor_reader *r)
{
    return !r->failed && r->p == r->end;
}
