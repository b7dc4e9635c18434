// SPDX-License-Identifier: MIT
/* Bytes on emon's serial line, whole and in pieces as the first byte says: the same readings, all within their limits. */
#include <stdlib.h>
#include <string.h>

#include "firmware/emon/readings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct emon_readings whole, split;
    size_t piece;

    if (len == 0)
        return 0;
    piece = (size_t)data[0] + 1;
    data++;
    len--;
    emon_readings_init(&whole);
    emon_readings_init(&split);
    emon_readings_push(&whole, data, len, 9);
    for (size_t at = 0; at < len; at += piece)
        emon_readings_push(&split, data + at, len - at < piece ? len - at : piece, 9);
    check(whole.cnt <= EMON_INPUTS_MAX && whole.cnt == split.cnt);
    check(whole.dropped == split.dropped && whole.lines == split.lines);
    check(memcmp(whole.input, split.input, sizeof whole.input) == 0);
    for (unsigned i = 0; i < whole.cnt; i++) {
        check(memchr(whole.input[i].name, 0, sizeof whole.input[i].name) != NULL);
        check(whole.input[i].name[0] != 0);
        check(whole.input[i].milli <= 2000000999 && whole.input[i].milli >= -2000000999);
    }
    return 0;
}
