// SPDX-License-Identifier: MIT
/*
 * Conventions of libotaria, and the few helpers that all of it shares.
 *
 * Results: an `int` is negative for an error (enum otaria_error, frozen codes), 0 for done, and
 * OTARIA_MORE for "call again". A `bool` answers a question and never reports success. Counts
 * leave through a `size_t *`. Results must be looked at (OTARIA_MUST_CHECK).
 *
 * Memory: the caller allocates every context; its fields are private unless the header names them
 * as public; nothing is allocated inside and nothing needs to be released. Pointers are never NULL
 * unless the function says so.
 *
 * Threads: none inside. One context is used by one thread at a time.
 */
#ifndef OTARIA_BASE_H
#define OTARIA_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <otaria/constants.h>

#define OTARIA_MORE 1

#if defined(__GNUC__)
#define OTARIA_MUST_CHECK __attribute__((warn_unused_result))
#else
#define OTARIA_MUST_CHECK
#endif

/* Borrowed bytes: valid as long as the buffer they point into. p is NULL when there are none. */
struct otaria_span {
    const uint8_t *p;
    size_t len;
};

static inline uint32_t otaria_load_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void otaria_store_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline uint64_t otaria_load_le64(const uint8_t *p)
{
    return otaria_load_le32(p) | (uint64_t)otaria_load_le32(p + 4) << 32;
}

static inline void otaria_store_le64(uint8_t *p, uint64_t v)
{
    otaria_store_le32(p, (uint32_t)v);
    otaria_store_le32(p + 4, (uint32_t)(v >> 32));
}

#endif
