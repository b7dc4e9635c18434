// SPDX-License-Identifier: MIT
/* The inventory, its limits, and what several threads do at once. */
#include "server/fleet/fleet.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/fleet/ring.h"

static struct store_id id_of(unsigned n)
{
    struct store_id id = {.len = 6};

    memcpy(id.bytes, &n, sizeof n);
    return id;
}

static struct sockaddr_storage v4(const char *text)
{
    struct sockaddr_storage peer = {.ss_family = AF_INET};

    assert_int_equal(inet_pton(AF_INET, text, &((struct sockaddr_in *)&peer)->sin_addr), 1);
    return peer;
}

static struct sockaddr_storage v6(const char *text)
{
    struct sockaddr_storage peer = {.ss_family = AF_INET6};

    assert_int_equal(inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&peer)->sin6_addr), 1);
    return peer;
}

static enum fleet_note note(struct fleet *fleet, unsigned n, const struct sockaddr_storage *peer,
                            int64_t now_ms)
{
    struct store_id id = id_of(n);
    struct fleet_device *d;
    enum fleet_note note = fleet_device_note(fleet, 0, &id, peer, now_ms, &d);

    assert_true((note == FLEET_NOTED) == (d != NULL));
    return note;
}

static void inventory_is_bounded_and_known_devices_stay(void **state)
{
    const struct fleet_config config = {.readers = 1, .devices_max = 100};
    struct fleet *fleet = fleet_new(&config);
    struct sockaddr_storage peer = v4("127.0.0.1");

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(note(fleet, i, &peer, 0), FLEET_NOTED);
    assert_int_equal(note(fleet, 100, &peer, 0), FLEET_FULL);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(note(fleet, i, &peer, 0), FLEET_NOTED);
    assert_int_equal(fleet_devices(fleet), 100);
    fleet_free(fleet);
}

static void one_address_brings_a_burst_and_then_so_many_a_minute(void **state)
{
    const struct fleet_config config = {.readers = 1, .new_burst = 10, .new_per_minute = 60};
    struct fleet *fleet = fleet_new(&config);
    struct sockaddr_storage one = v4("192.0.2.1"), two = v4("192.0.2.2");
    unsigned n = 0;

    (void)state;
    for (; n < 10; n++)
        assert_int_equal(note(fleet, n, &one, 1000), FLEET_NOTED);
    assert_int_equal(note(fleet, n, &one, 1000), FLEET_LIMITED);
    assert_int_equal(note(fleet, 3, &one, 1000), FLEET_NOTED); /* known */
    assert_int_equal(note(fleet, n++, &two, 1000), FLEET_NOTED);
    /* Asking often does not keep it from refilling. */
    for (int64_t t = 1001; t < 2000; t++)
        assert_int_equal(note(fleet, n, &one, t), FLEET_LIMITED);
    assert_int_equal(note(fleet, n++, &one, 2000), FLEET_NOTED);
    assert_int_equal(note(fleet, n, &one, 2000), FLEET_LIMITED);
    fleet_free(fleet);
}

static void an_ipv6_subscriber_is_one_address(void **state)
{
    const struct fleet_config config = {.readers = 1, .new_burst = 1};
    struct fleet *fleet = fleet_new(&config);
    struct sockaddr_storage one = v6("2001:db8::1"), same = v6("2001:db8::ffff:2"),
                            other = v6("2001:db8:0:1::1");

    (void)state;
    assert_int_equal(note(fleet, 1, &one, 0), FLEET_NOTED);
    assert_int_equal(note(fleet, 2, &same, 0), FLEET_LIMITED);
    assert_int_equal(note(fleet, 3, &other, 0), FLEET_NOTED);
    fleet_free(fleet);
}

static void loopback_is_exempt_unless_it_is_counted(void **state)
{
    struct fleet_config config = {.readers = 1, .new_burst = 1};
    struct sockaddr_storage local = v4("127.0.0.1");
    struct fleet *fleet = fleet_new(&config);

    (void)state;
    assert_int_equal(note(fleet, 1, &local, 0), FLEET_NOTED);
    assert_int_equal(note(fleet, 2, &local, 0), FLEET_NOTED);
    fleet_free(fleet);
    config.count_local = true;
    fleet = fleet_new(&config);
    assert_int_equal(note(fleet, 1, &local, 0), FLEET_NOTED);
    assert_int_equal(note(fleet, 2, &local, 0), FLEET_LIMITED);
    fleet_free(fleet);
}

static void an_outcome_is_new_until_it_is_stored(void **state)
{
    const struct fleet_config config = {.readers = 1};
    struct fleet *fleet = fleet_new(&config);
    struct sockaddr_storage peer = v4("127.0.0.1");
    uint8_t one[8] = {1}, two[8] = {2};
    struct store_id id = id_of(1);
    struct fleet_device *d;

    (void)state;
    assert_int_equal(fleet_device_note(fleet, 0, &id, &peer, 0, &d), FLEET_NOTED);
    assert_true(fleet_outcome_new(fleet, d, 0, one));
    fleet_outcome_stored(fleet, d, 0, one);
    assert_false(fleet_outcome_new(fleet, d, 0, one));
    assert_true(fleet_outcome_new(fleet, d, -40, one));
    assert_true(fleet_outcome_new(fleet, d, 0, two));
    fleet_free(fleet);
}

static void devices_of_the_store_are_known_with_their_outcome(void **state)
{
    const struct fleet_config config = {.readers = 1};
    struct store_device stored = {
        .id = id_of(1), .has_result = true, .result = -40, .result_manifest = {9}};
    struct fleet *fleet = fleet_new(&config);
    struct sockaddr_storage peer = v4("127.0.0.1");
    struct fleet_device *d;

    (void)state;
    assert_true(fleet_device_load(fleet, &stored));
    assert_int_equal(fleet_device_note(fleet, 0, &stored.id, &peer, 0, &d), FLEET_NOTED);
    assert_false(fleet_outcome_new(fleet, d, -40, stored.result_manifest));
    assert_int_equal(fleet_devices(fleet), 1);
    fleet_free(fleet);
}

/* ---- Threads ---- */

struct crowd {
    struct fleet *fleet;
    unsigned reader;
    _Atomic bool *stop;
    _Atomic unsigned *torn;
    _Atomic unsigned entered;
};

/* The two releases of a snapshot always have the same sequence in this test; a mixture is torn. */
static void *enter_and_look(void *arg)
{
    struct crowd *c = arg;
    struct otaria_poll_request one = {.id_len = 6, .class_id = {1}},
                               two = {.id_len = 6, .class_id = {2}};

    while (!atomic_load(c->stop)) {
        const struct fleet_snapshot *s = fleet_enter(c->fleet, c->reader);
        const struct store_release *a, *b;

        (void)fleet_decide(s, &one, &a);
        (void)fleet_decide(s, &two, &b);
        if (a != NULL && (b == NULL || a->seq != b->seq || a->suit[0] != b->suit[0]))
            atomic_fetch_add(c->torn, 1);
        fleet_leave(c->fleet, c->reader);
        atomic_fetch_add(&c->entered, 1);
    }
    return NULL;
}

static void replace_with(struct fleet *fleet, uint8_t n)
{
    struct fleet_snapshot *s = fleet_snapshot_new();
    struct store_release r = {
        .seq = n, .suit = &n, .suit_len = 1, .percent = 100, .channel = "stable"};

    for (uint8_t c = 1; c <= 2; c++) {
        r.class_id[0] = c;
        r.digest[0] = (uint8_t)(n + c);
        fleet_snapshot_add(s, &r);
    }
    fleet_replace(fleet, s);
}

static void readers_see_whole_snapshots_while_they_are_replaced(void **state)
{
    const struct fleet_config config = {.readers = 3};
    struct fleet *fleet = fleet_new(&config);
    _Atomic bool stop = false;
    _Atomic unsigned torn = 0;
    struct crowd crowd[3];
    pthread_t threads[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        crowd[i] = (struct crowd){.fleet = fleet, .reader = i, .stop = &stop, .torn = &torn};
        assert_int_equal(pthread_create(&threads[i], NULL, enter_and_look, &crowd[i]), 0);
    }
    /* Until every reader was inside often enough, and not only after this thread was done. */
    for (unsigned i = 0;
         i < 500 || crowd[0].entered < 200 || crowd[1].entered < 200 || crowd[2].entered < 200; i++)
        replace_with(fleet, (uint8_t)(1 + i % 200));
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(torn, 0);
    fleet_free(fleet);
}

#define NEW_IDS 64

struct newcomers {
    struct fleet *fleet;
    unsigned reader;
    _Atomic unsigned *arrived; /* by both threads, at all ids so far */
    struct fleet_device *seen[NEW_IDS];
};

/*
 * Both threads bring each id at the same moment: they spin at first, since a
 * wake-up takes longer than the race.
 */
static void *bring_devices(void *arg)
{
    struct newcomers *n = arg;
    struct sockaddr_storage peer = v4("127.0.0.1");

    for (unsigned i = 0; i < NEW_IDS; i++) {
        struct store_id id = id_of(i);

        atomic_fetch_add(n->arrived, 1);
        for (unsigned spins = 0; atomic_load(n->arrived) < 2 * (i + 1); spins++) {
            if (spins > 200)
                sched_yield();
        }
        (void)fleet_device_note(n->fleet, n->reader, &id, &peer, 0, &n->seen[i]);
    }
    return NULL;
}

static void one_device_seen_by_two_threads_is_one_device(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        const struct fleet_config config = {.readers = 2, .devices_max = 1000};
        struct fleet *fleet = fleet_new(&config);
        _Atomic unsigned arrived = 0;
        struct newcomers n[2];
        pthread_t threads[2];

        for (unsigned i = 0; i < 2; i++) {
            n[i] = (struct newcomers){.fleet = fleet, .reader = i, .arrived = &arrived};
            assert_int_equal(pthread_create(&threads[i], NULL, bring_devices, &n[i]), 0);
        }
        for (unsigned i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(fleet_devices(fleet), NEW_IDS);
        assert_memory_equal(n[0].seen, n[1].seen, sizeof n[0].seen);
        fleet_free(fleet);
    }
}

#define ITEMS 100000u

static void *produce(void *arg)
{
    struct ring *ring = arg;

    for (uint64_t i = 0; i < ITEMS;) {
        uint64_t item[3] = {i, ~i, i * 3};

        if (ring_push(ring, item))
            i++;
        else
            sched_yield();
    }
    return NULL;
}

static void ring_hands_everything_over_in_order_and_whole(void **state)
{
    struct ring *ring = ring_new(64, 3 * sizeof(uint64_t));
    uint64_t item[3], next = 0;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, produce, ring), 0);
    while (next < ITEMS) {
        if (!ring_pop(ring, item)) {
            sched_yield();
            continue;
        }
        assert_true(item[0] == next && item[1] == ~next && item[2] == next * 3);
        next++;
    }
    pthread_join(thread, NULL);
    assert_false(ring_pop(ring, item));
    ring_free(ring);
}

static void full_ring_takes_nothing(void **state)
{
    struct ring *ring = ring_new(4, sizeof(int));
    int value;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_true(ring_push(ring, &i));
    value = 9;
    assert_false(ring_push(ring, &value));
    assert_int_equal(ring_used(ring), 4);
    assert_true(ring_pop(ring, &value));
    assert_int_equal(value, 0);
    assert_true(ring_push(ring, &value));
    ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inventory_is_bounded_and_known_devices_stay),
        cmocka_unit_test(one_address_brings_a_burst_and_then_so_many_a_minute),
        cmocka_unit_test(an_ipv6_subscriber_is_one_address),
        cmocka_unit_test(loopback_is_exempt_unless_it_is_counted),
        cmocka_unit_test(an_outcome_is_new_until_it_is_stored),
        cmocka_unit_test(devices_of_the_store_are_known_with_their_outcome),
        cmocka_unit_test(readers_see_whole_snapshots_while_they_are_replaced),
        cmocka_unit_test(one_device_seen_by_two_threads_is_one_device),
        cmocka_unit_test(ring_hands_everything_over_in_order_and_whole),
        cmocka_unit_test(full_ring_takes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
