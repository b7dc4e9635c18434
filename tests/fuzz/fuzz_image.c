// SPDX-License-Identifier: MIT
/* The ESP8266 image recogniser: any bytes; what it accepts must lie inside the file and walk on the device too. */
#include <stdint.h>
#include <stdlib.h>

#include <otaria/boot.h>

#include "release/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct otaria_image_walk walk;
    struct image image;
    struct err err = {0};

    if (image_examine(data, len, &image, &err) < 0) {
        if (err.code != OTARIA_E_NOT_AN_IMAGE || err.text[0] == '\0')
            abort();
        return 0;
    }
    if (image.slot_off > len || image.slot_len != len - image.slot_off || image.slot_len == 0 ||
        (image.form == IMAGE_ARDUINO) != (image.slot_off == IMAGE_BOOT_LEN))
        abort();
    otaria_image_begin(&walk, (uint32_t)image.slot_len);
    if (otaria_image_feed(&walk, data + image.slot_off, image.slot_len) != 0)
        abort();
    return 0;
}
