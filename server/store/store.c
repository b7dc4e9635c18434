// SPDX-License-Identifier: MIT
/* What all backends share: the form of ids and names. */
#include "server/store/store.h"

#include <string.h>

#include "base/hex.h"

bool store_id_parse(struct store_id *id, const char *hex, size_t len)
{
    char text[HEX_SIZE(STORE_ID_MAX)];

    memset(id, 0, sizeof *id);
    if (len < 12 || len > 2 * STORE_ID_MAX || len % 2 != 0)
        return false;
    memcpy(text, hex, len);
    text[len] = '\0';
    id->len = (uint8_t)(len / 2);
    return hex_decode(id->bytes, id->len, text);
}

int store_id_compare(const struct store_id *a, const struct store_id *b)
{
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool store_channel_valid(const char *name)
{
    size_t len = strlen(name);

    return len >= 1 && len <= STORE_CHANNEL_MAX && name[0] != '.' && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}
