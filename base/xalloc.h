// SPDX-License-Identifier: MIT
/*
 * Allocation that cannot fail: when memory is gone these print a line and abort. For sizes that we
 * choose ourselves and that are bounded; memory whose size a peer chooses comes from plain malloc with
 * its result checked, in functions named try_...
 *
 * What they return is released with free().
 */
#ifndef OTARIA_BASE_XALLOC_H
#define OTARIA_BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t len) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t cnt, size_t len) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t len) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));

/* A new string, printf-formatted. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

#endif
