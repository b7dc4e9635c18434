// SPDX-License-Identifier: MIT
/*
 * What would make a test on the bare core worthless: an access that goes through and should not. Each of these must end the
 * program with an exception (tests/board/test_units.py runs them one by one); without an argument nothing traps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/guard.h"

static volatile uint32_t words[2] = {0x33221100, 0x77665544};

static volatile uint8_t *behind(unsigned which)
{
    static struct guard guard[3];

    for (unsigned i = 0; i <= which; i++)
        guard_open(&guard[i], 4096);
    return guard_tail(&guard[which], 0);
}

/* Behind the compiler's back: where it sees the address, it loads byte by byte. */
static uintptr_t hidden(unsigned off)
{
    volatile uintptr_t address = (uintptr_t)words + off;

    return address;
}

static unsigned load32_at(unsigned off)
{
    return *(const volatile uint32_t *)hidden(off);
}

static unsigned load16_at(unsigned off)
{
    return *(const volatile uint16_t *)hidden(off);
}

static int nothing_traps(void)
{
    struct guard guard[3];

    for (unsigned i = 0; i < 3; i++) {
        guard_open(&guard[i], 1u << 16);
        memset(guard_tail(&guard[i], guard[i].room), (int)i + 1, guard[i].room);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (*guard_tail(&guard[i], 1) != i + 1 || *guard_tail(&guard[i], guard[i].room) != i + 1)
            return 1;
        guard_close(&guard[i]);
    }
    return load32_at(4) != 0x77665544 || load16_at(2) != 0x3322;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "") == 0)
        return nothing_traps();
    if (strcmp(what, "load32") == 0)
        printf("%x\n", load32_at(2));
    else if (strcmp(what, "load16") == 0)
        printf("%x\n", load16_at(1));
    else if (strcmp(what, "null") == 0)
        printf("%x\n", *(volatile uint8_t *)(uintptr_t)(unsigned)(argc - 2));
    else if (strncmp(what, "read", 4) == 0)
        printf("%x\n", *behind((unsigned)what[4] - '0'));
    else if (strncmp(what, "write", 5) == 0)
        *behind((unsigned)what[5] - '0') = 1;
    else if (strcmp(what, "abort") == 0)
        abort();
    puts("went through");
    return 0;
}
