// SPDX-License-Identifier: MIT
/* firmware/emon as a whole, in virtual time: what it says, shows and does while it is updated, tried and reverted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "firmware/emon/emon.h"
#include "tests/unit/signed_release.h"

#define SECOND 1000u
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

void emon_app_no_config(struct emon *e, const struct emon_port *port);
void emon_app_no_network(struct emon *e, const struct emon_port *port);
void emon_app_no_source(struct emon *e, const struct emon_port *port);

static struct signed_release first, second;
static struct key_pair key;
static uint8_t trusted[1][65];
static struct virtual_device dev;
static struct model_server server;

static struct emon emon;
static struct emon_port port;
static char version[OTARIA_VERSION_MAX + 1];
static char said[40000];
static const char *serial;
static unsigned configured;
static uint64_t deadline;

/* ---- a board ---- */

static size_t serial_read(void *ctx, uint8_t *buf, size_t max)
{
    size_t len = serial ? strlen(serial) : 0;

    (void)ctx;
    if (len > max)
        len = max;
    if (len)
        memcpy(buf, serial, len);
    serial = serial ? serial + len : NULL;
    return len;
}

static void serial_write(void *ctx, const char *text, size_t len)
{
    size_t at = strlen(said);

    (void)ctx;
    assert_true(at + len < sizeof said);
    memcpy(said + at, text, len);
}

static void note_configured(void *ctx, const struct emon_config *config)
{
    (void)ctx;
    (void)config;
    configured++;
}

static bool wait_for(void *ctx, struct emon *e, uint32_t ms)
{
    (void)ctx;
    (void)e;
    dev.now_ms += ms;
    return !dev.reset && dev.now_ms < deadline;
}

/* The boot stage; what follows is the application's. */
static void boot(void)
{
    uint8_t scratch[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_boot_choice choice;

    dev.net.close(&dev);
    dev.reset = false;
    dev.boot_ms = dev.now_ms;
    dev.boots_cnt++;
    otaria_boot_choose(&dev.nor.port, dev.cfg.layout, scratch, &choice);
    assert_int_not_equal(choice.kind, OTARIA_BOOT_NONE);
    chip_version(&dev.nor.port, dev.cfg.layout, choice.slot, version);
    port.slot = choice.slot;
    memset(&emon, 0xA5, sizeof emon);
}

static int setup(void **state)
{
    const struct otaria_layout *l = otaria_layout_find("4m2m", 4);
    struct err err;

    (void)state;
    memset(&server, 0, sizeof server);
    memset(said, 0, sizeof said);
    serial = NULL;
    configured = 0;
    virtual_init(&dev, l, 7);
    dev.answer = model_server_answer;
    dev.user = &server;
    assert_int_equal(chip_flash_serial(&dev.nor.port, l, first.image, first.image_len), 0);
    port = (struct emon_port){.flash = &dev.nor.port,
                              .layout = l,
                              .config_sector = {0x3F8000, 0x3F9000},
                              .net = &dev.net,
                              .sys = &dev.sys,
                              .version = version,
                              .server = "http://updates.example:8266",
                              .id = {2, 0, 0, 0, 0, 1},
                              .id_len = 6,
                              .trust = {.keys = (const uint8_t(*)[65])trusted, .keys_cnt = 1},
                              .serial_read = serial_read,
                              .serial_write = serial_write,
                              .configured = note_configured,
                              .wait = wait_for};
    test_must(release_ids(TEST_VENDOR, TEST_CLASS, port.vendor, port.class_id, &err), &err);
    boot();
    assert_int_equal(emon_begin(&emon, &port), 0);
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

/* Lives for so long, over resets, or until the serial line has said this. */
static bool live(uint64_t ms, const char *until)
{
    uint64_t end = dev.now_ms + ms;

    while (dev.now_ms < end && !(until && strstr(said, until))) {
        uint32_t pause = emon_loop(&emon) == OTARIA_MORE ? 0 : emon_next_ms(&emon);

        if (until && strstr(said, until))
            break;
        if (dev.reset) {
            boot();
            assert_int_equal(emon_begin(&emon, &port), 0);
        }
        dev.now_ms += pause > end - dev.now_ms ? end - dev.now_ms : pause;
    }
    return !until || strstr(said, until);
}

/* From the next boot on another application runs, until it is reset or the time is over. */
static void run(void (*app)(struct emon *, const struct emon_port *), uint64_t ms)
{
    deadline = dev.now_ms + ms;
    app(&emon, &port);
}

/* ---- the page's requests ---- */

static char answer[8000];

static unsigned ask(const char *method, const char *path, const char *password, const char *body)
{
    char request[1500];
    const uint8_t *data;
    size_t len, got = 0;
    unsigned status;
    int i = emon_web_open(&emon.web);

    assert_true(i >= 0);
    snprintf(
        request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: 10.0.2.15\r\nContent-Type: application/json\r\n%s%s%sContent-Length: "
        "%zu\r\n\r\n%s",
        method, path, password ? "X-Emon-Password: " : "", password ? password : "",
        password ? "\r\n" : "", strlen(body), body);
    emon_web_input(&emon.web, (unsigned)i, (const uint8_t *)request, strlen(request));
    while ((len = emon_web_output(&emon.web, (unsigned)i, &data)) > 0) {
        memcpy(answer + got, data, len);
        got += len;
        emon_web_sent(&emon.web, (unsigned)i, len);
    }
    answer[got] = 0;
    assert_true(emon_web_finished(&emon.web, (unsigned)i));
    emon_web_close(&emon.web, (unsigned)i);
    assert_int_equal(sscanf(answer, "HTTP/1.1 %u ", &status), 1);
    return status;
}

/* A member of GET /status as text; a parser that shares nothing with ours reads it. */
static const char *status_of(const char *name)
{
    static char text[300];
    json_error_t error;
    json_t *status, *member;

    assert_int_equal(ask("GET", "/status", NULL, ""), 200);
    status = json_loads(strstr(answer, "\r\n\r\n") + 4, 0, &error);
    if (!status)
        fail_msg("%s: %s", error.text, answer);
    member = json_object_get(status, name);
    assert_non_null(member);
    if (json_is_string(member)) {
        snprintf(text, sizeof text, "%s", json_string_value(member));
    } else {
        char *dump = json_dumps(member, JSON_ENCODE_ANY | JSON_COMPACT);

        snprintf(text, sizeof text, "%s", dump);
        free(dump);
    }
    json_decref(status);
    return text;
}

static void set_password(void)
{
    char code[EMON_SETUP_LEN + 1];

    memcpy(code, emon_web_setup(&emon.web), sizeof code);
    assert_int_equal(ask("POST", "/password", code, "{\"password\":\"long enough\"}"), 200);
}

#define OWNER "long enough"

/* ---- what it says and shows ---- */

static void it_says_who_it_is_and_how_to_set_a_password(void **state)
{
    char line[100];

    (void)state;
    assert_non_null(
        strstr(said, "emon 1.0.2: runs from slot A, node emon, http://updates.example:8266\n"));
    snprintf(line, sizeof line, "emon 1.0.2: setup code %s:", emon_web_setup(&emon.web));
    assert_non_null(strstr(said, line));
    assert_int_equal(configured, 1);
    set_password();
    assert_int_equal(configured, 2);
    said[0] = 0;
    memset(said, 0, sizeof said);
    boot();
    assert_int_equal(emon_begin(&emon, &port), 0);
    assert_null(strstr(said, "setup code"));
    assert_string_equal(status_of("password"), "true");
}

static void readings_of_the_serial_line_are_shown(void **state)
{
    (void)state;
    serial = "CT1:3935,CT2:325,T1:12.5\r\nnonsense\n";
    live(3 * SECOND, NULL);
    assert_string_equal(status_of("readings"), "[{\"name\":\"CT1\",\"value\":3935,\"age\":3},"
                                               "{\"name\":\"CT2\",\"value\":325,\"age\":3},"
                                               "{\"name\":\"T1\",\"value\":12.5,\"age\":3}]");
    assert_string_equal(status_of("serial"), "{\"lines\":1,\"dropped\":1}");
    assert_string_equal(status_of("uptime"), "3");
}

static void twelve_inputs_with_long_names_are_shown_whole(void **state)
{
    char text[600] = "";

    (void)state;
    for (unsigned i = 0; i < EMON_INPUTS_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "ABCDEFGHIJKLM%02u:-1999999.999%s", i, i % 6 == 5 ? "\n" : ",");
    serial = text;
    live(2 * SECOND, NULL);
    assert_int_equal(emon.readings.cnt, EMON_INPUTS_MAX);
    (void)status_of("readings");
    assert_non_null(
        strstr(answer, "{\"name\":\"ABCDEFGHIJKLM11\",\"value\":-1999999.999,\"age\":2}]"));
}

/* ---- updates ---- */

static void it_updates_by_itself_and_knows_the_previous_version(void **state)
{
    (void)state;
    assert_string_equal(status_of("previous"), "null");
    signed_release_offer(&second, &server);
    assert_true(live(10 * MINUTE, "emon 1.0.3: confirmed\n"));
    assert_non_null(strstr(said, "emon 1.0.2: update 1.0.3 offered\n"));
    assert_non_null(strstr(said, "emon 1.0.2: update 1.0.3 staged\n"));
    assert_non_null(strstr(said, "emon 1.0.3: runs from slot B"));
    assert_non_null(strstr(said, "emon 1.0.3: trial, 2 tries left\n"));
    live(SECOND, NULL);
    assert_string_equal(status_of("version"), "1.0.3");
    assert_string_equal(status_of("run"), "confirmed");
    assert_string_equal(status_of("previous"), "1.0.2");
    assert_string_equal(status_of("revert"), "true");
    assert_string_equal(
        status_of("result"),
        "{\"code\":0,\"name\":\"CONFIRMED\",\"words\":\"the new image proved itself and stays\"}");
}

static void with_the_policy_ask_the_owner_decides(void **state)
{
    (void)state;
    set_password();
    assert_int_equal(ask("POST", "/config", OWNER, "{\"policy\":\"ask\"}"), 200);
    signed_release_offer(&second, &server);
    server.version = "1.0.3";
    assert_int_equal(ask("POST", "/check", OWNER, ""), 200);
    assert_true(live(MINUTE, "update 1.0.3 offered"));
    live(10 * MINUTE, NULL);
    assert_string_equal(status_of("state"), "waiting");
    assert_int_equal(ask("GET", "/firmware", NULL, ""), 200);
    assert_string_equal(strstr(answer, "\r\n\r\n") + 4,
                        "{\"current\":\"1.0.2\",\"latest\":\"1.0.3\"}\n");
    assert_int_equal(server.gets, 0);
    dev.link.rate = 20000;
    assert_int_equal(ask("POST", "/update", OWNER, ""), 200);
    live(3 * SECOND, NULL);
    assert_string_equal(status_of("state"), "fetching");
    assert_true(strtoul(status_of("done"), NULL, 10) > 16384);
    assert_string_equal(status_of("offered"), "true");
    assert_true(live(10 * MINUTE, "emon 1.0.3: confirmed\n"));
    assert_string_equal(status_of("password"), "true"); /* the configuration survived */
}

static void the_owner_reverts_and_is_answered_first(void **state)
{
    (void)state;
    set_password();
    assert_int_equal(ask("POST", "/revert", OWNER, ""), 409);
    signed_release_offer(&second, &server);
    assert_true(live(10 * MINUTE, "emon 1.0.3: confirmed\n"));
    assert_int_equal(ask("POST", "/revert", OWNER, ""), 200);
    assert_int_equal(dev.boots_cnt, 2);
    live(500, NULL);
    assert_int_equal(dev.boots_cnt, 2);
    assert_true(live(10 * SECOND, "emon 1.0.2: reverted by the owner\n"));
    live(SECOND, NULL);
    assert_string_equal(status_of("run"), "reverted");
    assert_string_equal(status_of("revert"), "false"); /* one step back, not to and fro */
}

static void on_trial_it_neither_updates_nor_reverts(void **state)
{
    (void)state;
    set_password();
    signed_release_offer(&second, &server);
    assert_true(live(10 * MINUTE, "emon 1.0.3: trial, 2 tries left\n"));
    assert_string_equal(status_of("run"), "trial");
    assert_string_equal(status_of("tries"), "2");
    assert_int_equal(ask("POST", "/update", OWNER, ""), 409);
    assert_non_null(strstr(answer, "still on trial"));
    assert_int_equal(ask("POST", "/revert", OWNER, ""), 409);
    assert_int_equal(ask("POST", "/check", OWNER, ""), 200);
    assert_int_equal(ask("POST", "/config", OWNER, "{\"node\":\"attic\"}"), 200);
    assert_int_equal(dev.boots_cnt, 2); /* a new configuration costs no try */
    assert_true(live(10 * MINUTE, "emon 1.0.3: confirmed\n"));
}

static void another_server_is_asked_as_soon_as_it_is_configured(void **state)
{
    unsigned polls;

    (void)state;
    set_password();
    live(MINUTE, NULL);
    polls = server.polls;
    assert_int_equal(
        ask("POST", "/config", OWNER, "{\"server\":\"http://other.example\",\"poll\":120}"), 200);
    live(2 * SECOND, NULL);
    assert_int_equal(server.polls, polls + 1);
    assert_string_equal(emon.agent.server.host, "other.example");
    assert_int_equal(ask("POST", "/config", OWNER, "{\"server\":\"http://\"}"), 400);
    live(2 * HOUR, NULL);
    assert_true(server.polls > 50);
}

/* ---- broken releases ---- */

static void stage_second(void)
{
    signed_release_offer(&second, &server);
    assert_true(live(10 * MINUTE, "staged"));
    assert_true(dev.reset);
}

/* The trial of a variant ends by itself, and the old one tells why. */
static void is_undone(void (*app)(struct emon *, const struct emon_port *), uint64_t within,
                      const char *why)
{
    stage_second();
    for (unsigned boots = 0; boots < 3; boots++) {
        boot();
        if (port.slot == 0)
            break;
        run(app, within);
        assert_true(dev.reset);
    }
    assert_int_equal(port.slot, 0);
    assert_int_equal(emon_begin(&emon, &port), 0);
    assert_non_null(strstr(said, why));
    assert_string_equal(status_of("version"), "1.0.2");
    assert_non_null(strstr(status_of("result"), "on trial"));
    assert_string_equal(status_of("revert"), "false");
}

static void a_release_without_network_is_undone_after_half_an_hour(void **state)
{
    (void)state;
    is_undone(emon_app_no_network, 31 * MINUTE, "emon 1.0.2: reverted: TRIAL_NETWORK");
    assert_true(dev.now_ms > 30 * MINUTE);
}

static void a_release_without_its_source_is_undone_after_a_day(void **state)
{
    (void)state;
    is_undone(emon_app_no_source, 25 * HOUR, "emon 1.0.2: reverted: TRIAL_SOURCE");
    assert_true(dev.now_ms > 24 * HOUR);
}

static void a_release_that_cannot_read_its_configuration_is_undone(void **state)
{
    (void)state;
    is_undone(emon_app_no_config, 25 * HOUR, "emon 1.0.2: reverted: TRIAL_CONFIGURATION");
    assert_non_null(strstr(said, "emon 1.0.3: configuration cannot be read: FLASH_IO"));
}

/* ---- bad days ---- */

static void when_nothing_works_it_says_so_and_restarts_after_a_minute(void **state)
{
    uint64_t begin = dev.now_ms;

    (void)state;
    boot();
    port.slot = 1; /* nothing is there */
    deadline = UINT64_MAX;
    emon_run(&emon, &port);
    assert_true(dev.reset);
    assert_true(dev.now_ms - begin >= MINUTE && dev.now_ms - begin <= MINUTE + 2 * SECOND);
    assert_non_null(strstr(said, "cannot run: NOT_AN_IMAGE"));
}

static void an_unreadable_server_text_is_said_plainly(void **state)
{
    (void)state;
    server.version = "1.0.4\"<b>";
    live(MINUTE, NULL);
    assert_string_equal(status_of("latest"), "1.0.4\"<b>");
    assert_null(strstr(said, "<b>"));
}

static int make_releases(void **state)
{
    (void)state;
    test_key("a", &key);
    memcpy(trusted[0], key.point, 65);
    signed_release_make(&first, "1.0.2", 1000, 30000, "a");
    signed_release_make(&second, "1.0.3", 2000, 100000, "a");
    return 0;
}

static int free_releases(void **state)
{
    (void)state;
    signed_release_free(&first);
    signed_release_free(&second);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_says_who_it_is_and_how_to_set_a_password),
        TEST(readings_of_the_serial_line_are_shown),
        TEST(twelve_inputs_with_long_names_are_shown_whole),
        TEST(it_updates_by_itself_and_knows_the_previous_version),
        TEST(with_the_policy_ask_the_owner_decides),
        TEST(the_owner_reverts_and_is_answered_first),
        TEST(on_trial_it_neither_updates_nor_reverts),
        TEST(another_server_is_asked_as_soon_as_it_is_configured),
        TEST(a_release_without_network_is_undone_after_half_an_hour),
        TEST(a_release_without_its_source_is_undone_after_a_day),
        TEST(a_release_that_cannot_read_its_configuration_is_undone),
        TEST(when_nothing_works_it_says_so_and_restarts_after_a_minute),
        TEST(an_unreadable_server_text_is_said_plainly),
    };

    return cmocka_run_group_tests(tests, make_releases, free_releases);
}
