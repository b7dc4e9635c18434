// SPDX-License-Identifier: MIT
/*
 * Errors of host code: a code for programs and a sentence for people.
 *
 * A host function that can fail takes a `struct err *` last and returns -1 after filling it in. Each
 * caller on the way up may put its own context in front, so that the person at the end reads one line
 * from the general to the particular:
 *
 *     if (file_read(path, KEY_MAX, &pem, &pem_len, err) < 0)
 *         return err_prefix(err, "release key");
 *     -> "release key: keys/a.key.pem: No such file or directory"
 *
 * Everywhere in this header `e` may be NULL: the caller wants only the return value. Memory: no heap;
 * text that does not fit is cut at a character of the UTF-8 text and ends in "...". Threads: a struct
 * belongs to one thread at a time.
 */
#ifndef OTARIA_BASE_ERR_H
#define OTARIA_BASE_ERR_H

#include <stdbool.h>

/* Codes of host code; negative codes are enum otaria_error of <otaria/constants.h>. */
enum {
    ERR_NONE = 0,
    ERR_FAILED = 1, /* it did not work; exit status 1 */
    ERR_USAGE = 2,  /* the command or its arguments are wrong; exit status 2 */
};

struct err {
    int code;
    char text[512]; /* one sentence, no newline at the end */
};

#if defined(__GNUC__)
#define ERR_PRINTF  __attribute__((format(printf, 3, 4)))
#define ERR_PRINTF2 __attribute__((format(printf, 2, 3)))
#else
#define ERR_PRINTF
#define ERR_PRINTF2
#endif

/* Sets code and text. The arguments may refer to e->text. Returns -1. */
int err_set(struct err *e, int code, const char *fmt, ...) ERR_PRINTF;

/* Sets ERR_FAILED and "<text>: <what errno says>". errno is that of the caller's last call. Returns -1. */
int err_errno(struct err *e, const char *fmt, ...) ERR_PRINTF2;

/* Puts "<text>: " in front of the present text; the code stays. Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) ERR_PRINTF2;

/* The name of a device code as logs and JSON show it ("OLD_SEQUENCE"); "OK" for 0; "UNKNOWN" for others. */
const char *otaria_error_name(int code);

/* The same code as a sentence without capital and full stop; never NULL. */
const char *otaria_error_sentence(int code);

#endif
