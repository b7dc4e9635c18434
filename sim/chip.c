// SPDX-License-Identifier: MIT
#include "sim/chip.h"

#include <otaria/app.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void chip_init(struct chip *c, const struct otaria_config *cfg)
{
    memset(c, 0, sizeof *c);
    c->cfg = *cfg;
}

void chip_version(const struct otaria_flash *f, const struct otaria_layout *l, unsigned slot,
                  char version[OTARIA_VERSION_MAX + 1])
{
    uint8_t scratch[OTARIA_PAGE] OTARIA_ALIGNED;
    uint32_t len = l->image_max;
    struct otaria_span found;
    uint8_t *image;

    memset(version, 0, OTARIA_VERSION_MAX + 1);
    if (otaria_image_check(f, l->slot[slot], l->image_max, scratch, &len) < 0)
        return;
    image = xmalloc((len + 3u) & ~3u);
    if (f->read(f->ctx, l->slot[slot], image, (len + 3u) & ~3u) == 0 &&
        otaria_app_find(image, len, &found) && found.len <= OTARIA_VERSION_MAX)
        memcpy(version, found.p, found.len);
    free(image);
}

int chip_boot(struct chip *c)
{
    uint8_t scratch[OTARIA_PAGE] OTARIA_ALIGNED;

    otaria_boot_choose(c->cfg.flash, c->cfg.layout, scratch, &c->choice);
    if (c->choice.kind == OTARIA_BOOT_NONE)
        return OTARIA_E_NOT_AN_IMAGE;
    chip_version(c->cfg.flash, c->cfg.layout, c->choice.slot, c->version);
    c->cfg.running = c->choice.slot;
    c->cfg.version = c->version;
    return otaria_begin(&c->agent, &c->cfg);
}

static int program(const struct otaria_flash *f, uint32_t addr, const uint8_t *p, size_t len)
{
    uint8_t page[OTARIA_PAGE] OTARIA_ALIGNED;

    memset(page, 0xFF, sizeof page);
    memcpy(page, p, len);
    return f->write(f->ctx, addr, page, (len + 3u) & ~(size_t)3);
}

int chip_flash_serial(const struct otaria_flash *f, const struct otaria_layout *l,
                      const uint8_t *image, size_t len)
{
    uint32_t slot = l->slot[0];

    if (len > l->image_max || len <= 4)
        return OTARIA_E_TOO_LARGE;
    for (uint32_t at = 0; at < len; at += OTARIA_SECTOR) {
        if (f->erase(f->ctx, slot + at) < 0)
            return OTARIA_E_FLASH_IO;
    }
    for (size_t at = 4; at < len;) {
        size_t n = OTARIA_PAGE - at % OTARIA_PAGE;

        if (n > len - at)
            n = len - at;
        if (program(f, slot + (uint32_t)at, image + at, n) < 0)
            return OTARIA_E_FLASH_IO;
        at += n;
    }
    return program(f, slot, image, 4) < 0 ? OTARIA_E_FLASH_IO : 0;
}

unsigned chip_running_slot(const struct otaria_flash *f, const struct otaria_layout *l)
{
    uint8_t scratch[OTARIA_PAGE] OTARIA_ALIGNED;
    struct otaria_record record;
    struct otaria_words words;
    unsigned index;
    uint32_t len;

    if (otaria_record_read(f, l, &record, &words, &index) < 0)
        return otaria_image_check(f, l->slot[0], l->image_max, scratch, &len) < 0;
    if (record.trial == OTARIA_NO_SLOT)
        return record.active;
    if (otaria_word_set(words.confirmed))
        return otaria_word_set(words.revert) ? record.active : record.trial;
    /* Staged and not yet booted, or given up: the active one. Tries spent and left: the trial runs. */
    if (words.tries == UINT32_MAX || words.tries == 0)
        return record.active;
    return record.trial;
}
