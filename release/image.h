// SPDX-License-Identifier: MIT
/*
 * ESP8266 images: what lies in a file, and which of its bytes belong in a slot.
 *
 * Two forms are known. An *application* image begins at its first byte. An *Arduino* .bin is a boot
 * stage padded to 4,096 bytes with the application behind it; only the application belongs in a
 * slot. Both consist of a header (0xE9, segments), the segments, zeros, and a checksum that ends a 16-byte
 * line:
 *
 *     E9 <segments> <flash mode> <size|frequency> <entry u32>
 *     { <address u32> <length u32> <data> } ...
 *     00 ... <0xEF xor all data bytes>
 *
 * The recogniser reads bytes that anyone may have made: it looks at nothing outside the buffer.
 */
#ifndef RELEASE_IMAGE_H
#define RELEASE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IMAGE_FILE_MAX 0x400000 /* no file given as an image is longer: the largest flash */
#define IMAGE_BOOT_LEN 0x1000   /* of the boot stage in an Arduino .bin */

enum image_form { IMAGE_APPLICATION, IMAGE_ARDUINO };

struct image {
    enum image_form form;
    size_t slot_off; /* where the slot's bytes begin in the file; they go to its end */
    size_t slot_len;
    unsigned segments_cnt; /* of the application */
    uint32_t entry;
    uint32_t flash_size; /* what the first header says, bytes; 0 = a code that is not known */
};

/*
 * Recognises a whole file and checks headers, segment addresses, checksums, the length and CRC of an
 * Arduino .bin, and that nothing follows. -1 with a sentence that names the offset and what to do: code
 * OTARIA_E_NOT_AN_IMAGE.
 */
int image_examine(const uint8_t *data, size_t len, struct image *image, struct err *err)
    __attribute__((warn_unused_result));

/* The CRC of an Arduino .bin: polynomial 04C11DB7, most significant bit first, no final xor. Start with ~0. */
uint32_t image_crc(uint32_t crc, const uint8_t *data, size_t len);

#endif
