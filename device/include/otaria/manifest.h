// SPDX-License-Identifier: MIT
/*
 * M, the signed release manifest: a strict SUIT profile (spec/FORMAT.md). One decoder for chip,
 * command line and server; template-matched, not an interpreter. The encoder is in release/.
 */
#ifndef OTARIA_MANIFEST_H
#define OTARIA_MANIFEST_H

#include <otaria/base.h>

struct otaria_component {
    uint32_t size;          /* bytes in the slot, > 0 */
    uint8_t digest[32];     /* SHA-256 of exactly these bytes */
    struct otaria_span uri; /* borrowed from the envelope; len 0 = none */
};

struct otaria_manifest {
    uint64_t seq; /* <= 2^53-1 */
    uint8_t vendor[16];
    uint8_t class_id[16];
    unsigned components_cnt; /* 1 or 2: application, filesystem */
    struct otaria_component component[OTARIA_COMPONENTS_MAX];
    uint8_t digest[32];          /* the signed digest: SHA-256 over the bstr-wrapped manifest */
    struct otaria_span manifest; /* the bstr content, borrowed */
    struct otaria_span text;     /* severed text (bstr content), borrowed; len 0 = none */
    struct otaria_span blocks;   /* the encoded signature blocks, borrowed; for verify */
    unsigned blocks_cnt;
    bool has_text_digest;
    uint8_t text_digest[32];
};

/*
 * Match the envelope against the template and check the wrapper digest against the manifest and the text against its
 * digest. Says nothing about who signed it. On an error *m is wiped.
 * 0, OTARIA_E_ENVELOPE, _URI, _MANIFEST_DIGEST, _TEXT, _NO_BLOCK.
 */
OTARIA_MUST_CHECK int otaria_manifest_decode(struct otaria_manifest *m, const uint8_t *envelope, size_t len);

/* Decode the bare manifest bstr content, as a record sector holds it: no blocks, no text. digest is computed. */
OTARIA_MUST_CHECK int otaria_manifest_decode_bare(struct otaria_manifest *m, const uint8_t *manifest, size_t len);

/* What a device (or a tool standing in for one) trusts and is. */
struct otaria_trust {
    const uint8_t (*keys)[65]; /* P-256, 04||X||Y */
    unsigned keys_cnt;         /* 1..OTARIA_KEYS_MAX; 0 trusts nothing */
    unsigned threshold;        /* distinct keys that must have signed; 0 is read as 1 */
    /* Runs fn(arg) to its end before it returns, on a stack of at least 5 KB if the caller's is small. NULL: called in place. */
    void (*on_stack)(void *ctx, void (*fn)(void *arg), void *arg);
    void *on_stack_ctx;
};

/* 0 accepted, OTARIA_E_SIGNATURE, _THRESHOLD, _NO_BLOCK */
OTARIA_MUST_CHECK int otaria_manifest_verify(const struct otaria_manifest *m, const struct otaria_trust *trust);

struct otaria_identity {
    uint8_t vendor[16];
    uint8_t class_id[16];
    uint64_t floor_seq;         /* highest confirmed sequence, 0 = none yet */
    bool has_floor_digest;      /* then seq == floor is accepted for exactly this M (repair) */
    uint8_t floor_digest[32];
    uint32_t image_max[OTARIA_COMPONENTS_MAX]; /* largest size of each component */
};

/* Vendor, class, sequence, sizes, in this order: 0, OTARIA_E_VENDOR, _CLASS, _OLD_SEQUENCE, _SAME_SEQUENCE, _TOO_LARGE */
OTARIA_MUST_CHECK int otaria_manifest_applies(const struct otaria_manifest *m, const struct otaria_identity *id);

/* The three steps above in their order. */
OTARIA_MUST_CHECK int otaria_manifest_accept(struct otaria_manifest *m, const uint8_t *envelope, size_t len, const struct otaria_trust *trust, const struct otaria_identity *id);

/* The parts of the severed text; borrowed from it. 0 or OTARIA_E_TEXT. */
struct otaria_manifest_text {
    struct otaria_span class_text; /* "<product>/<hardware>/<layout>" */
    struct otaria_span vendor;     /* "<domain>" */
    struct otaria_span version;
};
OTARIA_MUST_CHECK int otaria_manifest_text(const struct otaria_manifest *m, struct otaria_manifest_text *out);

#endif
