// SPDX-License-Identifier: MIT
/* TLS of `otaria device run`: the chip's own code, and whom the command line says to trust. */
#ifndef OTARIA_CLI_DEVICE_TLS_H
#define OTARIA_CLI_DEVICE_TLS_H

#include "cli/anchors.h"
#include "cli/cli.h"
#include "device/ports/bearssl/tls.h"

#define DEVICE_PINS_MAX 8

struct device_tls_options {
    uint8_t pins[DEVICE_PINS_MAX][32];
    size_t pins_cnt;
    const char *ca;
    int any, full;
};

struct device_tls {
    const struct device_tls_options *o;
    struct otaria_tls tls; /* give &tls.port to the agent */
    struct otaria_tls_leaf leaf;
    struct otaria_tls_ca ca;
    struct anchors anchors;
    uint8_t in[OTARIA_TLS_IN_FULL];
};

/* --tls-pin HEX; wrong use ends the program. */
void device_tls_pin(const struct argp_state *state, struct device_tls_options *o, const char *hex);

/* Do the options suit the server's URL? Wrong use ends the program, with how to get a pin. */
void device_tls_check(const struct argp_state *state, const struct device_tls_options *o,
                      const char *server);

/* Reads the authorities of --tls-ca. device_tls_free releases them; it may be called on zeroes. */
int device_tls_open(struct device_tls *d, const struct device_tls_options *o, struct err *err)
    __attribute__((warn_unused_result));
void device_tls_free(struct device_tls *d);

/* As after a reset: nothing is connected, no session is known. d is from device_tls_open. */
void device_tls_boot(struct device_tls *d, const struct otaria_net *net,
                     const struct otaria_sys *sys);

/* For the loop: certificates' dates are checked by this machine's clock. */
void device_tls_tick(struct device_tls *d);

/* Why the last connection failed, as a part of a sentence; "" when TLS has nothing to say. Static, or in buf. */
const char *device_tls_why(const struct device_tls *d, char *buf, size_t len);

#endif
