// SPDX-License-Identifier: MIT
/*
 * emon: an energy monitor that updates itself. Readings come in on the serial line, its web page shows them and the
 * firmware's state, the agent of libotaria keeps the firmware current.
 *
 *     static struct emon emon;                 all the RAM there is, but for the stack and the port's own
 *     if (emon_begin(&emon, &port) == 0)
 *         for (;;)
 *             wait(emon_loop(&emon) ? 0 : emon_next_ms(&emon));
 *
 * What happens is said on the serial line, a line each: "emon 1.0.3: update 1.0.4 offered".
 */
#ifndef EMON_H
#define EMON_H

#include "config.h"
#include "port.h"
#include "previous.h"
#include "readings.h"
#include "web.h"

struct emon {
    struct emon_web web; /* for the port's listener */
    /* private */
    const struct emon_port *port;
    struct emon_config config;
    struct emon_store store;
    struct emon_readings readings;
    struct emon_previous previous;
    struct emon_web_app app;
    bool wants_revert;
    uint64_t revert_ms;
    struct otaria agent;
};

/*
 * Reads the configuration, begins the agent, reports the stages STARTED and CONFIGURATION. A configuration that cannot be
 * read is not reported: on trial that brings the old image back. 0, or what otaria_begin returned; then nothing works.
 */
OTARIA_MUST_CHECK int emon_begin(struct emon *e, const struct emon_port *port);

/* A bounded piece of work. OTARIA_MORE: call again at once; 0: nothing to do for emon_next_ms. */
OTARIA_MUST_CHECK int emon_loop(struct emon *e);
uint32_t emon_next_ms(const struct emon *e);

/*
 * All of it: begins, and loops until the port's wait says no. When nothing works it asks for a reset after a minute: a
 * trial spends its tries that way, and what was a passing fault of the flash is over.
 */
void emon_run(struct emon *e, const struct emon_port *port);

#endif
