// SPDX-License-Identifier: MIT
/*
 * Texts and tables that stay in mapped flash. On an ESP8266 constants of the usual kind take data RAM, and mapped flash
 * can only be read in aligned 32-bit words: a byte load from it traps. So what lies there is a row of words, and no byte
 * pointer into it is ever handed out.
 *
 *     EMON_TEXT(hello, "hello @n\n");
 *     emon_put_mapped(&out, hello.word);
 */
#ifndef EMON_MAPPED_H
#define EMON_MAPPED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __XTENSA__
#define EMON_MAPPED __attribute__((section(".irom0.text.emon"), aligned(4)))
#else
#define EMON_MAPPED __attribute__((aligned(4)))
#endif

/* A text with its NUL, filled up to whole words. Use .word; .text is only there to be initialized. */
#define EMON_TEXT(name, s)                  \
    static const union {                    \
        char text[(sizeof(s) + 3) & ~3u];   \
        uint32_t word[(sizeof(s) + 3) / 4]; \
    } name EMON_MAPPED = {s}

/* Byte `at` of the row. Both sides of the project are little endian. */
static inline char emon_mapped_byte(const uint32_t *word, size_t at)
{
    return (char)(word[at / 4] >> at % 4 * 8);
}

#endif
