// SPDX-License-Identifier: MIT
/*
 * The table behind otaria_error_name(): its rows are generated from spec/constants.toml into
 * error_names.c. Use base/err.h instead.
 */
#ifndef OTARIA_BASE_ERROR_NAMES_H
#define OTARIA_BASE_ERROR_NAMES_H

#include <stddef.h>

struct error_name {
    int code;
    const char *name;
    const char *sentence;
};

extern const struct error_name error_names[];
extern const size_t error_names_cnt;

#endif
