// SPDX-License-Identifier: MIT
/*
 * The device block: the last 160 bytes of the boot stage's sector, written with it, by the serial cable or the bridge
 * (tools/flash-image makes it). All integers little endian:
 *
 *     00 magic u32 "OTD1" | 04 version u8 1 | 05 layout u8 | 06 flags u16 0 | 08 class id 16 | 18 reserved 0..9B |
 *     9C crc32 u32, IEEE, over 00..9B
 *
 * Layout: enum otaria_device_layout. The reserved bytes are for boot keys. A block that is not valid means two banks:
 * a chip that was flashed without one still boots.
 */
#ifndef OTARIA_DEVICE_BLOCK_H
#define OTARIA_DEVICE_BLOCK_H

#include <stdint.h>

#define OTARIA_DEVICE_BLOCK_ADDR  0xF60u
#define OTARIA_DEVICE_BLOCK_SIZE  160u
#define OTARIA_DEVICE_BLOCK_LAYOUT 5u /* offset of that byte */
#define OTARIA_DEVICE_BLOCK_MAGIC 0x3144544Fu /* "OTD1" */

enum otaria_device_layout {
    OTARIA_DEVICE_TWO_BANKS = 0, /* 2m, 4m2m, 4m1m1m: the same addresses up to 0x1F8FFF */
    OTARIA_DEVICE_STAGED = 1     /* 1m */
};

#endif
