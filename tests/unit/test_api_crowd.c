// SPDX-License-Identifier: MIT
/* Many clients at once: polls on all loops, outcomes that wait for the disk, releases that change meanwhile. */
#include "api_lab.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

#define CLIENTS 6
#define DEVICES 40 /* of each client */

struct client {
    struct lab *lab;
    const struct lab_release *release;
    unsigned first;
    unsigned answered, odd; /* polls answered 200; answers that make no sense */
};

/* Each device polls, downloads, and tells its outcome. */
static void *run_devices(void *arg)
{
    struct client *c = arg;

    for (unsigned i = 0; i < DEVICES; i++) {
        struct otaria_poll_request p = lab_poll_of(c->release, c->first + i);
        struct otaria_poll_response response;
        struct answer a = lab_poll(c->lab, &p);

        c->odd += a.status != 200 || otaria_poll_response_read(&response, a.body, a.body_len) < 0 ||
                  (response.manifest.len > 0) != (response.payloads_cnt == 1);
        answer_free(&a);
        p.has_result = true;
        memcpy(p.result_manifest, c->release->m.digest, 8);
        a = lab_poll(c->lab, &p);
        c->answered += a.status == 200;
        answer_free(&a);
    }
    return NULL;
}

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

static void every_acknowledged_outcome_is_stored_while_releases_change(void **state)
{
    struct lab *lab = *state;
    struct client clients[CLIENTS];
    pthread_t threads[CLIENTS];
    struct lab_release r;
    unsigned answered = 0;
    struct answer a;
    char text[64];

    lab_release(lab, &r, "1.0.3", 100, "the bytes of an image");
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.lab = lab, .release = &r, .first = i * DEVICES};
        assert_int_equal(pthread_create(&threads[i], NULL, run_devices, &clients[i]), 0);
    }
    for (unsigned percent = 0; percent < 30; percent++) {
        snprintf(text, sizeof text, ",\"percent\":%u", percent * 3);
        a = lab_publish(lab, &r, text);
        assert_int_equal(a.status, 200);
        answer_free(&a);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(clients[i].odd, 0);
        answered += clients[i].answered;
    }
    assert_int_equal(answered, CLIENTS * DEVICES);
    lab_restart(lab);
    a = lab_admin(lab, "GET /metrics", NULL, 0);
    snprintf(text, sizeof text, "otaria_outcomes_total{code=\"0\",name=\"CONFIRMED\"} %u\n",
             answered);
    assert_true(answer_has(&a, text));
    snprintf(text, sizeof text, "otaria_devices_known %u\n", answered);
    assert_true(answer_has(&a, text));
    answer_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_acknowledged_outcome_is_stored_while_releases_change,
                                        setup, teardown),
    };

    log_set_level(LOG_LEVEL_WARNING);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
