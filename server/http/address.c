// SPDX-License-Identifier: MIT
/*
 * Connections per peer: an IPv4 address, or an IPv6 /64, since one customer has all of it. The table is
 * as large as there may be connections, its hash is keyed, and an entry lives as long as its connections.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

struct address {
    struct address *next;
    uint8_t key[16];
    unsigned cnt;
};

struct addresses {
    pthread_mutex_t lock;
    uint64_t secret[2];
    unsigned each_max;
    size_t mask;
    struct address *buckets[];
};

struct addresses *addresses_new(unsigned conns_max, unsigned each_max)
{
    size_t cnt = 64;
    struct addresses *a;

    while (cnt < conns_max && cnt < (1u << 20))
        cnt *= 2;
    a = xcalloc(1, sizeof *a + cnt * sizeof a->buckets[0]);
    a->mask = cnt - 1;
    a->each_max = each_max;
    pthread_mutex_init(&a->lock, NULL);
    if (getrandom(a->secret, sizeof a->secret, 0) != (ssize_t)sizeof a->secret)
        abort();
    return a;
}

void addresses_free(struct addresses *a)
{
    if (!a)
        return;
    for (size_t i = 0; i <= a->mask; i++)
        free(a->buckets[i]); /* none is left once all connections are closed */
    pthread_mutex_destroy(&a->lock);
    free(a);
}

static void key_from(uint8_t key[16], const struct peer *peer)
{
    memcpy(key, &peer->addr, 16);
    if (!IN6_IS_ADDR_V4MAPPED(&peer->addr))
        memset(key + 8, 0, 8);
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

static struct address **bucket_of(struct addresses *a, const uint8_t key[16])
{
    uint64_t half[2];

    memcpy(half, key, sizeof half);
    return &a->buckets[mix(mix(half[0] ^ a->secret[0]) + (half[1] ^ a->secret[1])) & a->mask];
}

static struct address *address_find(struct addresses *a, const uint8_t key[16])
{
    struct address **bucket = bucket_of(a, key);
    struct address *e;

    for (e = *bucket; e; e = e->next) {
        if (memcmp(e->key, key, sizeof e->key) == 0)
            return e;
    }
    e = xcalloc(1, sizeof *e);
    memcpy(e->key, key, sizeof e->key);
    e->next = *bucket;
    *bucket = e;
    return e;
}

bool address_enter(struct addresses *a, const struct peer *peer, struct address **entry)
{
    uint8_t key[16];
    bool room;

    key_from(key, peer);
    pthread_mutex_lock(&a->lock);
    *entry = address_find(a, key);
    room = (*entry)->cnt < a->each_max;
    if (room)
        (*entry)->cnt++;
    pthread_mutex_unlock(&a->lock);
    return room; /* each_max >= 1, so a full entry has connections and stays */
}

void address_leave(struct addresses *a, struct address *entry)
{
    struct address **at;

    if (!entry)
        return;
    pthread_mutex_lock(&a->lock);
    if (--entry->cnt == 0) {
        for (at = bucket_of(a, entry->key); *at != entry; at = &(*at)->next)
            ;
        *at = entry->next;
        free(entry);
    }
    pthread_mutex_unlock(&a->lock);
}
