// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/http/parse.h"
#include "tests/guard.h"

static struct guard guard;

/* Parses a text that ends at the guard page. */
static int parse(const char *text, size_t len, size_t seen, struct http_head *head)
{
    return http_head_parse(guard_copy(&guard, text, len), len, seen, head);
}

/* The end result when the bytes arrive in pieces: the first answer that is not "more". */
static int parse_split(const char *text, size_t len, size_t first, size_t step,
                       struct http_head *head)
{
    size_t seen = 0, at = first;
    int rc;

    for (;;) {
        rc = parse(text, at, seen, head);
        if (rc != HTTP_PARSE_MORE || at == len)
            return rc;
        seen = at;
        at = len - at < step ? len : at + step;
    }
}

#define A "Host: a\r\n"
#define CASE(status, text)             \
    {                                  \
        status, text, sizeof(text) - 1 \
    }

static const struct {
    int status; /* 0: fine, 1: more */
    const char *text;
    size_t len;
} cases[] = {
    /* well-formed */
    CASE(0, "GET / HTTP/1.1\r\n" A "\r\n"),
    CASE(0, "\r\nGET / HTTP/1.1\r\n" A "\r\n"),
    CASE(0, "GET / HTTP/1.0\r\n\r\n"),
    CASE(0, "HEAD /a?b=c HTTP/1.1\r\n" A "X-Empty:\r\nX: \t y z \t\r\n\r\n"),
    CASE(0, "POST /v1/poll HTTP/1.1\r\n" A "Content-Length: 12\r\n\r\nbody"),
    CASE(0, "PUT / HTTP/1.1\r\n" A "content-LENGTH: 0\r\n\r\n"),
    CASE(0, "DELETE / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
    CASE(0, "GET http://a/x HTTP/1.1\r\n" A "\r\n"),
    CASE(0, "GET / HTTP/1.1\r\n" A "X: \xff\x80\r\n\r\n"),
    /* incomplete */
    CASE(1, ""),
    CASE(1, "\r"),
    CASE(1, "\r\n"),
    CASE(1, "GET / HTTP/1.1"),
    CASE(1, "GET / HTTP/1.1\r"),
    CASE(1, "GET / HTTP/1.1\r\n" A "\r"),
    /* the request line */
    CASE(-400, "\r\n\r\nGET / HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, " GET / HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET  / HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET /  HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET / HTTP/1.1 \r\n" A "\r\n"),
    CASE(-400, "GET\t/ HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET /a b HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET /\r\n"),
    CASE(-400, "GET / http/1.1\r\n" A "\r\n"),
    CASE(-400, "GET / HTTP/1.1x\r\n" A "\r\n"),
    CASE(-400, "GET / HTTP/11\r\n" A "\r\n"),
    CASE(-400, "GET /\x80 HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET /#x HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET /\0 HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET x HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET * HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET http:///x HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET http://b/x HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "GET http://u@a/x HTTP/1.1\r\n" A "\r\n"),
    CASE(-501, "get / HTTP/1.1\r\n" A "\r\n"),
    CASE(-501, "CONNECT a:80 HTTP/1.1\r\n" A "\r\n"),
    CASE(-400, "\rx"),
    CASE(-400, "GET / HTTP/1.1\rx"),
    CASE(-400, "G(T / HTTP/1.1\r\n" A "\r\n"),
    CASE(-505, "GET / HTTP/1.2\r\n" A "\r\n"),
    CASE(-505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    CASE(-400, "\x16\x03\x01\x02"),
    /* header lines */
    CASE(-400, "GET / HTTP/1.1\n" A "\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "X: a\rb\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "X: a\r\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "X: a\0b\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "X: a\x7f\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "X: a\r\n folded\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "X: a\r\n\tfolded: b\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A ": a\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "no colon\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "a b: c\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "a\xc3: c\r\n\r\n"),
    /* Host */
    CASE(-400, "GET / HTTP/1.1\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\n" A "host: a\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.0\r\n" A "host: a\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    CASE(-400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    /* smuggling */
    CASE(-400, "POST / HTTP/1.1\r\n" A "Transfer-Encoding: chunked\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 4\r\ntransfer-encoding: x\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Transfer-Encoding:\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Transfer-Encoding : chunked\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 4\r\nContent-Length: 4\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 4\r\nContent-Length: 5\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 4, 4\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: +4\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: -4\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 04\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 0x4\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 4 4\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length:\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 18446744073709551620\r\n\r\n"),
    CASE(-400, "POST / HTTP/1.1\r\n" A "Content-Length: 1e3\r\n\r\n"),
    CASE(-417, "POST / HTTP/1.1\r\n" A "Expect: x\r\n\r\n"),
};

static void head_is_judged_as_the_table_says(void **state)
{
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int rc = parse(cases[i].text, cases[i].len, 0, &head);

        if (rc != cases[i].status)
            fail_msg("%d instead of %d for: %s", rc, cases[i].status, cases[i].text);
    }
}

static void any_split_of_a_head_gives_the_same_result(void **state)
{
    struct http_head whole, split;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = cases[i].len;
        int rc = parse(cases[i].text, len, 0, &whole);

        if (parse_split(cases[i].text, len, 0, 1, &split) != rc)
            fail_msg("bytewise differs: %s", cases[i].text);
        for (size_t at = 0; at <= len; at++) {
            if (parse_split(cases[i].text, len, at, len, &split) != rc)
                fail_msg("split at %zu differs: %s", at, cases[i].text);
            if (rc == 0)
                assert_int_equal(split.head_len, whole.head_len);
        }
    }
}

static void bytes_behind_a_decided_head_change_nothing(void **state)
{
    char text[512];
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].status == HTTP_PARSE_MORE)
            continue;
        memcpy(text, cases[i].text, cases[i].len);
        memset(text + cases[i].len, '\n', 100);
        if (parse(text, cases[i].len + 100, 0, &head) != cases[i].status)
            fail_msg("more bytes change: %s", cases[i].text);
    }
}

static void parts_of_the_request_are_found(void **state)
{
    static const char text[] = "POST http://Dev.Example:80/a/b?c=d?e HTTP/1.1\r\n"
                               "Host: dev.example:80\r\nContent-Length: 512\r\n"
                               "X-ESP8266-STA-MAC:  18:FE:34:01 \r\nConnection: foo, Keep-Alive\r\n"
                               "Expect: 100-Continue\r\n\r\nbody";
    struct http_head head;
    struct http_str value;

    (void)state;
    assert_int_equal(parse(text, sizeof text - 1, 0, &head), 0);
    assert_int_equal(head.method, HTTP_POST);
    assert_true(http_str_is(head.path, "/a/b"));
    assert_true(http_str_is(head.query, "c=d?e"));
    assert_true(http_str_is(head.host, "dev.example:80"));
    assert_true(http_str_is(head.scheme, "http"));
    assert_int_equal(head.minor, 1);
    assert_int_equal(head.body_len, 512);
    assert_int_equal(head.head_len, sizeof text - 1 - 4);
    assert_true(head.keep_alive && head.expect_continue);
    assert_int_equal(head.headers_cnt, 5);

    struct http_request r = {.headers = head.headers, .headers_cnt = head.headers_cnt};
    assert_true(http_header_find(&r, "x-esp8266-sta-mac", &value));
    assert_true(http_str_is(value, "18:FE:34:01"));
    assert_false(http_header_find(&r, "x-esp8266-sta-ma", &value));
}

static void connection_header_decides_with_the_version(void **state)
{
    static const struct {
        const char *text;
        bool keep;
    } table[] = {
        {"GET / HTTP/1.1\r\n" A "\r\n", true},
        {"GET / HTTP/1.1\r\n" A "Connection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" A "Connection: x, CLOSE , keep-alive\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" A "Connection: closed\r\n\r\n", true},
        {"GET / HTTP/1.1\r\n" A "Connection: x\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive, close\r\n\r\n", false},
    };
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(parse(table[i].text, strlen(table[i].text), 0, &head), 0);
        assert_int_equal(head.keep_alive, table[i].keep);
    }
}

/* A head whose request line has line_len bytes and whose header lines fill it up to head_len. */
static char *head_make(size_t line_len, size_t head_len)
{
    static const char end[] = " HTTP/1.1\r\n", host[] = "Host: a\r\nX: ";
    char *text = malloc(head_len);

    memset(text, 'a', head_len);
    memcpy(text, "GET /", 5);
    memcpy(text + line_len - (sizeof end - 1), end, sizeof end - 1);
    memcpy(text + line_len, host, sizeof host - 1);
    memcpy(text + head_len - 4, "\r\n\r\n", 4);
    return text;
}

static void limits_hold_to_the_byte(void **state)
{
    static const struct {
        size_t line_len, head_len;
        int status;
    } table[] = {
        {HTTP_LINE_MAX, HTTP_LINE_MAX + 100, 0},
        {HTTP_LINE_MAX + 1, HTTP_LINE_MAX + 100, -414},
        {100, HTTP_HEAD_MAX, 0},
        {100, HTTP_HEAD_MAX + 1, -431},
        {100, 16000, -431},
        {9000, 16000, -414},
    };
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *text = head_make(table[i].line_len, table[i].head_len);

        assert_int_equal(parse(text, table[i].head_len, 0, &head), table[i].status);
        assert_int_equal(parse_split(text, table[i].head_len, 1, 997, &head), table[i].status);
        assert_int_equal(parse_split(text, table[i].head_len, 1, 1, &head), table[i].status);
        free(text);
    }
}

static void one_header_line_too_many_is_refused(void **state)
{
    char text[1024];
    struct http_head head;

    (void)state;
    for (size_t lines = HTTP_HEADERS_MAX; lines <= HTTP_HEADERS_MAX + 1; lines++) {
        int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" A);
        for (size_t i = 1; i < lines; i++)
            len += snprintf(text + len, sizeof text - (size_t)len, "a: b\r\n");
        snprintf(text + len, sizeof text - (size_t)len, "\r\n");
        assert_int_equal(parse(text, strlen(text), 0, &head), lines > HTTP_HEADERS_MAX ? -431 : 0);
    }
}

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, 32768);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_close(&guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_is_judged_as_the_table_says),
        cmocka_unit_test(any_split_of_a_head_gives_the_same_result),
        cmocka_unit_test(bytes_behind_a_decided_head_change_nothing),
        cmocka_unit_test(parts_of_the_request_are_found),
        cmocka_unit_test(connection_header_decides_with_the_version),
        cmocka_unit_test(limits_hold_to_the_byte),
        cmocka_unit_test(one_header_line_too_many_is_refused),
    };

    return cmocka_run_group_tests(tests, open_guard, close_guard);
}
