// SPDX-License-Identifier: MIT
/* From configuration to what server/api takes while it runs. */
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "release/release.h"
#include "server/daemon/impl.h"

int settings_from(const struct config *config, struct api_settings *s, struct err *err)
{
    memset(s, 0, sizeof *s);
    if (config->release_key.cnt > 0 &&
        release_trust_load((const char *const *)config->release_key.item, config->release_key.cnt,
                           s->keys, err) < 0)
        return err_prefix(err, "release-key");
    s->keys_cnt = (unsigned)config->release_key.cnt;
    s->threshold = config->threshold;
    s->poll_interval_s = config->poll_interval;
    s->poll_minimum_s = config->poll_minimum;
    s->polls_per_s = config->polls_per_second;
    for (size_t i = 0; i < config->host.cnt; i++)
        s->hosts[s->hosts_cnt++] = config->host.item[i];
    return 0;
}

static bool has_key(const struct api_settings *s, const uint8_t key[65])
{
    for (unsigned i = 0; i < s->keys_cnt; i++) {
        if (memcmp(s->keys[i], key, sizeof s->keys[i]) == 0)
            return true;
    }
    return false;
}

/* Named by the first bytes of the key's SHA-256. */
static void tell_missing(const struct api_settings *from, const struct api_settings *in,
                         const char *words)
{
    for (unsigned i = 0; i < from->keys_cnt; i++) {
        uint8_t digest[32];
        char hex[HEX_SIZE(8)];

        if (has_key(in, from->keys[i]))
            continue;
        release_sha256(from->keys[i], sizeof from->keys[i], digest);
        hex_encode(hex, digest, 8);
        log_line(LOG_LEVEL_INFO, "reload: release key %s %s", hex, words);
    }
}

void settings_tell_keys(const struct api_settings *before, const struct api_settings *after)
{
    tell_missing(before, after, "is not trusted any more");
    tell_missing(after, before, "is trusted from now on");
    if (after->keys_cnt == 0 && before->keys_cnt > 0)
        log_line(LOG_LEVEL_WARNING, "reload: no release key is left: publishing is refused");
}
