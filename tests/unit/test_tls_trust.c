// SPDX-License-Identifier: MIT
/* device/ports/bearssl/trust_*.c: who is believed to be the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tls_device.h"

#define NOW ((uint64_t)time(NULL))

static struct otaria_tls_ca ca;

/* ---- pin ---- */

static void a_pin_is_what_openssl_hashes_and_one_of_them_must_fit(void **state)
{
    struct lab_cert odd = lab_cert_make((struct lab_cert_spec){.name = NAME, .rsa_bits = 2047});

    (void)state;
    pin_to(&certs.ec);
    good(&certs.ec, &leaf.trust, NAME);
    bad(&certs.other, &leaf.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
    bad(&certs.rsa, &leaf.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
    pin_to(&certs.rsa);
    good(&certs.rsa, &leaf.trust, NAME);
    bad(&certs.ec, &leaf.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
    pin_to(&odd);
    good(&odd, &leaf.trust, NAME);
    lab_cert_free(&odd);
}

static void a_pinned_key_needs_neither_name_nor_date_nor_issuer(void **state)
{
    (void)state;
    pin_to(&certs.past);
    good(&certs.past, &leaf.trust, "elsewhere.example");
    good(&certs.past, &leaf.trust, "127.0.0.1");
}

static void without_pins_nobody_is_trusted(void **state)
{
    (void)state;
    otaria_tls_pin_init(&leaf, NULL, 0);
    bad(&certs.ec, &leaf.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
    memset(&leaf, 0, sizeof leaf);
    otaria_tls_any_init(&leaf);
    leaf.accepts = NULL;
    bad(&certs.ec, &leaf.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(NULL, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    assert_int_equal(lab.opens, 0);
    hang_up();
    lab_close(&lab);
}

static void pinning_the_issuer_does_not_help_whom_it_issued_for(void **state)
{
    (void)state;
    pin_to(&certs.authority);
    lab_open(&lab, LAB_OPENSSL, &certs.by_ca, &certs.authority);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    hang_up();
    lab_again(&lab);
    pin_to(&certs.by_ca);
    assert_int_equal(connect_to(NAME), 0);
    hang_up();
    lab_close(&lab);
}

static void the_pinned_certificate_without_its_key_is_refused(void **state)
{
    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_BEARSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    hang_up();
    otaria_tls_forget(&tls);
    lab_steal(&lab, &certs.other);
    lab_again(&lab);
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    assert_int_equal(otaria_tls_error(&tls), BR_ERR_BAD_SIGNATURE);
    hang_up();
    lab_close(&lab);
}

/* ---- ca ---- */

static void trust_ca(const struct lab_cert *authority)
{
    static struct lab_anchor anchor;

    lab_anchor_make(&anchor, authority);
    otaria_tls_ca_init(&ca, &anchor.anchor, 1);
}

static void a_chain_to_the_anchor_with_the_name_is_trusted(void **state)
{
    (void)state;
    trust_ca(&certs.authority);
    otaria_tls_ca_time(&ca, NOW);
    good(&certs.by_ca, &ca.trust, NAME);
    good(&certs.by_ca, &ca.trust, "OTA.Example");
    lab_open(&lab, LAB_OPENSSL, &certs.by_middle, &certs.middle);
    device(&ca.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    hang_up();
    lab_close(&lab);
    trust_ca(&certs.rsa_authority);
    good(&certs.by_rsa_ca, &ca.trust, NAME);
    otaria_tls_ca_time(&ca, NOW);
    good(&certs.by_rsa_ca, &ca.trust, NAME);
}

static void other_issuers_names_and_addresses_are_not(void **state)
{
    static const char *const addresses[] = {"127.0.0.1", "[::1]", "127.1", "0x7F000001", "10.0x1"};

    (void)state;
    /* with a time and without one */
    for (unsigned dated = 0; dated < 2; dated++) {
        trust_ca(&certs.stranger);
        otaria_tls_ca_time(&ca, dated * NOW);
        bad(&certs.by_ca, &ca.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
        trust_ca(&certs.rsa_authority);
        otaria_tls_ca_time(&ca, dated * NOW);
        bad(&certs.by_ca, &ca.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
        trust_ca(&certs.authority);
        otaria_tls_ca_time(&ca, dated * NOW);
        bad(&certs.by_ca, &ca.trust, "evil.example", BR_ERR_X509_BAD_SERVER_NAME);
        bad(&certs.by_middle, &ca.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
        bad(&certs.weak, &ca.trust, NAME, BR_ERR_X509_WEAK_PUBLIC_KEY);
        for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
            bad(&certs.by_ca, &ca.trust, addresses[i], BR_ERR_X509_NOT_TRUSTED);
        otaria_tls_ca_init(&ca, NULL, 0);
        otaria_tls_ca_time(&ca, dated * NOW);
        bad(&certs.by_ca, &ca.trust, NAME, BR_ERR_X509_NOT_TRUSTED);
    }
}

static void dates_count_once_there_is_a_time(void **state)
{
    (void)state;
    trust_ca(&certs.authority);
    good(&certs.past, &ca.trust, NAME);
    good(&certs.future, &ca.trust, NAME);
    otaria_tls_ca_time(&ca, NOW);
    bad(&certs.past, &ca.trust, NAME, BR_ERR_X509_EXPIRED);
    bad(&certs.future, &ca.trust, NAME, BR_ERR_X509_EXPIRED);
    otaria_tls_ca_time(&ca, NOW - 48 * 3600);
    good(&certs.past, &ca.trust, NAME);
    otaria_tls_ca_time(&ca, 0);
    good(&certs.past, &ca.trust, NAME);
}

static void a_session_from_before_the_time_was_known_is_not_resumed(void **state)
{
    (void)state;
    trust_ca(&certs.authority);
    lab_open(&lab, LAB_OPENSSL, &certs.past, NULL);
    device(&ca.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    hang_up();
    lab_again(&lab);
    assert_int_equal(connect_to(NAME), 0);
    assert_true(otaria_tls_resumed(&tls));
    hang_up();
    lab_again(&lab);
    otaria_tls_ca_time(&ca, NOW);
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    hang_up();
    lab_close(&lab);
}

/* The application gets new pins at the worst moments. */
static void trust_may_change_at_any_byte_of_a_handshake(void **state)
{
    size_t taken;

    (void)state;
    pin_to(&certs.ec);
    lab_open(&lab, LAB_OPENSSL, &certs.ec, NULL);
    device(&leaf.trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(NAME), 0);
    taken = lab.taken;
    hang_up();
    lab_again(&lab);
    assert_int_equal(connect_to(NAME), 0);
    assert_true(otaria_tls_resumed(&tls));
    hang_up();
    for (size_t i = 0; i < taken / 10; i++) {
        const struct lab_cert *before = i % 2 ? &certs.ec : &certs.other;
        size_t at = i * 10;
        int result = OTARIA_MORE;

        lab_again(&lab);
        lab.step_ms = 20; /* a bite a call */
        pin_to(before);
        assert_int_equal(tls.port.open(tls.port.ctx, NAME, 0, true), 0);
        while (result == OTARIA_MORE && lab.taken < at)
            result = tls.port.ready(tls.port.ctx);
        pin_to(&certs.ec);
        if (result == OTARIA_MORE)
            result = shake();
        assert_true(result == 0 || (result == OTARIA_E_TLS && before == &certs.other));
        assert_false(otaria_tls_resumed(&tls));
        hang_up();
    }
    /* and back: what was accepted by the old rule is not resumed under the new one */
    lab_again(&lab);
    assert_int_equal(connect_to(NAME), 0);
    hang_up();
    lab_again(&lab);
    pin_to(&certs.other);
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    hang_up();
    lab_close(&lab);
}

static void a_time_that_comes_in_mid_handshake_is_for_the_next_one(void **state)
{
    int result = OTARIA_MORE;

    (void)state;
    trust_ca(&certs.authority);
    lab_open(&lab, LAB_OPENSSL, &certs.past, NULL);
    device(&ca.trust, OTARIA_TLS_IN_SMALL);
    lab.step_ms = 20;
    assert_int_equal(tls.port.open(tls.port.ctx, NAME, 0, true), 0);
    while (result == OTARIA_MORE && lab.taken < 300)
        result = tls.port.ready(tls.port.ctx);
    otaria_tls_ca_time(&ca, NOW);
    assert_int_equal(shake(), 0);
    hang_up();
    lab_again(&lab);
    assert_int_equal(connect_to(NAME), OTARIA_E_TLS);
    hang_up();
    lab_close(&lab);
}

/* ---- any ---- */

static void any_takes_whoever_answers(void **state)
{
    (void)state;
    otaria_tls_any_init(&leaf);
    good(&certs.ec, &leaf.trust, NAME);
    good(&certs.rsa, &leaf.trust, "127.0.0.1");
    good(&certs.past, &leaf.trust, "[::1]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_what_openssl_hashes_and_one_of_them_must_fit),
        cmocka_unit_test(a_pinned_key_needs_neither_name_nor_date_nor_issuer),
        cmocka_unit_test(without_pins_nobody_is_trusted),
        cmocka_unit_test(pinning_the_issuer_does_not_help_whom_it_issued_for),
        cmocka_unit_test(the_pinned_certificate_without_its_key_is_refused),
        cmocka_unit_test(a_chain_to_the_anchor_with_the_name_is_trusted),
        cmocka_unit_test(other_issuers_names_and_addresses_are_not),
        cmocka_unit_test(dates_count_once_there_is_a_time),
        cmocka_unit_test(a_session_from_before_the_time_was_known_is_not_resumed),
        cmocka_unit_test(trust_may_change_at_any_byte_of_a_handshake),
        cmocka_unit_test(a_time_that_comes_in_mid_handshake_is_for_the_next_one),
        cmocka_unit_test(any_takes_whoever_answers),
    };

    return cmocka_run_group_tests(tests, make_certs, free_certs);
}
