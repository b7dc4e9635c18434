// SPDX-License-Identifier: MIT
/*
 * CBOR (RFC 8949), the strict subset that Otaria speaks: definite lengths, shortest integers, no
 * floats. A sticky reader over a borrowed buffer and a sticky writer into the caller's buffer.
 * The reader is for bytes that an attacker chose.
 */
#ifndef OTARIA_CBOR_H
#define OTARIA_CBOR_H

#include <otaria/base.h>

struct otaria_cbor_reader {
    const uint8_t *p;
    const uint8_t *end;
    bool failed; /* sticky: once set every read returns zero or empty */
};

void otaria_cbor_open(struct otaria_cbor_reader *r, const uint8_t *data, size_t len);
uint64_t otaria_cbor_uint(struct otaria_cbor_reader *r);   /* major 0 */
int64_t otaria_cbor_int(struct otaria_cbor_reader *r);     /* major 0 or 1, within int64 */
struct otaria_span otaria_cbor_bytes(struct otaria_cbor_reader *r);
struct otaria_span otaria_cbor_text(struct otaria_cbor_reader *r); /* UTF-8 is not checked */
size_t otaria_cbor_array(struct otaria_cbor_reader *r);    /* number of items that follow */
size_t otaria_cbor_map(struct otaria_cbor_reader *r);      /* number of pairs that follow */
uint64_t otaria_cbor_tag(struct otaria_cbor_reader *r);
void otaria_cbor_null(struct otaria_cbor_reader *r);
unsigned otaria_cbor_peek(const struct otaria_cbor_reader *r); /* major type 0..7 of the next item, 8 at the end or after a failure */
void otaria_cbor_skip(struct otaria_cbor_reader *r);       /* one item of any kind, nesting <= 8 */
bool otaria_cbor_at_end(const struct otaria_cbor_reader *r); /* true when every byte was read and nothing failed */

struct otaria_cbor_writer {
    uint8_t *buf;
    size_t max;
    size_t len; /* bytes written; when overflow is set, the bytes that would have been needed */
    bool overflow;
};

void otaria_cbor_into(struct otaria_cbor_writer *w, uint8_t *buf, size_t max);
void otaria_cbor_put_int(struct otaria_cbor_writer *w, int64_t v);
void otaria_cbor_put_uint(struct otaria_cbor_writer *w, uint64_t v);
void otaria_cbor_put_bytes(struct otaria_cbor_writer *w, const void *p, size_t len);
void otaria_cbor_put_text(struct otaria_cbor_writer *w, const char *s, size_t len);
void otaria_cbor_put_array(struct otaria_cbor_writer *w, size_t cnt);
void otaria_cbor_put_map(struct otaria_cbor_writer *w, size_t cnt);
void otaria_cbor_put_tag(struct otaria_cbor_writer *w, uint64_t tag);
void otaria_cbor_put_null(struct otaria_cbor_writer *w);
void otaria_cbor_put_head(struct otaria_cbor_writer *w, unsigned major, uint64_t v); /* a head alone: the content follows by put_raw */
void otaria_cbor_put_raw(struct otaria_cbor_writer *w, const void *p, size_t len);

#endif
