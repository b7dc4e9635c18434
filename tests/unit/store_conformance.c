// SPDX-License-Identifier: MIT
#include "store_conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct store_factory *factory;
static const uint8_t suit[] = {0xd8, 0x6b, 0xa2};

static int setup(void **state)
{
    factory->wipe();
    *state = factory->open();
    return 0;
}

static int teardown(void **state)
{
    struct store *s = *state;

    if (s != NULL)
        s->close(s);
    factory->wipe();
    return 0;
}

static void reopen(void **state)
{
    struct store *s = *state;

    s->close(s);
    *state = factory->open();
}

static struct store_release a_release(uint8_t number, const char *channel)
{
    struct store_release r = {.seq = 1000u + number,
                              .vendor = {1},
                              .class_id = {2},
                              .vendor_text = "example.org",
                              .product = "emon",
                              .hardware = "esp12e",
                              .layout = "4m2m",
                              .suit = suit,
                              .suit_len = sizeof suit,
                              .component = {{.size = 400000, .digest = {0xaa}}},
                              .components_cnt = 1,
                              .percent = 100,
                              .at_ms = INT64_C(1732449600123)};

    memset(r.digest, number, sizeof r.digest);
    snprintf(r.channel, sizeof r.channel, "%s", channel);
    snprintf(r.version, sizeof r.version, "1.0.%u", number);
    return r;
}

static struct store_device a_device(uint8_t number, int64_t at_ms)
{
    struct store_device d = {.id = {.bytes = {0x5c, 0xcf, 0x7f, 0, 0, number}, .len = 6},
                             .vendor = {1},
                             .class_id = {2},
                             .version = "1.0.2",
                             .reset_reason = "External System",
                             .address = "192.0.2.7",
                             .state = 3,
                             .trial_boots = 2,
                             .confirmed_seq = (UINT64_C(1) << 53) - 1,
                             .counter = 77,
                             .running_sha256 = {0xbb},
                             .has_manifest = true,
                             .manifest = {0xcc},
                             .uptime_s = UINT32_MAX,
                             .free_heap = 31744,
                             .capabilities = 3,
                             .rssi = -67,
                             .last_ms = at_ms};
    return d;
}

static struct store_device an_outcome(uint8_t number, int64_t at_ms, int code)
{
    struct store_device d = a_device(number, at_ms);

    d.has_result = true;
    d.result = code;
    d.result_manifest[0] = 0xdd;
    d.result_ms = at_ms;
    return d;
}

static void seen(struct store *s, struct store_device d)
{
    assert_int_equal(s->device_seen(s, &d, 1, NULL), 0);
}

static struct store_device get(struct store *s, uint8_t number)
{
    struct store_device want = a_device(number, 0), d;
    bool found;

    assert_int_equal(s->device_get(s, &want.id, &d, &found, NULL), 0);
    assert_true(found);
    return d;
}

/* What a listing of releases showed. */
struct releases {
    struct store_release r[8];
    struct store_id first_only;
    size_t cnt;
};

static int keep_release(void *ctx, const struct store_release *r)
{
    struct releases *list = ctx;

    assert_true(list->cnt < 8);
    assert_int_equal(r->suit_len, sizeof suit);
    assert_memory_equal(r->suit, suit, sizeof suit);
    if (r->only_cnt > 0)
        list->first_only = r->only[0];
    list->r[list->cnt++] = *r;
    return 0;
}

static struct releases releases_of(struct store *s)
{
    struct releases list = {.cnt = 0};

    assert_int_equal(s->release_list(s, keep_release, &list, NULL), 0);
    return list;
}

static void release_survives_reopening_in_every_field(void **state)
{
    struct store_release r = a_release(1, "stable");
    struct store *s = *state;
    struct releases list;

    assert_int_equal(s->release_put(s, &r, NULL), 0);
    reopen(state);
    list = releases_of(*state);
    assert_int_equal(list.cnt, 1);
    assert_memory_equal(list.r[0].digest, r.digest, 32);
    assert_memory_equal(list.r[0].vendor, r.vendor, 16);
    assert_memory_equal(list.r[0].class_id, r.class_id, 16);
    assert_string_equal(list.r[0].channel, "stable");
    assert_string_equal(list.r[0].vendor_text, "example.org");
    assert_string_equal(list.r[0].product, "emon");
    assert_string_equal(list.r[0].hardware, "esp12e");
    assert_string_equal(list.r[0].layout, "4m2m");
    assert_string_equal(list.r[0].version, "1.0.1");
    assert_true(list.r[0].seq == 1001);
    assert_true(list.r[0].at_ms == INT64_C(1732449600123));
    assert_int_equal(list.r[0].percent, 100);
    assert_int_equal(list.r[0].components_cnt, 1);
    assert_int_equal(list.r[0].component[0].size, 400000);
    assert_int_equal(list.r[0].component[0].digest[0], 0xaa);
    assert_false(list.r[0].withdrawn);
}

static void same_release_again_changes_only_the_rollout(void **state)
{
    struct store_id only[2] = {{.bytes = {9, 9, 9, 9, 9, 9}, .len = 6},
                               {.bytes = {1, 1, 1, 1, 1, 1}, .len = 6}};
    struct store_release r = a_release(1, "stable");
    struct store *s = *state;
    struct releases list;

    assert_int_equal(s->release_put(s, &r, NULL), 0);
    r.percent = 10;
    r.only = only;
    r.only_cnt = 2;
    r.at_ms = 5;
    assert_int_equal(s->release_put(s, &r, NULL), 0);
    list = releases_of(s);
    assert_int_equal(list.cnt, 1);
    assert_int_equal(list.r[0].percent, 10);
    assert_int_equal(list.r[0].only_cnt, 2);
    assert_int_equal(list.first_only.bytes[0], 1); /* sorted */
    assert_true(list.r[0].at_ms == INT64_C(1732449600123));
}

static void two_releases_of_one_class_and_channel_cannot_share_a_sequence(void **state)
{
    struct store_release r = a_release(1, "stable"), other = a_release(2, "stable");
    struct store *s = *state;
    struct err err;

    other.seq = r.seq;
    assert_int_equal(s->release_put(s, &r, NULL), 0);
    assert_int_equal(s->release_put(s, &other, &err), -1);
    assert_int_equal(releases_of(s).cnt, 1);
    snprintf(other.channel, sizeof other.channel, "beta");
    assert_int_equal(s->release_put(s, &other, NULL), 0);
}

static void withdrawing_marks_every_channel_of_that_version_once(void **state)
{
    struct store_release one = a_release(1, "stable"), two = a_release(1, "beta"),
                         three = a_release(2, "stable");
    struct store *s = *state;
    struct releases list;
    size_t cnt;

    assert_int_equal(s->release_put(s, &one, NULL), 0);
    assert_int_equal(s->release_put(s, &two, NULL), 0);
    assert_int_equal(s->release_put(s, &three, NULL), 0);
    assert_int_equal(s->release_withdraw(s, "emon", "1.0.1", &cnt, NULL), 0);
    assert_int_equal(cnt, 2);
    assert_int_equal(s->release_withdraw(s, "emon", "1.0.1", &cnt, NULL), 0);
    assert_int_equal(cnt, 0);
    assert_int_equal(s->release_put(s, &one, NULL), 0);
    list = releases_of(s);
    assert_true(list.r[0].withdrawn);
    assert_true(list.r[1].withdrawn);
    assert_false(list.r[2].withdrawn);
}

static void device_survives_reopening_in_every_field(void **state)
{
    struct store_device d;

    seen(*state, a_device(1, INT64_C(4102444800000)));
    reopen(state);
    d = get(*state, 1);
    assert_string_equal(d.version, "1.0.2");
    assert_string_equal(d.reset_reason, "External System");
    assert_string_equal(d.address, "192.0.2.7");
    assert_string_equal(d.channel, "");
    assert_int_equal(d.state, 3);
    assert_int_equal(d.trial_boots, 2);
    assert_true(d.confirmed_seq == (UINT64_C(1) << 53) - 1);
    assert_true(d.counter == 77);
    assert_true(d.has_manifest && d.manifest[0] == 0xcc);
    assert_true(d.uptime_s == UINT32_MAX);
    assert_int_equal(d.rssi, -67);
    assert_int_equal(d.capabilities, 3);
    assert_true(d.first_ms == INT64_C(4102444800000));
    assert_true(d.last_ms == INT64_C(4102444800000));
    assert_false(d.has_result);
}

static void seeing_a_device_again_keeps_channel_first_time_and_result(void **state)
{
    struct store *s = *state;
    struct store_device d = an_outcome(1, 1000, -40);
    bool found;

    seen(s, d);
    assert_int_equal(s->device_set_channel(s, &d.id, "beta", &found, NULL), 0);
    assert_true(found);
    seen(s, a_device(1, 2000));
    d = get(s, 1);
    assert_string_equal(d.channel, "beta");
    assert_true(d.first_ms == 1000 && d.last_ms == 2000);
    assert_true(d.has_result && d.result == -40 && d.result_ms == 1000);
}

static void channel_of_an_unknown_device_is_not_set(void **state)
{
    struct store *s = *state;
    struct store_device d = a_device(9, 0);
    bool found = true;

    assert_int_equal(s->device_set_channel(s, &d.id, "beta", &found, NULL), 0);
    assert_false(found);
}

static int keep_counter(void *ctx, const char *name, uint64_t value)
{
    if (strcmp(name, "outcome.-40") == 0)
        *(uint64_t *)ctx = value;
    return 0;
}

static int keep_codes(void *ctx, const struct store_result *r)
{
    int *codes = ctx;

    codes[++codes[0]] = r->code;
    assert_int_equal(r->manifest[0], 0xdd);
    assert_string_equal(r->version, "1.0.2");
    return 0;
}

static void outcomes_are_counted_and_the_newest_kept(void **state)
{
    struct store *s = *state;
    struct store_device d = a_device(1, 0);
    int codes[32] = {0};
    uint64_t cnt = 0;

    for (int i = 0; i < STORE_RESULTS_KEPT; i++)
        seen(s, an_outcome(1, 1000 + i, -40));
    seen(s, an_outcome(1, 2000, 0));
    assert_int_equal(s->device_results(s, &d.id, keep_codes, codes, NULL), 0);
    assert_int_equal(codes[0], STORE_RESULTS_KEPT);
    assert_int_equal(codes[1], 0);
    assert_int_equal(codes[2], -40);
    assert_int_equal(s->counter_list(s, keep_counter, &cnt, NULL), 0);
    assert_int_equal(cnt, STORE_RESULTS_KEPT);
}

static int keep_ids(void *ctx, const struct store_device *d)
{
    char *list = ctx;
    size_t at = strlen(list);

    snprintf(list + at, 64 - at, "%u/%u ", d->id.len, d->id.bytes[5]);
    return 0;
}

static void devices_are_listed_page_by_page_in_the_order_of_ids(void **state)
{
    struct store *s = *state;
    struct store_device longer = a_device(0, 0), after = a_device(2, 0);
    char list[64] = "";

    longer.id.len = 7;
    seen(s, longer);
    for (uint8_t i = 3; i > 0; i--)
        seen(s, a_device(i, 0));
    assert_int_equal(s->device_list(s, NULL, 2, keep_ids, list, NULL), 0);
    assert_string_equal(list, "6/1 6/2 ");
    list[0] = '\0';
    assert_int_equal(s->device_list(s, &after.id, 9, keep_ids, list, NULL), 0);
    assert_string_equal(list, "6/3 7/0 ");
}

static int keep_count(void *ctx, const struct store_count *c)
{
    char *list = ctx;
    size_t at = strlen(list);

    snprintf(list + at, 256 - at, "%s|%s|%s|%u|%d:%u ", c->channel, c->version, c->product,
             c->state, c->has_result ? c->result : 1, (unsigned)c->devices);
    return 0;
}

static void devices_are_counted_by_what_they_share(void **state)
{
    struct store_release r = a_release(1, "stable");
    struct store *s = *state;
    char list[256] = "";

    assert_int_equal(s->release_put(s, &r, NULL), 0);
    seen(s, a_device(1, 1));
    seen(s, a_device(2, 1));
    seen(s, an_outcome(3, 1, -40));
    assert_int_equal(s->device_counts(s, keep_count, list, NULL), 0);
    assert_string_equal(list, "|1.0.2|emon|3|1:2 |1.0.2|emon|3|-40:1 ");
}

static void boards_of_one_product_are_counted_together(void **state)
{
    struct store_release r = a_release(1, "stable"), other = a_release(2, "stable");
    struct store_device d = a_device(2, 1);
    struct store *s = *state;
    char list[256] = "";

    other.class_id[0] = d.class_id[0] = 9;
    assert_int_equal(s->release_put(s, &r, NULL), 0);
    assert_int_equal(s->release_put(s, &other, NULL), 0);
    seen(s, a_device(1, 1));
    seen(s, d);
    assert_int_equal(s->device_counts(s, keep_count, list, NULL), 0);
    assert_string_equal(list, "|1.0.2|emon|3|1:2 ");
}

static void token_hash_is_kept_and_replaced(void **state)
{
    uint8_t one[32] = {1}, two[32] = {2}, got[32];
    struct store *s = *state;
    bool found = true;

    assert_int_equal(s->token_get(s, got, &found, NULL), 0);
    assert_false(found);
    assert_int_equal(s->token_set(s, one, NULL), 0);
    assert_int_equal(s->token_set(s, two, NULL), 0);
    reopen(state);
    s = *state;
    assert_int_equal(s->token_get(s, got, &found, NULL), 0);
    assert_true(found);
    assert_memory_equal(got, two, 32);
}

static void a_probe_writes(void **state)
{
    struct store *s = *state;

    assert_int_equal(s->probe(s, NULL), 0);
}

int store_conformance_run(const char *backend, const struct store_factory *with)
{
#define ON_EMPTY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ON_EMPTY(release_survives_reopening_in_every_field),
        ON_EMPTY(same_release_again_changes_only_the_rollout),
        ON_EMPTY(two_releases_of_one_class_and_channel_cannot_share_a_sequence),
        ON_EMPTY(withdrawing_marks_every_channel_of_that_version_once),
        ON_EMPTY(device_survives_reopening_in_every_field),
        ON_EMPTY(seeing_a_device_again_keeps_channel_first_time_and_result),
        ON_EMPTY(channel_of_an_unknown_device_is_not_set),
        ON_EMPTY(outcomes_are_counted_and_the_newest_kept),
        ON_EMPTY(devices_are_listed_page_by_page_in_the_order_of_ids),
        ON_EMPTY(devices_are_counted_by_what_they_share),
        ON_EMPTY(boards_of_one_product_are_counted_together),
        ON_EMPTY(token_hash_is_kept_and_replaced),
        ON_EMPTY(a_probe_writes),
    };

    factory = with;
    print_message("store backend: %s\n", backend);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
