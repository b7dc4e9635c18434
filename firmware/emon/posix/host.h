// SPDX-License-Identifier: MIT
/*
 * emon-posix: the application as a process. main.c plays the hardware (boot stage, reset, watchdog) and forks a process a
 * boot, so that what is in RAM is lost as on the chip; host.c is the port that this process runs on.
 */
#ifndef EMON_POSIX_HOST_H
#define EMON_POSIX_HOST_H

#include "../emon.h"
#include "device/ports/posix/posix.h"
#include "listener.h"

#define HOST_FEED_MS 100u /* the watchdog is fed at most so often */

struct host {
    struct emon_port port;
    struct otaria_posix_flash flash;
    struct otaria_posix_net net;
    struct otaria_posix_sys sys;
    struct listener web;
    int feed; /* a byte into it feeds the watchdog */
    uint64_t fed_ms;
    bool serial_ended;
};

/* Fills in the callbacks; flash, web, feed and who the device is are the caller's. reset_reason is borrowed. */
void host_begin(struct host *h, const char *reset_reason);

#endif
