// SPDX-License-Identifier: MIT
/*
 * For lx106 and its like: 16-bit multiplications, no tables, everything in constant time. ctmul32 and m15/i15 are
 * BearSSL's code for chips whose multiplication gives 32 bits only. No SHA-384: it would be asked for by chains with P-384
 * keys, which this curve code could not check anyway.
 */
#include "tls_private.h"

void tls_profile(br_ssl_engine_context *eng)
{
    static const uint16_t suites[] = {
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    };

    br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(eng, suites, sizeof suites / sizeof suites[0]);
    br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_prf_sha256(eng, br_tls12_sha256_prf);
    br_ssl_engine_set_ec(eng, &br_ec_p256_m15);
    br_ssl_engine_set_ecdsa(eng, br_ecdsa_i15_vrfy_asn1);
    br_ssl_engine_set_rsavrfy(eng, br_rsa_i15_pkcs1_vrfy);
    br_ssl_engine_set_chapol(eng, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
    br_ssl_engine_set_chacha20(eng, br_chacha20_ct_run);
    br_ssl_engine_set_poly1305(eng, br_poly1305_ctmul32_run);
    br_ssl_engine_set_gcm(eng, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
    br_ssl_engine_set_aes_ctr(eng, &br_aes_ct_ctr_vtable);
    br_ssl_engine_set_ghash(eng, br_ghash_ctmul32);
}

void tls_profile_x509(br_x509_minimal_context *x509)
{
    br_x509_minimal_set_minrsa(x509, 2048 / 8);
    br_x509_minimal_set_hash(x509, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_ecdsa(x509, &br_ec_p256_m15, br_ecdsa_i15_vrfy_asn1);
    br_x509_minimal_set_rsa(x509, br_rsa_i15_pkcs1_vrfy);
}
