// SPDX-License-Identifier: MIT
#include "tests/guard.h"

#include <sys/mman.h>
#include <unistd.h>

void guard_open(struct guard *g, size_t max)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    g->room = (max + page - 1) / page * page;
    g->map = (uint8_t *)mmap(NULL, g->room + page, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g->map == MAP_FAILED || mprotect(g->map + g->room, page, PROT_NONE) < 0)
        abort();
}

void guard_close(struct guard *g)
{
    munmap(g->map, g->room + (size_t)sysconf(_SC_PAGESIZE));
}
