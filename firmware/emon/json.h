// SPDX-License-Identifier: MIT
/* A JSON object without nesting: {"key":"value","other":12}. What the device's own page sends, and what curl can. */
#ifndef EMON_JSON_H
#define EMON_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct emon_member {
    char *key, *value; /* in the text, not NUL-terminated */
    size_t key_len, value_len;
    bool is_string; /* else a number of decimal digits */
};

/*
 * Reads text from *at on, 0 at first. 1 with the next member, 0 at the object's end, -1 when this is not such an object.
 * Strings are unescaped where they lie: \" \\ and \/ only, printable ASCII only. Nothing may follow but white space.
 */
int emon_json_next(char *text, size_t len, size_t *at, struct emon_member *m)
    __attribute__((warn_unused_result));

#endif
