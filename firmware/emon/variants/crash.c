// SPDX-License-Identifier: MIT
/* A broken release: it crashes before it has said anything. Reverted as TRIAL_STARTED. */
#include "../emon.h"

void emon_app(struct emon *e, const struct emon_port *port)
{
    (void)e;
    (void)port;
    __builtin_trap();
}
