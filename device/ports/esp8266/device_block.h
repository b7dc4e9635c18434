// SPDX-License-Identifier: MIT
/*
 * The device block: what one device is, in the last 160 bytes of the boot stage's sector. It is written with that
 * sector, over the serial line or by the bridge, and by nothing else; tools/flash-image makes it. Little endian:
 *
 *     00 magic u32 "OTD1"     08 class id 16
 *     04 version u8, 1        18 keys, 64 bytes each: P-256, X then Y; unused ones zero
 *     05 layout u8            98 reserved, 0
 *     06 number of keys u8    9C crc32 u32, IEEE, over 00..9B
 *     07 kind of keys u8, 1
 *
 * A device without a valid block is one with two banks and without keys of its own.
 */
#ifndef OTARIA_DEVICE_BLOCK_H
#define OTARIA_DEVICE_BLOCK_H

#include <otaria/flash.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTARIA_DEVICE_BLOCK_ADDR  0xF60u
#define OTARIA_DEVICE_BLOCK_SIZE  160u
#define OTARIA_DEVICE_BLOCK_MAGIC 0x3144544Fu /* "OTD1" */
#define OTARIA_DEVICE_KEYS_MAX    2u

enum otaria_device_block_off {
    OTARIA_DEVICE_BLOCK_VERSION = 4,
    OTARIA_DEVICE_BLOCK_LAYOUT = 5,
    OTARIA_DEVICE_BLOCK_KEYS_CNT = 6,
    OTARIA_DEVICE_BLOCK_KEYS_KIND = 7,
    OTARIA_DEVICE_BLOCK_CLASS = 8,
    OTARIA_DEVICE_BLOCK_KEYS = 24,
    OTARIA_DEVICE_BLOCK_CRC = 156
};

enum otaria_device_layout {
    OTARIA_DEVICE_TWO_BANKS = 0, /* 2m, 4m2m, 4m1m1m: the same addresses up to 0x1F8FFF */
    OTARIA_DEVICE_STAGED = 1     /* 1m */
};

/* 0 with the block's bytes; OTARIA_E_STATE when there is no valid one; OTARIA_E_FLASH_IO. block: OTARIA_ALIGNED. */
OTARIA_MUST_CHECK int otaria_device_block_read(const struct otaria_flash *f,
                                               uint8_t block[OTARIA_DEVICE_BLOCK_SIZE]);

/*
 * The release keys of a valid block as the verifier takes them (04 X Y). Returns their number, 0..2; a kind of keys
 * that is not known counts as none.
 */
unsigned otaria_device_block_keys(const uint8_t block[OTARIA_DEVICE_BLOCK_SIZE],
                                  uint8_t keys[OTARIA_DEVICE_KEYS_MAX][65]);

#ifdef __cplusplus
}
#endif

#endif
