// SPDX-License-Identifier: MIT
#include "sim/model_server.h"

#include <otaria/app.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static void answer(struct virtual_answer *out, const uint8_t *body, size_t body_len,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Status line and header lines from fmt, Content-Length, body. */
static void answer(struct virtual_answer *out, const uint8_t *body, size_t body_len,
                   const char *fmt, ...)
{
    char head[512];
    va_list ap;
    size_t len;

    va_start(ap, fmt);
    len = (size_t)vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    len += (size_t)snprintf(head + len, sizeof head - len, "Content-Length: %zu\r\n\r\n", body_len);
    out->len = len + body_len;
    out->bytes = xmalloc(out->len);
    memcpy(out->bytes, head, len);
    if (body_len)
        memcpy(out->bytes + len, body, body_len);
}

static void answer_poll(struct model_server *s, const uint8_t *body, size_t len,
                        struct virtual_answer *out)
{
    struct otaria_poll_response r = {.again_s = s->again_s};
    uint8_t buf[OTARIA_POLL_RESPONSE_MAX];
    char path[OTARIA_POLL_PATH_LEN + 1];
    size_t buf_len;

    if (otaria_poll_request_read(&s->last_poll, body, len) < 0) {
        answer(out, NULL, 0, "HTTP/1.1 400 Bad Request\r\n");
        return;
    }
    s->polls++;
    if (s->version)
        r.version = (struct otaria_span){(const uint8_t *)s->version, strlen(s->version)};
    if (s->last_poll.has_result) {
        s->results++;
        s->last_result = s->last_poll.result;
    }
    /* In an envelope with one block the signed digest stands at a fixed place: d86ba202 58.. 82 5824 822f5820. */
    if (s->suit && !(s->last_poll.has_running_manifest &&
                     memmem(s->suit, 64, s->last_poll.running_manifest, 32))) {
        r.manifest = (struct otaria_span){s->suit, s->suit_len};
        snprintf(path, sizeof path, "/b/%s", s->image_hex);
        r.payload[0].path = (struct otaria_span){(const uint8_t *)path, strlen(path)};
        r.payload[0].size = s->claimed_size ? s->claimed_size : (uint32_t)s->image_len;
        r.payloads_cnt = 1;
    }
    if (otaria_poll_response_write(&r, buf, sizeof buf, &buf_len) < 0)
        abort();
    answer(out, buf, buf_len, "HTTP/1.1 200 OK\r\nContent-Type: application/cbor\r\n");
}

static void answer_payload(struct model_server *s, const char *head, struct virtual_answer *out)
{
    const char *range = strstr(head, "\r\nRange: bytes=");
    size_t size = s->image_len, from = range ? strtoul(range + 15, NULL, 10) : 0;
    uint8_t *body = xmalloc(size + 1);

    s->gets++;
    memcpy(body, s->image, size);
    if (s->corrupt)
        body[size / 2] ^= 0x10;
    if (range && !s->no_ranges && from < size) {
        size_t shift = s->wrong_range;

        s->resumed++;
        answer(out, body + from - shift, size - from + shift,
               "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %zu-%zu/%zu\r\n", from - shift,
               size - 1, size);
    } else {
        if (s->claimed_len || s->claimed_size)
            size = s->claimed_len ? s->claimed_len : s->claimed_size;
        answer(out, body, size, "HTTP/1.1 200 OK\r\nETag: \"%s\"\r\n", s->image_hex);
    }
    free(body);
}

void model_server_answer(struct virtual_device *d, const uint8_t *request, size_t len,
                         struct virtual_answer *out)
{
    struct model_server *s = d->user;
    char head[1024] = {0};
    const uint8_t *body = memmem(request, len, "\r\n\r\n", 4);
    size_t head_len = body ? (size_t)(body - request) + 4 : len;

    memcpy(head, request, head_len < sizeof head ? head_len : sizeof head - 1);
    if (s->status && s->retry_after_s)
        answer(out, NULL, 0, "HTTP/1.1 %u X\r\nRetry-After: %u\r\n", s->status, s->retry_after_s);
    else if (s->status)
        answer(out, NULL, 0, "HTTP/1.1 %u X\r\n", s->status);
    else if (strncmp(head, "POST /v1/poll HTTP/1.1\r\n", 24) == 0 && body)
        answer_poll(s, body + 4, len - head_len, out);
    else if (strncmp(head, "GET /b/", 7) == 0 && strncmp(head + 7, s->image_hex, 64) == 0)
        answer_payload(s, head, out);
    else
        answer(out, NULL, 0, "HTTP/1.1 404 Not Found\r\n");
}

/* ---- images ---- */

static void put_segment(uint8_t *p, uint32_t addr, uint32_t len)
{
    otaria_store_le32(p, addr);
    otaria_store_le32(p + 4, len);
}

uint8_t *model_image(size_t len, const char *version, uint64_t seed, size_t *image_len)
{
    const uint32_t data_len = (uint32_t)(len < 256 ? 256 : len) / 4 * 4;
    size_t size = (8 + 8 + (size_t)data_len) / 16 * 16 + 16;
    uint8_t *image = xcalloc(1, size), sum = 0xEF;

    otaria_store_le32(image, 0x000001E9); /* one segment */
    otaria_store_le32(image + 4, 0x40210010);
    put_segment(image + 8, 0x40210010, data_len);
    for (uint32_t i = 0; i < data_len; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        image[16 + i] = (uint8_t)(seed >> 56);
    }
    snprintf((char *)image + 16, 64, "%s%s%s", OTARIA_APP_MARK, version, OTARIA_APP_END);
    for (uint32_t i = 0; i < data_len; i++)
        sum ^= image[16 + i];
    image[size - 1] = sum;
    *image_len = size;
    return image;
}
