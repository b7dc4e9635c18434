// SPDX-License-Identifier: MIT
/*
 * Runs a fuzz target over files: `fuzz_x FILE|FOLDER...`. The regression half of fuzzing, for builds
 * without libFuzzer: every input that was ever interesting runs at every `make test`.
 *
 * The input ends at a page that cannot be read, so a target that reads one byte too far dies also in a
 * build without sanitizers. Exit 1 when a named thing cannot be read or when there was no input at all.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"

#define INPUT_MAX (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void run_at_guard_page(const uint8_t *data, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (len + page - 1) / page * page;
    uint8_t *map =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) < 0) {
        perror("guard page");
        exit(1);
    }
    memcpy(map + room - len, data, len);
    LLVMFuzzerTestOneInput(map + room - len, len);
    munmap(map, room + page);
}

static unsigned run_file(const char *path)
{
    struct err err;
    uint8_t *data;
    size_t len;

    if (file_read(path, INPUT_MAX, &data, &len, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    run_at_guard_page(data, len);
    free(data);
    return 1;
}

static unsigned run_folder(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    unsigned cnt = 0;

    if (!dir) {
        perror(path);
        exit(1);
    }
    while ((entry = readdir(dir))) {
        char *file;

        if (entry->d_name[0] == '.')
            continue;
        file = xasprintf("%s/%s", path, entry->d_name);
        cnt += run_file(file);
        free(file);
    }
    closedir(dir);
    return cnt;
}

int main(int argc, char **argv)
{
    unsigned cnt = 0;

    for (int i = 1; i < argc; i++) {
        struct stat st;

        if (stat(argv[i], &st) < 0) {
            perror(argv[i]);
            return 1;
        }
        cnt += S_ISDIR(st.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
    }
    printf("%u inputs\n", cnt);
    return cnt == 0;
}
