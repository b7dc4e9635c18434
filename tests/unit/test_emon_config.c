// SPDX-License-Identifier: MIT
/* firmware/emon: config.c, config_store.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <otaria/boot.h>

#include "firmware/emon/config.h"
#include "sim/nor.h"

#define DEFAULT_SERVER "http://ota.example"
#define FLASH_SIZE     (4 * OTARIA_SECTOR)

static const uint32_t sectors[2] = {OTARIA_SECTOR, 2 * OTARIA_SECTOR};

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* ---- values ---- */

static struct emon_config fresh(void)
{
    struct emon_config c;

    emon_config_defaults(&c, DEFAULT_SERVER);
    return c;
}

static bool set(struct emon_config *c, const char *key, const char *value)
{
    return emon_config_set(c, emon_config_key(key, strlen(key)), value, strlen(value));
}

static void every_value_comes_back_as_it_was_set(void **state)
{
    static const char *const rows[][2] = {
        {"node", "kitchen-2"},
        {"server", "https://[fe80::1]:8443/base"},
        {"poll", "900"},
        {"policy", "ask"},
        {"password", "00112233445566778899aabbccddeeff:" HEX32},
        {"tls", "any"},
        {"pins", HEX32 "," HEX32},
        {"network-give-up", "5"},
        {"source-give-up", "10"},
        {"healthy-after", "3"},
        {"poll-minimum", "1"},
    };
    struct emon_config c = fresh();
    char buf[300];

    (void)state;
    assert_int_equal(sizeof rows / sizeof rows[0], EMON_KEYS);
    for (size_t i = 0; i < EMON_KEYS; i++) {
        struct emon_text out = {.p = buf, .max = sizeof buf};
        struct emon_text name = {.p = buf + 250, .max = 50};

        assert_int_equal(emon_config_key(rows[i][0], strlen(rows[i][0])), i);
        emon_config_put_name((enum emon_key)i, &name);
        assert_memory_equal(name.p, rows[i][0], name.len);
        assert_true(set(&c, rows[i][0], rows[i][1]));
        emon_config_put(&c, (enum emon_key)i, &out);
        assert_int_equal(out.len, strlen(rows[i][1]));
        assert_memory_equal(buf, rows[i][1], out.len);
    }
    assert_true(c.ask && c.tls == EMON_TLS_ANY && c.has_password);
    assert_int_equal(c.pins_cnt, 2);
}

static void an_impossible_value_changes_nothing(void **state)
{
    static const char *const rows[][2] = {
        {"node", ""},
        {"node", "-a"},
        {"node", "a-"},
        {"node", "a.b"},
        {"node", "a b"},
        {"node", "a\xc3\xa4"},
        {"node", "abcdefghijabcdefghijabcdefghijab"},
        {"server", ""},
        {"server", "ftp://ota.example"},
        {"server", "http://"},
        {"server", "http://a:99999"},
        {"server", "http://ota.example/a b"},
        {"poll", ""},
        {"poll", "-1"},
        {"poll", "1.5"},
        {"poll", "123456789"},
        {"policy", "Auto"},
        {"policy", ""},
        {"password", "secret"},
        {"password", "00112233445566778899AABBCCDDEEFF:" HEX32},
        {"password", "00112233445566778899aabbccddeeff " HEX32},
        {"tls", "CA"},
        {"tls", ""},
        {"tls", "anyone"},
        {"pins", "00"},
        {"pins", HEX32 ","},
        {"pins", HEX32 ";" HEX32},
        {"pins", HEX32 "," HEX32 "," HEX32},
        {"pins", HEX32 "0"},
        {"unknown", "1"},
        {"nod", "a"},
    };
    const struct emon_config before = fresh();
    struct emon_config c = fresh();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (set(&c, rows[i][0], rows[i][1]))
            fail_msg("taken: %s=%s", rows[i][0], rows[i][1]);
        assert_memory_equal(&c, &before, sizeof c);
    }
}

static void useless_lines_are_counted_and_passed_over(void **state)
{
    static const char text[] = "node=a\n\nfuture=1\npoll=x\nnonsense\nnode=b\npolicy=ask";
    struct emon_config c = fresh();

    (void)state;
    assert_int_equal(emon_config_read(&c, text, sizeof text - 1), 4);
    assert_string_equal(c.node, "b"); /* the last one counts */
    assert_true(c.ask);
    assert_int_equal(c.poll_s, 0);
    assert_string_equal(c.server, DEFAULT_SERVER);
}

/* ---- the password ---- */

static void a_password_matches_itself_only(void **state)
{
    /* python3: hashlib.sha256(bytes(range(16)) + b"correct horse").hexdigest() */
    static const char line[] = "000102030405060708090a0b0c0d0e0f:"
                               "4ac7628e73d357ef4e766280d83143f038aca73ee89a1c8a6bf9b0acd607e0fa";
    const uint8_t salt[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct emon_config c = fresh();

    (void)state;
    assert_false(emon_password_matches(&c, "", 0));
    assert_true(set(&c, "password", line));
    assert_true(emon_password_matches(&c, "correct horse", 13));
    c = fresh();
    emon_password_set(&c, salt, "correct horse", 13);
    assert_true(emon_password_matches(&c, "correct horse", 13));
    assert_false(emon_password_matches(&c, "correct horsf", 13));
    assert_false(emon_password_matches(&c, "correct hors", 12));
    assert_false(emon_password_matches(&c, "", 0));
    c.has_password = false;
    assert_false(emon_password_matches(&c, "correct horse", 13));
}

static void some_passwords_are_not_possible(void **state)
{
    (void)state;
    assert_true(emon_password_possible("12345678", 8));
    assert_true(emon_password_possible("two words", 9));
    assert_false(emon_password_possible("1234567", 7));
    assert_false(emon_password_possible(" 2345678", 8));
    assert_false(emon_password_possible("1234567 ", 8));
    assert_false(emon_password_possible("1234567\n", 8));
    assert_false(emon_password_possible("1234567\xe4", 8));
    assert_true(emon_password_possible(
        "0123456789012345678901234567890123456789012345678901234567890ab", 63));
    assert_false(emon_password_possible(
        "0123456789012345678901234567890123456789012345678901234567890abc", 64));
}

/* ---- the store ---- */

static struct nor nor;
static struct emon_store store;

static int power_on(void **state)
{
    (void)state;
    nor_open(&nor, FLASH_SIZE);
    return 0;
}

static int power_off(void **state)
{
    (void)state;
    assert_int_equal(nor.illegal_programs, 0);
    assert_int_equal(nor.refused_calls, 0);
    nor_close(&nor);
    return 0;
}

static struct emon_config load(void)
{
    struct emon_config c = fresh();

    assert_int_equal(emon_store_load(&store, &nor.port, sectors, &c), 0);
    return c;
}

static void a_fresh_flash_has_the_defaults(void **state)
{
    struct emon_config c;

    (void)state;
    c = load();
    assert_string_equal(c.node, "emon");
    assert_string_equal(c.server, DEFAULT_SERVER);
    assert_false(c.has_password);
}

static void what_is_saved_is_loaded(void **state)
{
    struct emon_config c = load(), back;

    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        c.poll_s = 100 + round;
        assert_int_equal(emon_store_save(&store, &c), 0);
        back = load();
        assert_int_equal(back.poll_s, 100 + round);
    }
    assert_int_equal(nor.erases[1], 3);
    assert_int_equal(nor.erases[2], 2);
    assert_int_equal(nor.erases[0] + nor.erases[3], 0);
}

static void saving_the_same_again_writes_nothing(void **state)
{
    struct emon_config c = load();
    uint64_t ops;

    (void)state;
    assert_int_equal(emon_store_save(&store, &c), 0);
    ops = nor.ops;
    assert_int_equal(emon_store_save(&store, &c), 0);
    c = load();
    assert_int_equal(emon_store_save(&store, &c), 0);
    assert_int_equal(nor.ops, ops);
}

/* As tools/flash-image writes it: the bytes of config.h, made with zlib.crc32 in Python. */
static void a_record_made_elsewhere_is_read(void **state)
{
    static const uint8_t record[36] = {
        'E', 'M', 'C', '1', 3,   0,   0,   0,   18,  0,    0,   0,   0x3F, 0xAE, 0xCB, 0x35, 'n',
        'o', 'd', 'e', '=', 'a', 't', 't', 'i', 'c', '\n', 'p', 'o', 'l',  'l',  '=',  '1',  '\n'};
    struct emon_config c;

    (void)state;
    nor_poke(&nor, sectors[1], record, 16);
    nor_poke(&nor, sectors[1] + 16, record + 16, 20);
    c = load();
    assert_string_equal(c.node, "attic");
    assert_int_equal(c.poll_s, 1);
    assert_int_equal(emon_store_save(&store, &c), 0); /* into the other sector */
    assert_int_equal(nor.erases[1], 1);
    assert_int_equal(nor.erases[2], 0);
}

static void put_record(unsigned sector, uint32_t counter, const char *text)
{
    uint8_t bytes[1024] OTARIA_ALIGNED;
    size_t len = strlen(text);

    memset(bytes, 0xFF, sizeof bytes);
    otaria_store_le32(bytes, EMON_CONFIG_MAGIC);
    otaria_store_le32(bytes + 4, counter);
    otaria_store_le32(bytes + 8, (uint32_t)len);
    memcpy(bytes + 16, text, len);
    otaria_store_le32(bytes + 12, otaria_crc32(otaria_crc32(0, bytes, 12), text, len));
    nor_poke(&nor, sectors[sector], bytes, sizeof bytes);
}

static void the_newest_valid_record_counts(void **state)
{
    const uint8_t zero[4] = {0};

    (void)state;
    put_record(0, 8, "node=older\n");
    put_record(1, 9, "node=newer\n");
    assert_string_equal(load().node, "newer");
    nor_poke(&nor, sectors[1] + 20, zero, 1);
    assert_string_equal(load().node, "older");
    nor_poke(&nor, sectors[0] + 4, zero, 4);
    assert_string_equal(load().node, "emon");
}

static void lines_of_a_newer_firmware_survive_saving_by_an_older(void **state)
{
    static const char text[] = "future=yes\nnode=a\nother=12";
    uint8_t bytes[1024];
    struct emon_config c;

    (void)state;
    put_record(0, 1, text);
    c = load();
    c.poll_s = 7;
    assert_int_equal(emon_store_save(&store, &c), 0);
    memcpy(bytes, nor.mem + sectors[1], sizeof bytes);
    assert_non_null(memmem(bytes, sizeof bytes, "\nfuture=yes\nother=12", 20));
    assert_int_equal(load().poll_s, 7);
    c.poll_s = 8;
    assert_int_equal(emon_store_save(&store, &c), 0);
    assert_non_null(memmem(nor.mem + sectors[0], 1024, "\nfuture=yes\nother=12", 20));
}

static void what_does_not_fit_is_refused_and_the_old_one_stays(void **state)
{
    char text[1000];
    struct emon_config c;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "node=a\nfuture=", 14);
    text[sizeof text - 1] = 0;
    put_record(0, 1, text);
    c = load();
    assert_int_equal(emon_store_save(&store, &c), OTARIA_E_BUFFER);
    assert_int_equal(nor.ops, 0);
    assert_string_equal(load().node, "a");
}

static void the_longest_configuration_fits(void **state)
{
    struct emon_config c = load(), back;
    char server[EMON_SERVER_MAX + 1];

    (void)state;
    memset(server, 'a', sizeof server);
    memcpy(server, "https://x:65535/", 16);
    server[EMON_SERVER_MAX] = 0;
    assert_true(set(&c, "server", server));
    assert_true(set(&c, "node", "abcdefghijabcdefghijabcdefghija"));
    assert_true(set(&c, "pins", HEX32 "," HEX32));
    assert_true(set(&c, "password", "00112233445566778899aabbccddeeff:" HEX32));
    for (unsigned key = EMON_KEY_NETWORK_GIVE_UP; key < EMON_KEYS; key++)
        assert_true(emon_config_set(&c, (enum emon_key)key, "99999999", 8));
    assert_true(set(&c, "poll", "99999999"));
    assert_int_equal(emon_store_save(&store, &c), 0);
    back = load();
    assert_memory_equal(&back, &c, sizeof c);
}

static void silent_flash_faults_are_noticed_and_the_old_one_counts(void **state)
{
    struct emon_config c = load();

    (void)state;
    assert_int_equal(emon_store_save(&store, &c), 0);
    for (unsigned op = 1; op <= 3; op++) {
        c = load();
        c.poll_s = 1000 + op;
        nor.silent_from = nor.silent_to = nor.ops + op;
        /* An erase of a blank sector may well do nothing. */
        if (emon_store_save(&store, &c) < 0)
            assert_int_not_equal(load().poll_s, 1000 + op);
        else
            assert_int_equal(load().poll_s, 1000 + op);
        nor.silent_from = nor.silent_to = 0;
    }
}

/* Promise: whatever operation the power is cut at, and however, the old or the new configuration is there, whole. */
static void a_power_cut_leaves_the_old_or_the_new_one(void **state)
{
    struct emon_config old = load(), new, now;
    struct nor before;
    unsigned cuts = 0, news = 0;

    (void)state;
    old.poll_s = 1;
    assert_true(set(&old, "password", "00112233445566778899aabbccddeeff:" HEX32));
    assert_true(set(&old, "pins", HEX32 "," HEX32));
    assert_int_equal(emon_store_save(&store, &old), 0);
    new = old;
    new.poll_s = 2;
    assert_int_equal(emon_store_save(&store, &new), 0);
    assert_int_equal(emon_store_save(&store, &old),
                     0); /* both sectors are used: the erase has work */
    nor_open(&before, FLASH_SIZE);
    nor_copy(&before, &nor);
    for (uint64_t at = 1;; at++) {
        bool was_cut = false;

        for (unsigned mode = NOR_CUT_BEFORE; mode <= NOR_CUT_AFTER; mode++) {
            for (uint32_t seed = 0; seed < 8; seed++) {
                nor_copy(&nor, &before);
                now = load();
                assert_memory_equal(&now, &old, sizeof old);
                nor_plan_cut(&nor, at, (enum nor_cut)mode, seed);
                was_cut = emon_store_save(&store, &new) < 0;
                cuts += was_cut;
                nor_power_on(&nor);
                now = load();
                news += now.poll_s == 2;
                if (memcmp(&now, &old, sizeof old) != 0)
                    assert_memory_equal(&now, &new, sizeof new);
                /* and it can be saved again */
                assert_int_equal(emon_store_save(&store, &new), 0);
                now = load();
                assert_memory_equal(&now, &new, sizeof new);
            }
        }
        if (!was_cut)
            break;
    }
    assert_true(cuts >= 3 * 8 * 4);
    assert_true(news > 0);
    nor_close(&before);
}

static int bad_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    (void)ctx;
    (void)addr;
    (void)buf;
    (void)len;
    return -1;
}

static void a_flash_that_cannot_be_read_is_told_apart_from_an_empty_one(void **state)
{
    struct otaria_flash bad = nor.port;
    struct emon_config c = fresh();

    (void)state;
    bad.read = bad_read;
    assert_int_equal(emon_store_load(&store, &bad, sectors, &c), OTARIA_E_FLASH_IO);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, power_on, power_off)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_comes_back_as_it_was_set),
        cmocka_unit_test(an_impossible_value_changes_nothing),
        cmocka_unit_test(useless_lines_are_counted_and_passed_over),
        cmocka_unit_test(a_password_matches_itself_only),
        cmocka_unit_test(some_passwords_are_not_possible),
        STORE_TEST(a_fresh_flash_has_the_defaults),
        STORE_TEST(what_is_saved_is_loaded),
        STORE_TEST(saving_the_same_again_writes_nothing),
        STORE_TEST(a_record_made_elsewhere_is_read),
        STORE_TEST(the_newest_valid_record_counts),
        STORE_TEST(lines_of_a_newer_firmware_survive_saving_by_an_older),
        STORE_TEST(what_does_not_fit_is_refused_and_the_old_one_stays),
        STORE_TEST(the_longest_configuration_fits),
        STORE_TEST(silent_flash_faults_are_noticed_and_the_old_one_counts),
        STORE_TEST(a_power_cut_leaves_the_old_or_the_new_one),
        STORE_TEST(a_flash_that_cannot_be_read_is_told_apart_from_an_empty_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
