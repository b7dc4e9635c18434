// SPDX-License-Identifier: MIT
/* Whole files, read with a limit and written so that a crash leaves the old content or the new. */
#ifndef OTARIA_BASE_FILE_H
#define OTARIA_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Reads a regular file (or a pipe) of at most max bytes. *data belongs to the caller (free()) and has a
 * NUL behind its *len bytes, so that text can be used as a string. On failure *data is NULL and *len 0.
 */
int file_read(const char *path, size_t max, uint8_t **data, size_t *len, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Replaces path by len bytes with permissions `mode` (not changed by the umask): a temporary name beside
 * it, fsync, rename, fsync of the folder. When 0 is returned the content is on disk; when -1, path is
 * untouched, except that after a failed fsync of the folder the new content may already stand there.
 */
int file_write_atomic(const char *path, const void *p, size_t len, unsigned mode, struct err *e)
    __attribute__((warn_unused_result));

#endif
