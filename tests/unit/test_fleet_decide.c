// SPDX-License-Identifier: MIT
/* Snapshot and decision: a table of devices against one set of releases. */
#include "server/fleet/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t suit[] = {1, 2, 3};

/* Number n: sequence n, digest nnn.., image nn'.. */
static struct store_release release(uint8_t n, const char *channel)
{
    struct store_release r = {.vendor = {1},
                              .class_id = {2},
                              .seq = n,
                              .suit = suit,
                              .suit_len = sizeof suit,
                              .components_cnt = 1,
                              .component = {{.size = 100u + n}},
                              .percent = 100};

    memset(r.digest, n, sizeof r.digest);
    memset(r.component[0].digest, 0x80 + n, 32);
    snprintf(r.channel, sizeof r.channel, "%s", channel);
    return r;
}

static const struct store_id device_id = {.bytes = {5, 4, 3, 2, 1, 0}, .len = 6};

static struct otaria_poll_request poll_of(uint64_t confirmed, uint8_t running)
{
    struct otaria_poll_request p = {.id = {5, 4, 3, 2, 1, 0},
                                    .id_len = 6,
                                    .vendor = {1},
                                    .class_id = {2},
                                    .confirmed_seq = confirmed,
                                    .has_running_manifest = running != 0};

    memset(p.running_manifest, running, sizeof p.running_manifest);
    memset(p.running_sha256, 0x80 + running, sizeof p.running_sha256);
    return p;
}

static struct fleet *fleet;

static int setup(void **state)
{
    const struct fleet_config config = {.readers = 1};

    (void)state;
    fleet = fleet_new(&config);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fleet_free(fleet);
    return 0;
}

/* Replaces the snapshot by these. */
static void serve(const struct store_release *releases, size_t cnt, const char *channel)
{
    struct fleet_snapshot *s = fleet_snapshot_new();

    for (size_t i = 0; i < cnt; i++)
        fleet_snapshot_add(s, &releases[i]);
    if (channel != NULL)
        fleet_snapshot_channel(s, &device_id, channel);
    fleet_replace(fleet, s);
}

static enum fleet_answer decide(const struct otaria_poll_request *p, uint64_t *seq)
{
    const struct store_release *r;
    enum fleet_answer answer = fleet_decide(fleet_enter(fleet, 0), p, &r);

    *seq = r != NULL ? r->seq : 0;
    if (r != NULL) {
        assert_int_equal(r->suit_len, sizeof suit);
        assert_memory_equal(r->suit, suit, sizeof suit);
    }
    fleet_leave(fleet, 0);
    return answer;
}

static void expect(struct otaria_poll_request p, enum fleet_answer answer, uint64_t seq)
{
    uint64_t got;

    assert_int_equal(decide(&p, &got), answer);
    assert_int_equal(got, seq);
}

static void newest_release_above_the_confirmed_sequence_is_offered(void **state)
{
    const struct store_release releases[] = {release(3, "stable"), release(5, "stable"),
                                             release(4, "stable")};

    (void)state;
    serve(releases, 3, NULL);
    expect(poll_of(0, 0), FLEET_OFFER, 5);
    expect(poll_of(3, 3), FLEET_OFFER, 5);
    expect(poll_of(4, 4), FLEET_OFFER, 5);
    expect(poll_of(5, 5), FLEET_CURRENT, 0);
    expect(poll_of(6, 6), FLEET_CURRENT, 0);
}

static void what_runs_already_is_not_offered(void **state)
{
    const struct store_release releases[] = {release(5, "stable")};

    (void)state;
    serve(releases, 1, NULL);
    expect(poll_of(0, 5), FLEET_CURRENT, 0);
}

static void device_that_went_back_is_not_sent_forward_to_the_same_sequence(void **state)
{
    const struct store_release releases[] = {release(4, "stable"), release(5, "stable")};

    (void)state;
    serve(releases, 2, NULL);
    expect(poll_of(5, 4), FLEET_CURRENT, 0);
}

static void device_without_record_and_with_other_bytes_is_repaired(void **state)
{
    const struct store_release releases[] = {release(5, "stable")};
    struct otaria_poll_request p = poll_of(5, 0);

    (void)state;
    serve(releases, 1, NULL);
    expect(p, FLEET_OFFER, 5);
    memset(p.running_sha256, 0x85, 32);
    expect(p, FLEET_CURRENT, 0);
    p.confirmed_seq = 6;
    memset(p.running_sha256, 0, 32);
    expect(p, FLEET_CURRENT, 0);
}

static void another_class_or_vendor_is_unknown(void **state)
{
    const struct store_release releases[] = {release(5, "stable")};
    struct otaria_poll_request p = poll_of(0, 0);

    (void)state;
    p.class_id[0] = 3;
    serve(releases, 1, NULL);
    expect(p, FLEET_UNKNOWN_CLASS, 0);
    p = poll_of(0, 0);
    p.vendor[15] = 1;
    expect(p, FLEET_UNKNOWN_CLASS, 0);
}

static void withdrawn_release_is_not_offered_and_its_class_stays_known(void **state)
{
    struct store_release releases[] = {release(4, "stable"), release(5, "stable")};
    uint32_t size;

    (void)state;
    releases[1].withdrawn = true;
    serve(releases, 2, NULL);
    expect(poll_of(0, 0), FLEET_OFFER, 4);
    releases[0].withdrawn = true;
    serve(releases, 2, NULL);
    expect(poll_of(0, 0), FLEET_CURRENT, 0);
    assert_true(fleet_payload(fleet_enter(fleet, 0), releases[1].component[0].digest, &size));
    fleet_leave(fleet, 0);
    assert_int_equal(size, 105);
}

static void device_on_trial_is_left_alone(void **state)
{
    const struct store_release releases[] = {release(5, "stable")};
    struct otaria_poll_request p = poll_of(3, 4);

    (void)state;
    serve(releases, 1, NULL);
    p.state = OTARIA_POLL_TRIAL;
    expect(p, FLEET_ON_TRIAL, 0);
}

static void reported_failure_holds_a_release_back_from_that_device_alone(void **state)
{
    const struct store_release releases[] = {release(4, "stable"), release(5, "stable")};
    static const struct {
        int code;
        uint8_t manifest;
        enum fleet_answer answer;
    } rows[] = {
        {0, 5, FLEET_OFFER},    {-1, 5, FLEET_OFFER},   {-15, 5, FLEET_OFFER},
        {-16, 5, FLEET_OFFER},  {-27, 5, FLEET_OFFER},  {-31, 5, FLEET_OFFER},
        {-32, 5, FLEET_FAILED}, {-43, 5, FLEET_FAILED}, {-63, 5, FLEET_FAILED},
        {-64, 5, FLEET_FAILED}, {-95, 5, FLEET_FAILED}, {-96, 5, FLEET_OFFER},
        {-43, 4, FLEET_OFFER},  {-64, 4, FLEET_OFFER},
    };

    (void)state;
    serve(releases, 2, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct otaria_poll_request p = poll_of(3, 3);

        p.has_result = true;
        p.result = rows[i].code;
        memset(p.result_manifest, rows[i].manifest, 8);
        expect(p, rows[i].answer, rows[i].answer == FLEET_OFFER ? 5 : 0);
    }
}

static void channels_are_separate_and_overrides_per_device(void **state)
{
    const struct store_release releases[] = {release(4, "stable"), release(6, "beta"),
                                             release(5, "stable")};
    struct otaria_poll_request other = poll_of(0, 0);

    (void)state;
    other.id[0] = 6;
    serve(releases, 3, "beta");
    expect(poll_of(0, 0), FLEET_OFFER, 6);
    expect(other, FLEET_OFFER, 5);
    serve(releases, 3, "nothing-here");
    expect(poll_of(0, 0), FLEET_CURRENT, 0);
}

static void listed_devices_get_it_and_others_the_release_before(void **state)
{
    struct store_release releases[] = {release(4, "stable"), release(5, "stable")};
    struct store_id only[] = {{.bytes = {1}, .len = 6}, device_id};
    struct otaria_poll_request other = poll_of(0, 0);

    (void)state;
    other.id[5] = 9;
    releases[1].only = only;
    releases[1].only_cnt = 2;
    releases[1].percent = 0; /* the list alone decides */
    serve(releases, 2, NULL);
    expect(poll_of(0, 0), FLEET_OFFER, 5);
    expect(other, FLEET_OFFER, 4);
}

static void percentage_takes_its_share_and_keeps_who_was_in(void **state)
{
    uint8_t digest[32] = {7};
    unsigned in = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        struct store_id id = {.bytes = {(uint8_t)i, (uint8_t)(i >> 8)}, .len = 6};
        bool before = false;

        assert_false(fleet_in_percent(&id, digest, 0));
        assert_true(fleet_in_percent(&id, digest, 100));
        in += fleet_in_percent(&id, digest, 10);
        for (unsigned percent = 0; percent <= 100; percent += 5) {
            bool now = fleet_in_percent(&id, digest, percent);

            assert_true(now || !before);
            before = now;
        }
    }
    assert_in_range(in, 900, 1100);
}

static void each_release_draws_its_own_first_devices(void **state)
{
    uint8_t one[32] = {1}, two[32] = {2};
    unsigned both = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        struct store_id id = {.bytes = {(uint8_t)i, (uint8_t)(i >> 8)}, .len = 6};

        both += fleet_in_percent(&id, one, 10) && fleet_in_percent(&id, two, 10);
    }
    assert_in_range(both, 50, 150);
}

/* The place of a device in a rollout is documented: it may not move between versions of the server. */
static void place_in_a_rollout_never_changes(void **state)
{
    uint8_t digest[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct store_id id = {.bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, .len = 15};

    (void)state;
    /* The vector of the SipHash paper: a129ca6149be45e5, modulo 100 = 57. */
    assert_false(fleet_in_percent(&id, digest, 57));
    assert_true(fleet_in_percent(&id, digest, 58));
}

static void percentage_zero_offers_the_release_before(void **state)
{
    struct store_release releases[] = {release(4, "stable"), release(5, "stable")};

    (void)state;
    releases[1].percent = 0;
    serve(releases, 2, NULL);
    expect(poll_of(3, 3), FLEET_OFFER, 4);
}

static void payload_of_no_release_is_unknown(void **state)
{
    const struct store_release releases[] = {release(5, "stable")};
    uint8_t digest[32];
    uint32_t size;

    (void)state;
    serve(releases, 1, NULL);
    memset(digest, 0x85, 32);
    assert_true(fleet_payload(fleet_enter(fleet, 0), digest, &size));
    digest[31] ^= 1;
    assert_false(fleet_payload(fleet_enter(fleet, 0), digest, &size));
    fleet_leave(fleet, 0);
    fleet_leave(fleet, 0);
}

int main(void)
{
#define WITH_FLEET(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_FLEET(newest_release_above_the_confirmed_sequence_is_offered),
        WITH_FLEET(what_runs_already_is_not_offered),
        WITH_FLEET(device_that_went_back_is_not_sent_forward_to_the_same_sequence),
        WITH_FLEET(device_without_record_and_with_other_bytes_is_repaired),
        WITH_FLEET(another_class_or_vendor_is_unknown),
        WITH_FLEET(withdrawn_release_is_not_offered_and_its_class_stays_known),
        WITH_FLEET(device_on_trial_is_left_alone),
        WITH_FLEET(reported_failure_holds_a_release_back_from_that_device_alone),
        WITH_FLEET(channels_are_separate_and_overrides_per_device),
        WITH_FLEET(listed_devices_get_it_and_others_the_release_before),
        WITH_FLEET(percentage_takes_its_share_and_keeps_who_was_in),
        WITH_FLEET(each_release_draws_its_own_first_devices),
        WITH_FLEET(place_in_a_rollout_never_changes),
        WITH_FLEET(percentage_zero_offers_the_release_before),
        WITH_FLEET(payload_of_no_release_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
