// SPDX-License-Identifier: MIT
/* SipHash-2-4: 64 bits that nobody without the key can steer. */
#ifndef OTARIA_SERVER_FLEET_SIPHASH_H
#define OTARIA_SERVER_FLEET_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint8_t key[16], const void *data, size_t len);

#endif
