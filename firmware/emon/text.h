// SPDX-License-Identifier: MIT
/*
 * Text in small pieces: a writer with an end, and templates that are rendered a buffer at a time, so that a long answer
 * needs no long buffer. Memory is the caller's; nothing fails but by being cut, which is remembered.
 */
#ifndef EMON_TEXT_H
#define EMON_TEXT_H

#include <stdbool.h>

#include "mapped.h"

struct emon_text {
    char *p;
    size_t max, len; /* bytes; no NUL is kept */
    bool cut;        /* something did not fit */
};

void emon_put(struct emon_text *t, const char *s, size_t len);
void emon_put_string(struct emon_text *t, const char *s); /* up to its NUL */
void emon_put_mapped(struct emon_text *t, const uint32_t *word);
void emon_put_u32(struct emon_text *t, uint32_t v);
void emon_put_int(struct emon_text *t, int v);
void emon_put_hex(struct emon_text *t, const uint8_t *p, size_t len);

/* v thousandths, without zeroes at the end: -3250 is "-3.25". */
void emon_put_milli(struct emon_text *t, int32_t v);

/* In quotes, as a JSON string. Bytes that are not printable ASCII become \u00XX: any bytes give valid JSON. */
void emon_put_json(struct emon_text *t, const char *s, size_t len);

/* For a terminal: what is not printable ASCII becomes '?'. */
void emon_put_plain(struct emon_text *t, const char *s);

/*
 * A template is mapped text in which '@' and a letter stand for a field. put writes the index-th piece of that field and
 * says whether there is another; a piece is at most EMON_PIECE_MAX bytes.
 */
#define EMON_PIECE_MAX 300

struct emon_fields {
    void *ctx;
    bool (*put)(void *ctx, char field, unsigned index, struct emon_text *out);
};

struct emon_template {
    const uint32_t *word;
    uint32_t at;    /* byte of the template that comes next */
    unsigned index; /* piece of the field there */
};

/*
 * Goes on with the template as far as the room in out goes. True when it is through. Each call with at least
 * EMON_PIECE_MAX bytes of room gets further.
 */
bool emon_template_fill(struct emon_template *t, const struct emon_fields *f,
                        struct emon_text *out);

#endif
