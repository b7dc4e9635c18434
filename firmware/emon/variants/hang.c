// SPDX-License-Identifier: MIT
/* A broken release: it comes up and then hangs; the watchdog resets it. Reverted as TRIAL_NETWORK. */
#include "../emon.h"

void emon_app(struct emon *e, const struct emon_port *port)
{
    if (emon_begin(e, port) == 0) {
        for (volatile bool forever = true; forever;)
            continue;
    }
}
