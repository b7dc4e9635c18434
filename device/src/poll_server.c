// SPDX-License-Identifier: MIT
/* The server's half of the poll codec: a device does not link this file. */
#include <otaria/poll.h>

#include <otaria/cbor.h>
#include <string.h>

/* ---- request ---- */

static uint32_t read_u32(struct otaria_cbor_reader *r)
{
    uint64_t v = otaria_cbor_uint(r);

    if (v > UINT32_MAX)
        otaria_cbor_fail(r);
    return (uint32_t)v;
}

static int read_i32(struct otaria_cbor_reader *r)
{
    int64_t v = otaria_cbor_int(r);

    if (v < INT32_MIN || v > INT32_MAX) {
        otaria_cbor_fail(r);
        return 0;
    }
    return (int)v;
}

static void read_exactly(struct otaria_cbor_reader *r, uint8_t *out, size_t len)
{
    struct otaria_span s = otaria_cbor_bytes(r);

    if (s.len == len && !r->failed)
        memcpy(out, s.p, len);
    else
        otaria_cbor_fail(r);
}

/* Printable ASCII of at most max bytes, with a NUL behind it: it goes to logs and pages. */
static void read_text(struct otaria_cbor_reader *r, char *out, size_t max)
{
    struct otaria_span s = otaria_cbor_text(r);

    if (s.len > max) {
        otaria_cbor_fail(r);
        return;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < 0x20 || s.p[i] > 0x7E)
            otaria_cbor_fail(r);
        out[i] = (char)s.p[i];
    }
    out[s.len] = 0;
}

static void read_id(struct otaria_cbor_reader *r, struct otaria_poll_request *out)
{
    struct otaria_span s = otaria_cbor_bytes(r);

    if (s.len < 6 || s.len > sizeof out->id) {
        otaria_cbor_fail(r);
        return;
    }
    memcpy(out->id, s.p, s.len);
    out->id_len = s.len;
}

static void read_result(struct otaria_cbor_reader *r, struct otaria_poll_request *out)
{
    if (otaria_cbor_array(r) != 2)
        otaria_cbor_fail(r);
    out->result = read_i32(r);
    read_exactly(r, out->result_manifest, sizeof out->result_manifest);
    out->has_result = true;
}

/* The next key of a map whose keys ascend; *least is the smallest that may come. */
static uint64_t read_key(struct otaria_cbor_reader *r, uint64_t *least)
{
    uint64_t key = otaria_cbor_uint(r);

    if (key < *least || key == UINT64_MAX)
        otaria_cbor_fail(r);
    *least = key + 1;
    return key;
}

static void read_health(struct otaria_cbor_reader *r, struct otaria_poll_request *out)
{
    uint64_t least = 0;

    for (size_t cnt = otaria_cbor_map(r); cnt > 0 && !r->failed; cnt--) {
        switch (read_key(r, &least)) {
        case 1:
            out->uptime_s = read_u32(r);
            break;
        case 2:
            out->free_heap = read_u32(r);
            break;
        case 3:
            out->rssi = read_i32(r);
            break;
        case 4:
            read_text(r, out->reset_reason, OTARIA_POLL_REASON_MAX);
            break;
        default:
            otaria_cbor_skip(r);
        }
    }
}

/* Keys 1 to 7: who asks. */
static void read_who(struct otaria_cbor_reader *r, uint64_t key, struct otaria_poll_request *out)
{
    switch (key) {
    case 1:
        if (otaria_cbor_uint(r) != OTARIA_POLL_VERSION)
            otaria_cbor_fail(r);
        break;
    case 2:
        read_id(r, out);
        break;
    case 3:
        read_exactly(r, out->vendor, sizeof out->vendor);
        break;
    case 4:
        read_exactly(r, out->class_id, sizeof out->class_id);
        break;
    case 5:
        out->confirmed_seq = otaria_cbor_uint(r);
        break;
    case 6:
        read_exactly(r, out->running_sha256, sizeof out->running_sha256);
        break;
    case 7:
        read_exactly(r, out->nonce, sizeof out->nonce);
        break;
    default:
        otaria_cbor_skip(r);
    }
}

/* Keys from 8 on: how it goes. */
static void read_how(struct otaria_cbor_reader *r, uint64_t key, struct otaria_poll_request *out)
{
    switch (key) {
    case 8:
        out->state = read_u32(r);
        break;
    case 9:
        read_result(r, out);
        break;
    case 10:
        out->trial_boots = read_u32(r);
        break;
    case 11:
        read_text(r, out->version, OTARIA_VERSION_MAX);
        break;
    case 12:
        read_health(r, out);
        break;
    case 14:
        out->capabilities = read_u32(r);
        break;
    case 15:
        read_exactly(r, out->running_manifest, sizeof out->running_manifest);
        out->has_running_manifest = true;
        break;
    case 16:
        out->counter = otaria_cbor_uint(r);
        break;
    default:
        otaria_cbor_skip(r);
    }
}

int otaria_poll_request_read(struct otaria_poll_request *out, const uint8_t *data, size_t len)
{
    const unsigned needed = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4;
    struct otaria_cbor_reader r;
    unsigned seen = 0;
    uint64_t least = 0;

    memset(out, 0, sizeof *out);
    if (len > OTARIA_POLL_REQUEST_MAX)
        return OTARIA_E_POLL;
    otaria_cbor_open(&r, data, len);
    for (size_t cnt = otaria_cbor_map(&r); cnt > 0 && !r.failed; cnt--) {
        uint64_t key = read_key(&r, &least);

        if (key < 8) {
            seen |= 1u << key;
            read_who(&r, key, out);
        } else {
            read_how(&r, key, out);
        }
    }
    return otaria_cbor_at_end(&r) && (seen & needed) == needed ? 0 : OTARIA_E_POLL;
}

/* ---- response ---- */

static void put_payloads(struct otaria_cbor_writer *w, const struct otaria_poll_response *r)
{
    otaria_cbor_put_uint(w, 5);
    otaria_cbor_put_array(w, r->payloads_cnt);
    for (unsigned i = 0; i < r->payloads_cnt; i++) {
        const struct otaria_poll_payload *p = &r->payload[i];

        otaria_cbor_put_array(w, 4);
        otaria_cbor_put_uint(w, p->component);
        otaria_cbor_put_text(w, (const char *)p->path.p, p->path.len);
        otaria_cbor_put_uint(w, p->encoding);
        otaria_cbor_put_uint(w, p->size);
    }
}

int otaria_poll_response_write(const struct otaria_poll_response *r, uint8_t *buf, size_t max,
                               size_t *len)
{
    struct otaria_cbor_writer w;

    otaria_cbor_into(&w, buf, max);
    otaria_cbor_put_map(&w, (r->manifest.len > 0u) + (r->again_s > 0u) + (r->payloads_cnt > 0u) +
                                (r->version.len > 0u));
    if (r->manifest.len) {
        otaria_cbor_put_uint(&w, 2);
        otaria_cbor_put_bytes(&w, r->manifest.p, r->manifest.len);
    }
    if (r->again_s) {
        otaria_cbor_put_uint(&w, 4);
        otaria_cbor_put_uint(&w, r->again_s);
    }
    if (r->payloads_cnt)
        put_payloads(&w, r);
    if (r->version.len) {
        otaria_cbor_put_uint(&w, 7);
        otaria_cbor_put_text(&w, (const char *)r->version.p, r->version.len);
    }
    *len = w.overflow ? 0 : w.len;
    return w.overflow ? OTARIA_E_BUFFER : 0;
}
