// SPDX-License-Identifier: MIT
/* firmware/emon: web.c, web_serve.c, guard.c: what a stranger, a stranger's page and the owner may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/emon/page.h"
#include "firmware/emon/web.h"

#define PASSWORD "correct horse"

EMON_TEXT(status_text, "{\"node\":@n}\n");
EMON_TEXT(firmware_text, "{\"current\":@v}\n");

static struct emon_web web;
static struct emon_config config;
static uint64_t now;
static unsigned acts[EMON_REVERT + 1], configured;
static int act_result, configure_result;
static char answer[10000];
static size_t answer_len;

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return now;
}

static void random_bytes(void *ctx, void *out, size_t len)
{
    static uint8_t next;

    (void)ctx;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = next++;
}

static int configure(void *ctx, const struct emon_config *next)
{
    (void)ctx;
    configured++;
    if (configure_result == 0)
        config = *next;
    return configure_result;
}

static int act(void *ctx, enum emon_action action)
{
    (void)ctx;
    acts[action]++;
    return act_result;
}

static bool put(void *ctx, char field, unsigned index, struct emon_text *out)
{
    (void)ctx;
    (void)index;
    emon_put_json(out, field == 'n' ? config.node : "1\"0", field == 'n' ? strlen(config.node) : 3);
    return false;
}

static const struct emon_web_app app = {.now_ms = now_ms,
                                        .random = random_bytes,
                                        .config = &config,
                                        .configure = configure,
                                        .act = act,
                                        .put = put,
                                        .status = status_text.word,
                                        .firmware = firmware_text.word};

static void begin(bool with_password)
{
    const uint8_t salt[16] = {1};

    memset(acts, 0, sizeof acts);
    configured = 0;
    act_result = configure_result = 0;
    now = 1000000;
    emon_config_defaults(&config, "http://ota.example");
    if (with_password)
        emon_password_set(&config, salt, PASSWORD, strlen(PASSWORD));
    emon_web_init(&web, &app);
}

static int setup(void **state)
{
    (void)state;
    begin(true);
    return 0;
}

static int setup_without_password(void **state)
{
    (void)state;
    begin(false);
    return 0;
}

/* Everything that connection i has to say, taken in pieces. */
static void take_answer(unsigned i, size_t piece)
{
    const uint8_t *data;
    size_t len;

    answer_len = 0;
    while ((len = emon_web_output(&web, i, &data)) > 0) {
        if (len > piece)
            len = piece;
        assert_true(answer_len + len < sizeof answer);
        memcpy(answer + answer_len, data, len);
        answer_len += len;
        emon_web_sent(&web, i, len);
    }
    answer[answer_len] = 0;
}

static unsigned ask_in(const char *request, size_t in, size_t out)
{
    int i = emon_web_open(&web);
    size_t len = strlen(request);
    unsigned status;

    assert_true(i >= 0);
    for (size_t at = 0; at < len; at += in)
        emon_web_input(&web, (unsigned)i, (const uint8_t *)request + at,
                       len - at < in ? len - at : in);
    take_answer((unsigned)i, out);
    assert_true(emon_web_finished(&web, (unsigned)i));
    emon_web_close(&web, (unsigned)i);
    assert_int_equal(sscanf(answer, "HTTP/1.1 %u ", &status), 1);
    return status;
}

static unsigned ask(const char *request)
{
    return ask_in(request, 1000, 1000);
}

static const char *body(void)
{
    const char *end = strstr(answer, "\r\n\r\n");

    assert_non_null(end);
    return end + 4;
}

#define H                "Host: 192.168.1.7\r\n"
#define P                "X-Emon-Password: " PASSWORD "\r\n"
#define J                "Content-Type: application/json\r\n"
#define GET(path)        "GET " path " HTTP/1.1\r\n" H "\r\n"
#define POST(path, more) "POST " path " HTTP/1.1\r\n" H more "\r\n"

static unsigned post_json(const char *path, const char *more, const char *json)
{
    char request[2000];

    snprintf(request, sizeof request, "POST %s HTTP/1.1\r\n" H J "%sContent-Length: %zu\r\n\r\n%s",
             path, more, strlen(json), json);
    return ask(request);
}

/* ---- what is served ---- */

static void status_firmware_and_config_are_json(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/status")), 200);
    assert_non_null(strstr(answer, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
    assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
    assert_string_equal(body(), "{\"node\":\"emon\"}\n");
    assert_int_equal(ask(GET("/firmware")), 200);
    assert_string_equal(body(), "{\"current\":\"1\\u00220\"}\n");
    assert_int_equal(ask(GET("/config")), 200);
    assert_string_equal(body(), "{\"node\":\"emon\",\"server\":\"http://ota.example\",\"poll\":0,"
                                "\"policy\":\"auto\",\"tls\":\"pin\",\"pins\":\"\"}\n");
    assert_null(strstr(answer, "password"));
}

static void the_page_comes_whole_through_any_window(void **state)
{
    static const size_t windows[] = {1, 7, 511, 512, 513, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        assert_int_equal(ask_in(GET("/"), 3, windows[i]), 200);
        assert_int_equal(answer_len, emon_page_len);
        for (size_t at = 0; at < answer_len; at++)
            assert_true(answer[at] == emon_mapped_byte(emon_page, at));
    }
    assert_non_null(strstr(answer, "\r\nContent-Security-Policy: default-src 'none'; "));
}

static void any_split_of_request_and_answer_gives_the_same(void **state)
{
    char whole[2000];

    (void)state;
    assert_int_equal(ask(GET("/status")), 200);
    memcpy(whole, answer, answer_len + 1);
    for (size_t in = 1; in < 9; in++) {
        for (size_t out = 1; out < 9; out++) {
            assert_int_equal(ask_in(GET("/status"), in, out), 200);
            assert_string_equal(answer, whole);
        }
    }
}

static void what_is_not_there_and_what_is_asked_wrongly(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/nothing")), 404);
    assert_string_equal(body(), "{\"error\":\"there is no such page\"}\n");
    assert_int_equal(ask(GET("/status/")), 404);
    assert_int_equal(ask(GET("/status?x=1")), 404);
    assert_int_equal(ask(GET("/a-path-longer-than-any-of-ours")), 404);
    assert_int_equal(ask(GET("/update")), 405);
    assert_non_null(strstr(answer, "\r\nAllow: POST\r\n"));
    assert_int_equal(ask(POST("/status", P)), 405);
    assert_non_null(strstr(answer, "\r\nAllow: GET\r\n"));
    assert_int_equal(ask("OPTIONS /config HTTP/1.1\r\n" H "\r\n"), 405);
    assert_non_null(strstr(answer, "\r\nAllow: GET, POST\r\n"));
    assert_null(strstr(answer, "Access-Control"));
    assert_int_equal(ask("GET / HTTP/1.0\r\n" H "\r\n"), 505);
    assert_int_equal(ask("GET /\n"), 400);
    assert_int_equal(ask("POST /config HTTP/1.1\r\n" H "Content-Length: 513\r\n\r\n"), 413);
    assert_int_equal(acts[EMON_CHECK] + acts[EMON_UPDATE] + acts[EMON_REVERT] + configured, 0);
}

/* ---- who may ---- */

static void the_owner_may(void **state)
{
    (void)state;
    assert_int_equal(ask(POST("/check", P)), 200);
    assert_string_equal(body(), "{\"ok\":true}\n");
    assert_int_equal(ask(POST("/update", P "Origin: http://192.168.1.7\r\n")), 200);
    assert_int_equal(ask(POST("/revert", P "Content-Length: 0\r\n")), 200);
    assert_int_equal(acts[EMON_CHECK], 1);
    assert_int_equal(acts[EMON_UPDATE], 1);
    assert_int_equal(acts[EMON_REVERT], 1);
    assert_int_equal(post_json("/config", P, "{\"node\":\"attic\",\"poll\":60,\"policy\":\"ask\"}"),
                     200);
    assert_string_equal(config.node, "attic");
    assert_int_equal(config.poll_s, 60);
    assert_true(config.ask);
}

static void what_an_action_came_to_is_told_in_words(void **state)
{
    (void)state;
    act_result = OTARIA_E_NO_PREVIOUS;
    assert_int_equal(ask(POST("/revert", P)), 409);
    assert_string_equal(
        body(),
        "{\"error\":\"there is no complete and once confirmed previous image to revert to\"}\n");
    act_result = OTARIA_E_FLASH_IO;
    assert_int_equal(ask(POST("/revert", P)), 500);
    assert_string_equal(body(), "{\"error\":\"the flash driver reported a failure\"}\n");
    configure_result = OTARIA_E_FLASH_VERIFY;
    assert_int_equal(post_json("/config", P, "{\"node\":\"attic\"}"), 500);
    assert_string_equal(config.node, "emon");
}

static void nothing_changes_without_the_password(void **state)
{
    static const char *const paths[] = {"/check", "/update", "/revert"};
    char request[200];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(request, sizeof request, "POST %s HTTP/1.1\r\n" H "\r\n", paths[i]);
        assert_int_equal(ask(request), 403);
        assert_non_null(strstr(body(), "X-Emon-Password"));
    }
    assert_int_equal(post_json("/config", "", "{\"node\":\"x\"}"), 403);
    assert_int_equal(post_json("/password", "", "{\"password\":\"another one\"}"), 403);
    /* what a browser attaches by itself is no password */
    assert_int_equal(ask(POST("/update", "Cookie: X-Emon-Password=" PASSWORD "\r\n")), 403);
    assert_int_equal(ask(POST("/update", "Authorization: Basic Y29ycmVjdCBob3JzZQ==\r\n")), 403);
    assert_int_equal(ask(POST("/update", "X-Emon-Password: wrong horse\r\n")), 403);
    assert_int_equal(acts[EMON_CHECK] + acts[EMON_UPDATE] + acts[EMON_REVERT] + configured, 0);
    assert_int_equal(ask(GET("/status")), 200); /* looking is free */
}

static void wrong_passwords_cost_ever_more_time_and_block_nobody_else(void **state)
{
    static const uint32_t waits[] = {1, 2, 4, 8, 16, 32, 32};
    char retry[40];

    (void)state;
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        assert_int_equal(ask(POST("/check", "X-Emon-Password: wrong\r\n")), 403);
        /* until then the right one is not looked at either, or the wait would tell which it is */
        assert_int_equal(ask(POST("/check", P)), 429);
        snprintf(retry, sizeof retry, "\r\nRetry-After: %u\r\n", (unsigned)waits[i]);
        assert_non_null(strstr(answer, retry));
        assert_int_equal(ask(GET("/status")), 200);
        now += waits[i] * 1000 - 1;
        assert_int_equal(ask(POST("/check", P)), 429);
        now += 1;
    }
    assert_int_equal(acts[EMON_CHECK], 0);
    assert_int_equal(ask(POST("/check", P)), 200);
    assert_int_equal(ask(POST("/check", "X-Emon-Password: wrong\r\n")), 403);
    now += 1000; /* the right one made them forget */
    assert_int_equal(ask(POST("/check", P)), 200);
}

static void another_sites_page_may_not(void **state)
{
    static const char *const origins[] = {"http://evil.example", "null",
                                          "https://192.168.1.7", "http://192.168.1.7:81",
                                          "http://192.168.1.77", "http://192.168.1.7.evil.example",
                                          "http://192.168.1",    "http://",
                                          "192.168.1.7",         ""};
    char request[300];

    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        snprintf(request, sizeof request, POST("/update", P "Origin: %s\r\n"), origins[i]);
        assert_int_equal(ask(request), 403);
        assert_non_null(strstr(body(), "another site"));
    }
    assert_int_equal(acts[EMON_UPDATE], 0);
}

static void what_a_form_can_send_is_not_taken(void **state)
{
    static const char *const types[] = {"application/x-www-form-urlencoded",
                                        "multipart/form-data; boundary=x", "text/plain",
                                        "application/jsonx", "application/json,text/plain"};
    char request[300];

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        snprintf(request, sizeof request,
                 POST("/config", P "Content-Type: %s\r\nContent-Length: 12\r\n") "{\"node\":\"x\"}",
                 types[i]);
        assert_int_equal(ask(request), 415);
    }
    assert_int_equal(ask(POST("/config", P "Content-Length: 12\r\n") "{\"node\":\"x\"}"), 415);
    assert_int_equal(ask(POST("/update", P J "Content-Length: 2\r\n") "{}"), 415);
    assert_int_equal(configured + acts[EMON_UPDATE], 0);
}

static void a_rebound_name_reads_and_changes_nothing(void **state)
{
    static const char *const bad[] = {"evil.example",
                                      "emon.evil.example",
                                      "emon.local.evil.example",
                                      "emon2",
                                      "192.168.1.7.evil.example",
                                      "192.168.1",
                                      "192.168.1.256",
                                      "1921.168.1.7",
                                      "192.168..7",
                                      "192.168.1.7.",
                                      ".192.168.1.7",
                                      "localhost.evil.example",
                                      "[::1",
                                      "[::g]",
                                      "[]",
                                      "emon:",
                                      "emon:x",
                                      "emon:123456",
                                      ":80",
                                      "emonx.local",
                                      "xemon.local",
                                      "192.168.1.7:80:80",
                                      "emon@evil.example"};
    static const char *const good[] = {"192.168.1.7",    "192.168.1.7:8080",    "10.0.2.15:80",
                                       "[fe80::1]",      "[::ffff:1.2.3.4]:80", "localhost",
                                       "localhost:8080", "LocalHost",           "emon",
                                       "EMON:80",        "emon.local",          "emon.LOCAL:80"};
    char request[300];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(request, sizeof request, "GET /status HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]);
        if (ask(request) != 403)
            fail_msg("heard as %s", bad[i]);
        snprintf(request, sizeof request, "POST /update HTTP/1.1\r\nHost: %s\r\n" P "\r\n", bad[i]);
        assert_int_equal(ask(request), 403);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(request, sizeof request, "GET /status HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
        if (ask(request) != 200)
            fail_msg("not heard as %s", good[i]);
        snprintf(request, sizeof request,
                 "POST /check HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\n" P "\r\n", good[i],
                 good[i]);
        assert_int_equal(ask(request), 200);
    }
    assert_int_equal(acts[EMON_UPDATE], 0);
}

/* ---- the first password ---- */

static void without_a_password_only_setting_it_is_possible(void **state)
{
    char more[100];

    (void)state;
    assert_int_equal(strlen(emon_web_setup(&web)), EMON_SETUP_LEN);
    snprintf(more, sizeof more, "X-Emon-Password: %s\r\n", emon_web_setup(&web));
    assert_int_equal(post_json("/config", more, "{\"node\":\"x\"}"), 403);
    assert_non_null(strstr(body(), "set a password first"));
    assert_int_equal(post_json("/password", "", "{\"password\":\"long enough\"}"), 403);
    assert_int_equal(post_json("/password", P, "{\"password\":\"long enough\"}"), 403);
    now += 1000;
    assert_int_equal(
        post_json("/password", "X-Emon-Password:\r\n", "{\"password\":\"long enough\"}"), 403);
    now += 2000;
    assert_int_equal(configured, 0);
    assert_int_equal(post_json("/password", more, "{\"password\":\"long enough\"}"), 200);
    assert_string_equal(emon_web_setup(&web), "");
    assert_true(emon_password_matches(&config, "long enough", 11));
    /* the code is worth nothing any more */
    assert_int_equal(post_json("/password", more, "{\"password\":\"another one\"}"), 403);
    now += 1000;
    assert_int_equal(post_json("/config", "X-Emon-Password: long enough\r\n", "{\"node\":\"x\"}"),
                     200);
}

static void with_a_password_there_is_no_setup_code(void **state)
{
    (void)state;
    assert_string_equal(emon_web_setup(&web), "");
    assert_int_equal(post_json("/password", P, "{\"password\":\"another one\"}"), 200);
    assert_true(emon_password_matches(&config, "another one", 11));
}

static void a_password_that_could_not_be_stored_is_not_set(void **state)
{
    char more[100];

    (void)state;
    configure_result = OTARIA_E_FLASH_IO;
    snprintf(more, sizeof more, "X-Emon-Password: %s\r\n", emon_web_setup(&web));
    assert_int_equal(post_json("/password", more, "{\"password\":\"long enough\"}"), 500);
    assert_int_equal(strlen(emon_web_setup(&web)), EMON_SETUP_LEN);
    assert_false(config.has_password);
}

static void bodies_that_are_not_what_they_should_be(void **state)
{
    (void)state;
    assert_int_equal(post_json("/config", P, "[1]"), 400);
    assert_int_equal(post_json("/config", P, "{\"node\":\"x\""), 400);
    assert_int_equal(post_json("/config", P, "{\"node\":\"x\",\"unknown\":1}"), 400);
    assert_int_equal(post_json("/config", P, "{\"poll\":60,\"server\":\"gopher://x\"}"), 400);
    assert_int_equal(
        post_json("/config", P,
                  "{\"password\":\"00112233445566778899aabbccddeeff:"
                  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"}"),
        400);
    assert_int_equal(post_json("/password", P, "{\"password\":\"short\"}"), 400);
    assert_int_equal(post_json("/password", P, "{\"password\":12345678}"), 400);
    assert_int_equal(post_json("/password", P, "{\"password\":\"long enough\",\"x\":1}"), 400);
    assert_int_equal(post_json("/password", P, "{}"), 400);
    assert_int_equal(configured, 0);
    assert_int_equal(config.poll_s, 0);
}

/* ---- connections ---- */

static void a_slow_request_gets_408_and_a_silent_one_nothing(void **state)
{
    int slow = emon_web_open(&web), silent = emon_web_open(&web);

    (void)state;
    emon_web_input(&web, (unsigned)slow, (const uint8_t *)"GET / HT", 8);
    now += EMON_REQUEST_MS - 1;
    assert_false(emon_web_finished(&web, (unsigned)slow));
    assert_false(emon_web_finished(&web, (unsigned)silent));
    now += 1;
    assert_true(emon_web_finished(&web, (unsigned)silent));
    assert_false(emon_web_finished(&web, (unsigned)slow));
    take_answer((unsigned)slow, 100);
    assert_memory_equal(answer, "HTTP/1.1 408 ", 13);
    assert_true(emon_web_finished(&web, (unsigned)slow));
}

static void an_answer_that_is_not_taken_ends(void **state)
{
    int i = emon_web_open(&web);
    const uint8_t *data;

    (void)state;
    emon_web_input(&web, (unsigned)i, (const uint8_t *)GET("/"), strlen(GET("/")));
    assert_true(emon_web_output(&web, (unsigned)i, &data) > 0);
    now += EMON_ANSWER_MS - 1;
    assert_false(emon_web_finished(&web, (unsigned)i));
    now += 1;
    assert_true(emon_web_finished(&web, (unsigned)i));
}

static void an_idle_connection_gives_way_to_a_new_one(void **state)
{
    int first = emon_web_open(&web);

    (void)state;
    for (unsigned i = 1; i < EMON_CONNS; i++) {
        int busy = emon_web_open(&web);

        emon_web_input(&web, (unsigned)busy, (const uint8_t *)"GET", 3);
    }
    assert_int_equal(emon_web_open(&web), -1);
    now += EMON_IDLE_MS;
    assert_int_equal(emon_web_open(&web), first);
    assert_int_equal(emon_web_open(&web), -1);
}

#define PASSWORD_POST \
    POST("/password", P J "Content-Length: 28\r\n") "{\"password\":\"" PASSWORD "\"}"

static void nothing_secret_stays_behind(void **state)
{
    int i = emon_web_open(&web);

    (void)state;
    emon_web_input(&web, (unsigned)i, (const uint8_t *)PASSWORD_POST, strlen(PASSWORD_POST));
    assert_null(memmem(&web, sizeof web, PASSWORD, strlen(PASSWORD))); /* while the answer waits */
    take_answer((unsigned)i, 100);
    assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
    emon_web_close(&web, (unsigned)i);
    assert_int_equal(post_json("/password", P, "{\"password\":\"" PASSWORD "\"}"), 200);
    assert_null(memmem(&web, sizeof web, PASSWORD, strlen(PASSWORD)));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(status_firmware_and_config_are_json),
        TEST(the_page_comes_whole_through_any_window),
        TEST(any_split_of_request_and_answer_gives_the_same),
        TEST(what_is_not_there_and_what_is_asked_wrongly),
        TEST(the_owner_may),
        TEST(what_an_action_came_to_is_told_in_words),
        TEST(nothing_changes_without_the_password),
        TEST(wrong_passwords_cost_ever_more_time_and_block_nobody_else),
        TEST(another_sites_page_may_not),
        TEST(what_a_form_can_send_is_not_taken),
        TEST(a_rebound_name_reads_and_changes_nothing),
        cmocka_unit_test_setup(without_a_password_only_setting_it_is_possible,
                               setup_without_password),
        TEST(with_a_password_there_is_no_setup_code),
        cmocka_unit_test_setup(a_password_that_could_not_be_stored_is_not_set,
                               setup_without_password),
        TEST(bodies_that_are_not_what_they_should_be),
        TEST(a_slow_request_gets_408_and_a_silent_one_nothing),
        TEST(an_answer_that_is_not_taken_ends),
        TEST(an_idle_connection_gives_way_to_a_new_one),
        TEST(nothing_secret_stays_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
