// SPDX-License-Identifier: MIT
/*
 * A broken release: it cannot read its configuration and runs with the defaults. It gives itself up after the library's
 * times: TRIAL_CONFIGURATION.
 */
#include "../emon.h"

static struct otaria_flash good;
static uint32_t sector[2];

static int read_some(void *ctx, uint32_t addr, void *buf, size_t len)
{
    (void)ctx;
    if (addr / OTARIA_SECTOR == sector[0] / OTARIA_SECTOR ||
        addr / OTARIA_SECTOR == sector[1] / OTARIA_SECTOR)
        return -1;
    return good.read(good.ctx, addr, buf, len);
}

void emon_app(struct emon *e, const struct emon_port *port)
{
    struct otaria_flash flash = *port->flash;
    struct emon_port blind = *port;

    good = flash;
    sector[0] = port->config_sector[0];
    sector[1] = port->config_sector[1];
    flash.read = read_some;
    blind.flash = &flash;
    emon_run(e, &blind);
}
