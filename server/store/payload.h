// SPDX-License-Identifier: MIT
/*
 * Payload files, named after their content: FOLDER/ab/ab12...(64 digits). A file that has such a name is
 * complete, was on the disk before it got the name, and never changes.
 *
 * Threads: any; two writers of one payload may meet. Results: 0 or -1 with a sentence.
 */
#ifndef OTARIA_SERVER_STORE_PAYLOAD_H
#define OTARIA_SERVER_STORE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PAYLOAD_PATH_MAX 4096

struct payloads; /* an open folder */

/* Opens FOLDER, creating it, and removes what interrupted writers left. */
int payloads_open(const char *folder, struct payloads **payloads, struct err *err)
    __attribute__((warn_unused_result));
void payloads_close(struct payloads *payloads); /* NULL is fine */

/* Path of a payload, there or not. */
void payload_path(const struct payloads *p, const uint8_t sha256[32], char path[PAYLOAD_PATH_MAX]);

enum payload_put { PAYLOAD_NEW, PAYLOAD_OLD, PAYLOAD_DIFFERS };

/*
 * Stores the bytes under sha256. *how: now written and on the disk, there before, or refused since that is
 * not their digest (-1 too, nothing stored). After -1 for another reason *how is PAYLOAD_NEW.
 */
int payload_put(struct payloads *p, const uint8_t sha256[32], const void *data, size_t len,
                enum payload_put *how, struct err *err) __attribute__((warn_unused_result));

/* Opens for reading. *fd belongs to the caller; -1 with 0 returned: there is no such payload. */
int payload_open(struct payloads *p, const uint8_t sha256[32], int *fd, uint64_t *size,
                 struct err *err) __attribute__((warn_unused_result));

/* Reads it all and compares: *intact is false when it is missing, of another size or another content. */
int payload_check(struct payloads *p, const uint8_t sha256[32], uint64_t size, bool *intact,
                  struct err *err) __attribute__((warn_unused_result));

#endif
