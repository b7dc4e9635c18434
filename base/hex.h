// SPDX-License-Identifier: MIT
/* Bytes as lower-case hexadecimal text, and back. */
#ifndef OTARIA_BASE_HEX_H
#define OTARIA_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the text of len bytes, its NUL included. */
#define HEX_SIZE(len) (2 * (size_t)(len) + 1)

/* Writes 2 * len lower-case digits and a NUL to out. Returns the digits written. */
size_t hex_encode(char *out, const void *p, size_t len);

/*
 * Reads exactly 2 * out_len digits of either case, with nothing behind them. False when hex is anything
 * else; out then holds no defined bytes. Not constant-time: not for secrets that others can time.
 */
bool hex_decode(void *out, size_t out_len, const char *hex) __attribute__((warn_unused_result));

#endif
