// SPDX-License-Identifier: MIT
/* New ids by address: an IPv4 address or an IPv6 /64, since that is what one subscriber has. */
#include <netinet/in.h>
#include <string.h>

#include "server/fleet/impl.h"

/* Never 0. *local: loopback. */
static uint64_t address_of(const struct sockaddr_storage *peer, bool *local)
{
    uint64_t address = 0;

    *local = false;
    if (peer->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
        uint32_t bits = ntohl(v4->sin_addr.s_addr);

        *local = bits >> 24 == 127;
        /* ff00::/8 is multicast, so no IPv6 peer has this prefix. */
        address = UINT64_C(0xffff000000000000) | bits;
    } else if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;

        *local = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
        memcpy(&address, v6->sin6_addr.s6_addr, sizeof address);
    }
    return address != 0 ? address : 1;
}

static struct address_bucket *bucket_of(struct address_table *table, uint64_t address)
{
    /* Spread by multiplication; who wants a collision only shares a set of buckets with himself. */
    size_t set = (size_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 40) &
                 (FLEET_ADDRESSES / FLEET_ADDRESS_WAYS - 1);
    struct address_bucket *first = &table->buckets[set * FLEET_ADDRESS_WAYS], *oldest = first;

    for (struct address_bucket *b = first; b < first + FLEET_ADDRESS_WAYS; b++) {
        if (b->address == address)
            return b;
        if (b->address == 0 || (oldest->address != 0 && b->last_ms < oldest->last_ms))
            oldest = b;
    }
    oldest->address = 0;
    return oldest;
}

bool address_take(struct address_table *table, const struct fleet_config *config,
                  const struct sockaddr_storage *peer, int64_t now_ms)
{
    const uint64_t full = (uint64_t)config->new_burst * 1000;
    struct address_bucket *b;
    uint64_t address, tokens, gained;
    bool local;

    address = address_of(peer, &local);
    if (local && !config->count_local)
        return true;
    b = bucket_of(table, address);
    if (b->address == 0)
        *b = (struct address_bucket){
            .address = address, .last_ms = now_ms, .millitokens = (uint32_t)full};
    gained = (uint64_t)(now_ms - b->last_ms) * config->new_per_minute / 60;
    if (gained > 0)
        b->last_ms = now_ms; /* otherwise what is less than a thousandth waits for the next time */
    tokens = b->millitokens + gained;
    if (tokens > full)
        tokens = full;
    b->millitokens = (uint32_t)(tokens >= 1000 ? tokens - 1000 : tokens);
    return tokens >= 1000;
}

_Static_assert((FLEET_ADDRESSES & (FLEET_ADDRESSES - 1)) == 0, "a mask is made of it");
