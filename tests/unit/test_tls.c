// SPDX-License-Identifier: MIT
/* device/ports/bearssl/tls.c: TLS over a net, against OpenSSL's and BearSSL's servers in this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls_device.h"

/* ---- the protocol ---- */

static void these_four_suites_and_no_others(void **state)
{
    static const struct {
        const char *suite;
        bool rsa, spoken;
    } table[] = {
        {"ECDHE-ECDSA-CHACHA20-POLY1305", false, true},
        {"ECDHE-RSA-CHACHA20-POLY1305", true, true},
        {"ECDHE-ECDSA-AES128-GCM-SHA256", false, true},
        {"ECDHE-RSA-AES128-GCM-SHA256", true, true},
        {"ECDHE-ECDSA-AES256-GCM-SHA384", false, false},
        {"ECDHE-RSA-AES128-SHA256", true, false},
        {"AES128-GCM-SHA256", true, false},
        {"ECDHE-ECDSA-AES128-CCM", false, false},
    };

    (void)state;
    otaria_tls_any_init(&leaf);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        lab_open(&lab, LAB_OPENSSL, table[i].rsa ? &certs.rsa : &certs.ec, NULL);
        assert_true(SSL_set_cipher_list(lab.ssl, table[i].suite));
        device(&leaf.trust, OTARIA_TLS_IN_SMALL);
        assert_int_equal(connect_to(NAME), table[i].spoken ? 0 : OTARIA_E_TLS);
        if (table[i].spoken) {
            assert_string_equal(SSL_get_cipher_name(lab.ssl), table[i].suite);
            exchange(999);
        }
        hang_up();
        lab_close(&lab);
    }
}

static void only_tls_1_2_and_chacha20_first(void **state)
{
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_3_VERSION, TLS1_2_VERSION};

    (void)state;
    otaria_tls_any_init(&leaf);
    for (size_t i = 0; i < 4; i++) {
        lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
        SSL_set_min_proto_version(lab.ssl, versions[i]);
        SSL_set_max_proto_version(lab.ssl, versions[i]);
        device(&leaf.trust, OTARIA_TLS_IN_SMALL);
        assert_int_equal(connect_to(NAME), i == 3 ? 0 : OTARIA_E_TLS);
        if (i == 3)
            assert_string_equal(SSL_get_cipher_name(lab.ssl), "ECDHE-ECDSA-CHACHA20-POLY1305");
        hang_up();
        lab_close(&lab);
    }
}

static void fragments_of_512_bytes_are_asked_for(void **state)
{
    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    lab.record_max = 0;
    exchange(sizeof in < 2048 ? sizeof in : 2048);
    assert_in_range(lab.record_max, 512, 512 + 5 + 24);
    hang_up();
    lab_close(&lab);
}

static void larger_records_end_the_small_profile_and_fit_the_full_one(void **state)
{
    size_t total;

    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_BEARSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    lab_write(&lab, data, DATA_LEN);
    assert_int_equal(take(DATA_LEN, 1024, &total), OTARIA_E_TLS);
    assert_int_equal(otaria_tls_error(&tls), BR_ERR_TOO_LARGE);
    assert_int_equal(total, 512); /* the record that the server had begun already */
    hang_up();
    device(&leaf.trust, OTARIA_TLS_IN_FULL);
    lab_again(&lab);
    assert_int_equal(connect_to(NAME), 0);
    lab_write(&lab, data, DATA_LEN);
    assert_int_equal(take(DATA_LEN, 1024, &total), 0);
    assert_int_equal(total, DATA_LEN);
    assert_int_equal(lab.record_max, 16384 + 5 + 16);
    hang_up();
    lab_close(&lab);
}

static void bytes_may_come_and_go_in_any_split(void **state)
{
    static const size_t chunks[] = {1, 2, 3, 5, 7, 64, 536, 1460};

    (void)state;
    pin_to(&certs.rsa);
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        lab_open(&lab, LAB_OPENSSL, &certs.rsa, NULL);
        lab.chunk = chunks[i];
        lab.ready_after = 3;
        device(&leaf.trust, OTARIA_TLS_IN_SMALL);
        assert_int_equal(connect_to(NAME), 0);
        exchange(chunks[7 - i]);
        hang_up();
        lab_close(&lab);
    }
}

static void the_name_is_sent_but_no_address_and_443_is_the_default(void **state)
{
    static const struct {
        const char *host, *sni;
    } table[] = {
        {NAME, NAME},    {"localhost", "localhost"}, {"127.0.0.1", NULL},       {"[fe80::1]", NULL},
        {"127.1", NULL}, {"2130706433", NULL},       {"1st.floor", "1st.floor"}};

    (void)state;
    otaria_tls_any_init(&leaf);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *sni;

        lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
        device(&leaf.trust, OTARIA_TLS_IN_SMALL);
        assert_int_equal(connect_to(table[i].host), 0);
        assert_int_equal(lab.port, 443);
        assert_string_equal(lab.host, table[i].host);
        sni = SSL_get_servername(lab.ssl, TLSEXT_NAMETYPE_host_name);
        if (table[i].sni)
            assert_string_equal(sni, table[i].sni);
        else
            assert_null(sni);
        hang_up();
        lab_close(&lab);
    }
}

static bool all_zero(const void *p, size_t len)
{
    const uint8_t *byte = p;

    while (len > 0 && *byte == 0) {
        byte++;
        len--;
    }
    return len == 0;
}

static void sessions_are_resumed_with_the_same_server_only(void **state)
{
    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    for (unsigned i = 0; i < 8; i++) {
        /* another name, the first one again, another port, forgotten */
        const char *host = i == 2 ? "other.example" : NAME;
        bool resumed = i == 1 || i == 4 || i == 6;

        if (i == 7)
            otaria_tls_forget(&tls);
        assert_int_equal(tls.port.open(tls.port.ctx, host, i >= 5 ? 8443 : 443, true), 0);
        assert_int_equal(shake(), 0);
        assert_int_equal(otaria_tls_resumed(&tls), resumed);
        assert_int_equal(SSL_session_reused(lab.ssl), resumed);
        exchange(1024);
        hang_up();
        assert_false(otaria_tls_resumed(&tls));
        assert_true(all_zero(&tls.client, sizeof tls.client));
        assert_true(all_zero(tls.out, sizeof tls.out));
        assert_true(all_zero(in, OTARIA_TLS_IN_SMALL));
        lab_again(&lab);
    }
    otaria_tls_forget(&tls);
    assert_true(all_zero(&tls.session, sizeof tls.session));
    lab_close(&lab);
}

static void a_resumption_that_fails_is_not_tried_again(void **state)
{
    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    hang_up();
    lab_again(&lab);
    tls.session.master_secret[0] ^= 1;
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    hang_up();
    lab_again(&lab);
    assert_int_equal(connect_to(NAME), 0);
    assert_false(otaria_tls_resumed(&tls));
    hang_up();
    lab_close(&lab);
}

/* ---- ends and attacks ---- */

static void an_end_with_or_without_goodbye_comes_after_the_data(void **state)
{
    (void)state;
    pin_to(&certs.ec);
    for (unsigned polite = 0; polite < 2; polite++) {
        size_t total;

        lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
        device(&leaf.trust, OTARIA_TLS_IN_SMALL);
        assert_int_equal(connect_to(NAME), 0);
        lab_write(&lab, data, 5000);
        if (polite)
            lab_goodbye(&lab);
        lab.eof = true;
        assert_int_equal(take(6000, 100, &total), OTARIA_E_CLOSED);
        assert_int_equal(total, 5000);
        assert_int_equal(tls.port.recv(tls.port.ctx, in, 1, &total), OTARIA_E_CLOSED);
        assert_int_equal(otaria_tls_error(&tls), 0);
        hang_up();
        lab_close(&lab);
    }
}

static void close_says_goodbye_and_may_be_repeated(void **state)
{
    uint8_t byte;

    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    hang_up();
    assert_int_equal(connect_to(NAME), 0);
    lab_write(&lab, data, 5000); /* unread */
    hang_up();
    hang_up();
    assert_int_equal(lab_read(&lab, &byte, 1), 0);
    assert_int_equal(SSL_get_shutdown(lab.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    assert_int_equal(tls.port.ready(tls.port.ctx), OTARIA_E_CONNECT);
    lab_close(&lab);
}

static void a_renegotiation_is_declined(void **state)
{
    size_t total, before;

    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    before = lab.up.end;
    assert_true(SSL_renegotiate(lab.ssl));
    (void)SSL_do_handshake(lab.ssl);
    lab_pump(&lab);
    assert_int_equal(take(1, 1, &total), 0);
    assert_true(lab.up.end > before);
    assert_int_equal(lab.up.bytes[before], 21); /* an alert, where a ClientHello would be 22 */
    hang_up();
    lab_close(&lab);
}

/* One bit of the server's bytes, anywhere in handshake or data: never a connection with other content. */
static void a_changed_byte_never_passes(void **state)
{
    const char *thorough = getenv("OTARIA_LONG");
    size_t shaken, step = thorough ? 1 : 23;

    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    shaken = lab.taken;
    for (size_t at = 0; at < shaken + 1200; at += step) {
        size_t total;

        hang_up();
        otaria_tls_forget(&tls);
        lab_again(&lab);
        lab.flip = at;
        if (connect_to(NAME) != 0)
            continue;
        if (at < shaken)
            fail_msg("byte %zu of the handshake was changed unseen", at);
        lab_write(&lab, data, 2000);
        lab.eof = true;
        if (take(3000, 1024, &total) != OTARIA_E_TLS)
            fail_msg("byte %zu was changed unseen", at);
    }
    hang_up();
    lab_close(&lab);
}

static void garbage_is_no_server_hello(void **state)
{
    static const char http[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    uint8_t noise[600] = {0x16, 0x03, 0x03, 0x02, 0x00, 0x02, 0x00, 0x01, 0xFC, 0x03, 0x03};
    uint32_t random = 1;

    (void)state;
    otaria_tls_any_init(&leaf);
    for (unsigned i = 0; i < 200; i++) {
        lab_open(&lab, LAB_BYTES, NULL, NULL);
        device(&leaf.trust, OTARIA_TLS_IN_SMALL);
        for (size_t k = i % 12; k < sizeof noise; k++) {
            random = random * 1664525 + 1013904223;
            noise[k] = (uint8_t)(random >> 24);
        }
        lab_say(&lab, i ? (const void *)noise : http, i ? sizeof noise : sizeof http - 1);
        lab.eof = true;
        assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
        hang_up();
    }
}

static void a_server_that_says_nothing_is_waited_for_without_work(void **state)
{
    (void)state;
    otaria_tls_any_init(&leaf);
    lab_open(&lab, LAB_BYTES, NULL, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), OTARIA_MORE);
    lab.stalled = true;
    assert_int_equal(shake(), OTARIA_MORE);
    assert_false(tls.port.up(tls.port.ctx));
    hang_up();
    assert_int_equal(lab.closes, 2); /* open begins with one */
    lab.stalled = false;
    lab.ready_result = OTARIA_E_CONNECT;
    assert_int_equal(connect_to(NAME), OTARIA_E_CONNECT);
    lab.open_result = OTARIA_E_CONNECT;
    assert_int_equal(connect_to(NAME), OTARIA_E_CONNECT);
    hang_up();
}

/* Server and device at once: the wire is blocked, then moves on. */
static void a_blocked_wire_loses_nothing(void **state)
{
    size_t sent, total;

    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    lab.stalled = true;
    assert_int_equal(tls.port.send(tls.port.ctx, data, 700, &sent), 0);
    assert_int_equal(sent, 512);
    assert_int_equal(tls.port.send(tls.port.ctx, data + 512, 188, &sent), 0);
    assert_int_equal(sent, 0);
    assert_int_equal(take(1, 1, &total), 0);
    lab.stalled = false;
    assert_int_equal(tls.port.send(tls.port.ctx, data + 512, 188, &sent), 0);
    assert_int_equal(sent, 188);
    assert_int_equal(lab_read(&lab, in, 700), 700);
    assert_memory_equal(in, data, 700);
    hang_up();
    lab_close(&lab);
}

static void a_call_of_ready_does_a_message_at_most_once_its_time_is_over(void **state)
{
    unsigned calls = 0;
    int result;

    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    lab.step_ms = 11;
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(tls.port.open(tls.port.ctx, NAME, 8443, true), 0);
    assert_int_equal(lab.port, 8443);
    do {
        size_t taken = lab.taken;

        result = tls.port.ready(tls.port.ctx);
        assert_true(lab.taken - taken <= 3);
        calls++;
    } while (result == OTARIA_MORE && calls < 5000);
    assert_int_equal(result, 0);
    assert_true(calls > lab.taken / 3);
    exchange(1024);
    hang_up();
    lab_close(&lab);
}

/* ---- stack, sizes, plain ---- */

struct hook {
    unsigned calls, until; /* from call `until` on it does not run what it is given */
};

static void on_stack(void *ctx, void (*fn)(void *arg), void *arg)
{
    struct hook *h = ctx;

    if (h->calls++ < h->until)
        fn(arg);
}

static void the_handshake_runs_on_the_stack_it_is_given(void **state)
{
    struct hook hook = {.until = UINT32_MAX};
    unsigned all;

    (void)state;
    pin_to(&certs.ec);
    for (unsigned until = UINT32_MAX;; until -= until > 20 ? 20 : 1) {
        lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
        device(&leaf.trust, OTARIA_TLS_IN_SMALL);
        hook = (struct hook){.until = until};
        tls.cfg.on_stack = on_stack;
        tls.cfg.on_stack_ctx = &hook;
        if (until == UINT32_MAX) {
            assert_int_equal(connect_to(NAME), 0);
            all = hook.calls;
            exchange(1024);
            assert_int_equal(hook.calls, all);
            until = all;
        } else {
            assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
            assert_int_equal(hook.calls, until + 1);
        }
        hang_up();
        lab_close(&lab);
        if (until == 0)
            break;
    }
}

static void a_buffer_that_is_too_small_is_refused(void **state)
{
    struct otaria_tls_config cfg = {.net = &lab.net,
                                    .sys = &lab.sys,
                                    .trust = &leaf.trust,
                                    .in = in,
                                    .in_len = OTARIA_TLS_IN_SMALL - 1};

    (void)state;
    lab_open(&lab, LAB_BYTES, NULL, NULL);
    assert_int_equal(otaria_tls_init(&tls, &cfg), OTARIA_E_ARGUMENT);
    assert_false(tls.port.up(tls.port.ctx));
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    hang_up();
    assert_int_equal(lab.opens, 0);
}

static void plain_is_passed_through_untouched(void **state)
{
    uint8_t buf[10];
    size_t len;

    (void)state;
    lab_open(&lab, LAB_BYTES, NULL, NULL);
    device(NULL, OTARIA_TLS_IN_SMALL);
    assert_int_equal(tls.port.open(tls.port.ctx, NAME, 0, false), 0);
    assert_int_equal(lab.port, 0);
    assert_int_equal(shake(), 0);
    assert_int_equal(tls.port.send(tls.port.ctx, (const uint8_t *)"hello", 5, &len), 0);
    assert_int_equal(len, 5);
    assert_int_equal(lab.up.end, 5);
    assert_memory_equal(lab.up.bytes, "hello", 5);
    lab_say(&lab, "world", 5);
    lab.eof = true;
    assert_int_equal(tls.port.recv(tls.port.ctx, buf, sizeof buf, &len), 0);
    assert_int_equal(len, 5);
    assert_memory_equal(buf, "world", 5);
    assert_int_equal(tls.port.recv(tls.port.ctx, buf, sizeof buf, &len), OTARIA_E_CLOSED);
    hang_up();
    assert_int_equal(lab.up.end, 5);
    assert_int_equal(lab.closes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(these_four_suites_and_no_others),
        cmocka_unit_test(only_tls_1_2_and_chacha20_first),
        cmocka_unit_test(fragments_of_512_bytes_are_asked_for),
        cmocka_unit_test(larger_records_end_the_small_profile_and_fit_the_full_one),
        cmocka_unit_test(bytes_may_come_and_go_in_any_split),
        cmocka_unit_test(the_name_is_sent_but_no_address_and_443_is_the_default),
        cmocka_unit_test(sessions_are_resumed_with_the_same_server_only),
        cmocka_unit_test(a_resumption_that_fails_is_not_tried_again),
        cmocka_unit_test(an_end_with_or_without_goodbye_comes_after_the_data),
        cmocka_unit_test(close_says_goodbye_and_may_be_repeated),
        cmocka_unit_test(a_renegotiation_is_declined),
        cmocka_unit_test(a_changed_byte_never_passes),
        cmocka_unit_test(garbage_is_no_server_hello),
        cmocka_unit_test(a_server_that_says_nothing_is_waited_for_without_work),
        cmocka_unit_test(a_blocked_wire_loses_nothing),
        cmocka_unit_test(a_call_of_ready_does_a_message_at_most_once_its_time_is_over),
        cmocka_unit_test(the_handshake_runs_on_the_stack_it_is_given),
        cmocka_unit_test(a_buffer_that_is_too_small_is_refused),
        cmocka_unit_test(plain_is_passed_through_untouched),
    };

    return cmocka_run_group_tests(tests, make_certs, free_certs);
}
