// SPDX-License-Identifier: MIT
#include "release/image.h"

#include <string.h>

#include <otaria/boot.h>

enum {
    MAGIC = 0xE9,
    HEADER_LEN = 8,
    CHECKSUM_SEED = 0xEF,
    LINE = 16,
    SEGMENTS_MAX = 16, /* the mask ROM takes no more */
    LENGTH_OFF = 0x1010,
    CRC_OFF = 0x1014,
    CLASSIC_SIGNATURE = 256 + 4, /* RSA-2048 and its length, behind a signed classic image */
};

/* Where the chip can load or map a segment. */
static const struct {
    uint32_t first, end;
} regions[] = {
    {0x3FFE8000, 0x3FFFC000}, /* data RAM below the mask ROM's */
    {0x40100000, 0x40110000}, /* instruction RAM, with the part that the boot stage runs from */
    {0x40200000, 0x40300000}, /* the flash window */
};

#define IROM_START 0x40201010u /* every map links the application's first segment here */

/* The walk over one image inside a file. Offsets in messages are those of the file. */
struct walk {
    const uint8_t *data;
    size_t len;   /* of the file */
    size_t start; /* of the image */
    size_t at;
    uint8_t checksum;
    uint8_t checksum_before; /* ... before length and CRC were stored: see walk_checksum */
    uint32_t first_address;
    bool entry_seen; /* the entry point lies in a segment */
    struct err *err;
};

static int truncated(const struct walk *w, const char *what, unsigned long long need)
{
    return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                   "truncated: the %s at offset 0x%zx goes on to 0x%llx, the file ends at 0x%zx; "
                   "fetch or build it again",
                   what, w->at, (unsigned long long)w->at + need, w->len);
}

static bool in_a_region(uint32_t address, uint32_t len)
{
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        if (address >= regions[i].first && address < regions[i].end &&
            len <= regions[i].end - address)
            return true;
    return false;
}

static void add_to_checksum(struct walk *w, uint32_t len)
{
    for (size_t at = w->at; at < w->at + len; at++) {
        w->checksum ^= w->data[at];
        if (at - w->start < LENGTH_OFF - IMAGE_BOOT_LEN ||
            at - w->start >= LENGTH_OFF - IMAGE_BOOT_LEN + 8)
            w->checksum_before ^= w->data[at];
    }
}

static int walk_segment(struct walk *w, uint32_t entry, bool first)
{
    uint32_t address, len;

    if (w->len - w->at < HEADER_LEN)
        return truncated(w, "segment header", HEADER_LEN);
    address = otaria_load_le32(w->data + w->at);
    len = otaria_load_le32(w->data + w->at + 4);
    if (!in_a_region(address, len))
        return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                       "the segment at offset 0x%zx has address 0x%08x and %u bytes, which no "
                       "ESP8266 can load; is this for another chip?",
                       w->at, (unsigned)address, (unsigned)len);
    w->at += HEADER_LEN;
    if (w->len - w->at < len)
        return truncated(w, "segment", len);
    if (len % 4 != 0)
        return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                       "the segment at offset 0x%zx has %u bytes, and the chip loads words of 4",
                       w->at - HEADER_LEN, (unsigned)len);
    add_to_checksum(w, len);
    if (first)
        w->first_address = address;
    if (entry >= address && entry - address < len)
        w->entry_seen = true;
    w->at += len;
    return 0;
}

/*
 * Padding up to the checksum, the last byte of a 16-byte line counted from the image's start. The
 * Arduino core's packer computes it before it stores length and CRC; the mask ROM's rule is the sum of
 * what is there. Images of both kinds exist, and the boot stage takes both.
 */
static int walk_checksum(struct walk *w)
{
    size_t last = w->start + ((w->at - w->start) | (LINE - 1));

    if (last >= w->len)
        return truncated(w, "padding", last + 1 - w->at);
    if (w->data[last] != w->checksum && w->data[last] != w->checksum_before)
        return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                       "the checksum at offset 0x%zx is 0x%02x and should be 0x%02x: the file is "
                       "damaged; fetch or build it again",
                       last, w->data[last], w->checksum_before);
    w->at = last + 1;
    return 0;
}

/* One image from w->at on; w->at is left behind its checksum. */
static int walk_image(struct walk *w, unsigned *segments_cnt, uint32_t *entry)
{
    size_t start = w->at;
    unsigned cnt;

    w->start = start;
    if (w->len - start < HEADER_LEN)
        return truncated(w, "image header", HEADER_LEN);
    if (w->data[start] != MAGIC)
        return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                       "no ESP8266 image: the byte at offset 0x%zx is 0x%02x and should be 0xe9; "
                       "--raw signs any file",
                       start, w->data[start]);
    cnt = w->data[start + 1];
    if (cnt < 1 || cnt > SEGMENTS_MAX)
        return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                       "the header at offset 0x%zx counts %u segments, an ESP8266 takes 1 to %d",
                       start, cnt, SEGMENTS_MAX);
    w->checksum = w->checksum_before = CHECKSUM_SEED;
    w->entry_seen = false;
    *segments_cnt = cnt;
    *entry = otaria_load_le32(w->data + start + 4);
    w->at += HEADER_LEN;
    for (unsigned i = 0; i < cnt; i++)
        if (walk_segment(w, *entry, i == 0) < 0)
            return -1;
    if (!w->entry_seen)
        return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                       "the entry point 0x%08x of the image at offset 0x%zx lies in none of its "
                       "segments",
                       (unsigned)*entry, start);
    return walk_checksum(w);
}

uint32_t image_crc(uint32_t crc, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= (uint32_t)data[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x80000000u ? crc << 1 ^ 0x04C11DB7u : crc << 1;
    }
    return crc;
}

static int check_crc(const uint8_t *data, size_t len, struct err *err)
{
    static const uint8_t zeros[8];
    uint32_t told_len = otaria_load_le32(data + LENGTH_OFF);
    uint32_t told_crc = otaria_load_le32(data + CRC_OFF), crc;

    if (told_len != len)
        return err_set(err, OTARIA_E_NOT_AN_IMAGE,
                       "the length at offset 0x%x says %u bytes, the file has %zu; an image of an "
                       "Arduino core without this field needs --raw",
                       LENGTH_OFF, (unsigned)told_len, len);
    crc = image_crc(~0u, data, LENGTH_OFF);
    crc = image_crc(crc, zeros, sizeof zeros);
    crc = image_crc(crc, data + LENGTH_OFF + sizeof zeros, len - LENGTH_OFF - sizeof zeros);
    if (crc != told_crc)
        return err_set(
            err, OTARIA_E_NOT_AN_IMAGE,
            "the CRC at offset 0x%x is 0x%08x and should be 0x%08x: the file is damaged; "
            "fetch or build it again",
            CRC_OFF, (unsigned)told_crc, (unsigned)crc);
    return 0;
}

static int trailing(const struct walk *w)
{
    size_t more = w->len - w->at;

    if (more == CLASSIC_SIGNATURE && otaria_load_le32(w->data + w->len - 4) == 256)
        return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                       "%zu bytes follow the image at offset 0x%zx, it seems a classic RSA "
                       "signature; give the file as it was before signing",
                       more, w->at);
    return err_set(w->err, OTARIA_E_NOT_AN_IMAGE,
                   "%zu bytes follow the end of the image at offset 0x%zx; give the image alone, "
                   "without filesystem or padding",
                   more, w->at);
}

/* Files that people give by mistake. */
static int check_not_another_kind(const uint8_t *data, size_t len, struct err *err)
{
    if (len == 0)
        return err_set(err, OTARIA_E_NOT_AN_IMAGE, "the file is empty");
    if (len >= 4 && memcmp(data,
                           "\x7f"
                           "ELF",
                           4) == 0)
        return err_set(err, OTARIA_E_NOT_AN_IMAGE,
                       "this is an ELF file; give the .bin that the build makes of it");
    if (len >= 2 && data[0] == 0x1F && data[1] == 0x8B)
        return err_set(err, OTARIA_E_NOT_AN_IMAGE,
                       "this is a gzip file; give the .bin inside it, compression is done in "
                       "delivery");
    return 0;
}

static uint32_t flash_size_of(uint8_t size_and_frequency)
{
    static const uint32_t sizes[16] = {
        [0] = 0x80000,  [1] = 0x40000,  [2] = 0x100000, [3] = 0x200000,
        [4] = 0x400000, [8] = 0x800000, [9] = 0x1000000};

    return sizes[size_and_frequency >> 4];
}

/* The last word is the boot stage's: what it would not start is not released. */
static int check_as_boot_stage(const uint8_t *slot, size_t len, struct err *err)
{
    struct otaria_image_walk w;

    otaria_image_begin(&w, (uint32_t)len);
    if (otaria_image_feed(&w, slot, len) != 0 || w.len != len)
        return err_set(err, OTARIA_E_NOT_AN_IMAGE,
                       "the device's boot stage would not start this image");
    return 0;
}

int image_examine(const uint8_t *data, size_t len, struct image *image, struct err *err)
{
    struct walk w = {.data = data, .len = len, .err = err};
    unsigned boot_segments;
    uint32_t boot_entry;

    memset(image, 0, sizeof *image);
    if (check_not_another_kind(data, len, err) < 0)
        return -1;
    if (len > IMAGE_BOOT_LEN && data[0] == MAGIC && data[IMAGE_BOOT_LEN] == MAGIC) {
        image->form = IMAGE_ARDUINO;
        w.len = IMAGE_BOOT_LEN;
        /* A lone application may have 0xE9 here too: then its first segment reaches across. */
        if (len >= 16 && otaria_load_le32(data + 8) == IROM_START)
            image->form = IMAGE_APPLICATION;
    }
    if (image->form == IMAGE_ARDUINO) {
        if (walk_image(&w, &boot_segments, &boot_entry) < 0)
            return err_prefix(err, "boot stage");
        w.at = IMAGE_BOOT_LEN;
    }
    w.len = len;
    image->slot_off = w.at;
    image->slot_len = len - w.at;
    if (walk_image(&w, &image->segments_cnt, &image->entry) < 0)
        return -1;
    if (w.first_address != IROM_START)
        return err_set(err, OTARIA_E_NOT_AN_IMAGE,
                       "the first segment of the image at offset 0x%zx is linked for 0x%08x, an "
                       "application for a slot for 0x%08x%s",
                       image->slot_off, (unsigned)w.first_address, IROM_START,
                       len <= IMAGE_BOOT_LEN ? "; is this a boot stage alone?" : "");
    if (w.at != len)
        return trailing(&w);
    image->flash_size = flash_size_of(data[3]);
    if (image->form == IMAGE_ARDUINO && check_crc(data, len, err) < 0)
        return -1;
    return check_as_boot_stage(data + image->slot_off, image->slot_len, err);
}
