// SPDX-License-Identifier: MIT
/* The admin plane over real sockets. */
#include "api_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/log.h"

static const char image_text[] = "the bytes of an image";

static int setup(void **state)
{
    static struct lab lab;

    lab_open(&lab);
    *state = &lab;
    return 0;
}

static int teardown(void **state)
{
    lab_close(*state);
    return 0;
}

static void expect(struct answer a, int status, const char *text)
{
    if (a.status != status || !answer_has(&a, text))
        fail_msg("wanted %d and %s, got: %s", status, text, a.text);
    answer_free(&a);
}

static void every_route_but_healthz_needs_the_token(void **state)
{
    static const char *const heads[] = {
        "GET /readyz",
        "GET /metrics",
        "GET /admin/v1/releases",
        "GET /admin/v1/devices",
        "GET /admin/v1/devices/010203040506",
        "GET /admin/v1/status",
        "GET /nowhere",
        "GET /admin/v1/status\r\nAuthorization: Bearer",
        "GET /admin/v1/status\r\nAuthorization: Bearer a-token-of-the-test",
        "GET /admin/v1/status\r\nAuthorization: Bearer a-token-of-the-testss",
        "GET /admin/v1/status\r\nAuthorization: Basic a-token-of-the-tests",
    };
    struct lab *lab = *state;

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        expect(lab_request(lab->admin_port, heads[i], NULL, 0), 401,
               "WWW-Authenticate: Bearer realm=\"otaria\"\r\n");
    expect(lab_request(lab->admin_port, "POST /admin/v1/releases", "{}", 2), 401,
           "\"error\":\"TOKEN\"");
    expect(lab_request(lab->admin_port, "GET /healthz", NULL, 0), 200, "ok\n");
    expect(lab_admin(lab, "GET /readyz", NULL, 0), 200, "\"ready\":true");
    lab_restart(lab);
    expect(lab_admin(lab, "GET /admin/v1/status", NULL, 0), 200, "\"devices\":0");
}

static void requests_under_a_foreign_name_are_refused(void **state)
{
    struct lab *lab = *state;

    expect(lab_admin(lab, "GET /admin/v1/status\r\nHost: evil.example", NULL, 0), 421, "\"HOST\"");
    expect(lab_admin(lab, "GET /healthz\r\nHost: evil.example:8267", NULL, 0), 421, "\"HOST\"");
    expect(lab_admin(lab, "GET /admin/v1/status\r\nHost: localhost.evil.example", NULL, 0), 421,
           "");
    expect(lab_admin(lab, "GET /admin/v1/status\r\nHost: LocalHost:8267", NULL, 0), 200, "");
    expect(lab_admin(lab, "GET /admin/v1/status\r\nHost: 127.0.0.1:8267", NULL, 0), 200, "");
    expect(lab_admin(lab, "GET /admin/v1/status\r\nHost: [::1]:8267", NULL, 0), 200, "");
    expect(lab_admin(lab, "GET /admin/v1/status\r\nHost: ota.example", NULL, 0), 421, "");
    lab->settings.hosts[0] = "ota.example";
    lab->settings.hosts_cnt = 1;
    api_settings_change(lab->api, &lab->settings);
    expect(lab_admin(lab, "GET /admin/v1/status\r\nHost: ota.example", NULL, 0), 200, "");
}

static void payload_is_stored_once_and_only_under_its_digest(void **state)
{
    static const char path[] =
        "PUT /admin/v1/payloads/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    struct lab *lab = *state;

    expect(lab_admin(lab, path, "abd", 3), 422, "\"error\":\"DIGEST\",\"code\":-27");
    expect(lab_admin(lab, path, "abc", 3), 201, "\"size\":3");
    expect(lab_admin(lab, path, "abc", 3), 200, "\"size\":3");
    expect(lab_admin(lab, "PUT /admin/v1/payloads/ba78", "abc", 3), 400, "\"PATH\"");
    expect(lab_admin(lab, "PUT /admin/v1/payloads/..%2f..%2fx", "abc", 3), 404, "");
}

static void release_is_answered_as_it_was_published(void **state)
{
    struct lab *lab = *state;
    char digest[HEX_SIZE(32) + 16] = "\"digest\":\"";
    struct lab_release r;

    lab_sign(&r, &lab->key, "1.0.3", 100, image_text);
    expect(lab_put(lab, image_text), 201, "");
    hex_encode(digest + 10, r.m.digest, 32);
    expect(lab_publish(lab, &r, ",\"channel\":\"beta\",\"percent\":10,\"only\":[\"5CCF7F000001\"]"),
           201, digest);
    expect(lab_admin(lab, "GET /admin/v1/releases", NULL, 0), 200,
           "{\"releases\":[{\"vendor\":\"example.org\",\"class\":\"emon/esp12e/4m2m\",\"product\":"
           "\"emon\",\"hardware\":\"esp12e\",\"layout\":\"4m2m\",\"version\":\"1.0.3\"");
    expect(lab_admin(lab, "GET /admin/v1/releases", NULL, 0), 200,
           "\"channel\":\"beta\",\"percent\":10,\"only\":[\"5ccf7f000001\"]");
}

static void same_release_again_changes_its_rollout(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a;

    lab_release(lab, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    expect(lab_publish(lab, &r, ",\"percent\":0"), 200, "\"percent\":0");
    assert_int_equal(lab_polled(lab, &p, &a).manifest.len, 0);
    answer_free(&a);
    expect(lab_publish(lab, &r, ",\"only\":[\"010000000000\"]"), 200, "");
    assert_true(lab_polled(lab, &p, &a).manifest.len > 0);
    answer_free(&a);
}

static void withdrawn_release_stops_at_the_next_poll_for_good(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a;

    lab_release(lab, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    assert_true(lab_polled(lab, &p, &a).manifest.len > 0);
    answer_free(&a);
    expect(lab_admin(lab, "POST /admin/v1/releases/emon/1.0.3/withdraw", "", 0), 200,
           "{\"withdrawn\":1}");
    assert_int_equal(lab_polled(lab, &p, &a).manifest.len, 0);
    answer_free(&a);
    expect(lab_admin(lab, "POST /admin/v1/releases/emon/1.0.3/withdraw", "", 0), 404, "");
    expect(lab_publish(lab, &r, ""), 409, "\"error\":\"WITHDRAWN\"");
    lab_restart(lab);
    assert_int_equal(lab_polled(lab, &p, &a).manifest.len, 0);
    answer_free(&a);
}

static void sequences_only_go_up(void **state)
{
    struct lab *lab = *state;
    struct lab_release r;

    lab_release(lab, &r, "1.0.3", 100, image_text);
    lab_sign(&r, &lab->key, "1.0.2", 99, image_text);
    expect(lab_publish(lab, &r, ""), 409, "\"error\":\"OLD_SEQUENCE\",\"code\":-72");
    lab_sign(&r, &lab->key, "1.0.4", 100, image_text);
    expect(lab_publish(lab, &r, ""), 409, "\"error\":\"SAME_SEQUENCE\",\"code\":-73");
    expect(lab_publish(lab, &r, ",\"channel\":\"beta\""), 409, "\"error\":\"SAME_SEQUENCE\"");
    lab_sign(&r, &lab->key, "1.0.2", 99, image_text);
    expect(lab_publish(lab, &r, ",\"channel\":\"beta\""), 201, "");
    lab_sign(&r, &lab->key, "1.0.5", (uint64_t)time(NULL) + 86400 + 60, image_text);
    expect(lab_publish(lab, &r, ""), 422, "\"error\":\"FUTURE_SEQUENCE\"");
    lab_sign(&r, &lab->key, "1.0.5", (uint64_t)time(NULL) + 86400 - 60, image_text);
    expect(lab_publish(lab, &r, ""), 201, "");
    /* A withdrawn release's sequence stays taken. */
    expect(lab_admin(lab, "POST /admin/v1/releases/emon/1.0.5/withdraw", "", 0), 200, "");
    lab_sign(&r, &lab->key, "1.0.6", (uint64_t)time(NULL), image_text);
    expect(lab_publish(lab, &r, ""), 409, "\"error\":\"OLD_SEQUENCE\"");
}

/* After each refusal nothing is listed and the device is offered nothing. */
static void what_does_not_verify_is_not_published(void **state)
{
    struct lab *lab = *state;
    struct lab_release r;

    lab_sign(&r, &lab->key, "1.0.3", 100, image_text);
    expect(lab_publish(lab, &r, ""), 422, "\"error\":\"NO_PAYLOAD\"");
    expect(lab_put(lab, image_text), 201, "");
    r.suit[r.suit_len - 20] ^= 1; /* in the text */
    expect(lab_publish(lab, &r, ""), 422, "\"error\":\"TEXT\",\"code\":-69");
    lab_sign(&r, &lab->stranger, "1.0.3", 100, image_text);
    expect(lab_publish(lab, &r, ""), 422, "\"error\":\"SIGNATURE\",\"code\":-67");
    lab_sign(&r, &lab->key, "1.0.3", 100, image_text);
    r.suit_len--;
    expect(lab_publish(lab, &r, ""), 422, "\"error\":\"ENVELOPE\",\"code\":-64");
    lab->settings.threshold = 2;
    api_settings_change(lab->api, &lab->settings);
    r.suit_len++;
    expect(lab_publish(lab, &r, ""), 422, "\"error\":\"THRESHOLD\",\"code\":-68");
    expect(lab_admin(lab, "GET /admin/v1/releases", NULL, 0), 200, "{\"releases\":[]}");
}

static void without_release_key_publishing_is_refused_with_the_remedy(void **state)
{
    struct lab *lab = *state;
    struct lab_release r;

    lab->settings.keys_cnt = 0;
    api_settings_change(lab->api, &lab->settings);
    lab_sign(&r, &lab->key, "1.0.3", 100, image_text);
    expect(lab_publish(lab, &r, ""), 403, "--release-key");
}

static void requests_in_another_form_get_a_sentence(void **state)
{
    static const struct {
        const char *head, *body;
        int status;
        const char *text;
    } rows[] = {
        {"POST /admin/v1/releases", "", 400, "not a JSON object"},
        {"POST /admin/v1/releases", "[]", 400, "not a JSON object"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\"", 400, "not a JSON object"},
        {"POST /admin/v1/releases", "{}", 400, "base64"},
        {"POST /admin/v1/releases", "{\"suit\":5}", 400, "base64"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs\"}", 400, "base64"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"suit\":\"2Gs=\"}", 400, "duplicate"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"channel\":\"../x\"}", 400, "channel"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"channel\":\"a\\u0000b\"}", 400, ""},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"percent\":101}", 400, "percent"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"percent\":\"10\"}", 400, "percent"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"percent\":1.5}", 400, "percent"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"only\":\"aabbccddeeff\"}", 400, "only"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\",\"only\":[\"aabb\"]}", 400, "device id"},
        {"POST /admin/v1/releases", "{\"suit\":\"2Gs=\"}", 422, "\"error\":\"ENVELOPE\""},
        {"PUT /admin/v1/devices/aabbccddeeff", "{\"channel\":5}", 400, "channel"},
        {"PUT /admin/v1/devices/aabbccddeeff", "{\"channel\":\"beta\"}", 404, "polled yet"},
        {"PUT /admin/v1/devices/xyz", "{\"channel\":\"beta\"}", 400, "hex digits"},
        {"PUT /admin/v1/releases", "{}", 405, "Allow: POST, GET\r\n"},
        {"GET /admin/v1/devices?limit=0", NULL, 400, "limit"},
        {"GET /admin/v1/devices?limit=1001", NULL, 400, "limit"},
        {"GET /admin/v1/devices?limit=10x", NULL, 400, "limit"},
        {"GET /admin/v1/devices?limit=-1", NULL, 400, "limit"},
        {"GET /admin/v1/devices?after=zz", NULL, 400, "after"},
        {"GET /admin/v1/devices/010203040506", NULL, 404, "polled yet"},
        {"GET /admin/v2/devices", NULL, 404, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(lab_admin(*state, rows[i].head, rows[i].body,
                         rows[i].body != NULL ? strlen(rows[i].body) : 0),
               rows[i].status, rows[i].text);
}

static void json_beyond_its_limit_is_refused_unread(void **state)
{
    char *body = calloc(1, API_JSON_MAX + 2);

    memset(body, ' ', API_JSON_MAX + 1);
    expect(lab_admin(*state, "POST /admin/v1/releases", body, API_JSON_MAX + 1), 413,
           "\"TOO_LONG\"");
    memset(body, '[', API_JSON_MAX);
    expect(lab_admin(*state, "POST /admin/v1/releases", body, API_JSON_MAX), 400, "\"REQUEST\"");
    free(body);
}

static void devices_are_listed_in_pages_and_follow_their_channel(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r, beta;
    struct answer a;

    lab_release(lab, &r, "1.0.3", 100, image_text);
    expect(lab_put(lab, "beta image"), 201, "");
    lab_sign(&beta, &lab->key, "1.1.0", 200, "beta image");
    expect(lab_publish(lab, &beta, ",\"channel\":\"beta\""), 201, "");
    for (unsigned i = 1; i <= 3; i++) {
        p = lab_poll_of(&r, i);
        p.has_result = true; /* so that it is stored when answered */
        (void)lab_polled(lab, &p, &a);
        answer_free(&a);
    }
    expect(lab_admin(lab, "GET /admin/v1/devices?limit=2", NULL, 0), 200,
           "\"next\":\"020000000000\"");
    a = lab_admin(lab, "GET /admin/v1/devices?limit=2&after=020000000000", NULL, 0);
    assert_true(answer_has(&a, "\"id\":\"030000000000\""));
    assert_false(answer_has(&a, "\"id\":\"020000000000\""));
    assert_true(answer_has(&a, "\"next\":null"));
    answer_free(&a);

    expect(lab_admin(lab, "PUT /admin/v1/devices/030000000000", "{\"channel\":\"beta\"}", 18), 200,
           "\"channel\":\"beta\"");
    assert_int_equal(lab_polled(lab, &p, &a).payload[0].size, strlen("beta image"));
    answer_free(&a);
    lab_restart(lab);
    assert_int_equal(lab_polled(lab, &p, &a).payload[0].size, strlen("beta image"));
    answer_free(&a);
    expect(lab_admin(lab, "GET /admin/v1/status", NULL, 0), 200,
           "{\"devices\":3,\"releases\":{\"emon 1.0.2\":3},\"states\":{\"idle\":3},"
           "\"channels\":{\"stable\":2,\"beta\":1},\"results\":{\"CONFIRMED\":3}}");
}

static void metrics_tell_what_happened(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a;

    lab_release(lab, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    (void)lab_polled(lab, &p, &a);
    answer_free(&a);
    p.class_id[0] ^= 1;
    (void)lab_polled(lab, &p, &a);
    answer_free(&a);
    expect(lab_request(lab->device_port, "GET /bad path", NULL, 0), 400, "");
    a = lab_admin(lab, "GET /metrics", NULL, 0);
    assert_true(answer_has(&a, "Content-Type: text/plain; version=0.0.4\r\n"));
    assert_true(answer_has(&a, "\notaria_polls_total 2\n"));
    assert_true(answer_has(&a, "\notaria_offers_total 1\n"));
    assert_true(answer_has(&a, "\notaria_polls_unknown_class_total 1\n"));
    assert_true(answer_has(&a, "\notaria_devices_known 1\n"));
    assert_true(answer_has(&a, "\notaria_http_refused_total{reason=\"malformed\"} 1\n"));
    answer_free(&a);
}

static void one_process_a_data_folder(void **state)
{
    struct lab *lab = *state;
    struct api *second;
    struct err err;

    assert_int_equal(api_new(&lab->config, &lab->settings, &second, &err), -1);
    assert_non_null(strstr(err.text, "another otaria serve"));
}

int main(void)
{
#define WITH_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_LAB(every_route_but_healthz_needs_the_token),
        WITH_LAB(requests_under_a_foreign_name_are_refused),
        WITH_LAB(payload_is_stored_once_and_only_under_its_digest),
        WITH_LAB(release_is_answered_as_it_was_published),
        WITH_LAB(same_release_again_changes_its_rollout),
        WITH_LAB(withdrawn_release_stops_at_the_next_poll_for_good),
        WITH_LAB(sequences_only_go_up),
        WITH_LAB(what_does_not_verify_is_not_published),
        WITH_LAB(without_release_key_publishing_is_refused_with_the_remedy),
        WITH_LAB(requests_in_another_form_get_a_sentence),
        WITH_LAB(json_beyond_its_limit_is_refused_unread),
        WITH_LAB(devices_are_listed_in_pages_and_follow_their_channel),
        WITH_LAB(metrics_tell_what_happened),
        WITH_LAB(one_process_a_data_folder),
    };

    log_set_level(LOG_LEVEL_WARNING);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
