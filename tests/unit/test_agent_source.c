// SPDX-License-Identifier: MIT
/* The owner moves a device to another server: device/src/server_url.c and otaria_set_source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/signed_release.h"

#define SECOND 1000u
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static struct signed_release old_release, new_release;
static struct key_pair key;
static uint8_t trusted[1][65];
static struct virtual_device dev;
static struct model_server server;
static char last_host[64];

/* Remembers which server was asked. */
static void noting_answer(struct virtual_device *d, const uint8_t *request, size_t len,
                          struct virtual_answer *out)
{
    const char *host = memmem(request, len, "\r\nHost: ", 8);

    assert_non_null(host);
    snprintf(last_host, sizeof last_host, "%.*s", (int)strcspn(host + 8, "\r"), host + 8);
    model_server_answer(d, request, len, out);
}

/* One stream at a time: who opens another has closed the one before. */
static struct otaria_net link;
static bool is_open;

static int counting_open(void *ctx, const char *host, uint16_t port, bool tls)
{
    assert_false(is_open);
    is_open = true;
    return link.open(ctx, host, port, tls);
}

static void counting_close(void *ctx)
{
    is_open = false;
    link.close(ctx);
}

static int setup(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    signed_release_offer(&new_release, &server);
    test_device(&dev, &old_release, trusted, &server, 7);
    dev.answer = noting_answer;
    link = dev.net;
    is_open = false;
    dev.net.open = counting_open;
    dev.net.close = counting_close;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(dev.nor.illegal_programs, 0);
    assert_int_equal(dev.nor.refused_calls, 0);
    virtual_free(&dev);
    return 0;
}

static bool has_polled(struct virtual_device *d)
{
    return d->events[OTARIA_EV_POLL] > 0 && server.polls > 0;
}

static bool is_half_way(struct virtual_device *d)
{
    return d->events[OTARIA_EV_PROGRESS] >= 4;
}

static bool is_confirmed(struct virtual_device *d)
{
    return d->events[OTARIA_EV_CONFIRMED] > 0;
}

/* ---- otaria_server_parse ---- */

static void a_server_is_taken_apart(void **state)
{
    struct otaria_server s;

    (void)state;
    assert_int_equal(otaria_server_parse("http://ota.example", &s), 0);
    assert_false(s.tls);
    assert_int_equal(s.port, 0);
    assert_string_equal(s.host, "ota.example");
    assert_int_equal(s.base.len, 0);
    assert_int_equal(otaria_server_parse("https://10.0.2.2:8443/a/b/", &s), 0);
    assert_true(s.tls);
    assert_int_equal(s.port, 8443);
    assert_string_equal(s.host, "10.0.2.2");
    assert_int_equal(s.base.len, 4);
    assert_memory_equal(s.base.p, "/a/b", 4);
    assert_int_equal(otaria_server_parse("http://[fe80::1]:80", &s), 0);
    assert_string_equal(s.host, "[fe80::1]");
    assert_int_equal(s.port, 80);
}

static void what_is_no_server_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "http",
                                      "ftp://ota.example",
                                      "http://",
                                      "http:///x",
                                      "http://a b",
                                      "http://ota.example?x",
                                      "http://ota.example#x",
                                      "http://ota.example:",
                                      "http://ota.example:0",
                                      "http://ota.example:65536",
                                      "http://ota.example:80x",
                                      "http://[::1",
                                      "http://\x7f.example"};
    struct otaria_server s;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(otaria_server_parse(bad[i], &s), OTARIA_E_ARGUMENT);
}

/* ---- otaria_set_source ---- */

static void another_server_is_asked_at_once(void **state)
{
    (void)state;
    server.suit = NULL;
    virtual_run(&dev, MINUTE, has_polled);
    assert_true(has_polled(&dev));
    virtual_run(&dev, dev.now_ms + 5 * SECOND, NULL);
    assert_int_equal(otaria_set_source(&dev.chip.agent, "http://other.example:81", 0, false), 0);
    virtual_run(&dev, dev.now_ms + SECOND, NULL);
    assert_string_equal(last_host, "other.example:81");
    assert_int_equal(server.polls, 2);
    assert_int_equal(dev.boots_cnt, 1);
}

static void a_bad_server_changes_nothing(void **state)
{
    (void)state;
    virtual_run(&dev, MINUTE, has_polled);
    snprintf(last_host, sizeof last_host, "-");
    assert_int_equal(otaria_set_source(&dev.chip.agent, "http://", 60, true), OTARIA_E_ARGUMENT);
    virtual_run(&dev, dev.now_ms + 10 * MINUTE, is_confirmed);
    assert_true(is_confirmed(&dev)); /* policy is still auto */
    assert_string_not_equal(last_host, "-");
}

static void a_download_goes_on_from_the_other_server(void **state)
{
    unsigned polls;

    (void)state;
    dev.link.rate = 20000;
    virtual_run(&dev, 10 * MINUTE, is_half_way);
    assert_true(is_half_way(&dev));
    polls = server.polls;
    assert_int_equal(otaria_set_source(&dev.chip.agent, "http://mirror.example", 0, false), 0);
    virtual_run(&dev, dev.now_ms + SECOND / 2, NULL);
    assert_string_equal(last_host, "mirror.example");
    assert_int_equal(server.polls, polls + 1); /* what it offers is asked first */
    virtual_run(&dev, dev.now_ms + 20 * MINUTE, is_confirmed);
    assert_true(is_confirmed(&dev));
    assert_int_equal(server.resumed, 1);
    assert_string_equal(dev.chip.version, "1.0.3");
}

static void the_policy_ask_holds_back_what_is_offered(void **state)
{
    struct otaria_status status;

    (void)state;
    server.suit = NULL;
    virtual_run(&dev, MINUTE, has_polled);
    assert_int_equal(otaria_set_source(&dev.chip.agent, dev.cfg.server, 60, true), 0);
    signed_release_offer(&new_release, &server);
    virtual_run(&dev, dev.now_ms + 5 * MINUTE, NULL);
    assert_int_equal(server.gets, 0);
    otaria_status(&dev.chip.agent, &status);
    assert_true(status.offered);
    assert_string_equal(status.offered_version, "1.0.3");
    otaria_update_now(&dev.chip.agent);
    virtual_run(&dev, dev.now_ms + 5 * MINUTE, is_confirmed);
    assert_true(is_confirmed(&dev));
}

/* ---- what the server calls its release ---- */

static void the_version_that_the_server_names_is_in_the_status(void **state)
{
    struct otaria_status status;

    (void)state;
    server.version = "1.0.3-rc1";
    server.suit = NULL;
    virtual_run(&dev, MINUTE, has_polled);
    virtual_run(&dev, dev.now_ms + 5 * SECOND, NULL);
    otaria_status(&dev.chip.agent, &status);
    assert_string_equal(status.server_version, "1.0.3-rc1");
    assert_string_equal(status.offered_version, "");
    server.version = "1.1"; /* shorter: nothing of the old text stays */
    otaria_check_now(&dev.chip.agent);
    virtual_run(&dev, dev.now_ms + 5 * SECOND, NULL);
    otaria_status(&dev.chip.agent, &status);
    assert_string_equal(status.server_version, "1.1");
    server.version = NULL;
    otaria_check_now(&dev.chip.agent);
    virtual_run(&dev, dev.now_ms + 5 * SECOND, NULL);
    otaria_status(&dev.chip.agent, &status);
    assert_string_equal(status.server_version, "");
}

static int group_setup(void **state)
{
    (void)state;
    test_key("a", &key);
    memcpy(trusted[0], key.point, 65);
    signed_release_make(&old_release, "1.0.2", 1000, 100000, "a");
    signed_release_make(&new_release, "1.0.3", 2000, 150000, "a");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    signed_release_free(&old_release);
    signed_release_free(&new_release);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_taken_apart),
        cmocka_unit_test(what_is_no_server_is_refused),
        cmocka_unit_test_setup_teardown(another_server_is_asked_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_server_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_download_goes_on_from_the_other_server, setup, teardown),
        cmocka_unit_test_setup_teardown(the_policy_ask_holds_back_what_is_offered, setup, teardown),
        cmocka_unit_test_setup_teardown(the_version_that_the_server_names_is_in_the_status, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
