// SPDX-License-Identifier: MIT
/* The generated table of error codes, names and sentences; read it through base/err.h. */
#ifndef BASE_ERROR_NAMES_H
#define BASE_ERROR_NAMES_H

#include <stddef.h>

struct error_name {
    int code;
    const char *name;
    const char *sentence;
};

extern const struct error_name error_names[];
extern const size_t error_names_cnt;

#endif
