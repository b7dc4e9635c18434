// SPDX-License-Identifier: MIT
#include <otaria/boot.h>
#include <otaria/crypto.h>

/* Where a segment may lie: loaded RAM below the cache's part of it, or the cache's window. */
static const uint32_t windows[][2] = {
    {0x40100000u, 0x4010C000u}, /* IRAM */
    {0x3FFE8000u, 0x3FFFC000u}, /* DRAM below the ROM's data */
    {0x40200000u, 0x40300000u}, /* flash, mapped */
};

bool otaria_image_header(const uint8_t head[4])
{
    return head[0] == 0xE9 && head[1] >= 1 && head[1] <= 16;
}

void otaria_image_begin(struct otaria_image_walk *w, uint32_t max)
{
    *w = (struct otaria_image_walk){.max = max};
}

/* All three come from the image, or from what is left of its slot: nothing is added before it is compared. */
static bool segment_fits(uint32_t addr, uint32_t len, uint32_t left)
{
    if (len % 4 != 0 || len > left) {
        return false;
    }
    for (unsigned i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        if (addr >= windows[i][0] && addr < windows[i][1]) {
            return len <= windows[i][1] - addr;
        }
    }
    return false;
}

static bool sum_is(uint32_t sum, uint8_t byte)
{
    sum ^= sum >> 16;
    return ((sum ^ sum >> 8 ^ 0xEFu) & 0xFFu) == byte;
}

/*
 * The line's last byte is the checksum, what precedes it is padding. The Arduino core's packer
 * computes it before it stores length and CRC in the two words at 0x10, so both sums are right.
 */
static bool walk_checksum(struct otaria_image_walk *w, const uint8_t p[4])
{
    if (w->off % 16 != 12) {
        return true;
    }
    w->len = w->off + 4;
    return sum_is(w->sum, p[3]) || sum_is(w->sum ^ w->stored, p[3]);
}

/* One word at w->off; false when this cannot be an image. */
static bool walk_word(struct otaria_image_walk *w, const uint8_t p[4])
{
    uint32_t word = otaria_load_le32(p);

    if (w->off == 0) {
        w->segments = p[1];
        return otaria_image_header(p);
    }
    if (w->off == 4) {
        return true; /* the entry point */
    }
    if (w->left > 0) {
        w->sum ^= word;
        w->stored ^= w->off == 0x10 || w->off == 0x14 ? word : 0;
        w->left -= 4;
        return true;
    }
    if (w->segments == 0) {
        return walk_checksum(w, p);
    }
    if (w->addr == 0) {
        w->addr = word;
        return word != 0;
    }
    if (!segment_fits(w->addr, word, w->max - w->off)) {
        return false;
    }
    w->left = word;
    w->addr = 0;
    w->segments--;
    return true;
}

int otaria_image_feed(struct otaria_image_walk *w, const uint8_t *data, size_t len)
{
    for (; len >= 4 && !w->bad && w->len == 0; len -= 4, data += 4) {
        w->bad = w->max - w->off < 4 || !walk_word(w, data);
        w->off += 4;
    }
    if (w->bad) {
        return OTARIA_E_NOT_AN_IMAGE;
    }
    return w->len != 0 ? 0 : OTARIA_MORE;
}

int otaria_image_segments(const struct otaria_flash *f, uint32_t addr, uint32_t max,
                          otaria_image_load *load, void *ctx, uint32_t *entry)
{
    uint8_t head[8] OTARIA_ALIGNED;
    uint32_t off = sizeof head;

    if (otaria_flash_read(f, addr, head, sizeof head) != 0) {
        return OTARIA_E_FLASH_IO;
    }
    if (!otaria_image_header(head)) {
        return OTARIA_E_NOT_AN_IMAGE;
    }
    *entry = otaria_load_le32(head + 4);
    for (unsigned left = head[1]; left > 0; left--) {
        if (max - off < sizeof head) {
            return OTARIA_E_NOT_AN_IMAGE;
        }
        if (otaria_flash_read(f, addr + off, head, sizeof head) != 0) {
            return OTARIA_E_FLASH_IO;
        }
        uint32_t to = otaria_load_le32(head), len = otaria_load_le32(head + 4);
        off += sizeof head;
        if (!segment_fits(to, len, max - off)) {
            return OTARIA_E_NOT_AN_IMAGE;
        }
        if (load != NULL && load(ctx, to, addr + off, len) != 0) {
            return OTARIA_E_FLASH_IO;
        }
        off += len;
    }
    return 0;
}

/* What the segments of an image add up to. */
struct sums {
    const struct otaria_flash *flash;
    uint8_t *buf;
    uint32_t base;        /* where the image begins */
    uint32_t end;         /* where the last segment ended */
    uint32_t sum, stored; /* as in struct otaria_image_walk */
};

static int add_segment(void *ctx, uint32_t to, uint32_t from, uint32_t len)
{
    struct sums *s = ctx;

    (void)to;
    s->end = from + len;
    while (from < s->end) {
        uint32_t n = s->end - from < OTARIA_PAGE ? s->end - from : OTARIA_PAGE;
        if (otaria_flash_read(s->flash, from, s->buf, n) != 0) {
            return OTARIA_E_FLASH_IO;
        }
        for (uint32_t i = 0; i < n; i += 4) {
            uint32_t word = otaria_load_le32(s->buf + i), off = from + i - s->base;
            s->sum ^= word;
            s->stored ^= off == 0x10 || off == 0x14 ? word : 0;
        }
        from += n;
    }
    return 0;
}

/* The same verdict as the walk's, by fewer instructions: this one is in the boot stage. */
int otaria_image_check(const struct otaria_flash *f, uint32_t addr, uint32_t max,
                       uint8_t buf[OTARIA_PAGE], uint32_t *len)
{
    struct sums s = {.flash = f, .buf = buf, .base = addr};
    uint32_t entry;

    int result = otaria_image_segments(f, addr, max, add_segment, &s, &entry);
    if (result < 0) {
        return result;
    }
    *len = ((s.end - addr) & ~15u) + 16;
    if (*len > max) {
        return OTARIA_E_NOT_AN_IMAGE;
    }
    if (otaria_flash_read(f, addr + *len - 4, buf, 4) != 0) {
        return OTARIA_E_FLASH_IO;
    }
    return sum_is(s.sum, buf[3]) || sum_is(s.sum ^ s.stored, buf[3]) ? 0 : OTARIA_E_NOT_AN_IMAGE;
}

int otaria_image_digest(const struct otaria_flash *f, uint32_t addr, uint32_t len,
                        uint8_t buf[OTARIA_PAGE], uint8_t digest[32])
{
    struct otaria_sha256 hash;

    otaria_sha256_init(&hash, NULL, 0);
    while (len > 0) {
        uint32_t n = len < OTARIA_PAGE ? len : OTARIA_PAGE;
        if (otaria_flash_read(f, addr, buf, (n + 3u) & ~3u) != 0) {
            return OTARIA_E_FLASH_IO;
        }
        otaria_sha256_update(&hash, buf, n);
        addr += n;
        len -= n;
    }
    otaria_sha256_final(&hash, digest);
    return 0;
}
