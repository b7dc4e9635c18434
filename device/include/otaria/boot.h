// SPDX-License-Identifier: MIT
/*
 * The logic that boot stage and application share (device/boot): reading records, which slot to
 * boot, spending a try, the walk over an image. Small enough for the 4,096-byte boot stage. It
 * never erases, and the only write in it is one word: the try of a trial.
 *
 * Needs crypto.h's SHA-256 (no signature code). Stack: <= 700 bytes a call, SHA-256 included.
 * The bytes on flash and the decision table are in spec/STATES.md.
 */
#ifndef OTARIA_BOOT_H
#define OTARIA_BOOT_H

#include <otaria/flash.h>

#define OTARIA_NO_SLOT 0xFFu

/* A record as read from its sector; valid means magic, CRC and every field in its range. */
struct otaria_record {
    uint32_t counter;      /* the valid record with the larger one counts */
    uint8_t active;        /* slot 0 or 1 that boots when no trial lives and none was confirmed */
    uint8_t trial;         /* the other slot, or OTARIA_NO_SLOT */
    uint16_t manifest_len; /* bytes of M at OTARIA_RECORD_MANIFEST; 0 = none */
    uint32_t active_len;   /* bytes of the image that the digest covers; 0 = unknown */
    uint32_t trial_len;
    uint64_t floor_seq;          /* highest sequence confirmed before this record's trial */
    uint8_t active_digest[32];   /* SHA-256 of the image */
    uint8_t trial_digest[32];    /* the same; zero without a trial */
    uint8_t active_manifest[32]; /* digest of the active image's M; zero = unknown */
};

/* Words beside the record, programmed later and outside its CRC; bits go from 1 to 0 only. */
struct otaria_words {
    uint32_t tries;     /* one bit a trial boot */
    uint32_t healthy;   /* one bit a healthy trial boot */
    uint32_t stage;     /* enum otaria_stage: a cleared bit is a stage reached */
    uint32_t confirmed; /* see otaria_word_set */
    uint32_t revert;    /* see otaria_word_set */
};

/* Byte offsets of the words from OTARIA_RECORD_WORDS, in the order of struct otaria_words. */
enum otaria_word_off {
    OTARIA_WORD_TRIES = 0,
    OTARIA_WORD_HEALTHY = 4,
    OTARIA_WORD_STAGE = 8,
    OTARIA_WORD_CONFIRMED = 12,
    OTARIA_WORD_REVERT = 16,
    OTARIA_WORDS_SIZE = 20
};

enum otaria_stage {
    OTARIA_STAGE_STARTED = 1u << 0,
    OTARIA_STAGE_CONFIGURATION = 1u << 1,
    OTARIA_STAGE_NETWORK = 1u << 2,
    OTARIA_STAGE_SOURCE = 1u << 3,
    OTARIA_STAGE_ALL = 0xF
};

enum otaria_boot_kind {
    OTARIA_BOOT_NONE,      /* no bootable image: wait for serial recovery */
    OTARIA_BOOT_ACTIVE,    /* the active image, or the confirmed one */
    OTARIA_BOOT_TRIAL,     /* the trial image; a try was spent for it */
    OTARIA_BOOT_FALLBACK,  /* a trial ended, or could not begin, unconfirmed: the active image */
    OTARIA_BOOT_REVERTED,  /* the owner's revert */
    OTARIA_BOOT_NO_RECORD, /* no valid record: the first complete, sound slot */
    OTARIA_BOOT_RESCUE     /* the slot that should boot is not complete: the other one */
};

struct otaria_boot_choice {
    enum otaria_boot_kind kind;
    unsigned slot; /* 0 or 1; 0 with OTARIA_BOOT_NONE */
};

/*
 * Decide what boots. For a trial one more bit of its try word is programmed and read back first;
 * if that does not stick, or the slot's SHA-256 is not the record's, the trial does not boot.
 * Whatever the record sectors hold, *out names a complete image as long as there is one that may
 * run. Writes nothing but that word. A confirmed boot reads some 300 bytes; a trial boot reads its
 * image once. buf: scratch, OTARIA_ALIGNED.
 */
void otaria_boot_choose(const struct otaria_flash *f, const struct otaria_layout *l,
                        uint8_t buf[OTARIA_PAGE], struct otaria_boot_choice *out);

/*
 * The newer valid record and its words. 0 with *index 0 or 1, the sector it lies in;
 * OTARIA_E_STATE when neither sector holds a valid one. A sector that cannot be read is not valid.
 */
OTARIA_MUST_CHECK int otaria_record_read(const struct otaria_flash *f,
                                         const struct otaria_layout *l, struct otaria_record *rec,
                                         struct otaria_words *words, unsigned *index);

/* One sector's record: 0, OTARIA_E_STATE (not valid), OTARIA_E_FLASH_IO. *rec is undefined then. */
OTARIA_MUST_CHECK int otaria_record_read_at(const struct otaria_flash *f,
                                            const struct otaria_layout *l, unsigned index,
                                            struct otaria_record *rec);

/* The bytes of a record, CRC included. */
void otaria_record_encode(const struct otaria_record *rec, uint8_t out[OTARIA_RECORD_SIZE]);

/*
 * Whether a yes/no word was programmed: at least half of its bits are 0. A torn write leaves any
 * number of bits; counting makes every later boot read it the same way, one flipped bit decides
 * nothing, and the application completes the word once it counts as programmed.
 */
bool otaria_word_set(uint32_t word);

/* Boots that this trial still has: 3, and 3 for each healthy bit, 32 at most, less the spent. */
unsigned otaria_words_tries_left(const struct otaria_words *w);

/* Whether a slot's first word is a 0xE9 header with a possible number of segments. */
bool otaria_image_header(const uint8_t head[4]);

/*
 * The walk over a 0xE9 image, fed from its first byte in pieces of a multiple of 4 bytes: header,
 * segments within the memory that the boot stage may load or the cache maps, checksum.
 */
struct otaria_image_walk {
    uint32_t max;     /* bytes that the image may have */
    uint32_t off;     /* bytes fed */
    uint32_t left;    /* bytes of the current segment still to come */
    uint32_t addr;    /* load address of the current segment, 0 before its header */
    uint32_t stored;  /* xor of the words at 0x10 and 0x14, where Arduino images hold a CRC */
    uint32_t sum;     /* xor of all segment words */
    uint32_t len;     /* set when the walk is through: bytes up to and including the checksum */
    uint8_t segments; /* headers still to come */
    bool bad;
};
void otaria_image_begin(struct otaria_image_walk *w, uint32_t max);

/* OTARIA_MORE; 0 once the checksum was met and is right (then further bytes are ignored);
 * OTARIA_E_NOT_AN_IMAGE, sticky. */
OTARIA_MUST_CHECK int otaria_image_feed(struct otaria_image_walk *w, const uint8_t *data,
                                        size_t len);

/*
 * The same verdict as the walk's, over flash at addr, at most max (>= 8) bytes. 0 with *len = bytes up to and including the
 * checksum, OTARIA_E_NOT_AN_IMAGE, OTARIA_E_FLASH_IO. buf: scratch, OTARIA_ALIGNED.
 */
OTARIA_MUST_CHECK int otaria_image_check(const struct otaria_flash *f, uint32_t addr, uint32_t max,
                                         uint8_t buf[OTARIA_PAGE], uint32_t *len);

/* A segment: len bytes (a multiple of 4, or 0) of flash at from, for the address to. 0, or anything else to stop. */
typedef int otaria_image_load(void *ctx, uint32_t to, uint32_t from, uint32_t len);

/*
 * The segment table of the image at addr, at most max (>= 8) bytes, without looking at what the segments hold: header,
 * and each segment within the slot and within memory that it may have. load, unless NULL, is called for each segment
 * in order, those included that stay in flash because they are mapped. 0 with *entry, the address to start at; OTARIA_E_NOT_AN_IMAGE; OTARIA_E_FLASH_IO, also
 * when load stopped; some segments may have been loaded then.
 */
OTARIA_MUST_CHECK int otaria_image_segments(const struct otaria_flash *f, uint32_t addr,
                                            uint32_t max, otaria_image_load *load, void *ctx,
                                            uint32_t *entry);

/* SHA-256 of len bytes of flash at addr: 0 or OTARIA_E_FLASH_IO. buf: scratch, OTARIA_ALIGNED. */
OTARIA_MUST_CHECK int otaria_image_digest(const struct otaria_flash *f, uint32_t addr, uint32_t len,
                                          uint8_t buf[OTARIA_PAGE], uint8_t digest[32]);

/* IEEE 802.3, reflected; crc is 0 to start, or an earlier result to go on. */
uint32_t otaria_crc32(uint32_t crc, const void *data, size_t len);

#endif
