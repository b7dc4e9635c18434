// SPDX-License-Identifier: MIT
/*
 * Small releases made in memory: a 0xE9 image that the boot stage accepts, and the M that the
 * slots and the update engine see after it was verified. Unsigned: for tests below the agent.
 */
#ifndef OTARIA_SIM_SMALL_RELEASE_H
#define OTARIA_SIM_SMALL_RELEASE_H

#include <otaria/manifest.h>

struct small_release {
    struct otaria_manifest m; /* borrows from this struct: do not copy it */
    uint8_t *image;
    uint32_t len;
    uint8_t manifest[OTARIA_MANIFEST_MAX];
};

/*
 * An image of about want_len bytes (>= 128, a little more to fill its last line) with three
 * segments, the version's mark and noise from the seed. seq >= 2^32, so that it encodes in 9 bytes.
 */
void small_release_make(struct small_release *r, uint32_t want_len, const char *version,
                        uint64_t seq, uint32_t seed);
void small_release_free(struct small_release *r);

#endif
