// SPDX-License-Identifier: MIT
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "http_util.h"

#define HELLO_11 "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static unsigned count_of(const char *s, const char *part)
{
    unsigned n = 0;

    for (; (s = strstr(s, part)); s += strlen(part))
        n++;
    return n;
}

/* Waits for a number of the server to reach a value; the loops are other threads. */
#define wait_for(t, condition)                             \
    do {                                                   \
        unsigned long long until = test_clock_ms() + 3000; \
        while (!(condition)) {                             \
            if (test_clock_ms() > until)                   \
                fail_msg("never: %s", #condition);         \
            usleep(1000);                                  \
        }                                                  \
    } while (0)

static void kept_connection_answers_one_request_after_the_other(void **state)
{
    struct http_test t;
    size_t len;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    fd = client_connect(t.port);
    for (int i = 0; i < 3; i++) {
        char *answer;

        client_send(fd, HELLO_11);
        answer = client_read_answer(fd, &len);
        assert_true(begins(answer, "HTTP/1.1 200 OK\r\n"));
        assert_non_null(strstr(answer, "\r\nDate: "));
        assert_null(strstr(answer, "Connection:"));
        assert_non_null(strstr(answer, "\r\n\r\nhello\n"));
        free(answer);
    }
    assert_int_equal(http_test_stats(&t).accepted, 1);
    assert_int_equal(http_test_stats(&t).requests, 3);
    close(fd);
    http_test_close(&t);
}

static void pipelined_requests_are_answered_in_order_across_a_large_answer(void **state)
{
    struct http_test t;
    size_t len;
    char *answer;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    fd = client_connect(t.port);
    client_send(fd, HELLO_11 "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
                             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                             "GET /file HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        static const size_t lens[] = {6, 1 << 20, 3, PAYLOAD_LEN, 6};

        answer = client_read_answer(fd, &len);
        assert_true(begins(answer, "HTTP/1.1 200"));
        assert_int_equal(len, lens[i]);
        if (i == 2)
            assert_non_null(strstr(answer, "\r\n\r\nabc"));
        free(answer);
    }
    assert_int_equal(recv(fd, &len, 1, 0), 0);
    close(fd);
    http_test_close(&t);
}

static void request_in_single_bytes_is_the_same_request(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcdeGET /hello HTTP/1.0\r\n\r\n";
    struct http_test t;
    bool closed;
    char *all;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    fd = client_connect(t.port);
    for (size_t i = 0; text[i]; i++)
        assert_int_equal(send(fd, text + i, 1, 0), 1);
    all = client_read_all(fd, 3000, &closed);
    assert_true(closed);
    assert_int_equal(count_of(all, "HTTP/1.1 200 OK\r\n"), 2);
    assert_non_null(strstr(all, "\r\n\r\nabcde"));
    assert_non_null(strstr(all, "\r\n\r\nhello\n"));
    free(all);
    close(fd);
    http_test_close(&t);
}

static void http_1_0_gets_a_length_and_the_end_unless_it_asks_to_keep(void **state)
{
    struct http_test t;
    size_t len;
    char *all;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    all = client_exchange(t.port, "GET /hello HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(all, "\r\nContent-Length: 6\r\n"));
    assert_non_null(strstr(all, "\r\nConnection: close\r\n"));
    free(all);
    fd = client_connect(t.port);
    for (int i = 0; i < 2; i++) {
        client_send(fd, "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        all = client_read_answer(fd, &len);
        assert_non_null(strstr(all, "\r\nConnection: keep-alive\r\n"));
        free(all);
    }
    close(fd);
    http_test_close(&t);
}

static void head_has_length_but_no_body(void **state)
{
    struct http_test t;
    char *all;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    all = client_exchange(t.port, "HEAD /file HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(all, "\r\nContent-Length: 400000\r\n"));
    assert_true(strlen(strstr(all, "\r\n\r\n")) == 4);
    free(all);
    http_test_close(&t);
}

static void closing_answer_reaches_a_peer_that_keeps_sending(void **state)
{
    struct http_test t;
    char *junk = xcalloc(1, 100001), buf[4096];
    size_t len = 0;
    ssize_t n;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    fd = client_connect(t.port);
    memset(junk, 'j', 100000);
    memcpy(junk, "GET /hello HTTP/1.0\r\n\r\n", 23);
    client_send(fd, junk);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    while ((n = recv(fd, buf + len, sizeof buf - len - 1, 0)) > 0)
        len += (size_t)n;
    assert_int_equal(n, 0); /* an end, not a reset */
    buf[len] = '\0';
    assert_non_null(strstr(buf, "\r\n\r\nhello\n"));
    close(fd);
    free(junk);
    http_test_close(&t);
}

/* Each must be answered once and the connection closed, although a second request follows. */
static void refused_request_is_answered_once_and_closed(void **state)
{
    static const struct {
        const char *status, *text;
    } table[] = {
        {"400", "GET /hello HTTP/1.1\r\n\r\n"},
        {"400", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
        {"400", "GET /hello HTTP/1.1\nHost: a\n\n"},
        {"400", "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n"},
        {"400", "GET /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"400", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
                "chunked\r\n\r\n0\r\n\r\n"},
        {"400",
         "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"},
        {"400", "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"},
        {"400", "GET https://a/hello HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"400", "GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"405", "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"},
        {"411", "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"413", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300001\r\n\r\n"},
        {"417", "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: cake\r\nContent-Length: 1\r\n\r\nx"},
        {"501", "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"505", "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n"},
    };
    struct http_test t;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *text = xasprintf("%s" HELLO_11, table[i].text);
        char *all = client_exchange(t.port, text);

        if (strncmp(all + 9, table[i].status, 3) != 0 || count_of(all, "HTTP/1.1 ") != 1)
            fail_msg("%s instead of %s for %s", all, table[i].status, table[i].text);
        assert_non_null(strstr(all, "\r\nConnection: close\r\n"));
        if (strcmp(table[i].status, "405") == 0)
            assert_non_null(strstr(all, "\r\nAllow: GET, HEAD, POST\r\n"));
        free(all);
        free(text);
    }
    assert_int_equal(http_test_stats(&t).refused_malformed, sizeof table / sizeof table[0]);
    assert_int_equal(http_test_stats(&t).requests, 0);
    http_test_close(&t);
}

static void too_long_heads_get_414_and_431(void **state)
{
    struct http_test t;
    char *text = xcalloc(1, 20000), *all;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    memset(text, 'a', 9000);
    memcpy(text, "GET /", 5);
    all = client_exchange(t.port, text);
    assert_true(begins(all, "HTTP/1.1 414"));
    free(all);
    memset(text, 'a', 19000);
    memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
    all = client_exchange(t.port, text);
    assert_true(begins(all, "HTTP/1.1 431"));
    free(all);
    free(text);
    http_test_close(&t);
}

static void large_body_arrives_whole_and_its_memory_is_given_back(void **state)
{
    struct http_test t;
    char *body = xmalloc(300001), *answer;
    size_t len;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){.body_memory_max = 400000}, false);
    memset(body, 'b', 300000);
    body[150000] = 'c';
    body[300000] = '\0';
    fd = client_connect(t.port);
    for (int i = 0; i < 3; i++) {
        client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n"
                        "Expect: 100-continue\r\n\r\n");
        answer = client_read_answer(fd, &len);
        assert_string_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
        free(answer);
        client_send(fd, body);
        answer = client_read_answer(fd, &len);
        assert_int_equal(len, 300000);
        assert_string_equal(strstr(answer, "\r\n\r\n") + 4, body);
        free(answer);
    }
    close(fd);
    free(body);
    http_test_close(&t);
}

static void bodies_beyond_the_memory_for_them_get_503(void **state)
{
    struct http_test t;
    char *all;

    (void)state;
    http_test_open(&t, (struct http_config){.body_memory_max = 1000}, false);
    all =
        client_exchange(t.port, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\nx");
    assert_true(begins(all, "HTTP/1.1 503"));
    free(all);
    http_test_close(&t);
}

static void slow_header_client_is_dropped_while_others_are_served(void **state)
{
    struct http_test t;
    unsigned long long begin = test_clock_ms();
    bool closed;
    char *all;
    int slow, silent;

    (void)state;
    http_test_open(&t, (struct http_config){.header_ms = 150, .loops = 1}, false);
    slow = client_connect(t.port);
    silent = client_connect(t.port);
    client_send(slow, "GET /hello HTTP/1.1\r\n");
    while (test_clock_ms() - begin < 120) {
        all = client_exchange(t.port, "GET /hello HTTP/1.0\r\n\r\n");
        assert_true(begins(all, "HTTP/1.1 200"));
        free(all);
        (void)!send(slow, "X: y\r\n", 6, MSG_NOSIGNAL); /* does not buy time */
        usleep(20000);
    }
    all = client_read_all(slow, 1000, &closed);
    assert_true(closed && begins(all, "HTTP/1.1 408"));
    assert_in_range(test_clock_ms() - begin, 100, 700);
    free(all);
    all = client_read_all(silent, 1000, &closed);
    assert_true(closed && !all[0]);
    free(all);
    assert_int_equal(http_test_stats(&t).late_header, 2);
    close(slow);
    close(silent);
    http_test_close(&t);
}

static void slow_body_gets_408_and_idle_connection_is_closed(void **state)
{
    struct http_test t;
    size_t len;
    bool closed;
    char *all;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){.body_ms = 80, .idle_ms = 80}, false);
    all = client_exchange(t.port, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
    assert_true(begins(all, "HTTP/1.1 408"));
    free(all);
    assert_int_equal(http_test_stats(&t).late_body, 1);
    fd = client_connect(t.port);
    client_send(fd, HELLO_11);
    free(client_read_answer(fd, &len));
    all = client_read_all(fd, 1000, &closed);
    assert_true(closed && !all[0]);
    free(all);
    close(fd);
    http_test_close(&t);
}

static void download_below_the_minimum_rate_is_dropped_and_a_moving_one_is_not(void **state)
{
    struct http_test t;
    int stalled, moving, small = 4096, medium = 65536;
    size_t got = 0;
    char buf[8192];
    ssize_t n;

    (void)state;
    http_test_open(&t, (struct http_config){.rate_ms = 100, .rate_min = 20000, .loops = 1}, false);
    stalled = client_connect(t.port);
    moving = client_connect(t.port);
    assert_int_equal(setsockopt(stalled, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(setsockopt(moving, SOL_SOCKET, SO_RCVBUF, &medium, sizeof medium), 0);
    client_send(stalled, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    client_send(moving, "GET /file HTTP/1.0\r\n\r\n");
    while ((n = recv(moving, buf, sizeof buf, 0)) > 0) {
        got += (size_t)n;
        usleep(5000);
    }
    assert_true(got > PAYLOAD_LEN);
    wait_for(&t, http_test_stats(&t).late_download == 1);
    close(stalled);
    close(moving);
    http_test_close(&t);
}

static _Atomic int answered_to_nobody;
static char woken[] = "woken";

static void answer_woken(struct http_exchange *x, void *arg)
{
    if (x)
        http_respond(x, 200, NULL, 0, arg, strlen(arg));
    else
        atomic_fetch_add(&answered_to_nobody, 1);
}

static void parked_request_is_woken_by_another_thread_and_goes_on(void **state)
{
    struct http_test t;
    size_t len;
    char *answer;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){.idle_ms = 30000, .header_ms = 50}, false);
    fd = client_connect(t.port);
    client_send(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n" HELLO_11);
    wait_for(&t, atomic_load(&t.parked));
    usleep(80000); /* a parked request has no deadline */
    http_unpark(atomic_exchange(&t.parked, NULL), answer_woken, woken);
    answer = client_read_answer(fd, &len);
    assert_non_null(strstr(answer, "\r\n\r\nwoken"));
    free(answer);
    answer = client_read_answer(fd, &len);
    assert_non_null(strstr(answer, "\r\n\r\nhello\n"));
    free(answer);
    close(fd);
    http_test_close(&t);
}

static void parked_request_whose_peer_hung_up_is_answered_to_nobody(void **state)
{
    struct http_test t;
    int fd;

    (void)state;
    atomic_store(&answered_to_nobody, 0);
    http_test_open(&t, (struct http_config){0}, false);
    fd = client_connect(t.port);
    client_send(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&t, atomic_load(&t.parked));
    close(fd);
    wait_for(&t, http_test_stats(&t).gone_parked == 1);
    http_unpark(atomic_exchange(&t.parked, NULL), answer_woken, woken);
    wait_for(&t, atomic_load(&answered_to_nobody) == 1);
    fd = client_connect(t.port);
    client_send(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&t, atomic_load(&t.parked));
    http_server_stop(t.server, 20); /* does not wait longer than that for it */
    http_unpark(atomic_exchange(&t.parked, NULL), answer_woken, woken);
    assert_int_equal(atomic_load(&answered_to_nobody), 2);
    close(fd);
    http_test_close(&t);
}

static void check_payload(const char *answer, size_t from)
{
    const char *body = strstr(answer, "\r\n\r\n") + 4;

    for (size_t i = from; i < PAYLOAD_LEN; i++) {
        if ((uint8_t)body[i - from] != payload_byte(i))
            fail_msg("byte %zu differs", i);
    }
}

static void file_is_sent_whole_and_from_an_offset(void **state)
{
    struct http_test t;
    size_t len;
    char *answer;
    int fd;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    fd = client_connect(t.port);
    client_send(
        fd, "GET /file HTTP/1.1\r\nHost: a\r\n\r\nGET /file?123456 HTTP/1.1\r\nHost: a\r\n\r\n");
    answer = client_read_answer(fd, &len);
    assert_int_equal(len, PAYLOAD_LEN);
    check_payload(answer, 0);
    free(answer);
    answer = client_read_answer(fd, &len);
    assert_int_equal(len, PAYLOAD_LEN - 123456);
    check_payload(answer, 123456);
    free(answer);
    close(fd);
    http_test_close(&t);
}

struct stopper {
    struct http_server *server;
    unsigned deadline_ms;
};

static void *stop_it(void *arg)
{
    struct stopper *s = arg;

    http_server_stop(s->server, s->deadline_ms);
    return NULL;
}

static void stop_finishes_downloads_and_closes_idle_connections(void **state)
{
    struct http_test t;
    struct stopper s;
    pthread_t thread;
    size_t len;
    bool closed;
    char *all;
    int idle, busy;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    idle = client_connect(t.port);
    client_send(idle, HELLO_11);
    free(client_read_answer(idle, &len));
    busy = client_connect(t.port);
    client_send(busy, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(recv(busy, &closed, 1, 0), 1);
    s = (struct stopper){t.server, 5000};
    assert_int_equal(pthread_create(&thread, NULL, stop_it, &s), 0);
    all = client_read_all(idle, 2000, &closed);
    assert_true(closed && !all[0]);
    free(all);
    len = 1;
    for (char buf[8192];;) {
        ssize_t n = recv(busy, buf, sizeof buf, 0);

        if (n <= 0)
            break;
        len += (size_t)n;
    }
    assert_true(len > 1 << 20);
    pthread_join(thread, NULL);
    assert_int_equal(http_test_stats(&t).active, 0);
    close(idle);
    close(busy);
    http_test_close(&t);
}

static void stop_does_not_wait_beyond_its_deadline(void **state)
{
    struct http_test t;
    unsigned long long begin;
    int fd;
    char c;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    fd = client_connect(t.port);
    client_send(fd, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(recv(fd, &c, 1, 0), 1);
    begin = test_clock_ms();
    http_server_stop(t.server, 50);
    assert_in_range(test_clock_ms() - begin, 45, 1500);
    close(fd);
    http_test_close(&t);
}

static void address_with_too_many_connections_is_turned_away(void **state)
{
    struct http_test t;
    size_t len;
    bool closed;
    char *all;
    int fd[3];

    (void)state;
    http_test_open(&t, (struct http_config){.address_max = 2, .address_count_local = true}, false);
    for (int i = 0; i < 2; i++) {
        fd[i] = client_connect(t.port);
        client_send(fd[i], HELLO_11);
        free(client_read_answer(fd[i], &len));
    }
    fd[2] = client_connect(t.port);
    all = client_read_all(fd[2], 1000, &closed);
    assert_true(closed && begins(all, "HTTP/1.1 503"));
    free(all);
    close(fd[2]);
    assert_int_equal(http_test_stats(&t).refused_address, 1);
    close(fd[0]);
    wait_for(&t, http_test_stats(&t).active == 1);
    all = client_exchange(t.port, "GET /hello HTTP/1.0\r\n\r\n");
    assert_true(begins(all, "HTTP/1.1 200"));
    free(all);
    close(fd[1]);
    http_test_close(&t);
}

static void full_server_closes_the_longest_idle_or_turns_away(void **state)
{
    struct http_test t;
    size_t len;
    bool closed;
    char *all;
    int idle, fresh[2];

    (void)state;
    http_test_open(&t, (struct http_config){.conns_max = 2, .loops = 1}, false);
    idle = client_connect(t.port);
    client_send(idle, HELLO_11);
    free(client_read_answer(idle, &len));
    fresh[0] = client_connect(t.port); /* silent, but not idle after an answer */
    wait_for(&t, http_test_stats(&t).active == 2);
    fresh[1] = client_connect(t.port);
    all = client_read_all(idle, 1000, &closed);
    assert_true(closed && !all[0]);
    free(all);
    assert_int_equal(http_test_stats(&t).evicted, 1);
    all = client_exchange(t.port, "GET /hello HTTP/1.0\r\n\r\n");
    assert_true(begins(all, "HTTP/1.1 503"));
    free(all);
    close(idle);
    close(fresh[0]);
    close(fresh[1]);
    http_test_close(&t);
}

static void without_descriptors_connections_are_turned_away_and_service_returns(void **state)
{
    struct http_test t;
    struct rlimit old, low;
    int fd, probe;
    bool closed;
    char *all;

    (void)state;
    http_test_open(&t, (struct http_config){.loops = 1}, false);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    probe = dup(0);
    close(probe);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = old;
    low.rlim_cur = (rlim_t)probe; /* the next descriptor would be this one */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(t.port)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    all = client_read_all(fd, 2000, &closed);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_true(closed && begins(all, "HTTP/1.1 503"));
    free(all);
    close(fd);
    assert_int_equal(http_test_stats(&t).refused_files, 1);
    all = client_exchange(t.port, "GET /hello HTTP/1.0\r\n\r\n");
    assert_true(begins(all, "HTTP/1.1 200"));
    free(all);
    http_test_close(&t);
}

static void handler_that_forgets_or_injects_gives_500(void **state)
{
    struct http_test t;
    char *all;

    (void)state;
    http_test_open(&t, (struct http_config){0}, false);
    all = client_exchange(t.port, "GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(begins(all, "HTTP/1.1 500"));
    free(all);
    all = client_exchange(t.port, "GET /inject HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(begins(all, "HTTP/1.1 500"));
    assert_null(strstr(all, "Set-Cookie"));
    free(all);
    http_test_close(&t);
}

static void address_in_use_by_another_server_is_refused(void **state)
{
    const struct http_config config = {.loops = 2};
    struct http_test t;
    struct http_server *second;
    struct http_plane plane = {.tag = 1, .handler = (http_handler *)abort, .methods = 1};
    char *addr;
    struct err err;

    (void)state;
    http_test_open(&t, config, false);
    assert_int_equal(http_server_new(&config, &plane, 1, &second, &err), 0);
    addr = xasprintf("127.0.0.1:%u", t.port);
    assert_int_equal(http_server_listen(second, addr, false, 1, NULL, &err), -1);
    assert_non_null(strstr(err.text, "in use"));
    assert_int_equal(http_server_listen(second, "::1:80", false, 1, NULL, &err), -1);
    assert_int_equal(http_server_listen(second, "127.0.0.1", false, 1, NULL, &err), -1);
    assert_int_equal(http_server_listen(second, "127.0.0.1:0", true, 1, NULL, &err), -1);
    http_server_free(second);
    free(addr);
    http_test_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_connection_answers_one_request_after_the_other),
        cmocka_unit_test(pipelined_requests_are_answered_in_order_across_a_large_answer),
        cmocka_unit_test(request_in_single_bytes_is_the_same_request),
        cmocka_unit_test(http_1_0_gets_a_length_and_the_end_unless_it_asks_to_keep),
        cmocka_unit_test(head_has_length_but_no_body),
        cmocka_unit_test(closing_answer_reaches_a_peer_that_keeps_sending),
        cmocka_unit_test(refused_request_is_answered_once_and_closed),
        cmocka_unit_test(too_long_heads_get_414_and_431),
        cmocka_unit_test(large_body_arrives_whole_and_its_memory_is_given_back),
        cmocka_unit_test(bodies_beyond_the_memory_for_them_get_503),
        cmocka_unit_test(slow_header_client_is_dropped_while_others_are_served),
        cmocka_unit_test(slow_body_gets_408_and_idle_connection_is_closed),
        cmocka_unit_test(download_below_the_minimum_rate_is_dropped_and_a_moving_one_is_not),
        cmocka_unit_test(parked_request_is_woken_by_another_thread_and_goes_on),
        cmocka_unit_test(parked_request_whose_peer_hung_up_is_answered_to_nobody),
        cmocka_unit_test(file_is_sent_whole_and_from_an_offset),
        cmocka_unit_test(stop_finishes_downloads_and_closes_idle_connections),
        cmocka_unit_test(stop_does_not_wait_beyond_its_deadline),
        cmocka_unit_test(address_with_too_many_connections_is_turned_away),
        cmocka_unit_test(full_server_closes_the_longest_idle_or_turns_away),
        cmocka_unit_test(without_descriptors_connections_are_turned_away_and_service_returns),
        cmocka_unit_test(handler_that_forgets_or_injects_gives_500),
        cmocka_unit_test(address_in_use_by_another_server_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
