// SPDX-License-Identifier: MIT
/* Base64 of RFC 4648: strict reading of the usual alphabet, writing of the one for URLs without padding. */
#ifndef OTARIA_SERVER_API_BASE64_H
#define OTARIA_SERVER_API_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)

/* False when text is anything but padded, canonical base64 of at most max bytes. */
bool base64_decode(uint8_t *out, size_t max, const char *text, size_t text_len, size_t *len);

/* Writes at most BASE64_SIZE(len) characters, NUL included. */
void base64url_encode(char *out, const uint8_t *data, size_t len);

#endif
