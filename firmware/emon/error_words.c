// SPDX-License-Identifier: MIT
#include "error_words.h"

#include "error_table.h"

EMON_TEXT(table, EMON_ERROR_TABLE);
EMON_TEXT(confirmed_name, "CONFIRMED");
EMON_TEXT(confirmed_words, "the new image proved itself and stays");
EMON_TEXT(unknown_words, "this firmware has no words for it");

static size_t behind_nul(size_t at)
{
    while (emon_mapped_byte(table.word, at++) != 0)
        continue;
    return at;
}

/* Where the name of this code begins, or 0. */
static size_t find(int code)
{
    size_t at = 0;
    uint8_t row;

    while ((row = (uint8_t)emon_mapped_byte(table.word, at)) != 0) {
        if (row == (unsigned)-code)
            return at + 1;
        at = behind_nul(behind_nul(at + 1));
    }
    return 0;
}

static void put_at(struct emon_text *out, size_t at)
{
    char c;

    for (; (c = emon_mapped_byte(table.word, at)) != 0; at++)
        emon_put(out, &c, 1);
}

void emon_put_result_name(struct emon_text *out, int code)
{
    size_t at = code < 0 ? find(code) : 0;

    if (code == 0)
        emon_put_mapped(out, confirmed_name.word);
    else if (at)
        put_at(out, at);
    else
        emon_put_int(out, code);
}

void emon_put_result_words(struct emon_text *out, int code)
{
    size_t at = code < 0 ? find(code) : 0;

    if (code == 0)
        emon_put_mapped(out, confirmed_words.word);
    else if (at)
        put_at(out, behind_nul(at));
    else
        emon_put_mapped(out, unknown_words.word);
}
