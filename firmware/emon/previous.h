// SPDX-License-Identifier: MIT
/*
 * The version of the image in the other slot, read from the image itself (OTARIA_APP) in small pieces, so that nobody
 * waits for it: the image is walked from its header to its checksum, which also tells where it ends and older bytes begin.
 */
#ifndef EMON_PREVIOUS_H
#define EMON_PREVIOUS_H

#include <otaria/app.h>
#include <otaria/boot.h>

/* A mark, a version and its end may lie across two pieces: so much of the last one is kept. */
#define EMON_OVERLAP 64u

struct emon_previous {
    /* private */
    const struct otaria_flash *flash;
    uint32_t addr, max;
    uint32_t at; /* bytes read */
    struct otaria_image_walk walk;
    uint16_t kept; /* bytes in front of the next piece */
    bool done, odd;
    char version[OTARIA_VERSION_MAX + 1];
    uint8_t buf[EMON_OVERLAP + OTARIA_PAGE] OTARIA_ALIGNED;
};

/* The image at addr, of at most max bytes, a multiple of 256. */
void emon_previous_begin(struct emon_previous *p, const struct otaria_flash *f, uint32_t addr,
                         uint32_t max);

/* Reads 256 bytes. OTARIA_MORE; 0 when there is nothing more to read. */
OTARIA_MUST_CHECK int emon_previous_step(struct emon_previous *p);

/* The version; "" while it is not known, when there is none, and when the image names two. */
const char *emon_previous_version(const struct emon_previous *p);

#endif
