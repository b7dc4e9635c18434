// SPDX-License-Identifier: MIT
#include <otaria/poll.h>

#include <otaria/cbor.h>
#include <string.h>

static void put_key_uint(struct otaria_cbor_writer *w, unsigned key, uint64_t v)
{
    otaria_cbor_put_uint(w, key);
    otaria_cbor_put_uint(w, v);
}

static void put_key_bytes(struct otaria_cbor_writer *w, unsigned key, const uint8_t *p, size_t len)
{
    otaria_cbor_put_uint(w, key);
    otaria_cbor_put_bytes(w, p, len);
}

static void put_key_text(struct otaria_cbor_writer *w, unsigned key, const char *s, size_t max)
{
    const char *end = memchr(s, 0, max);

    otaria_cbor_put_uint(w, key);
    otaria_cbor_put_text(w, s, end ? (size_t)(end - s) : max);
}

int otaria_poll_request_write(const struct otaria_poll_request *r, uint8_t *buf, size_t max,
                              size_t *len)
{
    struct otaria_cbor_writer w;

    otaria_cbor_into(&w, buf, max);
    otaria_cbor_put_map(&w, 13u + r->has_result + r->has_running_manifest);
    put_key_uint(&w, 1, OTARIA_POLL_VERSION);
    put_key_bytes(&w, 2, r->id, r->id_len);
    put_key_bytes(&w, 3, r->vendor, 16);
    put_key_bytes(&w, 4, r->class_id, 16);
    put_key_uint(&w, 5, r->confirmed_seq);
    put_key_bytes(&w, 6, r->running_sha256, 32);
    put_key_bytes(&w, 7, r->nonce, 16);
    put_key_uint(&w, 8, r->state);
    if (r->has_result) {
        otaria_cbor_put_uint(&w, 9);
        otaria_cbor_put_array(&w, 2);
        otaria_cbor_put_int(&w, r->result);
        otaria_cbor_put_bytes(&w, r->result_manifest, 8);
    }
    put_key_uint(&w, 10, r->trial_boots);
    put_key_text(&w, 11, r->version, OTARIA_VERSION_MAX);
    otaria_cbor_put_uint(&w, 12);
    otaria_cbor_put_map(&w, 4);
    put_key_uint(&w, 1, r->uptime_s);
    put_key_uint(&w, 2, r->free_heap);
    otaria_cbor_put_uint(&w, 3);
    otaria_cbor_put_int(&w, r->rssi);
    put_key_text(&w, 4, r->reset_reason, OTARIA_POLL_REASON_MAX);
    put_key_uint(&w, 14, r->capabilities);
    if (r->has_running_manifest)
        put_key_bytes(&w, 15, r->running_manifest, 32);
    put_key_uint(&w, 16, r->counter);
    *len = w.overflow ? 0 : w.len;
    return w.overflow ? OTARIA_E_BUFFER : 0;
}

bool otaria_poll_path_ok(const uint8_t *path, size_t len)
{
    if (len != OTARIA_POLL_PATH_LEN || memcmp(path, "/b/", 3) != 0)
        return false;
    for (size_t i = 3; i < len; i++) {
        uint8_t c = path[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static uint32_t read_u32(struct otaria_cbor_reader *r)
{
    uint64_t v = otaria_cbor_uint(r);

    if (v > UINT32_MAX)
        otaria_cbor_fail(r);
    return (uint32_t)v;
}

static void read_payloads(struct otaria_cbor_reader *r, struct otaria_poll_response *out)
{
    for (size_t cnt = otaria_cbor_array(r); cnt > 0; cnt--) {
        struct otaria_poll_payload p;

        if (otaria_cbor_array(r) != 4)
            otaria_cbor_fail(r);
        p.component = read_u32(r);
        p.path = otaria_cbor_text(r);
        p.encoding = read_u32(r);
        p.size = read_u32(r);
        if (r->failed)
            return;
        if (p.component < OTARIA_COMPONENTS_MAX && p.encoding <= 2 &&
            otaria_poll_path_ok(p.path.p, p.path.len) &&
            out->payloads_cnt < OTARIA_POLL_PAYLOADS_MAX)
            out->payload[out->payloads_cnt++] = p;
    }
}

static void read_version(struct otaria_cbor_reader *r, struct otaria_poll_response *out)
{
    out->version = otaria_cbor_text(r);
    if (out->version.len > OTARIA_VERSION_MAX)
        otaria_cbor_fail(r);
    for (size_t i = 0; i < out->version.len && !r->failed; i++) {
        if (out->version.p[i] < 0x20 || out->version.p[i] > 0x7E)
            otaria_cbor_fail(r);
    }
}

int otaria_poll_response_read(struct otaria_poll_response *out, const uint8_t *data, size_t len)
{
    struct otaria_cbor_reader r;
    uint64_t key, least = 0;

    memset(out, 0, sizeof *out);
    if (len > OTARIA_POLL_RESPONSE_MAX)
        return OTARIA_E_POLL;
    otaria_cbor_open(&r, data, len);
    for (size_t cnt = otaria_cbor_map(&r); cnt > 0 && !r.failed; cnt--) {
        key = otaria_cbor_uint(&r);
        if (key < least || key == UINT64_MAX) /* out of order, a second time */
            otaria_cbor_fail(&r);
        least = key + 1;
        if (key == 2) {
            out->manifest = otaria_cbor_bytes(&r);
            if (out->manifest.len - 1 >= OTARIA_ENVELOPE_MAX) /* 0 wraps to the largest */
                otaria_cbor_fail(&r);
        } else if (key == 4) {
            out->again_s = read_u32(&r);
        } else if (key == 5) {
            read_payloads(&r, out);
        } else if (key == 7) {
            read_version(&r, out);
        } else {
            otaria_cbor_skip(&r);
        }
    }
    return otaria_cbor_at_end(&r) ? 0 : OTARIA_E_POLL;
}
