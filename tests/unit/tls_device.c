// SPDX-License-Identifier: MIT
#include "tls_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NO_STEPS 60 /* calls without a byte moving: nothing will come any more */

struct lab lab;
struct otaria_tls tls;
struct otaria_tls_leaf leaf;
uint8_t in[OTARIA_TLS_IN_FULL], data[DATA_LEN];

struct device_certs certs;

int make_certs(void **state)
{
    (void)state;
    certs.ec = lab_cert_make((struct lab_cert_spec){.name = NAME});
    certs.rsa = lab_cert_make((struct lab_cert_spec){.name = NAME, .rsa_bits = 2048});
    certs.other = lab_cert_make((struct lab_cert_spec){.name = NAME});
    certs.authority = lab_cert_make((struct lab_cert_spec){.name = "CA", .authority = true});
    certs.rsa_authority = lab_cert_make(
        (struct lab_cert_spec){.name = "RSA CA", .authority = true, .rsa_bits = 2048});
    certs.stranger = lab_cert_make((struct lab_cert_spec){.name = "CA", .authority = true});
    certs.middle = lab_cert_make(
        (struct lab_cert_spec){.name = "Middle", .authority = true, .issuer = &certs.authority});
    certs.by_ca = lab_cert_make((struct lab_cert_spec){.name = NAME, .issuer = &certs.authority});
    certs.by_rsa_ca = lab_cert_make(
        (struct lab_cert_spec){.name = NAME, .rsa_bits = 2048, .issuer = &certs.rsa_authority});
    certs.by_middle = lab_cert_make((struct lab_cert_spec){.name = NAME, .issuer = &certs.middle});
    certs.past = lab_cert_make((struct lab_cert_spec){
        .name = NAME, .from_h = -20000, .to_h = -24, .issuer = &certs.authority});
    certs.future = lab_cert_make((struct lab_cert_spec){
        .name = NAME, .from_h = 24, .to_h = 20000, .issuer = &certs.authority});
    certs.weak = lab_cert_make(
        (struct lab_cert_spec){.name = NAME, .rsa_bits = 1024, .issuer = &certs.authority});
    for (size_t i = 0; i < DATA_LEN; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    return 0;
}

int free_certs(void **state)
{
    struct lab_cert *all = (struct lab_cert *)&certs;

    (void)state;
    for (size_t i = 0; i < sizeof certs / sizeof *all; i++)
        lab_cert_free(&all[i]);
    return 0;
}

/* ---- a device and what it does ---- */

void device(struct otaria_tls_trust *trust, size_t in_len)
{
    const struct otaria_tls_config cfg = {
        .net = &lab.net, .sys = &lab.sys, .trust = trust, .in = in, .in_len = in_len};

    assert_int_equal(otaria_tls_init(&tls, &cfg), 0);
}

void pin_to(const struct lab_cert *cert)
{
    static uint8_t pins[2][32];

    memset(pins[0], 0x55, sizeof pins[0]);
    lab_cert_pin(cert, pins[1]);
    otaria_tls_pin_init(&leaf, (const uint8_t(*)[32])pins, 2);
}

/* Calls ready until it says something, or until nothing moves any more. */
int shake(void)
{
    int result = OTARIA_MORE;

    for (unsigned idle = 0; result == OTARIA_MORE && idle < NO_STEPS; idle++) {
        size_t moved = lab.taken + lab.given;

        result = tls.port.ready(tls.port.ctx);
        if (lab.taken + lab.given != moved)
            idle = 0;
    }
    return result;
}

int connect_to(const char *host)
{
    int result = tls.port.open(tls.port.ctx, host, 0, true);

    return result < 0 ? result : shake();
}

void hang_up(void)
{
    tls.port.close(tls.port.ctx);
}

static void send_all(const uint8_t *p, size_t len)
{
    for (unsigned idle = 0; len > 0 && idle < NO_STEPS; idle++) {
        size_t sent;

        assert_int_equal(tls.port.send(tls.port.ctx, p, len, &sent), 0);
        assert_true(sent <= len);
        p += sent;
        len -= sent;
        if (sent)
            idle = 0;
    }
    assert_int_equal(len, 0);
}

/* Reads until len bytes are there or an error; the bytes are data[0..len). */
int take(size_t len, size_t piece, size_t *total)
{
    uint8_t buf[2048];
    int result = 0;

    *total = 0;
    for (unsigned idle = 0; *total < len && result == 0 && idle < NO_STEPS; idle++) {
        size_t got, taken = lab.taken;

        result = tls.port.recv(tls.port.ctx, buf, piece, &got);
        assert_true(got <= piece && *total + got <= len);
        assert_memory_equal(buf, data + *total, got);
        *total += got;
        if (got || lab.taken != taken)
            idle = 0;
    }
    return result;
}

void exchange(size_t piece)
{
    static const uint8_t request[] = "GET /secret-request HTTP/1.1\r\n\r\n";
    uint8_t heard[sizeof request];
    size_t total;

    send_all(request, sizeof request);
    assert_int_equal(lab_read(&lab, heard, sizeof heard), sizeof request);
    assert_memory_equal(heard, request, sizeof request);
    assert_null(memmem(lab.up.bytes, lab.up.end, "secret", 6));
    lab_write(&lab, data, DATA_LEN);
    assert_int_equal(take(DATA_LEN, piece, &total), 0);
    assert_int_equal(total, DATA_LEN);
}

void good(const struct lab_cert *cert, struct otaria_tls_trust *trust, const char *host)
{
    lab_open(&lab, LAB_OPENSSL, cert, NULL);
    device(trust, OTARIA_TLS_IN_SMALL);
    if (connect_to(host) != 0)
        fail_msg("BearSSL error %d", otaria_tls_error(&tls));
    exchange(1024);
    hang_up();
    lab_close(&lab);
}

/* Refused with this BearSSL error, and nothing but the handshake was said. */
void bad(const struct lab_cert *cert, struct otaria_tls_trust *trust, const char *host, int error)
{
    uint8_t byte = 'x';
    size_t len;

    lab_open(&lab, LAB_OPENSSL, cert, NULL);
    device(trust, OTARIA_TLS_IN_SMALL);
    assert_int_equal(connect_to(host), OTARIA_E_TLS);
    assert_int_equal(otaria_tls_error(&tls), error);
    assert_int_equal(tls.port.ready(tls.port.ctx), OTARIA_E_TLS);
    assert_int_equal(tls.port.send(tls.port.ctx, &byte, 1, &len), OTARIA_E_CLOSED);
    assert_int_equal(tls.port.recv(tls.port.ctx, &byte, 1, &len), OTARIA_E_TLS);
    assert_false(lab.asked_tls);
    assert_false(SSL_is_init_finished(lab.ssl));
    hang_up();
    assert_int_equal(otaria_tls_error(&tls), error);
    lab_close(&lab);
}
