// SPDX-License-Identifier: MIT
/* device/src/http.c: what it writes, and what it makes of an answer, in any split. */
#include <otaria/http.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "tests/guard.h"

static struct guard guard;

#define OK "HTTP/1.1 200 OK\r\n"

/* Feeds all of it in pieces of `piece` bytes, each at a guard page; gives the result and where the body began. */
static int feed(struct otaria_http_response *h, const char *text, size_t len, size_t piece,
                size_t *body_at)
{
    size_t at = 0, used;
    int result = OTARIA_MORE;

    otaria_http_begin(h);
    while (result == OTARIA_MORE && at < len) {
        size_t n = len - at < piece ? len - at : piece;

        result = otaria_http_push(h, guard_copy(&guard, text + at, n), n, &used);
        if (result == OTARIA_MORE)
            assert_int_equal(used, n);
        at += used;
    }
    *body_at = at;
    return result;
}

static int answer(struct otaria_http_response *h, const char *text)
{
    size_t body_at;

    return feed(h, text, strlen(text), strlen(text), &body_at);
}

/* ---- request ---- */

static void writes_a_poll_as_post_with_its_length(void **state)
{
    const uint8_t body[] = {1, 2, 3};
    struct otaria_http_request r = {
        .host = "[::1]", .port = 8266, .path = "/v1/poll", .body = body, .body_len = 3};
    const char *want = "POST /ota/v1/poll HTTP/1.1\r\nHost: [::1]:8266\r\nConnection: close\r\n"
                       "Content-Type: application/cbor\r\nContent-Length: 3\r\n\r\n\1\2\3";
    uint8_t buf[300];
    size_t len;

    (void)state;
    r.base = (struct otaria_span){(const uint8_t *)"/ota", 4};
    assert_int_equal(otaria_http_write(&r, buf, sizeof buf, &len), 0);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(buf, want, len);
}

static void writes_range_and_if_range_only_from_a_later_byte(void **state)
{
    struct otaria_http_request r = {.host = "h", .path = "/b/x", .if_range = "x"};
    const char *whole = "GET /b/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    const char *rest = "GET /b/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                       "Range: bytes=4294967295-\r\nIf-Range: \"x\"\r\n\r\n";
    uint8_t buf[300];
    size_t len;

    (void)state;
    assert_int_equal(otaria_http_write(&r, buf, sizeof buf, &len), 0);
    assert_int_equal(len, strlen(whole));
    assert_memory_equal(buf, whole, len);
    r.range_from = UINT32_MAX;
    assert_int_equal(otaria_http_write(&r, buf, sizeof buf, &len), 0);
    assert_int_equal(len, strlen(rest));
    assert_memory_equal(buf, rest, len);
}

static void refuses_every_buffer_that_is_too_small(void **state)
{
    const uint8_t body[] = {1, 2, 3};
    struct otaria_http_request r = {.host = "h", .path = "/v1/poll", .body = body, .body_len = 3};
    uint8_t big[300];
    size_t need, len;

    (void)state;
    assert_int_equal(otaria_http_write(&r, big, sizeof big, &need), 0);
    for (size_t max = 0; max < need; max++) {
        assert_int_equal(otaria_http_write(&r, guard_tail(&guard, max), max, &len),
                         OTARIA_E_BUFFER);
        assert_int_equal(len, 0);
    }
    assert_int_equal(otaria_http_write(&r, big, need, &len), 0);
}

static void moves_a_body_that_lies_in_the_same_buffer(void **state)
{
    uint8_t buf[600];
    struct otaria_http_request r = {.host = "h", .path = "/p", .body = buf + 200, .body_len = 300};
    size_t len;

    (void)state;
    for (int i = 0; i < 300; i++)
        buf[200 + i] = (uint8_t)i;
    assert_int_equal(otaria_http_write(&r, buf, sizeof buf, &len), 0);
    for (int i = 0; i < 300; i++)
        assert_int_equal(buf[len - 300 + (size_t)i], (uint8_t)i);
}

/* ---- response ---- */

struct sample {
    const char *text;
    int result;
    unsigned status;
};

static const struct sample samples[] = {
    {OK "Content-Length: 5\r\n\r\nhello", 0, 200},
    {OK "content-LENGTH:5\r\n\r\nhello", 0, 200},
    {OK "Content-Length: \t 4294967295 \t\r\n\r\n", 0, 200},
    {"HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n", 0, 200},
    {"HTTP/1.1 404 Not Found\r\n\r\n", 0, 404},
    {"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\nRetry-After: 120\r\n\r\n", 0, 503},
    {"HTTP/1.1 100 Continue\r\nContent-Length: x\r\n\r\n" OK "Content-Length: 1\r\n\r\n",
     OTARIA_E_HTTP_SYNTAX, 100},
    {"HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" OK
     "Content-Length: 1\r\n\r\n",
     0, 200},
    {OK "X: a\r\n folded\r\n\tand folded\r\nContent-Length: 1\r\n\r\n", 0, 200},
    {"HTTP/1.1 206 Part\r\nContent-Range: BYTES 5-9/10\r\nContent-Length: 5\r\n\r\n", 0, 206},
    {"HTTP/1.1 206 Part\r\nContent-Range: bytes 5-9/*\r\nContent-Length: 5\r\n\r\n", 0, 206},
    {"HTTP/1.1 416 No\r\nContent-Range: bytes */10\r\nContent-Length: 5\r\n\r\n", 0, 416},
    /* chunked */
    {OK "Transfer-Encoding: chunked\r\n\r\n", OTARIA_E_HTTP_CHUNKED, 200},
    {OK "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n", OTARIA_E_HTTP_CHUNKED, 200},
    /* Content-Length missing, twice, odd */
    {OK "\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: 5, 5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: +5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: -5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: 0x5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length:\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: 4294967296\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: 18446744073709551617\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length: 5\r\n 5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    /* Content-Range */
    {"HTTP/1.1 206 Part\r\nContent-Length: 5\r\n\r\n", OTARIA_E_RANGE, 206},
    {"HTTP/1.1 206 Part\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 4\r\n\r\n",
     OTARIA_E_RANGE, 206},
    {"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-4294967295/*\r\nContent-Length: 0\r\n\r\n",
     OTARIA_E_RANGE, 206},
    {"HTTP/1.1 206 Part\r\nContent-Range: bytes 9-5/10\r\nContent-Length: 5\r\n\r\n",
     OTARIA_E_HTTP_SYNTAX, 206},
    {"HTTP/1.1 206 Part\r\nContent-Range: bytes 5-9/9\r\nContent-Length: 5\r\n\r\n",
     OTARIA_E_HTTP_SYNTAX, 206},
    {"HTTP/1.1 206 Part\r\nContent-Range: bytes 5-9/10x\r\nContent-Length: 5\r\n\r\n",
     OTARIA_E_HTTP_SYNTAX, 206},
    {"HTTP/1.1 206 Part\r\nContent-Range: lines 5-9/10\r\nContent-Length: 5\r\n\r\n",
     OTARIA_E_HTTP_SYNTAX, 206},
    /* status line */
    {"HTTP/2 200 OK\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    {"HTTP/1.1 20 OK\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    {"HTTP/1.1 2000 OK\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    {"HTTP/1.1 099 OK\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    {"HTTP/1.1 600 OK\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    {"HTTP/1.1 101 Switch\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    {"http/1.1 200 OK\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    {"\r\nHTTP/1.1 200 OK\r\n", OTARIA_E_HTTP_SYNTAX, 0},
    /* lines */
    {"HTTP/1.1 200 OK\nContent-Length: 5\n\n", OTARIA_E_HTTP_SYNTAX, 0},
    {OK "Content-Length: 5\r\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "Content-Length : 5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK ": 5\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "no colon\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "nocolon\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "X: \1\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
    {OK "X: \x7f\r\n\r\n", OTARIA_E_HTTP_SYNTAX, 200},
};

static void each_answer_gets_its_result_in_any_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *s = &samples[i];
        size_t len = strlen(s->text), whole_at, at;
        struct otaria_http_response whole, split;

        if (feed(&whole, s->text, len, len, &whole_at) != s->result || whole.status != s->status)
            fail_msg("%s -> %d, status %u", s->text, whole.error, whole.status);
        for (size_t piece = 1; piece < len; piece++) {
            assert_int_equal(feed(&split, s->text, len, piece, &at), s->result);
            assert_int_equal(at, whole_at);
            assert_int_equal(split.status, whole.status);
            assert_int_equal(split.content_len, whole.content_len);
            assert_int_equal(split.range_from, whole.range_from);
        }
        if (s->result == 0 && memmem(s->text, len, "\r\n\r\nhello", 9))
            assert_string_equal(s->text + whole_at, "hello");
    }
}

static void every_truncation_wants_more(void **state)
{
    const char *text = "HTTP/1.1 206 Part\r\nX: y\r\nContent-Range: bytes 1-2/3\r\n"
                       "Content-Length: 2\r\n\r\n";
    struct otaria_http_response h;
    size_t at;

    (void)state;
    for (size_t len = 1; len < strlen(text); len++)
        assert_int_equal(feed(&h, text, len, len, &at), OTARIA_MORE);
    assert_int_equal(answer(&h, text), 0);
}

static void fields_are_told(void **state)
{
    struct otaria_http_response h;

    (void)state;
    assert_int_equal(
        answer(&h, "HTTP/1.1 206 P\r\nContent-Range: bytes 100-149/200\r\nConnection: a,Close\r\n"
                   "Content-Length: 50\r\nRetry-After: 99999999999\r\n\r\n"),
        0);
    assert_true(h.has_range && h.has_content_len && !h.keep_alive);
    assert_int_equal(h.range_from, 100);
    assert_int_equal(h.range_to, 149);
    assert_int_equal(h.range_total, 200);
    assert_int_equal(h.content_len, 50);
    assert_int_equal(h.retry_after_s, UINT32_MAX);
    assert_int_equal(answer(&h, OK "Content-Length: 1\r\nConnection: closed\r\n"
                                   "Retry-After: Tue, 24 Nov 2026 14:00:00 GMT\r\n\r\n"),
                     0);
    assert_true(h.keep_alive);
    assert_int_equal(h.retry_after_s, 0);
    assert_int_equal(answer(&h, "HTTP/1.0 204 No\r\nContent-Length: 7\r\n\r\n"), 0);
    assert_false(h.keep_alive);
    assert_int_equal(h.content_len, 0);
}

/* A header line of `len` bytes that nobody needs, then a good end. */
static char *with_line(size_t len)
{
    char *line = xmalloc(len + 1);

    memset(line, 'a', len);
    line[1] = ':';
    line[len] = 0;
    char *text = xasprintf(OK "%s\r\nContent-Length: 1\r\n\r\n", line);
    free(line);
    return text;
}

static void a_line_of_any_length_is_skipped_up_to_16_kb_in_all(void **state)
{
    const size_t fixed = strlen(OK) + strlen("\r\nContent-Length: 1\r\n\r\n");
    struct otaria_http_response h;
    char *text;

    (void)state;
    for (size_t len = 90; len < 100; len++) {
        text = with_line(len);
        assert_int_equal(answer(&h, text), 0);
        assert_int_equal(h.content_len, 1);
        free(text);
    }
    text = with_line(OTARIA_HTTP_HEADER_MAX - fixed);
    assert_int_equal(answer(&h, text), 0);
    free(text);
    text = with_line(OTARIA_HTTP_HEADER_MAX - fixed + 1);
    assert_int_equal(answer(&h, text), OTARIA_E_HTTP_HEADER);
    free(text);
}

static void interim_answers_count_towards_the_16_kb(void **state)
{
    const char *interim = "HTTP/1.1 100 Continue\r\n\r\n";
    struct otaria_http_response h;
    size_t used;
    int result = OTARIA_MORE;
    unsigned cnt = 0;

    (void)state;
    otaria_http_begin(&h);
    while (result == OTARIA_MORE && cnt++ < 10000)
        result = otaria_http_push(&h, (const uint8_t *)interim, strlen(interim), &used);
    assert_int_equal(result, OTARIA_E_HTTP_HEADER);
}

static void a_needed_line_that_is_too_long_is_refused(void **state)
{
    struct otaria_http_response h;
    char text[400];

    (void)state;
    snprintf(text, sizeof text, OK "Content-Length: %0120d\r\n\r\n", 5);
    assert_int_equal(answer(&h, text), OTARIA_E_HTTP_SYNTAX);
    snprintf(text, sizeof text,
             "HTTP/1.1 206 P\r\nContent-Length: 1\r\nContent-Range: bytes %0120d-1/2\r\n\r\n", 1);
    assert_int_equal(answer(&h, text), OTARIA_E_HTTP_SYNTAX);
    snprintf(text, sizeof text, "HTTP/1.1 503 B\r\nRetry-After: %0120d\r\n\r\n", 5);
    assert_int_equal(answer(&h, text), 0);
    assert_int_equal(h.retry_after_s, 0);
}

static void an_error_is_sticky_and_a_complete_header_takes_no_more(void **state)
{
    struct otaria_http_response h;
    size_t used = 7;

    (void)state;
    assert_int_equal(answer(&h, "nonsense\r\n"), OTARIA_E_HTTP_SYNTAX);
    assert_int_equal(otaria_http_push(&h, (const uint8_t *)OK, 5, &used), OTARIA_E_HTTP_SYNTAX);
    assert_int_equal(used, 0);
    assert_int_equal(answer(&h, OK "Content-Length: 5\r\n\r\n"), 0);
    assert_int_equal(otaria_http_push(&h, (const uint8_t *)"hello", 5, &used), 0);
    assert_int_equal(used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_poll_as_post_with_its_length),
        cmocka_unit_test(writes_range_and_if_range_only_from_a_later_byte),
        cmocka_unit_test(refuses_every_buffer_that_is_too_small),
        cmocka_unit_test(moves_a_body_that_lies_in_the_same_buffer),
        cmocka_unit_test(each_answer_gets_its_result_in_any_split),
        cmocka_unit_test(every_truncation_wants_more),
        cmocka_unit_test(fields_are_told),
        cmocka_unit_test(a_line_of_any_length_is_skipped_up_to_16_kb_in_all),
        cmocka_unit_test(interim_answers_count_towards_the_16_kb),
        cmocka_unit_test(a_needed_line_that_is_too_long_is_refused),
        cmocka_unit_test(an_error_is_sticky_and_a_complete_header_takes_no_more),
    };

    guard_open(&guard, OTARIA_HTTP_HEADER_MAX * 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
