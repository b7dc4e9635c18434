// SPDX-License-Identifier: MIT
/*
 * What the meter says on the serial line: "CT1:3935,CT2:325,T1:12.5" and a line end. The latest value of each input with
 * its age. The line is a wire without checksum or flow control, so anything may come: a line counts when its end arrives,
 * a line that is too long or holds a byte that is not printable ASCII is dropped whole, a pair that is not NAME:NUMBER is
 * dropped alone. What was dropped is counted.
 *
 * NAME is 1..15 of A-Z a-z 0-9 _; NUMBER is [-]digits[.digits], kept in thousandths (further digits are cut off),
 * within +-2,000,000. Twelve inputs; a thirteenth takes the place of one that was silent for EMON_SILENT_S.
 */
#ifndef EMON_READINGS_H
#define EMON_READINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMON_INPUTS_MAX 12
#define EMON_NAME_MAX   15
#define EMON_LINE_MAX   192 /* bytes, without the line end */
#define EMON_VALUE_MAX  2000000
#define EMON_SILENT_S   300u

struct emon_reading {
    char name[EMON_NAME_MAX + 1];
    int32_t milli; /* thousandths */
    uint32_t at_s; /* uptime when it came */
};

struct emon_readings {
    /* public, read only */
    struct emon_reading input[EMON_INPUTS_MAX];
    unsigned cnt;
    uint32_t lines;   /* that held a value */
    uint32_t dropped; /* lines and pairs */
    /* private */
    uint16_t len;
    bool skip; /* the rest of this line is dropped */
    char line[EMON_LINE_MAX];
};

void emon_readings_init(struct emon_readings *r);

/* Bytes from the serial line, in any split. */
void emon_readings_push(struct emon_readings *r, const uint8_t *data, size_t len, uint32_t now_s);

#endif
