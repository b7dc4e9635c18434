// SPDX-License-Identifier: MIT
/*
 * Everything that emon needs of a chip and its board. Whoever brings emon to another chip writes this struct and a main
 * that calls emon_app; nothing above it knows where it runs. Callbacks return at once, but for wait. What the struct
 * points at lives as long as the application.
 *
 * The web listener is the port's: it accepts connections and carries their bytes to emon_web (web.h), from within wait or
 * from anywhere else that never interrupts emon_loop. So there is one thread and no lock.
 */
#ifndef EMON_PORT_H
#define EMON_PORT_H

#include <otaria/agent.h>

struct emon;
struct emon_config;

struct emon_port {
    void *ctx;

    /* Flash, and which part of it is whose. */
    const struct otaria_flash *flash;
    const struct otaria_layout *layout;
    uint32_t config_sector[2]; /* addresses of two sectors that nobody else uses (config.h) */
    unsigned slot;             /* that this code runs from */

    const struct otaria_net *net; /* towards the update source */
    const struct otaria_sys *sys;

    /* Who this device is, and whose releases it takes. */
    const char *version; /* compiled in: OTARIA_APP(BUILD_TAG) */
    const char *server;  /* where updates come from while the owner has not said */
    uint8_t vendor[16], class_id[16];
    uint8_t id[16];
    size_t id_len;
    struct otaria_trust trust;

    /* The serial line: bytes that came, 0 = none; and text, all of it. */
    size_t (*serial_read)(void *ctx, uint8_t *buf, size_t max);
    void (*serial_write)(void *ctx, const char *text, size_t len);

    /* The configuration is in force, at start and after a change: node name, trust in TLS servers. May be NULL. */
    void (*configured)(void *ctx, const struct emon_config *config);

    /*
     * Feeds the watchdog, carries the network, lets at most ms pass; 0 = does not wait at all. False: the application has
     * to return, since its process plays a chip that was reset. A chip never says so.
     */
    bool (*wait)(void *ctx, struct emon *e, uint32_t ms);
};

/*
 * The application: begins, and loops until wait says otherwise. e: memory of the caller's, any content. app.c has the
 * good one; each file of variants/ is another, which fails in its own way so that reverts can be tried.
 */
void emon_app(struct emon *e, const struct emon_port *port);

#endif
