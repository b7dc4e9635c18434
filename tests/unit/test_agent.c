// SPDX-License-Identifier: MIT
/* device/src/agent*.c: whole updates against a server that behaves, and against each way in which one does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "tests/unit/signed_release.h"

#define SECOND 1000u
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static struct signed_release old_release, new_release, stranger_release;
static struct key_pair key;
static uint8_t trusted[1][65];
static struct virtual_device dev;
static struct model_server server;

static int setup(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    signed_release_offer(&new_release, &server);
    test_device(&dev, &old_release, trusted, &server, 7);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    /* Whatever happened, the flash was only ever used as flash. */
    assert_int_equal(dev.nor.illegal_programs, 0);
    assert_int_equal(dev.nor.refused_calls, 0);
    virtual_free(&dev);
    return 0;
}

static bool is_confirmed_and_told(struct virtual_device *d)
{
    const struct model_server *s = d->user;

    return d->events[OTARIA_EV_CONFIRMED] > 0 && s->results > 0 && s->last_result == 0;
}

static bool has_failed(struct virtual_device *d)
{
    return d->events[OTARIA_EV_FAILED] > 0;
}

static bool has_refused(struct virtual_device *d)
{
    return d->events[OTARIA_EV_REFUSED] > 0;
}

static bool has_nothing_new(struct virtual_device *d)
{
    return d->events[OTARIA_EV_NOTHING_NEW] > 0;
}

static bool was_interrupted(struct virtual_device *d)
{
    return d->events[OTARIA_EV_INTERRUPTED] > 0;
}

static void completes(uint64_t within_ms)
{
    virtual_run(&dev, dev.now_ms + within_ms, is_confirmed_and_told);
    assert_true(is_confirmed_and_told(&dev));
    assert_string_equal(dev.chip.version, "1.0.3");
}

/* ---- the main job ---- */

static void takes_a_release_tries_it_confirms_it_and_tells_the_server(void **state)
{
    struct otaria_status status;

    (void)state;
    completes(10 * MINUTE);
    assert_int_equal(dev.events[OTARIA_EV_OFFERED], 1);
    assert_int_equal(dev.events[OTARIA_EV_VERIFIED], 1);
    assert_int_equal(dev.events[OTARIA_EV_STAGED], 1);
    assert_int_equal(dev.events[OTARIA_EV_TRIAL], 1);
    assert_int_equal(dev.events[OTARIA_EV_CONFIRMED], 1);
    assert_int_equal(dev.events[OTARIA_EV_FAILED], 0);
    assert_int_equal(dev.boots_cnt, 2);
    assert_int_equal(server.gets, 1);
    otaria_status(&dev.chip.agent, &status);
    assert_int_equal(status.run, OTARIA_RUN_CONFIRMED);
    assert_int_equal(status.floor_seq, 2000);
    assert_true(status.can_revert);
    virtual_run(&dev, dev.now_ms + 3 * HOUR, NULL);
    assert_int_equal(server.results, 1); /* acknowledged, so told once */
    assert_int_equal(server.last_poll.state, OTARIA_POLL_IDLE);
    assert_int_equal(server.last_poll.confirmed_seq, 2000);
}

static void polls_say_who_asks_and_never_repeat_a_nonce_or_a_counter(void **state)
{
    struct otaria_poll_request before;

    (void)state;
    server.suit = NULL;
    virtual_run(&dev, MINUTE, has_nothing_new);
    before = server.last_poll;
    assert_memory_equal(before.id, dev.cfg.id, 6);
    assert_memory_equal(before.running_sha256, old_release.sha256, 32);
    assert_string_equal(before.version, "1.0.2");
    assert_false(before.has_running_manifest);
    virtual_power_cut(&dev);
    dev.events[OTARIA_EV_NOTHING_NEW] = 0;
    virtual_run(&dev, dev.now_ms + MINUTE, has_nothing_new);
    assert_true(server.last_poll.counter > before.counter);
    assert_true(server.last_poll.counter >> 20 == (before.counter >> 20) + 1);
    assert_memory_not_equal(server.last_poll.nonce, before.nonce, 16);
}

static void the_running_image_under_a_new_manifest_is_adopted_without_a_download(void **state)
{
    (void)state;
    signed_release_offer(&old_release, &server);
    virtual_run(&dev, 3 * HOUR, NULL);
    assert_int_equal(server.gets, 0);
    assert_true(server.polls >= 2);
    assert_true(server.last_poll.has_running_manifest);
    assert_int_equal(server.last_poll.confirmed_seq, 1000);
    assert_int_equal(dev.boots_cnt, 1);
}

static void a_withdrawn_release_stops_at_the_next_poll(void **state)
{
    (void)state;
    server.status = 404;
    server.suit = NULL;
    virtual_run(&dev, HOUR, has_failed);
    server.status = 0;
    virtual_run(&dev, dev.now_ms + 3 * HOUR, NULL);
    assert_int_equal(server.gets, 0);
}

/* ---- dropped links ---- */

static size_t cut_at;
static const char *cut_what;

/* The first answer to a request that begins with cut_what ends after cut_at bytes. */
static void cutting_answer(struct virtual_device *d, const uint8_t *request, size_t len,
                           struct virtual_answer *out)
{
    model_server_answer(d, request, len, out);
    if (cut_at && strncmp((const char *)request, cut_what, strlen(cut_what)) == 0) {
        if (out->len > cut_at)
            out->len = cut_at;
        cut_at = 0;
    }
}

static void cut_and_complete(const char *what, size_t at)
{
    setup(NULL);
    dev.answer = cutting_answer;
    cut_what = what;
    cut_at = at;
    completes(4 * HOUR);
    assert_int_equal(dev.boots_cnt, 2);
    if (strcmp(what, "GET") == 0 && at > 2000)
        assert_true(dev.received < new_release.image_len + 4000);
    teardown(NULL);
}

static void a_download_cut_at_any_byte_goes_on_where_it_stopped(void **state)
{
    (void)state;
    for (size_t at = 1; at < 200; at += 7)
        cut_and_complete("GET", at);
    for (size_t at = 200; at < new_release.image_len + 100; at += 1499)
        cut_and_complete("GET", at);
    setup(NULL);
}

static void a_poll_cut_at_any_byte_is_asked_again(void **state)
{
    (void)state;
    for (size_t at = 1; at < 600; at += 17)
        cut_and_complete("POST", at);
    setup(NULL);
}

static void interrupt_a_download(void)
{
    dev.answer = cutting_answer;
    cut_what = "GET";
    cut_at = 20000;
    virtual_run(&dev, HOUR, was_interrupted);
    assert_true(was_interrupted(&dev));
    assert_int_equal(dev.last_code[OTARIA_EV_INTERRUPTED], OTARIA_E_CLOSED);
    assert_true(dev.last_a[OTARIA_EV_INTERRUPTED] > 19000);
}

static void a_server_without_ranges_sends_all_again_and_flash_keeps_what_it_has(void **state)
{
    (void)state;
    server.no_ranges = true;
    interrupt_a_download();
    uint32_t erased = 0;
    for (uint32_t i = 0; i < dev.nor.size / OTARIA_SECTOR; i++)
        erased += dev.nor.erases[i];
    completes(HOUR);
    assert_int_equal(server.gets, 2);
    assert_int_equal(server.resumed, 0);
    for (uint32_t i = 0; i < 0x41000 / OTARIA_SECTOR; i++)
        assert_true(dev.nor.erases[0x101000 / OTARIA_SECTOR + i] <= 1);
    assert_true(erased > 0);
}

static void silent_answer(struct virtual_device *d, const uint8_t *request, size_t len,
                          struct virtual_answer *out)
{
    cutting_answer(d, request, len, out);
    out->stay_open = true;
}

static void a_download_that_falls_silent_is_cut_after_30_seconds_and_goes_on(void **state)
{
    uint64_t from;

    (void)state;
    dev.answer = silent_answer;
    cut_what = "GET";
    cut_at = 20000;
    while (!dev.events[OTARIA_EV_PROGRESS])
        virtual_run(&dev, dev.now_ms + 100, NULL);
    from = dev.now_ms;
    virtual_run(&dev, from + HOUR, was_interrupted);
    assert_int_equal(dev.last_code[OTARIA_EV_INTERRUPTED], OTARIA_E_TIMEOUT);
    assert_true(dev.now_ms - from >= 29 * SECOND && dev.now_ms - from <= 31 * SECOND);
    completes(HOUR);
    assert_int_equal(server.resumed, 1);
}

static void devices_without_a_time_from_the_server_drift_apart(void **state)
{
    uint64_t before, shortest = UINT64_MAX, longest = 0;
    unsigned polls;

    (void)state;
    server.suit = NULL;
    virtual_run(&dev, MINUTE, has_nothing_new);
    for (unsigned i = 0; i < 20; i++) {
        polls = server.polls;
        before = dev.now_ms;
        while (server.polls == polls)
            virtual_run(&dev, dev.now_ms + SECOND, NULL);
        shortest = dev.now_ms - before < shortest ? dev.now_ms - before : shortest;
        longest = dev.now_ms - before > longest ? dev.now_ms - before : longest;
    }
    assert_true(shortest >= 54 * MINUTE && longest <= HOUR + 2 * SECOND);
    assert_true(longest - shortest > MINUTE);
}

static void another_range_than_asked_is_refused_and_then_the_whole_is_asked(void **state)
{
    (void)state;
    server.wrong_range = true;
    interrupt_a_download();
    dev.events[OTARIA_EV_FAILED] = 0;
    virtual_run(&dev, dev.now_ms + HOUR, has_failed);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_RANGE);
    completes(HOUR);
    assert_int_equal(server.resumed, 1); /* the wrong one */
    assert_int_equal(server.gets, 3);
}

static void a_download_goes_on_after_a_power_cut(void **state)
{
    (void)state;
    interrupt_a_download();
    virtual_power_cut(&dev);
    dev.received = 0;
    completes(HOUR);
    assert_int_equal(server.resumed, 1);
    assert_true(dev.received < new_release.image_len - OTARIA_PROGRESS_STEP + 4000);
}

/* ---- what servers do wrong ---- */

static const char *raw_answer;
static size_t raw_pad;

static void raw(struct virtual_device *d, const uint8_t *request, size_t len,
                struct virtual_answer *out)
{
    size_t head = strlen(raw_answer);

    (void)d;
    (void)request;
    (void)len;
    out->len = head + raw_pad;
    out->bytes = xmalloc(out->len + 1);
    memset(out->bytes, 'a', out->len);
    memcpy(out->bytes, raw_answer, head);
    out->stay_open = true;
}

static const struct {
    const char *text;
    size_t pad;
    int code;
} wrongs[] = {
    {"", 0, OTARIA_E_TIMEOUT},
    {"HTTP/1.1 200 OK\r\nContent-Le", 0, OTARIA_E_TIMEOUT},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 8, OTARIA_E_TIMEOUT},
    {"HTTP/1.1 200 OK\r\nX: ", 20000, OTARIA_E_HTTP_HEADER},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, OTARIA_E_HTTP_CHUNKED},
    {"HTTP/1.1 200 OK\r\n\r\n", 0, OTARIA_E_HTTP_SYNTAX},
    {"SSH-2.0-x\r\n", 0, OTARIA_E_HTTP_SYNTAX},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, OTARIA_E_POLL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 9, OTARIA_E_POLL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2561\r\n\r\n", 2561, OTARIA_E_POLL},
    {"HTTP/1.1 404 No\r\n\r\n", 0, OTARIA_E_HTTP_STATUS},
    {"HTTP/1.1 302 Elsewhere\r\nLocation: http://a/\r\n\r\n", 0, OTARIA_E_HTTP_STATUS},
    {"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-0/1\r\nContent-Length: 1\r\n\r\n\xa0", 0,
     OTARIA_E_HTTP_STATUS},
    {"HTTP/1.1 503 Busy\r\n\r\n", 0, OTARIA_E_SERVER_BUSY},
    {"HTTP/1.1 206 Part\r\nContent-Length: 1\r\n\r\n", 0, OTARIA_E_RANGE},
};

static void each_wrong_answer_has_its_code_and_condemns_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        dev.answer = raw;
        raw_answer = wrongs[i].text;
        raw_pad = wrongs[i].pad;
        dev.events[OTARIA_EV_FAILED] = 0;
        otaria_check_now(&dev.chip.agent);
        virtual_run(&dev, dev.now_ms + 4 * HOUR, has_failed);
        if (dev.last_code[OTARIA_EV_FAILED] != wrongs[i].code)
            fail_msg("%s -> %d", wrongs[i].text, dev.last_code[OTARIA_EV_FAILED]);
    }
    dev.answer = model_server_answer;
    completes(4 * HOUR);
}

static void no_connection_and_no_answer_to_a_connection_are_told_apart_from_silence(void **state)
{
    (void)state;
    dev.link.down = true;
    virtual_run(&dev, HOUR, has_failed);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_CONNECT);
    dev.link.down = false;
    dev.link.silent = true;
    dev.events[OTARIA_EV_FAILED] = 0;
    virtual_run(&dev, dev.now_ms + HOUR, has_failed);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_CONNECT);
    dev.link.silent = false;
    completes(2 * HOUR);
}

static void failing_polls_come_ever_less_often_but_not_less_than_the_interval(void **state)
{
    (void)state;
    dev.link.down = true;
    virtual_run(&dev, 24 * HOUR, NULL);
    assert_true(dev.events[OTARIA_EV_POLL] >= 24);
    assert_true(dev.events[OTARIA_EV_POLL] <= 90);
}

static void a_body_that_trickles_in_does_not_hold_the_device_for_hours(void **state)
{
    (void)state;
    dev.link.rate = 1; /* a byte a second: never silent */
    virtual_run(&dev, HOUR, has_failed);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_TIMEOUT);
    assert_true(dev.now_ms < 5 * MINUTE);
}

/* ---- overload ---- */

static void busy_waits(unsigned retry_after_s, uint64_t least_ms, uint64_t most_ms)
{
    uint64_t from;

    server.status = 503;
    server.retry_after_s = retry_after_s;
    dev.events[OTARIA_EV_BUSY] = 0;
    from = dev.now_ms;
    while (!dev.events[OTARIA_EV_BUSY])
        virtual_run(&dev, dev.now_ms + 100, NULL);
    server.status = 0;
    from = dev.now_ms - 100;
    unsigned polls = server.polls;
    while (server.polls == polls)
        virtual_run(&dev, dev.now_ms + 100, NULL);
    assert_true(dev.now_ms - from >= least_ms);
    assert_true(dev.now_ms - from <= most_ms + 300);
}

static void retry_after_is_obeyed_between_a_minute_and_a_day(void **state)
{
    (void)state;
    server.suit = NULL;
    busy_waits(1, MINUTE, MINUTE * 9 / 8);
    busy_waits(600, 10 * MINUTE, 10 * MINUTE * 9 / 8);
    busy_waits(4000000000u, 24 * HOUR, 24 * HOUR);
    assert_int_equal(dev.events[OTARIA_EV_FAILED], 0);
}

static void key_4_is_obeyed_between_a_minute_and_a_day(void **state)
{
    unsigned polls;

    (void)state;
    server.suit = NULL;
    server.again_s = 1;
    virtual_run(&dev, HOUR, NULL);
    polls = server.polls;
    assert_true(polls >= 55 && polls <= 61);
    server.again_s = UINT32_MAX;
    virtual_run(&dev, dev.now_ms + 50 * HOUR, NULL);
    assert_true(server.polls - polls >= 2 && server.polls - polls <= 3);
}

/* ---- wrong images ---- */

static uint64_t next_get(uint64_t within_ms)
{
    unsigned gets = server.gets;
    uint64_t end = dev.now_ms + within_ms;

    while (server.gets == gets && dev.now_ms < end)
        virtual_run(&dev, dev.now_ms + MINUTE, NULL);
    assert_true(server.gets > gets);
    return dev.now_ms;
}

static void after_a_wrong_image_the_next_attempt_waits_an_hour_doubling_to_a_day(void **state)
{
    uint64_t last;

    (void)state;
    server.corrupt = true;
    server.again_s = 60;
    last = next_get(HOUR);
    virtual_run(&dev, dev.now_ms + 2 * MINUTE, NULL);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_DIGEST);
    assert_int_equal(server.last_result, OTARIA_E_DIGEST);
    for (unsigned hours = 1; hours < 48; hours *= 2) {
        uint64_t wait = (uint64_t)(hours < 24 ? hours : 24) * HOUR;
        uint64_t now = next_get(50 * HOUR);

        assert_true(now - last >= wait - 2 * MINUTE && now - last <= wait + 10 * MINUTE);
        last = now;
    }
    server.corrupt = false;
    completes(25 * HOUR); /* a good release was not condemned */
}

static void a_reboot_does_not_shorten_the_wait_after_a_wrong_image(void **state)
{
    uint64_t before;

    (void)state;
    server.corrupt = true;
    server.again_s = 60;
    next_get(HOUR);
    next_get(3 * HOUR);
    virtual_run(&dev, dev.now_ms + MINUTE, NULL);
    virtual_power_cut(&dev);
    before = dev.now_ms;
    assert_true(next_get(3 * HOUR) - before >= 2 * HOUR - MINUTE);
}

static void the_owner_may_ask_before_the_wait_is_over(void **state)
{
    (void)state;
    server.corrupt = true;
    next_get(HOUR);
    virtual_run(&dev, dev.now_ms + MINUTE, NULL);
    server.corrupt = false;
    otaria_update_now(&dev.chip.agent);
    completes(MINUTE);
}

static void a_size_that_is_not_the_signed_one_is_not_downloaded(void **state)
{
    (void)state;
    server.claimed_size = (uint32_t)new_release.image_len - 16;
    virtual_run(&dev, HOUR, has_failed);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_LENGTH);
    assert_int_equal(server.gets, 0);
    server.claimed_size = 0;
    completes(2 * HOUR);
}

static void a_length_that_is_not_the_signed_one_is_not_written(void **state)
{
    (void)state;
    server.claimed_len = (uint32_t)new_release.image_len - 16;
    virtual_run(&dev, HOUR, has_failed);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_LENGTH);
    assert_int_equal(dev.events[OTARIA_EV_PROGRESS], 0);
    server.claimed_len = 0;
    completes(2 * HOUR);
}

static void a_missing_payload_is_not_asked_for_without_end(void **state)
{
    (void)state;
    memset(server.image_hex, '0', 64);
    server.again_s = 60;
    virtual_run(&dev, 24 * HOUR, NULL);
    assert_int_equal(dev.last_code[OTARIA_EV_FAILED], OTARIA_E_HTTP_STATUS);
    assert_true(dev.events[OTARIA_EV_FETCH] >= 20 && dev.events[OTARIA_EV_FETCH] <= 120);
}

/* ---- refusals ---- */

static void a_release_that_a_stranger_signed_is_refused_and_told_once(void **state)
{
    (void)state;
    signed_release_offer(&stranger_release, &server);
    server.again_s = 60;
    virtual_run(&dev, HOUR, NULL);
    assert_true(dev.events[OTARIA_EV_REFUSED] > 50);
    assert_int_equal(dev.last_code[OTARIA_EV_REFUSED], OTARIA_E_SIGNATURE);
    assert_int_equal(server.results, 1);
    assert_int_equal(server.last_result, OTARIA_E_SIGNATURE);
    assert_int_equal(server.gets, 0);
    signed_release_offer(&new_release, &server);
    completes(HOUR);
}

static void an_older_release_is_refused(void **state)
{
    (void)state;
    completes(HOUR);
    signed_release_offer(&old_release, &server);
    virtual_run(&dev, dev.now_ms + 2 * HOUR, has_refused);
    assert_int_equal(dev.last_code[OTARIA_EV_REFUSED], OTARIA_E_OLD_SEQUENCE);
    assert_string_equal(dev.chip.version, "1.0.3");
}

/* Signed without a look at it (release new --raw): its checksum is wrong. */
static void unbootable_make(struct signed_release *r, uint64_t seq)
{
    signed_release_make(r, "1.0.5", seq, 30000, "a");
    r->image[r->image_len - 1] ^= 1;
    signed_release_sign(r, "1.0.5", seq, "a");
}

static void a_signed_image_that_cannot_boot_is_fetched_once_over_reboots_too(void **state)
{
    struct signed_release unbootable;

    (void)state;
    unbootable_make(&unbootable, 4000);
    signed_release_offer(&unbootable, &server);
    virtual_run(&dev, HOUR, has_refused);
    assert_int_equal(dev.last_code[OTARIA_EV_REFUSED], OTARIA_E_NOT_AN_IMAGE);
    virtual_run(&dev, dev.now_ms + 24 * HOUR, NULL);
    virtual_power_cut(&dev);
    virtual_run(&dev, dev.now_ms + 24 * HOUR, NULL);
    assert_int_equal(server.gets, 1);
    assert_int_equal(dev.last_code[OTARIA_EV_REFUSED], OTARIA_E_KNOWN_BAD);
    assert_int_equal(server.results, 1);
    assert_int_equal(server.last_result, OTARIA_E_NOT_AN_IMAGE);
    signed_release_free(&unbootable);
}

static void crashes(struct virtual_device *d)
{
    d->app.crash_after_ms = strcmp(d->chip.version, "1.0.3") == 0 ? 50 : 0;
}

static void an_unbootable_release_after_a_failed_trial_does_not_fail_that_trial_again(void **state)
{
    struct signed_release unbootable;

    (void)state;
    unbootable_make(&unbootable, 4000);
    dev.boots = crashes;
    virtual_run(&dev, 2 * HOUR, has_refused);
    assert_int_equal(dev.last_code[OTARIA_EV_REFUSED], OTARIA_E_KNOWN_BAD);
    assert_int_equal(server.results, 1);
    signed_release_offer(&unbootable, &server);
    virtual_run(&dev, dev.now_ms + 24 * HOUR, NULL);
    virtual_power_cut(&dev);
    virtual_run(&dev, dev.now_ms + 24 * HOUR, NULL);
    assert_int_equal(server.gets, 2);
    assert_int_equal(server.results, 2);
    assert_int_equal(server.last_result, OTARIA_E_NOT_AN_IMAGE);
    signed_release_free(&unbootable);
}

/* ---- owner ---- */

static void with_the_policy_ask_nothing_is_taken_before_the_owner_says_so(void **state)
{
    struct otaria_status status;

    (void)state;
    dev.cfg.ask = true;
    virtual_run(&dev, 3 * HOUR, NULL);
    assert_int_equal(server.gets, 0);
    assert_int_equal(server.last_poll.state, OTARIA_POLL_WAITING_FOR_OWNER);
    otaria_status(&dev.chip.agent, &status);
    assert_true(status.offered);
    assert_string_equal(status.offered_version, "1.0.3");
    otaria_update_now(&dev.chip.agent);
    completes(HOUR);
}

static void what_the_owner_reverted_from_is_not_taken_again_unasked(void **state)
{
    (void)state;
    completes(HOUR);
    assert_int_equal(otaria_revert(&dev.chip.agent), 0);
    virtual_run(&dev, dev.now_ms + MINUTE, has_refused);
    assert_string_equal(dev.chip.version, "1.0.2");
    assert_int_equal(dev.last_code[OTARIA_EV_REFUSED], OTARIA_E_LEFT_BEHIND);
    virtual_run(&dev, dev.now_ms + 24 * HOUR, NULL);
    assert_int_equal(server.gets, 1);
    assert_int_equal(server.last_poll.state, OTARIA_POLL_REVERTED);
    assert_int_equal(server.last_poll.confirmed_seq, 2000); /* the floor stays */
    server.results = 0;
    otaria_update_now(&dev.chip.agent);
    completes(HOUR);
}

static void there_is_nothing_to_revert_to_after_serial_flashing(void **state)
{
    (void)state;
    virtual_run(&dev, SECOND, NULL);
    assert_int_equal(otaria_revert(&dev.chip.agent), OTARIA_E_NO_PREVIOUS);
}

/* ---- trial ---- */

static void no_configuration(struct virtual_device *d)
{
    if (strcmp(d->chip.version, "1.0.3") == 0)
        d->app.stages = OTARIA_STAGE_STARTED;
}

static void on_trial_it_reports_and_takes_nothing_and_is_confirmed_by_the_last_stage(void **state)
{
    (void)state;
    server.again_s = 60;
    dev.boots = no_configuration;
    virtual_run(&dev, HOUR, NULL);
    assert_string_equal(dev.chip.version, "1.0.3");
    assert_int_equal(dev.events[OTARIA_EV_CONFIRMED], 0);
    assert_int_equal(server.last_poll.state, OTARIA_POLL_TRIAL);
    assert_int_equal(server.last_poll.trial_boots, 1);
    signed_release_offer(&stranger_release, &server);
    virtual_run(&dev, dev.now_ms + HOUR, NULL);
    assert_int_equal(dev.events[OTARIA_EV_REFUSED], 0);
    assert_int_equal(otaria_stage_reached(&dev.chip.agent, OTARIA_STAGE_CONFIGURATION), 0);
    signed_release_offer(&new_release, &server);
    completes(MINUTE);
}

static void the_application_cannot_report_the_stages_of_the_agent(void **state)
{
    (void)state;
    dev.boots = no_configuration;
    virtual_run(&dev, 10 * MINUTE, NULL);
    dev.app.has_network = false;
    assert_int_equal(otaria_stage_reached(&dev.chip.agent, OTARIA_STAGE_ALL), 0);
    assert_int_equal(otaria_slots_stages(&dev.chip.agent.slots) & OTARIA_STAGE_CONFIGURATION,
                     OTARIA_STAGE_CONFIGURATION);
}

/* ---- begin ---- */

static const struct {
    const char *url, *host;
    unsigned port;
    bool good, tls;
} urls[] = {
    {"http://a", "a", 0, true, false},
    {"http://a:1/", "a", 1, true, false},
    {"https://a.b:65535/base/", "a.b", 65535, true, true},
    {"http://[::1]:8266", "[::1]", 8266, true, false},
    {"http://[::1]", "[::1]", 0, true, false},
    {"ftp://a", NULL, 0, false, false},
    {"http:/a", NULL, 0, false, false},
    {"http://", NULL, 0, false, false},
    {"http:///x", NULL, 0, false, false},
    {"http://a:", NULL, 0, false, false},
    {"http://a:0", NULL, 0, false, false},
    {"http://a:65536", NULL, 0, false, false},
    {"http://a:99999999999999999999", NULL, 0, false, false},
    {"http://a:1x", NULL, 0, false, false},
    {"http://[::1", NULL, 0, false, false},
    {"http://a b", NULL, 0, false, false},
    {"http://a/?q", NULL, 0, false, false},
    {"http://a\r\nX: y", NULL, 0, false, false},
    {"", NULL, 0, false, false},
    {"http", NULL, 0, false, false},
    {"http://1234567890123456789012345678901234567890123456789012345678901234", NULL, 0, false,
     false},
};

static void begin_takes_http_addresses_and_nothing_else(void **state)
{
    static struct otaria agent;

    (void)state;
    dev.cfg.version = "1";
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        dev.cfg.server = urls[i].url;
        int result = otaria_begin(&agent, &dev.cfg);
        if (result != (urls[i].good ? 0 : OTARIA_E_ARGUMENT))
            fail_msg("%s -> %d", urls[i].url, result);
        if (!urls[i].good)
            continue;
        assert_string_equal(agent.server.host, urls[i].host);
        assert_int_equal(agent.server.port, urls[i].port);
        assert_int_equal(agent.server.tls, urls[i].tls);
    }
    dev.cfg.server = "http://a";
    dev.cfg.id_len = 5;
    assert_int_equal(otaria_begin(&agent, &dev.cfg), OTARIA_E_ARGUMENT);
    dev.cfg.id_len = 17;
    assert_int_equal(otaria_begin(&agent, &dev.cfg), OTARIA_E_ARGUMENT);
    dev.cfg.id_len = 6;
    dev.cfg.version = "123456789012345678901234567890123";
    assert_int_equal(otaria_begin(&agent, &dev.cfg), OTARIA_E_ARGUMENT);
}

static int make_releases(void **state)
{
    (void)state;
    test_key("a", &key);
    memcpy(trusted[0], key.point, 65);
    signed_release_make(&old_release, "1.0.2", 1000, 30000, "a");
    signed_release_make(&new_release, "1.0.3", 2000, 60000, "a");
    signed_release_make(&stranger_release, "1.0.4", 3000, 30000, "stranger");
    return 0;
}

static int free_releases(void **state)
{
    (void)state;
    signed_release_free(&old_release);
    signed_release_free(&new_release);
    signed_release_free(&stranger_release);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_a_release_tries_it_confirms_it_and_tells_the_server),
        TEST(polls_say_who_asks_and_never_repeat_a_nonce_or_a_counter),
        TEST(the_running_image_under_a_new_manifest_is_adopted_without_a_download),
        TEST(a_withdrawn_release_stops_at_the_next_poll),
        cmocka_unit_test_teardown(a_download_cut_at_any_byte_goes_on_where_it_stopped, teardown),
        cmocka_unit_test_teardown(a_poll_cut_at_any_byte_is_asked_again, teardown),
        TEST(a_server_without_ranges_sends_all_again_and_flash_keeps_what_it_has),
        TEST(a_download_that_falls_silent_is_cut_after_30_seconds_and_goes_on),
        TEST(devices_without_a_time_from_the_server_drift_apart),
        TEST(another_range_than_asked_is_refused_and_then_the_whole_is_asked),
        TEST(a_download_goes_on_after_a_power_cut),
        TEST(each_wrong_answer_has_its_code_and_condemns_nothing),
        TEST(no_connection_and_no_answer_to_a_connection_are_told_apart_from_silence),
        TEST(failing_polls_come_ever_less_often_but_not_less_than_the_interval),
        TEST(a_body_that_trickles_in_does_not_hold_the_device_for_hours),
        TEST(retry_after_is_obeyed_between_a_minute_and_a_day),
        TEST(key_4_is_obeyed_between_a_minute_and_a_day),
        TEST(after_a_wrong_image_the_next_attempt_waits_an_hour_doubling_to_a_day),
        TEST(a_reboot_does_not_shorten_the_wait_after_a_wrong_image),
        TEST(the_owner_may_ask_before_the_wait_is_over),
        TEST(a_size_that_is_not_the_signed_one_is_not_downloaded),
        TEST(a_length_that_is_not_the_signed_one_is_not_written),
        TEST(a_missing_payload_is_not_asked_for_without_end),
        TEST(a_release_that_a_stranger_signed_is_refused_and_told_once),
        TEST(an_older_release_is_refused),
        TEST(a_signed_image_that_cannot_boot_is_fetched_once_over_reboots_too),
        TEST(an_unbootable_release_after_a_failed_trial_does_not_fail_that_trial_again),
        TEST(with_the_policy_ask_nothing_is_taken_before_the_owner_says_so),
        TEST(what_the_owner_reverted_from_is_not_taken_again_unasked),
        TEST(there_is_nothing_to_revert_to_after_serial_flashing),
        TEST(on_trial_it_reports_and_takes_nothing_and_is_confirmed_by_the_last_stage),
        TEST(the_application_cannot_report_the_stages_of_the_agent),
        TEST(begin_takes_http_addresses_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, make_releases, free_releases);
}
