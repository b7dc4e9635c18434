// SPDX-License-Identifier: MIT
/* firmware/emon/request.c: what is a request, and that no split of its bytes changes that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/emon/request.h"

static struct emon_request r;
static char buf[EMON_BODY_MAX];

/* In pieces of `piece` bytes. */
static int push_pieces(const char *text, size_t len, size_t piece)
{
    int result = OTARIA_MORE;

    emon_request_begin(&r);
    memset(buf, 0, sizeof buf);
    for (size_t at = 0; at < len && result == OTARIA_MORE; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        uint8_t *copy = malloc(n);

        memcpy(copy, text + at, n);
        result = emon_request_push(&r, buf, copy, n);
        free(copy);
    }
    return result;
}

static int push(const char *text)
{
    int result = push_pieces(text, strlen(text), strlen(text));

    for (size_t piece = 1; piece < 5; piece++)
        assert_int_equal(push_pieces(text, strlen(text), piece), result);
    return result;
}

#define HOST "Host: emon\r\n"

static void a_get_is_read(void **state)
{
    (void)state;
    assert_int_equal(push("GET /status HTTP/1.1\r\nHost: 10.0.2.15:80\r\nAccept: */*\r\n\r\n"), 0);
    assert_int_equal(r.method, EMON_GET);
    assert_string_equal(r.path, "/status");
    assert_string_equal(r.host, "10.0.2.15:80");
    assert_false(r.has_origin || r.has_password || r.is_json);
    assert_int_equal(r.body_len, 0);
}

static void a_post_is_read_with_its_body(void **state)
{
    (void)state;
    assert_int_equal(push("POST /config HTTP/1.1\r\nhOsT:emon\r\nX-Emon-Password:  two words \r\n"
                          "Origin: http://emon\r\nContent-Type: application/json; charset=utf-8\r\n"
                          "Content-Length: 11\r\n\r\n{\"poll\":60}trailing"),
                     0);
    assert_int_equal(r.method, EMON_POST);
    assert_string_equal(r.host, "emon");
    assert_string_equal(r.password, "two words");
    assert_string_equal(r.origin, "http://emon");
    assert_true(r.is_json);
    assert_int_equal(r.body_len, 11);
    assert_memory_equal(buf, "{\"poll\":60}", 11);
}

static void what_follows_a_request_is_ignored(void **state)
{
    (void)state;
    assert_int_equal(push("GET / HTTP/1.1\r\n" HOST "\r\nGET /status HTTP/1.1\r\n\r\n"), 0);
    assert_string_equal(r.path, "/");
    assert_int_equal(emon_request_push(&r, buf, (const uint8_t *)"x", 1), 0);
}

static void an_unfinished_request_wants_more(void **state)
{
    static const char text[] = "POST /config HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}";

    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(push_pieces(text, len, 7), OTARIA_MORE);
    assert_int_equal(push_pieces(text, sizeof text - 1, 7), 0);
}

static void what_two_readers_could_understand_differently_is_refused(void **state)
{
    static const char *const bad[] = {
        "\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\n" HOST "\r\n",
        "GET / HTTP/1.1\rHost: emon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: emon\n\r\n",
        "GET / HTTP/1.1\r\nHost: emon\rX\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST HOST "\r\n",
        "GET / HTTP/1.1\r\nHost : emon\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: emon\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X-Y: 1\r\n\tfolded: 2\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST ": no name\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Origin: http://a\r\nOrigin: http://emon\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\nx",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\nx",
        "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nx",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\nx",
        "GET  / HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1 \r\n" HOST "\r\n",
        "GET /\r\n" HOST "\r\n",
        "GET / HTTP/2\r\n" HOST "\r\n",
        "GET / http/1.1\r\n" HOST "\r\n",
        "G\x01T / HTTP/1.1\r\n" HOST "\r\n",
        "GET http://emon/ HTTP/1.1\r\n" HOST "\r\n",
        "GET * HTTP/1.1\r\n" HOST "\r\n",
        "GET /\x7f HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\r\nHost: e\x01mon\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X-Y: \x02\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij12\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (push(bad[i]) != -400)
            fail_msg("not refused: %s", bad[i]);
    }
    assert_int_equal(push_pieces("GET / HTTP/1.1\r\nHost: e\0mon\r\n\r\n", 31, 31), -400);
}

static void limits_have_their_own_status(void **state)
{
    char text[EMON_HEAD_MAX + 500];

    (void)state;
    assert_int_equal(push("GET / HTTP/1.0\r\n" HOST "\r\n"), -505);
    assert_int_equal(push("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), -501);
    assert_int_equal(push("POST / HTTP/1.1\r\n" HOST "Content-Length: 513\r\n\r\n"), -413);
    assert_int_equal(push("POST / HTTP/1.1\r\n" HOST "Content-Length: 4294967297\r\n\r\n"), -413);
    assert_int_equal(push("POST / HTTP/1.1\r\n" HOST "Content-Length: 512\r\n\r\n"), OTARIA_MORE);
    /* a line of a field that counts */
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nOrigin: %0600d\r\n", 0);
    assert_int_equal(push(text), -431);
    snprintf(text, sizeof text, "GET /%0600d", 0);
    assert_int_equal(push(text), -431);
    snprintf(text, sizeof text, "%0600d", 0);
    assert_int_equal(push(text), -431);
    /* a long line of one that does not */
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nCookie: %06000d\r\n" HOST "\r\n", 0);
    assert_int_equal(push(text), 0);
    assert_string_equal(r.host, "emon");
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nCookie: %08192d\r\n" HOST "\r\n", 0);
    assert_int_equal(push(text), -431);
}

static void a_password_too_long_or_empty_is_there_but_matches_nothing(void **state)
{
    char text[300];

    (void)state;
    snprintf(text, sizeof text, "POST / HTTP/1.1\r\n" HOST "X-Emon-Password: %064d\r\n\r\n", 0);
    assert_int_equal(push(text), 0);
    assert_true(r.has_password);
    assert_string_equal(r.password, "");
    assert_int_equal(push("POST / HTTP/1.1\r\n" HOST "Origin:\r\nX-Emon-Password:\r\n\r\n"), 0);
    assert_true(r.has_password && r.has_origin);
    assert_string_equal(r.origin, "");
}

static void a_refusal_stays_one(void **state)
{
    (void)state;
    assert_int_equal(push("GET / HTTP/1.1\n"), -400);
    assert_int_equal(emon_request_push(&r, buf, (const uint8_t *)"\r\n\r\n", 4), -400);
}

static void nothing_of_a_line_stays_in_the_buffer(void **state)
{
    (void)state;
    assert_int_equal(push("POST / HTTP/1.1\r\n" HOST "X-Emon-Password: secretsecret\r\n\r\n"), 0);
    assert_null(memmem(buf, sizeof buf, "secret", 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_read),
        cmocka_unit_test(a_post_is_read_with_its_body),
        cmocka_unit_test(what_follows_a_request_is_ignored),
        cmocka_unit_test(an_unfinished_request_wants_more),
        cmocka_unit_test(what_two_readers_could_understand_differently_is_refused),
        cmocka_unit_test(limits_have_their_own_status),
        cmocka_unit_test(a_password_too_long_or_empty_is_there_but_matches_nothing),
        cmocka_unit_test(a_refusal_stays_one),
        cmocka_unit_test(nothing_of_a_line_stays_in_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
