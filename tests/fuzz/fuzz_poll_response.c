// SPDX-License-Identifier: MIT
/* What the device's reader accepts lies inside the input, is of the promised form, and comes back from the writer. */
#include <otaria/poll.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void inside(struct otaria_span s, const uint8_t *data, size_t len)
{
    if (s.len && (s.p < data || s.len > len || s.p > data + len - s.len))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct otaria_poll_response r, again;
    uint8_t buf[OTARIA_POLL_RESPONSE_MAX];
    size_t buf_len;

    if (otaria_poll_response_read(&r, data, len) != 0)
        return 0;
    inside(r.manifest, data, len);
    inside(r.version, data, len);
    if (r.payloads_cnt > OTARIA_POLL_PAYLOADS_MAX || r.manifest.len > OTARIA_ENVELOPE_MAX)
        abort();
    for (unsigned i = 0; i < r.payloads_cnt; i++) {
        inside(r.payload[i].path, data, len);
        if (!otaria_poll_path_ok(r.payload[i].path.p, r.payload[i].path.len))
            abort();
    }
    if (otaria_poll_response_write(&r, buf, sizeof buf, &buf_len) != 0 ||
        otaria_poll_response_read(&again, buf, buf_len) != 0 || again.again_s != r.again_s ||
        again.payloads_cnt != r.payloads_cnt || again.manifest.len != r.manifest.len)
        abort();
    return 0;
}
