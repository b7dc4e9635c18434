// SPDX-License-Identifier: MIT
/* A broken release: its network never comes up. It gives itself up after network-give-up seconds: TRIAL_NETWORK. */
#include "../emon.h"

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

void emon_app(struct emon *e, const struct emon_port *port)
{
    struct otaria_net net = *port->net;
    struct emon_port deaf = *port;

    net.up = never;
    deaf.net = &net;
    emon_run(e, &deaf);
}
