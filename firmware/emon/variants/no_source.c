// SPDX-License-Identifier: MIT
/*
 * A broken release: everything works, its page too, but it never reaches its update source. It gives itself up after
 * source-give-up seconds: TRIAL_SOURCE.
 */
#include "../emon.h"

static int refuse(void *ctx, const char *host, uint16_t port, bool tls)
{
    (void)ctx;
    (void)host;
    (void)port;
    (void)tls;
    return OTARIA_E_CONNECT;
}

void emon_app(struct emon *e, const struct emon_port *port)
{
    struct otaria_net net = *port->net;
    struct emon_port mute = *port;

    net.open = refuse;
    mute.net = &net;
    emon_run(e, &mute);
}
