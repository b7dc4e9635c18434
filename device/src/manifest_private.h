// SPDX-License-Identifier: MIT
/* What the files of the manifest decoder share among themselves. */
#ifndef OTARIA_MANIFEST_PRIVATE_H
#define OTARIA_MANIFEST_PRIVATE_H

#include <otaria/cbor.h>
#include <otaria/manifest.h>

/* One signature block. */
struct otaria_block {
    int64_t alg;
    struct otaria_span signature; /* 64 bytes when the alg is usable */
};

/* Reads bstr(COSE_Sign1); b means something only while r has not failed. */
void otaria_block_read(struct otaria_cbor_reader *r, struct otaria_block *b);

/* ECDSA on P-256 with SHA-256, under either of its names. */
bool otaria_block_usable(const struct otaria_block *b);

/* Goes into a byte string: the next reads are inside it. Returns where it ends, for leave. */
const uint8_t *otaria_cbor_enter(struct otaria_cbor_reader *r);

/* Everything inside must have been read. */
void otaria_cbor_leave(struct otaria_cbor_reader *r, const uint8_t *end);

#endif
