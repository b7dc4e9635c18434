// SPDX-License-Identifier: MIT
#include "cli/device_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"

#define ALERT 256 /* BearSSL's errors from here on are the server's fatal alerts */

void device_tls_pin(const struct argp_state *state, struct device_tls_options *o, const char *hex)
{
    if (o->pins_cnt == DEVICE_PINS_MAX)
        argp_error(state, "--tls-pin: %d at most", DEVICE_PINS_MAX);
    if (!hex_decode(o->pins[o->pins_cnt], 32, hex))
        argp_error(state,
                   "--tls-pin %s: 64 hexadecimal digits, please: what `otaria keys pin CERT.pem` "
                   "prints",
                   hex);
    o->pins_cnt++;
}

void device_tls_check(const struct argp_state *state, const struct device_tls_options *o,
                      const char *server)
{
    int kinds = (o->pins_cnt > 0) + (o->ca != NULL) + (o->any != 0);
    bool secure = strncmp(server, "https:", 6) == 0;

    if (kinds > 1)
        argp_error(state, "--tls-pin, --tls-ca and --tls-any exclude each other");
    if (!secure && (kinds > 0 || o->full))
        argp_error(state, "--tls options are for a server at https://, not %s", server);
    if (secure && kinds == 0)
        argp_error(state,
                   "--server %s: whom to trust? Give --tls-pin HEX, --tls-ca FILE.pem or "
                   "--tls-any. The pin of a server's certificate is printed by\n"
                   "  otaria keys pin CERT.pem\n"
                   "or, if the way to the server is safe now, by\n"
                   "  openssl s_client -connect HOST:PORT </dev/null | otaria keys pin -",
                   server);
}

int device_tls_open(struct device_tls *d, const struct device_tls_options *o, struct err *err)
{
    d->o = o;
    return o->ca ? anchors_load(o->ca, &d->anchors, err) : 0;
}

void device_tls_free(struct device_tls *d)
{
    anchors_free(&d->anchors);
}

void device_tls_boot(struct device_tls *d, const struct otaria_net *net,
                     const struct otaria_sys *sys)
{
    struct otaria_tls_config cfg = {
        .net = net,
        .sys = sys,
        .trust = &d->leaf.trust,
        .in = d->in,
        .in_len = d->o->full ? OTARIA_TLS_IN_FULL : OTARIA_TLS_IN_SMALL,
    };

    if (d->o->ca) {
        otaria_tls_ca_init(&d->ca, d->anchors.anchor, d->anchors.cnt);
        cfg.trust = &d->ca.trust;
    } else if (d->o->any) {
        otaria_tls_any_init(&d->leaf);
    } else {
        otaria_tls_pin_init(&d->leaf, d->o->pins, d->o->pins_cnt);
    }
    if (otaria_tls_init(&d->tls, &cfg) < 0)
        abort(); /* the buffer has one of the sizes that it may have */
    device_tls_tick(d);
}

void device_tls_tick(struct device_tls *d)
{
    if (d->o->ca)
        otaria_tls_ca_time(&d->ca, (uint64_t)time(NULL));
}

const char *device_tls_why(const struct device_tls *d, char *buf, size_t len)
{
    int error = otaria_tls_error(&d->tls);

    switch (error) {
    case 0:
        return "";
    case BR_ERR_X509_NOT_TRUSTED:
        return d->o->ca ? "the certificate leads to none of --tls-ca" : "its key is no --tls-pin";
    case BR_ERR_X509_EXPIRED:
        return "the certificate is not valid today";
    case BR_ERR_X509_BAD_SERVER_NAME:
        return "the certificate is for another name";
    case BR_ERR_TOO_LARGE:
        return "the server ignores the fragment length of 512 that was asked for; see --tls-full";
    default:
        if (error >= ALERT)
            snprintf(buf, len, "the server's alert is %d", error - ALERT);
        else
            snprintf(buf, len, "BearSSL's error is %d", error);
        return buf;
    }
}
