// SPDX-License-Identifier: MIT
/* The decision. Everything in the poll is what somebody claims; the worst it can do is spare itself an update. */
#include <stdlib.h>
#include <string.h>

#include "server/fleet/impl.h"
#include "server/fleet/siphash.h"

static int id_order(const void *a, const void *b)
{
    return store_id_compare(a, b);
}

bool fleet_in_percent(const struct store_id *id, const uint8_t digest[32], unsigned percent)
{
    return percent >= 100 || siphash(digest, id->bytes, id->len) % 100 < percent;
}

static bool may_have(const struct store_release *r, const struct store_id *id)
{
    if (r->only_cnt > 0)
        return bsearch(id, r->only, r->only_cnt, sizeof *id, id_order) != NULL;
    return fleet_in_percent(id, r->digest, r->percent);
}

/* Transport and caller errors (-1..-31) never condemn a release. */
static bool failed_there(const struct otaria_poll_request *poll, const struct store_release *r)
{
    return poll->has_result && poll->result <= -32 && poll->result >= -95 &&
           memcmp(poll->result_manifest, r->digest, sizeof poll->result_manifest) == 0;
}

static bool runs(const struct otaria_poll_request *poll, const struct store_release *r)
{
    return poll->has_running_manifest && memcmp(poll->running_manifest, r->digest, 32) == 0;
}

static bool needs_repair(const struct otaria_poll_request *poll, const struct store_release *r)
{
    return poll->confirmed_seq == r->seq && !poll->has_running_manifest &&
           memcmp(poll->running_sha256, r->component[0].digest, 32) != 0;
}

enum fleet_answer fleet_decide(const struct fleet_snapshot *snapshot,
                               const struct otaria_poll_request *poll,
                               const struct store_release **offer)
{
    struct store_id id = {.len = (uint8_t)poll->id_len};
    const struct store_release *r = NULL;
    const struct line *line;
    bool known;

    *offer = NULL;
    memcpy(id.bytes, poll->id, poll->id_len);
    line = snapshot_line(snapshot, poll->vendor, poll->class_id, snapshot_channel_of(snapshot, &id),
                         &known);
    if (!known)
        return FLEET_UNKNOWN_CLASS;
    if (poll->state == OTARIA_POLL_TRIAL)
        return FLEET_ON_TRIAL;
    for (size_t i = 0; line != NULL && i < line->releases_cnt && r == NULL; i++) {
        if (may_have(line->releases[i], &id))
            r = line->releases[i];
    }
    if (r == NULL || runs(poll, r) || (r->seq <= poll->confirmed_seq && !needs_repair(poll, r)))
        return FLEET_CURRENT;
    /* An older release instead would undo itself at the next poll, when its result replaced this one. */
    if (failed_there(poll, r))
        return FLEET_FAILED;
    *offer = r;
    return FLEET_OFFER;
}
