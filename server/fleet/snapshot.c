// SPDX-License-Identifier: MIT
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "server/fleet/impl.h"

struct fleet_snapshot *fleet_snapshot_new(void)
{
    return xcalloc(1, sizeof(struct fleet_snapshot));
}

static void release_free(struct store_release *r)
{
    free((void *)(uintptr_t)r->suit);
    free((void *)(uintptr_t)r->only);
    free(r);
}

void fleet_snapshot_free(struct fleet_snapshot *s)
{
    for (size_t i = 0; i < s->releases_cnt; i++)
        release_free(s->releases[i]);
    for (size_t i = 0; i < s->lines_cnt; i++)
        free(s->lines[i].releases);
    free(s->releases);
    free(s->lines);
    free(s->overrides);
    free(s->payloads);
    free(s);
}

static void *copy_of(const void *p, size_t len)
{
    void *copy = xmalloc(len + 1);

    if (len > 0)
        memcpy(copy, p, len);
    return copy;
}

/* Makes room for one more element. */
static void *grown(void *array, size_t cnt, size_t *max, size_t len)
{
    if (cnt < *max)
        return array;
    *max = *max == 0 ? 16 : *max * 2;
    return xrealloc(array, *max * len);
}

void fleet_snapshot_add(struct fleet_snapshot *s, const struct store_release *release)
{
    struct store_release *r = copy_of(release, sizeof *release);

    r->suit = copy_of(release->suit, release->suit_len);
    r->only = copy_of(release->only, release->only_cnt * sizeof *release->only);
    s->releases = grown(s->releases, s->releases_cnt, &s->releases_max, sizeof(void *));
    s->releases[s->releases_cnt++] = r;
}

void fleet_snapshot_channel(struct fleet_snapshot *s, const struct store_id *id,
                            const char *channel)
{
    struct override *o;

    s->overrides = grown(s->overrides, s->overrides_cnt, &s->overrides_max, sizeof *s->overrides);
    o = &s->overrides[s->overrides_cnt++];
    o->id = *id;
    snprintf(o->channel, sizeof o->channel, "%s", channel);
}

static int ids_compare(const uint8_t va[16], const uint8_t ca[16], const uint8_t vb[16],
                       const uint8_t cb[16])
{
    int order = memcmp(va, vb, 16);

    return order != 0 ? order : memcmp(ca, cb, 16);
}

/* Vendor, class, channel, then the highest sequence first. */
static int release_order(const void *a, const void *b)
{
    const struct store_release *x = *(const struct store_release *const *)a;
    const struct store_release *y = *(const struct store_release *const *)b;
    int order = ids_compare(x->vendor, x->class_id, y->vendor, y->class_id);

    if (order == 0)
        order = strcmp(x->channel, y->channel);
    if (order == 0)
        order = (x->seq < y->seq) - (x->seq > y->seq);
    return order;
}

static int override_order(const void *a, const void *b)
{
    const struct override *x = a, *y = b;

    return store_id_compare(&x->id, &y->id);
}

static int payload_order(const void *a, const void *b)
{
    const struct store_component *x = a, *y = b;

    return memcmp(x->digest, y->digest, sizeof x->digest);
}

static void lines_fill(struct fleet_snapshot *s)
{
    struct line *line = NULL;

    s->lines = xcalloc(s->releases_cnt + 1, sizeof *s->lines);
    for (size_t i = 0; i < s->releases_cnt; i++) {
        const struct store_release *r = s->releases[i];

        if (line == NULL || strcmp(line->channel, r->channel) != 0 ||
            ids_compare(line->vendor, line->class_id, r->vendor, r->class_id) != 0) {
            line = &s->lines[s->lines_cnt++];
            memcpy(line->vendor, r->vendor, sizeof line->vendor);
            memcpy(line->class_id, r->class_id, sizeof line->class_id);
            snprintf(line->channel, sizeof line->channel, "%s", r->channel);
            line->releases = xcalloc(s->releases_cnt - i, sizeof(void *));
        }
        if (!r->withdrawn)
            line->releases[line->releases_cnt++] = r;
    }
}

void snapshot_seal(struct fleet_snapshot *s)
{
    assert(s->lines == NULL);
    if (s->releases_cnt > 0)
        qsort(s->releases, s->releases_cnt, sizeof(void *), release_order);
    if (s->overrides_cnt > 0)
        qsort(s->overrides, s->overrides_cnt, sizeof *s->overrides, override_order);
    lines_fill(s);
    s->payloads = xcalloc(s->releases_cnt * OTARIA_COMPONENTS_MAX + 1, sizeof *s->payloads);
    for (size_t i = 0; i < s->releases_cnt; i++) {
        for (unsigned c = 0; c < s->releases[i]->components_cnt; c++)
            s->payloads[s->payloads_cnt++] = s->releases[i]->component[c];
    }
    qsort(s->payloads, s->payloads_cnt, sizeof *s->payloads, payload_order);
}

const char *snapshot_channel_of(const struct fleet_snapshot *s, const struct store_id *id)
{
    const struct override key = {.id = *id};
    const struct override *o = s->overrides_cnt == 0 ? NULL
                                                     : bsearch(&key, s->overrides, s->overrides_cnt,
                                                               sizeof key, override_order);

    return o != NULL ? o->channel : FLEET_DEFAULT_CHANNEL;
}

const struct line *snapshot_line(const struct fleet_snapshot *s, const uint8_t vendor[16],
                                 const uint8_t class_id[16], const char *channel, bool *known)
{
    size_t low = 0, high = s->lines_cnt;

    /* The first line that is not below (vendor, class). */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct line *l = &s->lines[middle];

        if (ids_compare(l->vendor, l->class_id, vendor, class_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *known = false;
    for (; low < s->lines_cnt; low++) {
        const struct line *l = &s->lines[low];

        if (ids_compare(l->vendor, l->class_id, vendor, class_id) != 0)
            break;
        *known = true;
        if (strcmp(l->channel, channel) == 0)
            return l;
    }
    return NULL;
}

bool fleet_payload(const struct fleet_snapshot *s, const uint8_t sha256[32], uint32_t *size)
{
    struct store_component key = {0};
    const struct store_component *c;

    memcpy(key.digest, sha256, sizeof key.digest);
    c = bsearch(&key, s->payloads, s->payloads_cnt, sizeof key, payload_order);
    if (c != NULL)
        *size = c->size;
    return c != NULL;
}
