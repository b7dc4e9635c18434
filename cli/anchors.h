// SPDX-License-Identifier: MIT
/* Certificates as BearSSL wants them: authorities to trust, and the pin of a server's key. */
#ifndef OTARIA_CLI_ANCHORS_H
#define OTARIA_CLI_ANCHORS_H

#include <bearssl/bearssl_x509.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct anchors {
    br_x509_trust_anchor *anchor;
    size_t cnt;
};

/* All certificates of a PEM file. -1: no certificate in it, or one whose key a device cannot use (P-256, RSA up to 4096
 * bits). anchors_free releases; it may be called on zeroes. */
int anchors_load(const char *path, struct anchors *out, struct err *err)
    __attribute__((warn_unused_result));
void anchors_free(struct anchors *a);

/* SHA-256 of the SubjectPublicKeyInfo of the first certificate in a PEM file; "-" is standard input. */
int anchors_pin(const char *path, uint8_t pin[32], struct err *err)
    __attribute__((warn_unused_result));

#endif
