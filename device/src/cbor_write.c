// SPDX-License-Identifier: MIT
/* The CBOR writer: shortest heads, and a count that goes on behind the end of the buffer. */
#include <string.h>

#include <otaria/cbor.h>

void otaria_cbor_into(struct otaria_cbor_writer *w, uint8_t *buf, size_t max)
{
    w->buf = buf;
    w->max = max;
    w->len = 0;
    w->overflow = false;
}

void otaria_cbor_put_raw(struct otaria_cbor_writer *w, const void *p, size_t len)
{
    if (w->overflow || len > w->max - w->len)
        w->overflow = true;
    else if (len > 0)
        memcpy(w->buf + w->len, p, len);
    w->len += len;
}

static void put_sized(struct otaria_cbor_writer *w, unsigned major, const void *p, size_t len)
{
    otaria_cbor_put_head(w, major, len);
    otaria_cbor_put_raw(w, p, len);
}

/* log2 of the bytes that v needs, as 1, 2, 4 or 8 of them. */
static unsigned width_log2(uint64_t v)
{
    uint32_t low = (uint32_t)v;

    if (low != v)
        return 3;
    return low > UINT16_MAX ? 2 : low > UINT8_MAX;
}

void otaria_cbor_put_head(struct otaria_cbor_writer *w, unsigned major, uint64_t v)
{
    uint8_t out[9];
    unsigned log2 = width_log2(v);
    unsigned width = v < 24 ? 0 : 1u << log2;

    out[0] = (uint8_t)(major << 5 | (v < 24 ? (unsigned)v : 24 + log2));
    for (unsigned i = width; i > 0; i--) {
        out[i] = (uint8_t)v;
        v >>= 8;
    }
    otaria_cbor_put_raw(w, out, 1 + width);
}

void otaria_cbor_put_uint(struct otaria_cbor_writer *w, uint64_t v)
{
    otaria_cbor_put_head(w, OTARIA_CBOR_UINT, v);
}

void otaria_cbor_put_int(struct otaria_cbor_writer *w, int64_t v)
{
    if (v >= 0)
        otaria_cbor_put_head(w, OTARIA_CBOR_UINT, (uint64_t)v);
    else
        otaria_cbor_put_head(w, OTARIA_CBOR_NEGATIVE, (uint64_t)(-1 - v));
}

void otaria_cbor_put_bytes(struct otaria_cbor_writer *w, const void *p, size_t len)
{
    put_sized(w, OTARIA_CBOR_BYTES, p, len);
}

void otaria_cbor_put_text(struct otaria_cbor_writer *w, const char *s, size_t len)
{
    put_sized(w, OTARIA_CBOR_TEXT, s, len);
}

void otaria_cbor_put_array(struct otaria_cbor_writer *w, size_t cnt)
{
    otaria_cbor_put_head(w, OTARIA_CBOR_ARRAY, cnt);
}

void otaria_cbor_put_map(struct otaria_cbor_writer *w, size_t cnt)
{
    otaria_cbor_put_head(w, OTARIA_CBOR_MAP, cnt);
}

void otaria_cbor_put_tag(struct otaria_cbor_writer *w, uint64_t tag)
{
    otaria_cbor_put_head(w, OTARIA_CBOR_TAG, tag);
}

void otaria_cbor_put_null(struct otaria_cbor_writer *w)
{
    otaria_cbor_put_head(w, OTARIA_CBOR_SIMPLE, 22);
}
