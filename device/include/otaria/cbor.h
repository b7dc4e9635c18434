// SPDX-License-Identifier: MIT
/*
 * CBOR (RFC 8949), the strict subset that Otaria speaks: definite lengths, heads in their shortest
 * form, no floats. A sticky reader over a borrowed buffer, a sticky writer into the caller's buffer.
 *
 * Reader. It is for bytes that an attacker chose. It never reads outside [data, data+len), needs
 * constant stack (at most 150 bytes) and time linear in the input. The first defect makes it fail for
 * good: from then on every read returns zero or an empty span, so a caller reads a whole structure
 * straight through and looks once, at the end:
 *
 *     struct otaria_cbor_reader r;
 *     otaria_cbor_open(&r, body, body_len);
 *     for (size_t n = otaria_cbor_map(&r); n > 0; n--) {
 *         if (otaria_cbor_uint(&r) == 4)
 *             again_s = otaria_cbor_uint(&r);
 *         else
 *             otaria_cbor_skip(&r);
 *     }
 *     if (!otaria_cbor_at_end(&r))
 *         return OTARIA_E_POLL;
 *
 * Until that look, what was read is not to be acted on. Defects are: the end of the input, another
 * major type than the asked one, an indefinite length, a head longer than needed, reserved head values,
 * a length or count that the rest of the input cannot hold.
 *
 * What it does not check: that text is UTF-8, and that map keys are sorted and unique. Whoever
 * needs that compares the keys as they come.
 *
 * Writer. It writes the shortest form, in the order of the calls. When the buffer is too small it
 * sets `overflow`, writes nothing further and goes on counting, so `len` says how much is needed.
 *
 * Memory: both structures are the caller's, hold no resource and may be copied (a copied reader is a
 * bookmark). Fields are public to read.
 */
#ifndef OTARIA_CBOR_H
#define OTARIA_CBOR_H

#include <otaria/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Major types, as otaria_cbor_peek gives them and otaria_cbor_put_head takes them. */
enum otaria_cbor_major {
    OTARIA_CBOR_UINT = 0,
    OTARIA_CBOR_NEGATIVE = 1,
    OTARIA_CBOR_BYTES = 2,
    OTARIA_CBOR_TEXT = 3,
    OTARIA_CBOR_ARRAY = 4,
    OTARIA_CBOR_MAP = 5,
    OTARIA_CBOR_TAG = 6,
    OTARIA_CBOR_SIMPLE = 7,
    OTARIA_CBOR_NOTHING = 8 /* the end of the input, or the reader has failed */
};

/* Deepest nesting that otaria_cbor_skip accepts: [[[[[[[[0]]]]]]]]. A tag counts as one level. */
#define OTARIA_CBOR_NESTING_MAX 8

struct otaria_cbor_reader {
    const uint8_t *p;   /* next byte */
    const uint8_t *end; /* first byte behind the input */
    bool failed;        /* sticky */
};

/* Begin to read len bytes at data; they stay the caller's. data may be NULL when len is 0. */
void otaria_cbor_open(struct otaria_cbor_reader *r, const uint8_t *data, size_t len);

/* An unsigned integer, 0 .. 2^64-1. */
uint64_t otaria_cbor_uint(struct otaria_cbor_reader *r);

/* An integer of either sign, -2^63 .. 2^63-1; one beyond that is a defect. */
int64_t otaria_cbor_int(struct otaria_cbor_reader *r);

/* The content of a byte string, or of a text string, borrowed from the input; p is NULL on failure only. */
struct otaria_span otaria_cbor_bytes(struct otaria_cbor_reader *r);
struct otaria_span otaria_cbor_text(struct otaria_cbor_reader *r);

/*
 * The number of items (array), of pairs (map) that follow; they are read next, one by one. Never more
 * than the rest of the input can hold, so a loop over it is bounded by the input's length.
 */
size_t otaria_cbor_array(struct otaria_cbor_reader *r);
size_t otaria_cbor_map(struct otaria_cbor_reader *r);

/* A tag's number; the tagged item is read next. */
uint64_t otaria_cbor_tag(struct otaria_cbor_reader *r);

/* null. */
void otaria_cbor_null(struct otaria_cbor_reader *r);

/* The very next byte must be this one: for templates of one-byte heads. */
void otaria_cbor_expect(struct otaria_cbor_reader *r, uint8_t byte);

/* The next item's major type, enum otaria_cbor_major; reads nothing and never fails. */
unsigned otaria_cbor_peek(const struct otaria_cbor_reader *r);

/* One item of any kind with all that it contains, nested OTARIA_CBOR_NESTING_MAX deep at most. */
void otaria_cbor_skip(struct otaria_cbor_reader *r);

/* Declare what was read defective: for the caller's own rules. */
void otaria_cbor_fail(struct otaria_cbor_reader *r);

/* True when every byte was read and nothing failed. */
bool otaria_cbor_at_end(const struct otaria_cbor_reader *r);

struct otaria_cbor_writer {
    uint8_t *buf;
    size_t max;
    size_t len;    /* bytes written; with overflow, the bytes that would have been needed */
    bool overflow; /* sticky; buf then holds a useless beginning */
};

/* Begin to write into buf[0..max). buf may be NULL when max is 0, to measure. */
void otaria_cbor_into(struct otaria_cbor_writer *w, uint8_t *buf, size_t max);

void otaria_cbor_put_int(struct otaria_cbor_writer *w, int64_t v);
void otaria_cbor_put_uint(struct otaria_cbor_writer *w, uint64_t v);
void otaria_cbor_put_bytes(struct otaria_cbor_writer *w, const void *p, size_t len);
void otaria_cbor_put_text(struct otaria_cbor_writer *w, const char *s, size_t len);
void otaria_cbor_put_array(struct otaria_cbor_writer *w, size_t cnt); /* cnt items follow */
void otaria_cbor_put_map(struct otaria_cbor_writer *w, size_t cnt);   /* cnt pairs follow */
void otaria_cbor_put_tag(struct otaria_cbor_writer *w, uint64_t tag); /* the item follows */
void otaria_cbor_put_null(struct otaria_cbor_writer *w);

/* A head alone, major 0..7: the content follows by otaria_cbor_put_raw. */
void otaria_cbor_put_head(struct otaria_cbor_writer *w, unsigned major, uint64_t v);

/* Bytes that are CBOR already. p may be NULL when len is 0. */
void otaria_cbor_put_raw(struct otaria_cbor_writer *w, const void *p, size_t len);

#ifdef __cplusplus
}
#endif

#endif
