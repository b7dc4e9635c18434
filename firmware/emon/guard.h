// SPDX-License-Identifier: MIT
/*
 * Who may change something. A device on the home network is asked by the pages of strangers too: any site may have the
 * owner's browser post to it, and a site whose name is suddenly resolved to the device's address even reads its answers.
 * So a request is only heard when it names the device as its owner does, does not come from another site's page, and, to
 * change something, brings the password in a header field of its own, which no browser adds by itself.
 */
#ifndef EMON_GUARD_H
#define EMON_GUARD_H

#include "config.h"

#define EMON_SETUP_LEN 8

struct emon_guard {
    /* private */
    unsigned wrong; /* passwords in a row */
    uint64_t next_ms;
    char setup[EMON_SETUP_LEN + 1]; /* "" once there is a password */
};

/*
 * host, as in the request: an IPv4 address, an IPv6 address in brackets, "localhost", node, or node.local, each with or
 * without a port. No name that a stranger can register is one of these.
 */
bool emon_guard_host(const char *host, const char *node);

/* The page that sent the request is the device's own: origin is "http://" and host. */
bool emon_guard_origin(const char *origin, const char *host);

/*
 * Begins without wrong passwords. Without a password in c a setup code is drawn: only whoever sees the device's serial
 * line can know it, and only setting a password is possible with it. 40 bits.
 */
void emon_guard_begin(struct emon_guard *g, const struct emon_config *c, const uint8_t random[8]);

/* There is a password now: the setup code is gone. */
void emon_guard_settled(struct emon_guard *g);

/* Seconds until a password is looked at again; 0 = now. After n wrong ones in a row 2^(n-1) seconds, 32 at most. */
uint32_t emon_guard_wait_s(const struct emon_guard *g, uint64_t now_ms);

/*
 * Whether this is the password or, while there is none, the setup code. Only to be asked when emon_guard_wait_s is 0;
 * counts. Constant time.
 */
bool emon_guard_password(struct emon_guard *g, const struct emon_config *c, const char *password,
                         uint64_t now_ms);

#endif
