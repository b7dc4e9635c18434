// SPDX-License-Identifier: MIT
/*
 * M, the signed release manifest: a strict profile of a SUIT manifest, spec/FORMAT.md byte for byte.
 * One decoder and verifier for chip, command line and server. The encoder is host-only, in release/.
 *
 * It matches M against one template; it does not interpret SUIT commands. Its input is whatever an
 * attacker sent: nothing is read outside it, time is linear in its length (at most 4,096 bytes; longer
 * is refused unread), and no verdict is "accepted" before every check has run.
 *
 * From envelope to decision:
 *
 *     struct otaria_manifest m;
 *     int result = otaria_manifest_accept(&m, envelope, envelope_len, &trust, &identity);
 *
 *     if (result != 0)
 *         return result;
 *     fetch(m.component[0].uri, m.component[0].size, m.component[0].digest);
 *
 * accept is decode, verify and applies in this order; tools that want to look into an M that is not for
 * them, or not signed by anyone they know, call the three by themselves.
 *
 * Memory: nothing is allocated and nothing needs to be released. A decoded M is 304 bytes on a 32-bit
 * machine and borrows from the envelope: URIs, text and blocks point into it, so the envelope must stay
 * unchanged for as long as they are used, and from decode to verify in any case.
 * Stack: <= 620 bytes, SHA-256 included; in verify what the curve needs (crypto.h): see on_stack.
 * Threads: no state but the arguments'.
 */
#ifndef OTARIA_MANIFEST_H
#define OTARIA_MANIFEST_H

#include <otaria/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What goes into one place: component 0 is the application, 1 the filesystem. */
struct otaria_component {
    uint32_t size;      /* bytes, from the first byte of the slot; 1 .. 2^32-1 */
    uint8_t digest[32]; /* SHA-256 of exactly these bytes */
    struct otaria_span
        uri; /* 1..200 visible ASCII characters, borrowed; len 0 = M names no address */
};

/* A decoded M. The fields are public to read, and true only as far as somebody trusted signed them. */
struct otaria_manifest {
    uint64_t seq; /* orders releases; <= 2^53-1 */
    uint8_t vendor[16];
    uint8_t class_id[16];
    unsigned components_cnt; /* 1 or 2 */
    struct otaria_component component[OTARIA_COMPONENTS_MAX];
    uint8_t digest[32];          /* what is signed: SHA-256 of the manifest with its bstr head */
    struct otaria_span manifest; /* the bstr's content, borrowed; what a record sector keeps */
    struct otaria_span text;     /* severed text (the bstr's content), borrowed; len 0 = none */
    struct otaria_span blocks;   /* signature blocks, encoded, borrowed */
    unsigned blocks_cnt;         /* 0..3 */
    bool has_text_digest;
    uint8_t text_digest[32]; /* of the text with its bstr head */
};

/*
 * Match an envelope against the template, and compare the signed digest with the manifest's and the
 * text's with its own. Says nothing about who signed it: no field may be acted on before verify.
 *
 *  0                         *m is filled
 *  OTARIA_E_ENVELOPE         not in the accepted form, or longer than 2,048 bytes (4,096 with an HSS-LMS block)
 *  OTARIA_E_URI              a URI is longer than 200 bytes
 *  OTARIA_E_MANIFEST_DIGEST  the signed digest is not this manifest's
 *  OTARIA_E_TEXT             the text is not the one that the manifest names
 *
 * On an error *m is all zero, which no later step accepts. An envelope without any block decodes; verify
 * refuses it. envelope may be NULL when len is 0.
 */
OTARIA_MUST_CHECK int otaria_manifest_decode(struct otaria_manifest *m, const uint8_t *envelope,
                                             size_t len);

/*
 * Decode the content of the manifest bstr alone, as a record sector holds it: no blocks, no text; the
 * digest is computed. Whoever kept it there had verified it. 0, or OTARIA_E_ENVELOPE or OTARIA_E_URI
 * with *m all zero.
 */
OTARIA_MUST_CHECK int otaria_manifest_decode_bare(struct otaria_manifest *m,
                                                  const uint8_t *manifest, size_t len);

/* Whom a device, or a tool standing in for one, trusts. Constant: one may serve any number of calls. */
struct otaria_trust {
    const uint8_t (*keys)[65]; /* P-256 public keys, 04 || X || Y; may be NULL when keys_cnt is 0 */
    unsigned keys_cnt;         /* up to OTARIA_KEYS_MAX on a device; 0 trusts nobody */
    unsigned threshold;        /* how many of them must have signed; 0 is read as 1 */
    /*
     * Runs fn(arg) to its end before it returns, on a stack of at least 5 KB if the caller's is smaller.
     * NULL: fn is called in place. A hook that cannot run fn just returns: M is then refused.
     */
    void (*on_stack)(void *ctx, void (*fn)(void *arg), void *arg);
    void *on_stack_ctx;
};

/*
 * Did enough trusted keys sign this M? m: from a decode that returned 0. Costs up to one ECDSA
 * verification a key and block, 24 at worst (8 keys, 3 blocks), one in the usual case. A block with an
 * unknown algorithm, or by a key that is not trusted, neither helps nor harms. Key ids are ignored.
 *
 *  0                   accepted: `threshold` different trusted keys signed it
 *  OTARIA_E_NO_BLOCK   no block has an algorithm known here (ESP256 -9, ES256 -7)
 *  OTARIA_E_SIGNATURE  no trusted key signed it
 *  OTARIA_E_THRESHOLD  some did, but too few different ones
 */
OTARIA_MUST_CHECK int otaria_manifest_verify(const struct otaria_manifest *m,
                                             const struct otaria_trust *trust);

/* What a device is, has confirmed, and has room for. */
struct otaria_identity {
    uint8_t vendor[16];
    uint8_t class_id[16];
    uint64_t floor_seq;       /* highest confirmed sequence; it never falls; 0 = none yet */
    bool has_floor_digest;    /* floor_digest is known; then seq == floor_seq is accepted for */
    uint8_t floor_digest[32]; /* exactly the M with this digest: a repair */
    uint32_t
        image_max[OTARIA_COMPONENTS_MAX]; /* room for each component, bytes; 0 = no such place */
};

/*
 * Is this M for this device, now? m: verified before. Checks in this order, the first refusal wins:
 *
 *  OTARIA_E_VENDOR, OTARIA_E_CLASS  for another vendor; for another product, hardware or layout
 *  OTARIA_E_OLD_SEQUENCE            seq < floor_seq
 *  OTARIA_E_SAME_SEQUENCE           seq == floor_seq, and not the confirmed M
 *  OTARIA_E_TOO_LARGE               a component is larger than its place
 *  OTARIA_E_COMPONENTS              a component has no place here
 *  0                                none of these
 *
 * With floor_seq 0 and no floor digest every sequence is new.
 */
OTARIA_MUST_CHECK int otaria_manifest_applies(const struct otaria_manifest *m,
                                              const struct otaria_identity *id);

/* decode, verify, applies: their results in this order. On an error *m is all zero. */
OTARIA_MUST_CHECK int otaria_manifest_accept(struct otaria_manifest *m, const uint8_t *envelope,
                                             size_t len, const struct otaria_trust *trust,
                                             const struct otaria_identity *id);

/* The parts of the text, borrowed from it; not NUL-terminated. */
struct otaria_manifest_text {
    struct otaria_span class_text; /* "<product>/<hardware>/<layout>" of A-Z a-z 0-9 . _ - */
    struct otaria_span vendor;     /* the vendor's domain, of a-z 0-9 . - */
    struct otaria_span version;    /* 1..32 characters ! .. ~ without the slash */
};

/*
 * Take the text of a decoded M apart. 0, or OTARIA_E_TEXT when there is none or it lacks the form of
 * spec/FORMAT.md section 4; *out then has no meaning. A device that accepts M need not read its text.
 */
OTARIA_MUST_CHECK int otaria_manifest_text(const struct otaria_manifest *m,
                                           struct otaria_manifest_text *out);

#ifdef __cplusplus
}
#endif

#endif
