// SPDX-License-Identifier: MIT
/*
 * SIGKILL at arbitrary moments: the server runs in a child that is killed while devices tell outcomes and
 * releases are published. What was acknowledged is there after the restart; what was not is there whole or
 * not at all.
 */
#include "api_lab.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "base/hex.h"
#include "base/log.h"

#define ROUNDS 8

struct child {
    struct lab lab; /* ports and folder of the child's server; the handles in it are the child's */
    pid_t pid;
};

/* A server on folder in a child, until it is killed. */
static void child_start(struct child *c)
{
    uint16_t ports[2];
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failing test leaves no server behind */
        lab_serve(&c->lab);
        ports[0] = c->lab.device_port;
        ports[1] = c->lab.admin_port;
        if (write(fds[1], ports, sizeof ports) != sizeof ports)
            _exit(1);
        for (;;)
            pause();
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], ports, sizeof ports), sizeof ports);
    close(fds[0]);
    c->lab.device_port = ports[0];
    c->lab.admin_port = ports[1];
}

static void child_kill(struct child *c)
{
    int status;

    kill(c->pid, SIGKILL);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
}

/* Kills the child some microseconds from now. */
struct killer {
    pid_t pid;
    unsigned delay_us;
};

static void *kill_later(void *arg)
{
    struct killer *k = arg;

    usleep(k->delay_us);
    kill(k->pid, SIGKILL);
    return NULL;
}

/* What the parent knows was acknowledged. */
struct known {
    unsigned outcomes;  /* devices 0..outcomes-1 were answered 200 with their result */
    unsigned published; /* releases 1.0.1..1.0.<published> were answered 201 */
};

static void version_of(unsigned n, char version[16], char image[32])
{
    snprintf(version, 16, "1.0.%u", n);
    snprintf(image, 32, "image number %u", n);
}

/* One more release; true when it was acknowledged. */
static bool publish_next(struct lab *lab, struct known *k)
{
    char version[16], image[32];
    struct lab_release r;
    struct answer a;
    bool ok;

    version_of(k->published + 1, version, image);
    lab_sign(&r, &lab->key, version, 100 + k->published, image);
    a = lab_put(lab, image);
    answer_free(&a);
    a = lab_publish(lab, &r, "");
    /* 200: an earlier attempt that was not acknowledged had reached the disk. */
    ok = a.status == 201 || a.status == 200;
    answer_free(&a);
    k->published += ok;
    return ok;
}

static bool tell_next(struct lab *lab, const struct lab_release *r, struct known *k)
{
    struct otaria_poll_request p = lab_poll_of(r, k->outcomes);
    struct answer a;
    bool ok;

    p.has_result = true;
    p.result = OTARIA_E_TRIAL_SOURCE;
    memcpy(p.result_manifest, r->m.digest, 8);
    a = lab_poll(lab, &p);
    ok = a.status == 200;
    answer_free(&a);
    k->outcomes += ok;
    return ok;
}

static void check_outcomes(struct lab *lab, const struct known *k)
{
    for (unsigned i = 0; i < k->outcomes; i++) {
        char head[96], hex[HEX_SIZE(6)];
        uint8_t id[6] = {0};
        struct answer a;

        memcpy(id, &i, sizeof i);
        hex_encode(hex, id, sizeof id);
        snprintf(head, sizeof head, "GET /admin/v1/devices/%s", hex);
        a = lab_admin(lab, head, NULL, 0);
        if (!answer_has(&a, "\"results\":[{\"result\":\"TRIAL_SOURCE\""))
            fail_msg("acknowledged outcome of device %u is gone: %s", i, a.text);
        answer_free(&a);
    }
}

/* Every acknowledged release is listed; every listed one has its payload, whole. */
static void check_releases(struct lab *lab, const struct known *k)
{
    struct answer list = lab_admin(lab, "GET /admin/v1/releases", NULL, 0);

    for (unsigned i = 1; i <= k->published + 1; i++) {
        char version[16], image[32], text[96], hex[HEX_SIZE(32)];
        uint8_t sha256[32];
        struct answer a;

        version_of(i, version, image);
        snprintf(text, sizeof text, "\"version\":\"%s\"", version);
        if (!answer_has(&list, text)) {
            assert_int_equal(i, k->published + 1);
            continue;
        }
        release_sha256(image, strlen(image), sha256);
        hex_encode(hex, sha256, sizeof sha256);
        snprintf(text, sizeof text, "GET /b/%s", hex);
        a = lab_request(lab->device_port, text, NULL, 0);
        assert_int_equal(a.status, 200);
        assert_string_equal((const char *)a.body, image);
        answer_free(&a);
    }
    answer_free(&list);
}

static void what_was_acknowledged_survives_sigkill_and_nothing_is_half_there(void **state)
{
    struct killer killer;
    struct child child;
    struct known known = {0};
    struct lab_release first;
    char version[16], image[32];
    unsigned seed = 20261124;
    pthread_t thread;

    (void)state;
    lab_prepare(&child.lab);
    child_start(&child);
    assert_true(publish_next(&child.lab, &known));
    version_of(1, version, image);
    lab_sign(&first, &child.lab.key, version, 100, image);
    for (int round = 0; round < ROUNDS; round++) {
        killer =
            (struct killer){.pid = child.pid, .delay_us = 1000 + (unsigned)rand_r(&seed) % 60000};
        assert_int_equal(pthread_create(&thread, NULL, kill_later, &killer), 0);
        while (tell_next(&child.lab, &first, &known) && publish_next(&child.lab, &known))
            ;
        pthread_join(thread, NULL);
        child_kill(&child);
        child_start(&child);
        check_outcomes(&child.lab, &known);
        check_releases(&child.lab, &known);
    }
    assert_true(known.outcomes >= ROUNDS / 2);
    child_kill(&child);
    lab_remove(&child.lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_survives_sigkill_and_nothing_is_half_there),
    };

    log_set_level(LOG_LEVEL_WARNING);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
