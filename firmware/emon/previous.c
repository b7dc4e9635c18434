// SPDX-License-Identifier: MIT
#include "previous.h"

#include <string.h>

_Static_assert(sizeof OTARIA_APP_MARK + OTARIA_VERSION_MAX + sizeof OTARIA_APP_END <= EMON_OVERLAP,
               "an identity must fit in what is kept");

void emon_previous_begin(struct emon_previous *p, const struct otaria_flash *f, uint32_t addr,
                         uint32_t max)
{
    memset(p, 0, sizeof *p);
    p->flash = f;
    p->addr = addr;
    p->max = max;
    otaria_image_begin(&p->walk, max);
}

/* An identity that lies in the overlap as well as in the last piece is met twice: that is the same one. */
static void look(struct emon_previous *p, size_t len)
{
    struct otaria_span found;

    if (!otaria_app_find(p->buf, len, &found) || p->odd)
        return;
    if (p->version[0] &&
        (strlen(p->version) != found.len || memcmp(p->version, found.p, found.len) != 0)) {
        p->odd = true;
        p->version[0] = 0;
        return;
    }
    memcpy(p->version, found.p, found.len);
    p->version[found.len] = 0;
}

static void keep_tail(struct emon_previous *p, size_t len)
{
    p->kept = (uint16_t)(len < EMON_OVERLAP ? len : EMON_OVERLAP);
    memmove(p->buf, p->buf + len - p->kept, p->kept);
}

int emon_previous_step(struct emon_previous *p)
{
    size_t n = OTARIA_PAGE;
    int result;

    if (p->done)
        return 0;
    result = otaria_flash_read(p->flash, p->addr + p->at, p->buf + p->kept, n);
    if (result == 0)
        result = otaria_image_feed(&p->walk, p->buf + p->kept, n);
    if (result == 0)
        n = p->walk.len - p->at; /* what lies behind the image is none of it */
    p->at += OTARIA_PAGE;
    if (result < 0 || (result == OTARIA_MORE && p->at >= p->max)) {
        p->version[0] = 0;
        p->done = true;
        return 0;
    }
    look(p, p->kept + n);
    keep_tail(p, p->kept + n);
    p->done = result == 0;
    return result;
}

const char *emon_previous_version(const struct emon_previous *p)
{
    return p->done ? p->version : "";
}
