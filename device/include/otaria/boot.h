// SPDX-License-Identifier: MIT
/*
 * The logic that boot stage and application share (device/boot): records, which slot to boot,
 * spending a try. Small enough for the 4,096-byte boot stage; nothing here erases.
 */
#ifndef OTARIA_BOOT_H
#define OTARIA_BOOT_H

#include <otaria/flash.h>

#define OTARIA_NO_SLOT 0xFFu

/* The record of spec/STATES.md as read from a record sector. */
struct otaria_record {
    uint32_t counter;
    uint8_t active;        /* slot 0 or 1 that boots when there is no living trial */
    uint8_t trial;         /* slot on trial, or confirmed when words.confirmed is 0; OTARIA_NO_SLOT for none */
    uint32_t active_len;   /* bytes; 0 = unknown */
    uint32_t trial_len;
    uint64_t floor_seq;    /* highest sequence confirmed before this record's trial */
    uint8_t active_digest[32]; /* SHA-256 of the image */
    uint8_t trial_digest[32];
    uint8_t active_manifest[32]; /* digest of the active image's M; zero = unknown */
};

/* Programmed later, outside the CRC; every bit goes from 1 to 0 only. */
struct otaria_words {
    uint32_t tries;     /* one bit a trial boot */
    uint32_t healthy;   /* one bit a healthy trial boot */
    uint32_t stage;     /* enum otaria_stage bits cleared */
    uint32_t confirmed; /* 0 = confirmed */
    uint32_t revert;    /* 0 = the owner reverted */
};

enum otaria_stage {
    OTARIA_STAGE_STARTED = 1u << 0,
    OTARIA_STAGE_CONFIGURATION = 1u << 1,
    OTARIA_STAGE_NETWORK = 1u << 2,
    OTARIA_STAGE_SOURCE = 1u << 3,
    OTARIA_STAGE_ALL = 0xF
};

enum otaria_boot_kind {
    OTARIA_BOOT_NONE,     /* no bootable image: wait for serial recovery */
    OTARIA_BOOT_ACTIVE,   /* the active image (or the confirmed one) */
    OTARIA_BOOT_TRIAL,    /* the trial image; a try was spent for it */
    OTARIA_BOOT_FALLBACK, /* a trial is over without a confirmation, the active image boots */
    OTARIA_BOOT_REVERTED, /* the owner's revert */
    OTARIA_BOOT_NO_RECORD /* no valid record: the first complete, sound slot */
};

struct otaria_boot_choice {
    enum otaria_boot_kind kind;
    unsigned slot; /* valid unless OTARIA_BOOT_NONE */
};

/* Reads the newer valid record of the two: 0 with *index 0 or 1, or OTARIA_E_STATE when neither is valid, OTARIA_E_FLASH_IO. */
OTARIA_MUST_CHECK int otaria_record_read(const struct otaria_flash *f, const struct otaria_layout *l, struct otaria_record *rec, struct otaria_words *words, unsigned *index);

/*
 * Decide what boots and spend a try when it is a trial (one word programmed and read back before anything else).
 * Always ends with something bootable as long as one slot holds a complete image. buf: 256 bytes of scratch.
 */
void otaria_boot_choose(const struct otaria_flash *f, const struct otaria_layout *l, uint8_t buf[256], struct otaria_boot_choice *out);

/* The walk over a 0xE9 image at addr: header, segments, checksum; 0 with *len = bytes up to and including the checksum line, OTARIA_E_NOT_AN_IMAGE, OTARIA_E_FLASH_IO. */
OTARIA_MUST_CHECK int otaria_image_check(const struct otaria_flash *f, uint32_t addr, uint32_t max, uint8_t buf[256], uint32_t *len);

/* How many boots this trial still has: 3, and 3 more for each healthy bit, less the spent ones, never more than the word's bits. */
unsigned otaria_words_tries_left(const struct otaria_words *w);

uint32_t otaria_crc32(uint32_t crc, const void *data, size_t len); /* IEEE 802.3, reflected; start with 0 */

#endif
