// SPDX-License-Identifier: MIT
#include "emon.h"

void emon_app(struct emon *e, const struct emon_port *port)
{
    emon_run(e, port);
}
