// SPDX-License-Identifier: MIT
/*
 * The CBOR reader on any bytes: walks them item by item and writes what it read with the writer. Since
 * both know only the shortest form, what was read to the end must come out as the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include <otaria/cbor.h>

#define CHECK(holds)  \
    do {              \
        if (!(holds)) \
            abort();  \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void copy_string(struct otaria_cbor_reader *r, struct otaria_cbor_writer *w, unsigned major)
{
    struct otaria_span s = major == OTARIA_CBOR_BYTES ? otaria_cbor_bytes(r) : otaria_cbor_text(r);

    otaria_cbor_put_head(w, major, s.len);
    otaria_cbor_put_raw(w, s.p, s.len);
}

/* A false and a true pass as they are: the reader knows them only to skip them. */
static void copy_simple(struct otaria_cbor_reader *r, struct otaria_cbor_writer *w)
{
    const uint8_t *at = r->p;

    otaria_cbor_skip(r);
    otaria_cbor_put_raw(w, at, (size_t)(r->p - at));
}

static void copy_int(struct otaria_cbor_reader *r, struct otaria_cbor_writer *w)
{
    otaria_cbor_put_int(w, otaria_cbor_int(r));
}

static void copy_head(struct otaria_cbor_reader *r, struct otaria_cbor_writer *w)
{
    unsigned major = otaria_cbor_peek(r);

    switch (major) {
    case OTARIA_CBOR_UINT:
        otaria_cbor_put_uint(w, otaria_cbor_uint(r));
        break;
    case OTARIA_CBOR_NEGATIVE:
        copy_int(r, w);
        break;
    case OTARIA_CBOR_BYTES:
    case OTARIA_CBOR_TEXT:
        copy_string(r, w, major);
        break;
    case OTARIA_CBOR_ARRAY:
        otaria_cbor_put_array(w, otaria_cbor_array(r));
        break;
    case OTARIA_CBOR_MAP:
        otaria_cbor_put_map(w, otaria_cbor_map(r));
        break;
    case OTARIA_CBOR_TAG:
        otaria_cbor_put_tag(w, otaria_cbor_tag(r));
        break;
    default:
        copy_simple(r, w);
        break;
    }
}

static void check_skip(const uint8_t *data, size_t len)
{
    struct otaria_cbor_reader r;

    otaria_cbor_open(&r, data, len);
    otaria_cbor_skip(&r);
    CHECK(r.p >= data && r.p <= data + len);
    CHECK(len > 0 || r.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct otaria_cbor_reader r;
    struct otaria_cbor_writer w;
    uint8_t *out = malloc(len + 16);

    CHECK(out != NULL);
    otaria_cbor_open(&r, data, len);
    otaria_cbor_into(&w, out, len + 16);
    while (!r.failed && !otaria_cbor_at_end(&r))
        copy_head(&r, &w);
    CHECK(r.p >= data && r.p <= data + len);
    if (!r.failed)
        CHECK(w.len == len && memcmp(out, data, len) == 0);
    free(out);
    if (len > 0)
        check_skip(data, len);
    return 0;
}
