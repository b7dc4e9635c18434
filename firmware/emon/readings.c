// SPDX-License-Identifier: MIT
#include "readings.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(s[i]) && !(s[i] >= 'A' && s[i] <= 'Z') && !(s[i] >= 'a' && s[i] <= 'z') &&
            s[i] != '_')
            return false;
    }
    return len > 0 && len <= EMON_NAME_MAX;
}

/* Digits behind the point count down from 100 thousandths; behind the third they must still be digits. */
static bool take_fraction(const char *s, size_t len, int32_t *milli)
{
    int32_t unit = 100;

    for (size_t i = 0; i < len; i++) {
        if (!is_digit(s[i]))
            return false;
        *milli += (s[i] - '0') * unit;
        unit /= 10;
    }
    return len > 0;
}

static bool take_number(const char *s, size_t len, int32_t *milli)
{
    bool negative = len > 0 && s[0] == '-';
    int32_t whole = 0, part = 0;
    size_t at = negative, first = at;

    for (; at < len && is_digit(s[at]); at++) {
        whole = whole * 10 + (s[at] - '0');
        if (whole > EMON_VALUE_MAX)
            return false;
    }
    if (at == first ||
        (at < len && (s[at] != '.' || !take_fraction(s + at + 1, len - at - 1, &part))))
        return false;
    part += whole * 1000;
    *milli = negative ? -part : part;
    return true;
}

static struct emon_reading *find(struct emon_readings *r, const char *name, size_t len)
{
    for (unsigned i = 0; i < r->cnt; i++) {
        if (strncmp(r->input[i].name, name, len) == 0 && r->input[i].name[len] == 0)
            return &r->input[i];
    }
    return NULL;
}

/* A free place, or that of the input which has been silent longest. */
static struct emon_reading *place(struct emon_readings *r, uint32_t now_s)
{
    struct emon_reading *oldest = &r->input[0];

    if (r->cnt < EMON_INPUTS_MAX)
        return &r->input[r->cnt++];
    for (unsigned i = 1; i < r->cnt; i++) {
        if (now_s - r->input[i].at_s > now_s - oldest->at_s)
            oldest = &r->input[i];
    }
    return now_s - oldest->at_s >= EMON_SILENT_S ? oldest : NULL;
}

static bool take_pair(struct emon_readings *r, const char *s, size_t len, uint32_t now_s)
{
    const char *colon = memchr(s, ':', len);
    size_t name_len = colon ? (size_t)(colon - s) : 0;
    struct emon_reading *input;
    int32_t milli;

    if (!is_name(s, name_len) || !take_number(colon + 1, len - name_len - 1, &milli))
        return false;
    input = find(r, s, name_len);
    if (!input) {
        input = place(r, now_s);
        if (!input)
            return false;
        memset(input, 0, sizeof *input);
        memcpy(input->name, s, name_len);
    }
    input->milli = milli;
    input->at_s = now_s;
    return true;
}

static void take_line(struct emon_readings *r, uint32_t now_s)
{
    const char *s = r->line;
    size_t left = r->len;
    bool any = false;

    while (left > 0) {
        const char *comma = memchr(s, ',', left);
        size_t len = comma ? (size_t)(comma - s) : left;

        if (take_pair(r, s, len, now_s))
            any = true;
        else
            r->dropped++;
        s += len + (comma != NULL);
        left -= len + (comma != NULL);
    }
    r->lines += any;
}

static void end_line(struct emon_readings *r, uint32_t now_s)
{
    if (r->skip)
        r->dropped++;
    else
        take_line(r, now_s);
    r->skip = false;
    r->len = 0;
}

void emon_readings_init(struct emon_readings *r)
{
    memset(r, 0, sizeof *r);
}

void emon_readings_push(struct emon_readings *r, const uint8_t *data, size_t len, uint32_t now_s)
{
    for (size_t i = 0; i < len; i++) {
        char c = (char)data[i];

        if (c == '\n' || c == '\r')
            end_line(r, now_s);
        else if (c < ' ' || c > '~' || r->len == sizeof r->line)
            r->skip = true;
        else if (!r->skip)
            r->line[r->len++] = c;
    }
}
