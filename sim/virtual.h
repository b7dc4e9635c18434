// SPDX-License-Identifier: MIT
/*
 * One device in virtual time: the real agent and boot logic, flash in memory, and a link whose weather and whose far end
 * the test decides. Nothing sleeps: six hours take milliseconds, and the same seed gives the same run.
 *
 * Devices do not influence each other, so a fleet is simulated one device after the other, each from time 0; what the
 * server does is a function of the time.
 */
#ifndef OTARIA_SIM_VIRTUAL_H
#define OTARIA_SIM_VIRTUAL_H

#include "sim/chip.h"
#include "sim/nor.h"

struct virtual_device;

/* What the far end says to a whole request. bytes come from malloc; the link releases them. */
struct virtual_answer {
    uint8_t *bytes;
    size_t len;
    bool stay_open; /* after the last byte: silence instead of the end of the stream */
};

/* The weather. All zero: an unlimited link that never fails. */
struct virtual_link {
    uint32_t rate;           /* bytes a second towards the device; 0 = unlimited */
    uint32_t delay_ms;       /* from a request's end to its answer's begin, and for a connection */
    uint32_t drop_every_ms;  /* a connection lives no longer; 0 = as long as it likes */
    uint32_t stall_every_ms; /* of absolute time, */
    uint32_t stall_for_ms;   /*   nothing comes for so long */
    size_t cut_after;        /* each answer ends after so many bytes; 0 = never */
    bool down;               /* connections are refused */
    bool silent;             /* connections never complete */
};

/* What the image's application does, besides calling the agent. Set by `boots` at each boot. */
struct virtual_app {
    unsigned stages;         /* that it reports at start: OTARIA_STAGE_STARTED | _CONFIGURATION */
    uint64_t crash_after_ms; /* it resets after so long an uptime; 0 = never */
    bool hangs;              /* it never calls the agent: the watchdog resets it */
    bool has_network;
};

#define VIRTUAL_WATCHDOG_MS 8000u

struct virtual_device {
    /* set by the caller after virtual_init, before virtual_run */
    struct otaria_config cfg;
    struct virtual_link link;
    struct virtual_app app;
    void (*boots)(struct virtual_device
                      *d); /* sets d->app for the image that boots; NULL = leave it as it is */
    void (*answer)(struct virtual_device *d, const uint8_t *request, size_t len,
                   struct virtual_answer *out);
    void (*weather)(struct virtual_device *d); /* before each step; may change link; NULL = none */
    void *user;
    uint64_t
        cut_at_ms; /* absolute: power is cut then and comes back; 0 = never. The test may set the next one. */

    /* to look at */
    struct nor nor;
    struct chip chip;
    uint64_t now_ms, boot_ms;
    unsigned boots_cnt, requests_cnt;
    uint64_t received; /* bytes, headers included */
    unsigned events[OTARIA_EV_FAILED + 1];
    int last_code[OTARIA_EV_FAILED + 1];
    uint32_t last_a[OTARIA_EV_FAILED + 1], last_b[OTARIA_EV_FAILED + 1];

    /* private */
    struct otaria_net net;
    struct otaria_sys sys;
    uint8_t request[2048];
    size_t request_len, given;
    struct virtual_answer reply;
    uint64_t open_ms, reply_ms, random;
    bool open, replied, reset, booted;
};

/* A blank device with a link and an application without faults; fills cfg.flash, .net, .sys, .layout and the rest's defaults. */
void virtual_init(struct virtual_device *d, const struct otaria_layout *layout, uint64_t seed);
void virtual_free(struct virtual_device *d);

/* Boots when needed and lives until absolute time until_ms, or until `enough` (may be NULL) says so. */
void virtual_run(struct virtual_device *d, uint64_t until_ms,
                 bool (*enough)(struct virtual_device *));

/* The device's power is cut now; the next virtual_run boots. */
void virtual_power_cut(struct virtual_device *d);

#endif
