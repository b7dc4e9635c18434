// SPDX-License-Identifier: MIT
#include "server/http/deadline.h"

#include <stddef.h>

void deadline_list_init(struct deadline_list *list, unsigned after_ms)
{
    list->ring.next = list->ring.prev = &list->ring;
    list->ring.at_ms = 0;
    list->after_ms = after_ms;
}

void deadline_clear(struct deadline *d)
{
    if (!d->next)
        return;
    d->next->prev = d->prev;
    d->prev->next = d->next;
    d->next = d->prev = NULL;
}

void deadline_set(struct deadline_list *list, struct deadline *d, uint64_t now_ms)
{
    deadline_clear(d);
    d->at_ms = list->after_ms ? now_ms + list->after_ms : DEADLINE_NEVER;
    d->prev = list->ring.prev;
    d->next = &list->ring;
    d->prev->next = d;
    d->next->prev = d;
}

struct deadline *deadline_oldest(const struct deadline_list *list)
{
    return list->ring.next == &list->ring ? NULL : list->ring.next;
}

struct deadline *deadline_expired(const struct deadline_list *list, uint64_t now_ms)
{
    struct deadline *d = deadline_oldest(list);

    return d && d->at_ms <= now_ms ? d : NULL;
}

uint64_t deadline_next_ms(const struct deadline_list *list)
{
    struct deadline *d = deadline_oldest(list);

    return d ? d->at_ms : DEADLINE_NEVER;
}
