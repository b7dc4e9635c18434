// SPDX-License-Identifier: MIT
/*
 * tests/fuzz/replay.c for the bare core, which has no folders: `fuzz_x FILE...`. Each input at four addresses, since this core
 * minds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "tests/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int main(int argc, char **argv)
{
    struct guard guard;

    guard_open(&guard, 1u << 16);
    for (int i = 1; i < argc; i++) {
        struct err err;
        uint8_t *data;
        size_t len;

        if (file_read(argv[i], guard.room - 4, &data, &len, &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        for (size_t shift = 0; shift < 4; shift++) {
            uint8_t *at = guard_tail(&guard, len + shift);

            memcpy(at, data, len);
            LLVMFuzzerTestOneInput(at, len);
        }
        free(data);
    }
    guard_close(&guard);
    printf("%d inputs\n", argc - 1);
    return argc < 2;
}
