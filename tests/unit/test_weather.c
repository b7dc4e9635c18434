// SPDX-License-Identifier: MIT
/*
 * Promises 3 and 5 with the real agent and boot logic, in virtual time: a bad release undoes itself and says why, a good
 * one survives outages, overload, power cuts and a link that hardly works.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/signed_release.h"

#define SECOND  1000u
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DEVICES 100u

static struct signed_release old_release, new_release;
static struct key_pair key;
static uint8_t trusted[1][65];

struct outcome {
    unsigned confirmed, reverted, boots;
    int code; /* that the server was told last */
};

/* One device from 1.0.2 to whatever becomes of 1.0.3. */
static struct outcome live(struct virtual_device *d, uint64_t seed, uint64_t until_ms,
                           void (*boots)(struct virtual_device *),
                           void (*weather)(struct virtual_device *))
{
    struct model_server server = {.again_s = 600};
    struct outcome o;

    signed_release_offer(&new_release, &server);
    test_device(d, &old_release, trusted, &server, seed);
    d->boots = boots;
    d->weather = weather;
    virtual_run(d, until_ms, NULL);
    o.confirmed = strcmp(d->chip.version, "1.0.3") == 0 &&
                  otaria_slots_state(&d->chip.agent.slots) == OTARIA_RUN_CONFIRMED;
    o.reverted = d->events[OTARIA_EV_REVERTED];
    o.boots = d->boots_cnt;
    o.code = server.results ? server.last_result : 1;
    assert_int_equal(d->nor.illegal_programs, 0);
    assert_int_equal(d->nor.refused_calls, 0);
    return o;
}

static bool runs_new(const struct virtual_device *d)
{
    return strcmp(d->chip.version, "1.0.3") == 0;
}

/* ---- promise 3: a good release survives ---- */

/* From the moment that the device runs the new release: 6 hours without a server. */
static void outage_after_reboot(struct virtual_device *d)
{
    static uint64_t since; /* devices live one after the other */

    if (!runs_new(d))
        since = d->now_ms;
    d->link.down = runs_new(d) && d->now_ms - since < 6 * HOUR;
}

static void a_server_that_is_down_for_6_hours_after_100_devices_rebooted_reverts_none(void **state)
{
    static struct virtual_device d;
    unsigned confirmed = 0, reverted = 0;

    (void)state;
    for (unsigned i = 0; i < DEVICES; i++) {
        struct outcome o = live(&d, i + 1, 10 * HOUR, NULL, outage_after_reboot);

        confirmed += o.confirmed && o.code == 0 && o.boots == 2;
        reverted += o.reverted;
        virtual_free(&d);
    }
    assert_int_equal(reverted, 0);
    assert_int_equal(confirmed, DEVICES);
}

/* The same, and the mains fails twice an hour: each boot of a trial costs a try, ten healthy minutes earn three. */
static void outage_and_power_cuts(struct virtual_device *d)
{
    outage_after_reboot(d);
    if (runs_new(d) && d->link.down && !d->cut_at_ms)
        d->cut_at_ms = d->now_ms + 20 * MINUTE + d->random % (20 * MINUTE);
}

static void power_cuts_during_that_outage_revert_none_either(void **state)
{
    static struct virtual_device d;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct outcome o = live(&d, i + 1, 12 * HOUR, NULL, outage_and_power_cuts);

        assert_int_equal(o.reverted, 0);
        assert_true(o.confirmed && o.boots > 8);
        virtual_free(&d);
    }
}

static void overloaded_after_reboot(struct virtual_device *d)
{
    struct model_server *s = d->user;

    s->status = runs_new(d) ? 503 : 0;
    s->retry_after_s = 3600;
}

static void a_server_that_only_says_503_counts_as_reached(void **state)
{
    static struct virtual_device d;
    struct outcome o = live(&d, 1, 30 * HOUR, NULL, overloaded_after_reboot);

    (void)state;
    assert_true(o.confirmed);
    assert_int_equal(o.reverted, 0);
    virtual_free(&d);
}

/* ---- promise 3: a bad one undoes itself, and the server is told why ---- */

static void crashes_at_start(struct virtual_device *d)
{
    d->app.stages = runs_new(d) ? 0 : OTARIA_STAGE_STARTED | OTARIA_STAGE_CONFIGURATION;
    d->app.crash_after_ms = runs_new(d) ? 50 : 0;
}

static void crashes_before_the_network(struct virtual_device *d)
{
    d->app.has_network = !runs_new(d);
    d->app.crash_after_ms = runs_new(d) ? 2 * SECOND : 0;
}

static void hangs(struct virtual_device *d)
{
    d->app.hangs = runs_new(d);
}

static void has_no_network(struct virtual_device *d)
{
    d->app.has_network = !runs_new(d);
}

static void loads_no_configuration(struct virtual_device *d)
{
    d->app.stages =
        OTARIA_STAGE_STARTED | (runs_new(d) ? 0u : (unsigned)OTARIA_STAGE_CONFIGURATION);
}

static void cannot_reach_the_server(struct virtual_device *d)
{
    d->link.down = runs_new(d);
}

static const struct {
    const char *what;
    void (*boots)(struct virtual_device *);
    uint64_t least_ms, most_ms; /* when the old image is back */
    unsigned trials;
    int code;
} bad[] = {
    {"crashes at start", crashes_at_start, 0, 2 * MINUTE, 3, OTARIA_E_TRIAL_STARTED},
    {"hangs", hangs, 0, 2 * MINUTE, 3, OTARIA_E_TRIAL_STARTED},
    {"crashes without network", crashes_before_the_network, 0, 2 * MINUTE, 3,
     OTARIA_E_TRIAL_NETWORK},
    {"never has a network", has_no_network, 30 * MINUTE, 32 * MINUTE, 1, OTARIA_E_TRIAL_NETWORK},
    {"never reaches the server", cannot_reach_the_server, 24 * HOUR, 25 * HOUR, 1,
     OTARIA_E_TRIAL_SOURCE},
    {"loads no configuration", loads_no_configuration, 24 * HOUR, 25 * HOUR, 1,
     OTARIA_E_TRIAL_CONFIGURATION},
};

static bool is_back(struct virtual_device *d)
{
    return d->boots_cnt > 2 && !runs_new(d);
}

static void each_bad_release_undoes_itself_and_the_server_learns_why(void **state)
{
    static struct virtual_device d;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct model_server server = {.again_s = 600};

        signed_release_offer(&new_release, &server);
        test_device(&d, &old_release, trusted, &server, i);
        d.boots = bad[i].boots;
        virtual_run(&d, 48 * HOUR, is_back);
        if (!is_back(&d) || d.now_ms < bad[i].least_ms || d.now_ms > bad[i].most_ms)
            fail_msg("%s: %u boots, %u minutes", bad[i].what, d.boots_cnt,
                     (unsigned)(d.now_ms / MINUTE));
        assert_int_equal(d.boots_cnt, 1 + bad[i].trials + 1);
        assert_int_equal(d.events[OTARIA_EV_CONFIRMED], 0);
        virtual_run(&d, d.now_ms + 26 * HOUR, NULL);
        assert_int_equal(server.results, 1);
        assert_int_equal(server.last_result, bad[i].code);
        assert_int_equal(server.gets, 1); /* known bad: not fetched again */
        assert_int_equal(d.last_code[OTARIA_EV_REFUSED], OTARIA_E_KNOWN_BAD);
        assert_string_equal(d.chip.version, "1.0.2");
        assert_int_equal(d.nor.illegal_programs, 0);
        virtual_free(&d);
    }
}

static void crashes_every_three_hours(struct virtual_device *d)
{
    d->app.crash_after_ms = runs_new(d) ? 3 * HOUR : 0;
}

static void a_release_that_crashes_every_three_hours_is_confirmed_all_the_same(void **state)
{
    static struct virtual_device d;
    struct outcome o = live(&d, 1, 30 * HOUR, crashes_every_three_hours, outage_after_reboot);

    (void)state;
    assert_true(o.confirmed);
    assert_int_equal(o.reverted, 0);
    virtual_free(&d);
}

/* ---- promise 5 ---- */

struct bad_link {
    const char *what;
    struct virtual_link link;
    unsigned power_cuts;
    uint64_t most_ms;
};

static const struct bad_link links[] = {
    {"2 KB/s", {.rate = 2048}, 0, 10 * MINUTE},
    {"2 KB/s, 800 ms, stalls, a drop every 30 s, two power cuts",
     {.rate = 2048,
      .delay_ms = 800,
      .drop_every_ms = 30 * SECOND,
      .stall_every_ms = 20 * SECOND,
      .stall_for_ms = 5 * SECOND},
     2,
     40 * MINUTE},
    {"a drop every 3 s",
     {.rate = 8192, .delay_ms = 300, .drop_every_ms = 3 * SECOND},
     0,
     40 * MINUTE},
    {"each answer ends after 3,000 bytes", {.cut_after = 3000}, 0, 40 * MINUTE},
};

static const struct bad_link *now_testing;
static unsigned cuts_left;

/* Two power cuts in the middle of the download. */
static void cut_power_halfway(struct virtual_device *d)
{
    if (cuts_left && !d->cut_at_ms && d->last_a[OTARIA_EV_PROGRESS] >= 65536u * (3 - cuts_left)) {
        d->cut_at_ms = d->now_ms + 1;
        cuts_left--;
    }
}

static bool is_confirmed(struct virtual_device *d)
{
    return d->events[OTARIA_EV_CONFIRMED] > 0;
}

static void a_bad_link_gets_there_and_pays_for_little_twice(void **state)
{
    static struct virtual_device d;
    struct signed_release large;

    (void)state;
    signed_release_make(&large, "1.0.3", 3000, 200000, "a");
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct model_server server = {0};
        uint64_t most;

        now_testing = &links[i];
        cuts_left = now_testing->power_cuts;
        signed_release_offer(&large, &server);
        test_device(&d, &old_release, trusted, &server, i + 1);
        d.link = now_testing->link;
        d.weather = cut_power_halfway;
        virtual_run(&d, now_testing->most_ms, is_confirmed);
        if (!is_confirmed(&d))
            fail_msg("%s: at %u of %zu bytes after %u minutes, %u requests", now_testing->what,
                     d.last_a[OTARIA_EV_PROGRESS], large.image_len, (unsigned)(d.now_ms / MINUTE),
                     d.requests_cnt);
        assert_int_equal(cuts_left, 0);
        /* What is paid twice: a header and what was in the air a request, what the log did not know a power cut. */
        most = large.image_len + d.requests_cnt * (700 + 300u) +
               now_testing->power_cuts * (OTARIA_PROGRESS_STEP + 2u * OTARIA_SECTOR);
        if (d.received > most)
            fail_msg("%s: %llu bytes received, at most %llu were expected", now_testing->what,
                     (unsigned long long)d.received, (unsigned long long)most);
        assert_int_equal(d.boots_cnt, 2 + now_testing->power_cuts);
        virtual_free(&d);
    }
    signed_release_free(&large);
}

static int make_releases(void **state)
{
    (void)state;
    test_key("a", &key);
    memcpy(trusted[0], key.point, 65);
    signed_release_make(&old_release, "1.0.2", 1000, 20000, "a");
    signed_release_make(&new_release, "1.0.3", 2000, 20000, "a");
    return 0;
}

static int free_releases(void **state)
{
    (void)state;
    signed_release_free(&old_release);
    signed_release_free(&new_release);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_down_for_6_hours_after_100_devices_rebooted_reverts_none),
        cmocka_unit_test(power_cuts_during_that_outage_revert_none_either),
        cmocka_unit_test(a_server_that_only_says_503_counts_as_reached),
        cmocka_unit_test(each_bad_release_undoes_itself_and_the_server_learns_why),
        cmocka_unit_test(a_release_that_crashes_every_three_hours_is_confirmed_all_the_same),
        cmocka_unit_test(a_bad_link_gets_there_and_pays_for_little_twice),
    };

    return cmocka_run_group_tests(tests, make_releases, free_releases);
}
