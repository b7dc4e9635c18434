// SPDX-License-Identifier: MIT
/* The device plane over real sockets. */
#include "api_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

static void a_device_is_offered_the_release_with_its_payload(void **state)
{
    struct otaria_poll_response response;
    struct otaria_poll_request p;
    struct lab_release r;
    char path[80] = "/b/";
    struct answer a;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    response = lab_polled(*state, &p, &a);
    assert_int_equal(response.manifest.len, r.suit_len);
    assert_memory_equal(response.manifest.p, r.suit, r.suit_len);
    hex_encode(path + 3, r.image_sha256, 32);
    assert_int_equal(response.payloads_cnt, 1);
    assert_int_equal(response.payload[0].path.len, 67);
    assert_memory_equal(response.payload[0].path.p, path, 67);
    assert_int_equal(response.payload[0].size, strlen(image_text));
    assert_int_equal(response.version.len, 5);
    assert_in_range(response.again_s, 900, 1100);
    assert_true(answer_has(&a, "Content-Type: application/cbor\r\n"));
    answer_free(&a);
}

static void a_device_that_runs_it_is_told_only_when_to_come_back(void **state)
{
    struct otaria_poll_response response;
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    p.confirmed_seq = 100;
    p.has_running_manifest = true;
    memcpy(p.running_manifest, r.m.digest, 32);
    response = lab_polled(*state, &p, &a);
    assert_int_equal(response.manifest.len, 0);
    assert_int_equal(response.payloads_cnt, 0);
    assert_true(response.again_s > 0);
    answer_free(&a);
}

static void polls_are_spread(void **state)
{
    struct otaria_poll_request p;
    unsigned low = 0, high = 0;
    struct lab_release r;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    for (int i = 0; i < 60; i++) {
        struct answer a;
        unsigned again = lab_polled(*state, &p, &a).again_s;

        low += again < 1000;
        high += again > 1000;
        answer_free(&a);
    }
    assert_true(low > 10 && high > 10);
}

static void unreadable_polls_are_refused(void **state)
{
    static const struct {
        const char *head, *body;
        int status;
    } rows[] = {
        {"POST /v1/poll\r\nContent-Type: application/cbor", "\xa0", 400},
        {"POST /v1/poll\r\nContent-Type: application/cbor", "", 400},
        {"POST /v1/poll\r\nContent-Type: application/json", "{}", 415},
        {"POST /v1/poll", "\xa0", 415},
        {"GET /v1/poll", NULL, 405},
        {"POST /b/00", "x", 405},
        {"GET /v1/poll/", NULL, 404},
        {"GET /", NULL, 404},
        {"GET /b/", NULL, 404},
        {"GET /admin/v1/releases", NULL, 404},
    };
    struct lab *lab = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = lab_request(lab->device_port, rows[i].head, rows[i].body,
                                      rows[i].body != NULL ? strlen(rows[i].body) : 0);

        if (a.status != rows[i].status)
            fail_msg("%s: %d", rows[i].head, a.status);
        answer_free(&a);
    }
}

static void body_above_512_bytes_is_refused(void **state)
{
    static uint8_t body[513];
    struct lab *lab = *state;
    struct answer a = lab_request(
        lab->device_port, "POST /v1/poll\r\nContent-Type: application/cbor", body, sizeof body);

    assert_int_equal(a.status, 413);
    answer_free(&a);
}

/* Asks for the payload with further header lines. */
static struct answer payload(struct lab *lab, const struct lab_release *r, const char *method,
                             const char *lines)
{
    char head[512], hex[HEX_SIZE(32)];

    hex_encode(hex, r->image_sha256, 32);
    snprintf(head, sizeof head, "%s /b/%s%s", method, hex, lines);
    return lab_request(lab->device_port, head, NULL, 0);
}

static void expect_payload(struct lab *lab, const struct lab_release *r, const char *lines,
                           int status, const char *body)
{
    struct answer a = payload(lab, r, "GET", lines);

    if (a.status != status || strcmp((const char *)a.body, body) != 0)
        fail_msg("%s\ngot: %s", lines, a.text);
    answer_free(&a);
}

static void payloads_are_served_whole_in_part_and_not_at_all(void **state)
{
    char lines[256], hex[HEX_SIZE(32)];
    struct lab_release r;
    struct answer a;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    hex_encode(hex, r.image_sha256, 32);
    a = payload(*state, &r, "GET", "");
    assert_int_equal(a.status, 200);
    assert_string_equal((const char *)a.body, image_text);
    snprintf(lines, sizeof lines, "ETag: \"%s\"\r\n", hex);
    assert_true(answer_has(&a, lines));
    assert_true(answer_has(&a, "Cache-Control: public, max-age=31536000, immutable\r\n"));
    assert_true(answer_has(&a, "Accept-Ranges: bytes\r\n"));
    answer_free(&a);

    a = payload(*state, &r, "HEAD", "");
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body_len, 0);
    assert_true(answer_has(&a, "Content-Length: 21\r\n"));
    answer_free(&a);

    a = payload(*state, &r, "GET", "\r\nRange: bytes=4-8");
    assert_int_equal(a.status, 206);
    assert_string_equal((const char *)a.body, "bytes");
    assert_true(answer_has(&a, "Content-Range: bytes 4-8/21\r\n"));
    answer_free(&a);

    a = payload(*state, &r, "GET", "\r\nRange: bytes=21-");
    assert_int_equal(a.status, 416);
    assert_true(answer_has(&a, "Content-Range: bytes */21\r\n"));
    answer_free(&a);

    snprintf(lines, sizeof lines, "\r\nRange: bytes=16-\r\nIf-Range: \"%s\"", hex);
    expect_payload(*state, &r, lines, 206, "image");
    snprintf(lines, sizeof lines, "\r\nRange: bytes=16-\r\nIf-Range: W/\"%s\"", hex);
    expect_payload(*state, &r, lines, 200, image_text);
    expect_payload(*state, &r, "\r\nRange: bytes=16-\r\nIf-Range: \"other\"", 200, image_text);
    expect_payload(*state, &r, "\r\nRange: bytes=0-1,4-5", 200, image_text);
    snprintf(lines, sizeof lines, "\r\nIf-None-Match: \"x\", W/\"%s\"", hex);
    expect_payload(*state, &r, lines, 304, "");
    expect_payload(*state, &r, "\r\nIf-None-Match: *", 304, "");
    expect_payload(*state, &r, "\r\nIf-None-Match: \"x\"", 200, image_text);
}

static void payload_is_hidden_until_a_release_consists_of_it(void **state)
{
    struct lab_release r;
    struct answer a = lab_put(*state, image_text);

    assert_int_equal(a.status, 201);
    answer_free(&a);
    lab_sign(&r, &((struct lab *)*state)->key, "1.0.3", 100, image_text);
    expect_payload(*state, &r, "", 404, "");
    a = lab_publish(*state, &r, "");
    assert_int_equal(a.status, 201);
    answer_free(&a);
    expect_payload(*state, &r, "", 200, image_text);
}

/* The outcome of a poll as the admin plane shows it. */
static void expect_results(struct lab *lab, unsigned n, const char *text)
{
    char head[96], hex[HEX_SIZE(6)] = "";
    uint8_t id[6] = {0};
    struct answer a;

    memcpy(id, &n, sizeof n);
    hex_encode(hex, id, 6);
    snprintf(head, sizeof head, "GET /admin/v1/devices/%s", hex);
    a = lab_admin(lab, head, NULL, 0);
    if (!answer_has(&a, text))
        fail_msg("no %s in %s", text, a.text);
    answer_free(&a);
}

static void an_outcome_is_stored_when_its_poll_is_answered(void **state)
{
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    p.has_result = true;
    p.result = OTARIA_E_TRIAL_NETWORK;
    memcpy(p.result_manifest, r.m.digest, 8);
    assert_int_equal(lab_polled(*state, &p, &a).manifest.len, 0); /* the release's fault */
    answer_free(&a);
    expect_results(*state, 1, "\"result\":\"TRIAL_NETWORK\",\"result_code\":-42");
    /* Told again it is no news. */
    (void)lab_polled(*state, &p, &a);
    answer_free(&a);
    lab_restart(*state);
    expect_results(*state, 1, "\"results\":[{\"result\":\"TRIAL_NETWORK\"");
    /* ... after a restart either. */
    assert_int_equal(lab_polled(*state, &p, &a).manifest.len, 0);
    answer_free(&a);
    a = lab_admin(*state, "GET /metrics", NULL, 0);
    assert_true(answer_has(&a, "otaria_outcomes_total{code=\"-42\",name=\"TRIAL_NETWORK\"} 1\n"));
    answer_free(&a);
}

static void a_full_disk_refuses_outcomes_and_nothing_else(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a = {0};
    unsigned n = 0;

    lab->config.database_bytes_max = 25 * 4096;
    lab_restart(lab);
    lab_release(lab, &r, "1.0.3", 100, image_text);
    for (int status = 200; status == 200 && n < 3000; n++) {
        p = lab_poll_of(&r, n);
        p.has_result = true;
        memcpy(p.result_manifest, r.m.digest, 8);
        answer_free(&a);
        a = lab_poll(lab, &p);
        status = a.status;
    }
    assert_int_equal(a.status, 503);
    assert_true(answer_has(&a, "Retry-After: "));
    answer_free(&a);
    p.has_result = false;
    assert_true(lab_polled(lab, &p, &a).manifest.len > 0);
    answer_free(&a);
    expect_payload(lab, &r, "", 200, image_text);
    a = lab_admin(lab, "GET /metrics", NULL, 0);
    assert_true(answer_has(&a, "otaria_outcomes_refused_total 1\n"));
    answer_free(&a);
    /* With room again the device that was told to come back is heard. */
    lab->config.database_bytes_max = 0;
    lab_restart(lab);
    p.has_result = true;
    assert_true(lab_polled(lab, &p, &a).again_s > 0);
    answer_free(&a);
    expect_results(lab, n - 1, "\"result\":\"CONFIRMED\"");
}

static void polls_beyond_the_rate_are_told_to_come_back(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r;
    unsigned refused = 0;

    lab_release(lab, &r, "1.0.3", 100, image_text);
    lab->settings.polls_per_s = 2;
    api_settings_change(lab->api, &lab->settings);
    p = lab_poll_of(&r, 1);
    for (int i = 0; i < 20; i++) {
        struct answer a = lab_poll(lab, &p);
        const char *line = strstr(a.text, "Retry-After: ");

        if (a.status == 503) {
            refused++;
            assert_non_null(line);
            assert_in_range(strtol(line + 13, NULL, 10), 150, 450);
        }
        answer_free(&a);
    }
    assert_in_range(refused, 10, 18);
}

static void a_rate_below_one_poll_a_loop_and_second_still_lets_polls_through(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r;
    unsigned heard = 0;

    lab_release(lab, &r, "1.0.3", 100, image_text);
    lab->settings.polls_per_s = 1;
    api_settings_change(lab->api, &lab->settings);
    p = lab_poll_of(&r, 1);
    /* The first ones use up what is saved; the others come several in each millisecond. */
    time_t end = time(NULL) + 6;
    while (heard < 4 && time(NULL) < end) {
        struct answer a = lab_poll(lab, &p);

        heard += a.status == 200;
        answer_free(&a);
    }
    assert_int_equal(heard, 4);
}

static void an_outcome_of_a_device_beyond_the_limit_of_new_ones_is_not_acknowledged(void **state)
{
    struct lab *lab = *state;
    struct otaria_poll_request p;
    struct lab_release r;
    unsigned busy = 0;

    lab->config.new_ids_per_address = 1;
    lab->config.count_local = true;
    lab_restart(lab);
    lab_release(lab, &r, "1.0.3", 100, image_text);
    for (unsigned n = 1; n <= 40; n++) {
        p = lab_poll_of(&r, n);
        p.has_result = true;
        memcpy(p.result_manifest, r.m.digest, 8);
        struct answer a = lab_poll(lab, &p);
        if (a.status == 503)
            busy++;
        else
            expect_results(lab, n, "\"result\":\"CONFIRMED\"");
        answer_free(&a);
    }
    assert_in_range(busy, 1, 39);
}

static void each_series_of_the_devices_comes_once(void **state)
{
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    for (unsigned n = 1; n <= 2; n++) {
        p = lab_poll_of(&r, n);
        p.has_result = true; /* waits for the disk */
        memcpy(p.result_manifest, r.m.digest, 8);
        snprintf(p.version, sizeof p.version, "%s", "a\"\\");
        (void)lab_polled(*state, &p, &a);
        answer_free(&a);
    }
    a = lab_admin(*state, "PUT /admin/v1/devices/010000000000", "{\"channel\":\"stable\"}", 20);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = lab_admin(*state, "GET /metrics", NULL, 0);
    assert_true(answer_has(&a,
                           "otaria_devices{product=\"emon\",version=\"a\\\"\\\\\","
                           "channel=\"stable\",state=\"0\",result=\"CONFIRMED\",code=\"0\"} 2\n"));
    answer_free(&a);
}

static void last_seen_is_on_disk_within_five_seconds(void **state)
{
    struct otaria_poll_request p;
    struct lab_release r;
    bool there = false;
    struct answer a;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 7);
    (void)lab_polled(*state, &p, &a);
    answer_free(&a);
    for (int i = 0; i < 500 && !there; i++) {
        usleep(10000);
        a = lab_admin(*state, "GET /admin/v1/devices", NULL, 0);
        there = answer_has(&a, "\"id\":\"070000000000\"");
        answer_free(&a);
    }
    assert_true(there);
}

static void devices_of_unknown_classes_are_counted_and_not_stored(void **state)
{
    struct otaria_poll_request p;
    struct lab_release r;
    struct answer a;

    lab_release(*state, &r, "1.0.3", 100, image_text);
    p = lab_poll_of(&r, 1);
    p.class_id[3] ^= 1;
    p.has_result = true;
    assert_int_equal(lab_polled(*state, &p, &a).manifest.len, 0);
    answer_free(&a);
    lab_restart(*state);
    a = lab_admin(*state, "GET /admin/v1/devices", NULL, 0);
    assert_true(answer_has(&a, "\"devices\":[]"));
    answer_free(&a);
}

int main(void)
{
#define WITH_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_LAB(a_device_is_offered_the_release_with_its_payload),
        WITH_LAB(a_device_that_runs_it_is_told_only_when_to_come_back),
        WITH_LAB(polls_are_spread),
        WITH_LAB(unreadable_polls_are_refused),
        WITH_LAB(body_above_512_bytes_is_refused),
        WITH_LAB(payloads_are_served_whole_in_part_and_not_at_all),
        WITH_LAB(payload_is_hidden_until_a_release_consists_of_it),
        WITH_LAB(an_outcome_is_stored_when_its_poll_is_answered),
        WITH_LAB(a_full_disk_refuses_outcomes_and_nothing_else),
        WITH_LAB(polls_beyond_the_rate_are_told_to_come_back),
        WITH_LAB(a_rate_below_one_poll_a_loop_and_second_still_lets_polls_through),
        WITH_LAB(an_outcome_of_a_device_beyond_the_limit_of_new_ones_is_not_acknowledged),
        WITH_LAB(each_series_of_the_devices_comes_once),
        WITH_LAB(last_seen_is_on_disk_within_five_seconds),
        WITH_LAB(devices_of_unknown_classes_are_counted_and_not_stored),
    };

    log_set_level(LOG_LEVEL_WARNING);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
