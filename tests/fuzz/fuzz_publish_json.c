// SPDX-License-Identifier: MIT
/* The body of a publish request: what is accepted keeps every bound. */
#include <stdlib.h>
#include <string.h>

#include "server/api/impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct publish_request p;
    struct err err;

    if (publish_request_read(&p, data, len, &err) < 0) {
        check(p.only == NULL && err.text[0] != '\0' && strlen(err.text) < sizeof err.text);
        return 0;
    }
    check(p.suit_len >= 1 && p.suit_len <= sizeof p.suit);
    check(store_channel_valid(p.channel));
    check(p.percent <= 100 && p.only_cnt <= STORE_ONLY_MAX);
    for (size_t i = 0; i < p.only_cnt; i++)
        check(p.only[i].len >= 6 && p.only[i].len <= STORE_ID_MAX);
    free(p.only);
    return 0;
}
