// SPDX-License-Identifier: MIT
#include "posix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t now_ms(void *ctx)
{
    const struct otaria_posix_sys *s = ctx;

    return clock_ms() - s->start_ms;
}

static void random_bytes(void *ctx, void *buf, size_t len)
{
    uint8_t *p = buf;

    (void)ctx;
    while (len > 0) {
        ssize_t got = getrandom(p, len, 0);

        if (got < 0 && errno != EINTR)
            abort(); /* a host without randomness is no host to go on with */
        if (got > 0) {
            p += got;
            len -= (size_t)got;
        }
    }
}

static void reset(void *ctx)
{
    struct otaria_posix_sys *s = ctx;

    s->reset = true;
}

void otaria_posix_sys_init(struct otaria_posix_sys *s)
{
    memset(s, 0, sizeof *s);
    s->port =
        (struct otaria_sys){.ctx = s, .now_ms = now_ms, .random = random_bytes, .reset = reset};
    s->start_ms = clock_ms();
}
