// SPDX-License-Identifier: MIT
/*
 * Releases: the host's side of the signed manifest M (spec/FORMAT.md). Names and ids, the encoder, the
 * check that publish and import make, and the folder that holds a release's files.
 *
 * The decoder is the device's (<otaria/manifest.h>); nothing here decides on its own what a device
 * would accept, and the encoder shows its output to that decoder before anyone else sees it.
 *
 * Errors: err.code is an OTARIA_E_* where the release is at fault, ERR_FAILED or ERR_USAGE otherwise.
 * Threads: no shared state.
 */
#ifndef RELEASE_RELEASE_H
#define RELEASE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <otaria/manifest.h>

#include "base/err.h"
#include "release/keys.h"

/* ---- Names and ids ---- */

/* What a release is for and called. class_text is "<product>/<hardware>/<layout>". */
struct release_text {
    char vendor[128];
    char product[64];
    char hardware[64];
    char layout[16];
    char version[OTARIA_VERSION_MAX + 1];
    char class_text[160];
};

/*
 * Fills *t from names that a person typed, by the rules for new releases, which are tighter than
 * what FORMAT.md lets a reader accept: no name begins with '-' or '.', and a version has only
 * A-Z a-z 0-9 . _ + - ~, because names become file names and parts of addresses. ERR_USAGE with a sentence.
 */
int release_text_set(struct release_text *t, const char *vendor, const char *product,
                     const char *hardware, const char *layout, const char *version, struct err *err)
    __attribute__((warn_unused_result));

/* NAME of the files of a release: "<product>-<hardware>-<layout>". Belongs to the caller. */
char *release_name(const struct release_text *t);

/*
 * vendor = UUIDv5(DNS, domain), class = UUIDv5(vendor, class_text). OTARIA_E_VENDOR or OTARIA_E_CLASS when
 * the text has not the form of FORMAT.md §4.
 */
int release_ids(const char *vendor_domain, const char *class_text, uint8_t vendor[16],
                uint8_t class_id[16], struct err *err) __attribute__((warn_unused_result));

/*
 * The largest image of a flash layout. Unknown and refused layouts (with their reason): OTARIA_E_LAYOUT.
 * filesystem_max may be NULL; it is 0 for a layout without a filesystem area for each slot.
 */
int release_layout(const char *name, uint32_t *image_max, uint32_t *filesystem_max, struct err *err)
    __attribute__((warn_unused_result));

/* ---- Check ---- */

/* Public keys from n PEM files; the same key twice is an error. */
int release_trust_load(const char *const *paths, size_t n, uint8_t (*keys)[65], struct err *err)
    __attribute__((warn_unused_result));

/*
 * What publish and import demand: M decodes and is signed by the trusted keys; it has a text, in good form;
 * both ids recomputed from the text are those of the manifest; each size fits the layout that the text
 * names. m and the spans in it borrow from suit; t may be NULL. On failure *m and *t hold nothing of use and
 * err.code is the OTARIA_E_* that says why.
 */
int release_check(const uint8_t *suit, size_t len, const struct otaria_trust *trust,
                  struct otaria_manifest *m, struct release_text *t, struct err *err)
    __attribute__((warn_unused_result));

/* The text part of release_check alone: for tools that show what nobody has vouched for. */
int release_text_check(const struct otaria_manifest *m, struct release_text *t, struct err *err)
    __attribute__((warn_unused_result));

/* ---- Encode ---- */

struct release_component {
    uint32_t size;      /* 1 .. what the layout holds */
    uint8_t digest[32]; /* SHA-256 of exactly these bytes */
    const char *uri;    /* 1..200 bytes of 0x21..0x7e */
};

/* What M will say. Two components are application and filesystem. */
struct release_plan {
    struct release_text text;
    uint64_t seq; /* <= 2^53-1 */
    unsigned components_cnt;
    struct release_component component[OTARIA_COMPONENTS_MAX];
};

/*
 * Writes the signed envelope of a plan to out[OTARIA_ENVELOPE_MAX]: deterministic, one block a key (1..3
 * different keys) without key id, always with text. The result has passed release_check with all the
 * keys before 0 is returned; when anything fails out holds nothing of use.
 */
int release_encode(const struct release_plan *plan, const struct key_pair *keys, size_t keys_cnt,
                   uint8_t *out, size_t *len, struct err *err) __attribute__((warn_unused_result));

/* SHA-256 in one call. */
void release_sha256(const void *data, size_t len, uint8_t digest[32]);

/* ---- Folder ---- */

/*
 * One release as it lies in a folder:
 *
 *     NAME-<version>.bin          the bytes of the slot: what devices fetch
 *     NAME-<version>.classic.bin  the file that was given: for classic clients and serial flashing
 *     NAME-<version>.suit         M
 *     NAME.suit                   the same M, of the newest release: what direct mode reads
 *     SHA256SUMS                  one line for each of them, for every release in the folder
 */
struct release_files {
    const struct release_text *text;
    const uint8_t *suit;
    size_t suit_len;
    const uint8_t *slot;
    size_t slot_len;
    const uint8_t *classic;
    size_t classic_len;
};

/*
 * Writes the files, creating the folder when there is none. A version is released once: when a versioned
 * file exists with other content, or NAME.suit belongs to a newer release or to another class,
 * nothing is written and -1 returned. Writing the very same release again succeeds. Each file is complete
 * or absent, NAME.suit is replaced after everything that it needs; two writers of one folder wait for each
 * other.
 */
int release_folder_write(const char *folder, const struct release_files *files, struct err *err)
    __attribute__((warn_unused_result));

#endif
