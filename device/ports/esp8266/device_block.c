// SPDX-License-Identifier: MIT
#include "device_block.h"

#include <string.h>

#include <otaria/boot.h>

#define KIND_P256 1u

int otaria_device_block_read(const struct otaria_flash *f, uint8_t block[OTARIA_DEVICE_BLOCK_SIZE])
{
    int result = otaria_flash_read(f, OTARIA_DEVICE_BLOCK_ADDR, block, OTARIA_DEVICE_BLOCK_SIZE);

    if (result < 0)
        return result;
    return otaria_load_le32(block) == OTARIA_DEVICE_BLOCK_MAGIC &&
                   block[OTARIA_DEVICE_BLOCK_VERSION] == 1 &&
                   otaria_load_le32(block + OTARIA_DEVICE_BLOCK_CRC) ==
                       otaria_crc32(0, block, OTARIA_DEVICE_BLOCK_CRC)
               ? 0
               : OTARIA_E_STATE;
}

unsigned otaria_device_block_keys(const uint8_t block[OTARIA_DEVICE_BLOCK_SIZE],
                                  uint8_t keys[OTARIA_DEVICE_KEYS_MAX][65])
{
    unsigned cnt = block[OTARIA_DEVICE_BLOCK_KEYS_CNT];

    if (block[OTARIA_DEVICE_BLOCK_KEYS_KIND] != KIND_P256 || cnt > OTARIA_DEVICE_KEYS_MAX)
        return 0;
    for (unsigned i = 0; i < cnt; i++) {
        keys[i][0] = 4;
        memcpy(keys[i] + 1, block + OTARIA_DEVICE_BLOCK_KEYS + 64u * i, 64);
    }
    return cnt;
}
