// SPDX-License-Identifier: MIT
/* The two sectors. */
#include <otaria/boot.h>
#include <otaria/crypto.h>
#include <string.h>

#include "config.h"

#define RECORD_MAX (EMON_CONFIG_HEADER + EMON_CONFIG_TEXT_MAX)

/* One record, word for word as it lies in flash. */
struct record {
    uint8_t bytes[RECORD_MAX] OTARIA_ALIGNED;
    uint32_t counter;
    size_t len; /* of the text */
};

static uint32_t whole_words(size_t len)
{
    return (uint32_t)((len + 3) & ~(size_t)3);
}

static uint32_t crc(const struct record *r)
{
    return otaria_crc32(otaria_crc32(0, r->bytes, 12), r->bytes + EMON_CONFIG_HEADER, r->len);
}

/* 0; OTARIA_E_STATE when the sector holds no valid record; OTARIA_E_FLASH_IO. */
static int read_record(const struct emon_store *s, unsigned i, struct record *r)
{
    int result = otaria_flash_read(s->flash, s->sector[i], r->bytes, EMON_CONFIG_HEADER);

    if (result < 0)
        return result;
    r->counter = otaria_load_le32(r->bytes + 4);
    r->len = otaria_load_le32(r->bytes + 8);
    if (otaria_load_le32(r->bytes) != EMON_CONFIG_MAGIC || r->counter == 0 ||
        r->len > EMON_CONFIG_TEXT_MAX)
        return OTARIA_E_STATE;
    if (r->len)
        result = otaria_flash_read(s->flash, s->sector[i] + EMON_CONFIG_HEADER,
                                   r->bytes + EMON_CONFIG_HEADER, whole_words(r->len));
    if (result == 0 && crc(r) != otaria_load_le32(r->bytes + 12))
        result = OTARIA_E_STATE;
    return result;
}

int emon_store_load(struct emon_store *s, const struct otaria_flash *f, const uint32_t sector[2],
                    struct emon_config *c)
{
    struct record r;
    int result;

    memset(s, 0, sizeof *s);
    s->flash = f;
    memcpy(s->sector, sector, sizeof s->sector);
    for (unsigned i = 0; i < 2; i++) {
        result = read_record(s, i, &r);
        if (result == OTARIA_E_FLASH_IO)
            return result;
        if (result == 0 && r.counter > s->counter) {
            s->counter = r.counter;
            s->current = i;
        }
    }
    if (!s->counter)
        return 0;
    result = read_record(s, s->current, &r);
    if (result == 0)
        (void)emon_config_read(c, (const char *)r.bytes + EMON_CONFIG_HEADER, r.len);
    otaria_wipe(&r, sizeof r);
    return result == 0 ? 0 : OTARIA_E_FLASH_IO;
}

/* ---- editing the text ---- */

/* Takes the lines of known keys out; what is left is not ours to judge. */
static void keep_unknown(struct record *r)
{
    char *text = (char *)r->bytes + EMON_CONFIG_HEADER;
    size_t from = 0, to = 0;

    while (from < r->len) {
        const char *end = memchr(text + from, '\n', r->len - from);
        size_t line = end ? (size_t)(end - text) + 1 - from : r->len - from;
        const char *equals = memchr(text + from, '=', line);

        if (equals && emon_config_key(text + from, (size_t)(equals - text) - from) == EMON_KEYS) {
            memmove(text + to, text + from, line);
            to += line;
        }
        from += line;
    }
    r->len = to;
}

/* The known keys first, so that a value never hides behind a line that some other image left. */
static int put_known(struct record *r, const struct emon_config *c)
{
    uint8_t *kept = r->bytes + RECORD_MAX - r->len;
    struct emon_text text = {.p = (char *)r->bytes + EMON_CONFIG_HEADER,
                             .max = EMON_CONFIG_TEXT_MAX - r->len};

    memmove(kept, r->bytes + EMON_CONFIG_HEADER, r->len);
    for (unsigned key = 0; key < EMON_KEYS; key++) {
        if (key == EMON_KEY_PASSWORD && !c->has_password)
            continue;
        emon_config_put_name((enum emon_key)key, &text);
        emon_put(&text, "=", 1);
        emon_config_put(c, (enum emon_key)key, &text);
        emon_put(&text, "\n", 1);
    }
    if (text.cut)
        return OTARIA_E_BUFFER;
    memmove(text.p + text.len, kept, r->len);
    r->len += text.len;
    return 0;
}

static void seal(struct record *r)
{
    memset(r->bytes + EMON_CONFIG_HEADER + r->len, 0xFF, whole_words(r->len) - r->len);
    otaria_store_le32(r->bytes, EMON_CONFIG_MAGIC);
    otaria_store_le32(r->bytes + 4, r->counter);
    otaria_store_le32(r->bytes + 8, (uint32_t)r->len);
    otaria_store_le32(r->bytes + 12, crc(r));
}

/* Text first; the header, whose 16 bytes make the record valid, is one operation of its own. */
static int write_record(const struct emon_store *s, unsigned i, const struct record *r)
{
    uint32_t at = EMON_CONFIG_HEADER, end = EMON_CONFIG_HEADER + whole_words(r->len), n;
    int result = otaria_flash_erase(s->flash, s->sector[i]);

    for (; result == 0 && at < end; at += n) {
        n = OTARIA_PAGE - at % OTARIA_PAGE;
        if (n > end - at)
            n = end - at;
        result = otaria_flash_program(s->flash, s->sector[i] + at, r->bytes + at, n);
    }
    if (result == 0) /* COMMIT POINT */
        result = otaria_flash_program(s->flash, s->sector[i], r->bytes, EMON_CONFIG_HEADER);
    return result;
}

/* Whether the record that counts has this text already. */
static bool is_stored(const struct emon_store *s, const struct record *r)
{
    uint8_t word[4] OTARIA_ALIGNED;

    if (!s->counter ||
        otaria_flash_read(s->flash, s->sector[s->current] + 8, word, sizeof word) < 0 ||
        otaria_load_le32(word) != r->len)
        return false;
    for (uint32_t at = EMON_CONFIG_HEADER; at < EMON_CONFIG_HEADER + r->len; at += sizeof word) {
        if (otaria_flash_read(s->flash, s->sector[s->current] + at, word, sizeof word) < 0 ||
            memcmp(word, r->bytes + at, sizeof word) != 0)
            return false;
    }
    return true;
}

static int save(struct emon_store *s, const struct emon_config *c, struct record *r)
{
    unsigned other = s->counter ? !s->current : 0;
    int result = 0;

    r->len = 0;
    if (s->counter) {
        result = read_record(s, s->current, r);
        if (result < 0)
            return OTARIA_E_FLASH_IO;
        keep_unknown(r);
    }
    result = put_known(r, c);
    if (result < 0)
        return result;
    r->counter = s->counter + 1;
    seal(r);
    if (is_stored(s, r))
        return 0;
    result = write_record(s, other, r);
    if (result < 0)
        return result;
    s->counter = r->counter;
    s->current = other;
    return 0;
}

int emon_store_save(struct emon_store *s, const struct emon_config *c)
{
    struct record r;
    int result = save(s, c, &r);

    otaria_wipe(&r, sizeof r);
    return result;
}
