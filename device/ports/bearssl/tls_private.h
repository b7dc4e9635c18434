// SPDX-License-Identifier: MIT
/* Between the files of this folder. */
#ifndef OTARIA_TLS_PRIVATE_H
#define OTARIA_TLS_PRIVATE_H

#include "tls.h"

/*
 * The one place that names cipher suites and their code: link another file with these two functions to choose other
 * code, for example m31 on a chip that multiplies 32 x 32 to 64 bits.
 */
void tls_profile(br_ssl_engine_context *eng);
void tls_profile_x509(br_x509_minimal_context *x509);

#endif
