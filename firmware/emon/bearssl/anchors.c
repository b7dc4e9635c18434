// SPDX-License-Identifier: MIT
/* The authorities of EMON_ANCHORS, a header that `otaria keys anchors` made. */
#include "secure.h"

/* BearSSL's struct points at bytes that it never writes, but does not say so. */
#pragma GCC diagnostic ignored "-Wcast-qual"
#include EMON_ANCHORS

const br_x509_trust_anchor *const emon_anchors = otaria_anchors;
const size_t emon_anchors_cnt = OTARIA_ANCHORS_CNT;
