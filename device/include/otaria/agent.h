// SPDX-License-Identifier: MIT
/*
 * The agent: poll -> decide -> fetch -> verify -> stage -> reboot -> trial -> confirm, with backoff and jitter. One
 * caller-owned context (<= 6 KB with everything in it), cooperative: otaria_loop does a bounded piece of work.
 */
#ifndef OTARIA_AGENT_H
#define OTARIA_AGENT_H

#include <otaria/http.h>
#include <otaria/net.h>
#include <otaria/poll.h>
#include <otaria/update.h>

enum otaria_event {
    OTARIA_EV_POLL,       /* a poll is sent */
    OTARIA_EV_NOTHING_NEW,
    OTARIA_EV_OFFERED,    /* a verified release that applies; detail: its version if known */
    OTARIA_EV_REFUSED,    /* code says why; nothing was written */
    OTARIA_EV_FETCH,      /* a download begins; a: offset, b: size */
    OTARIA_EV_PROGRESS,   /* a: bytes, b: size; every 16 KB */
    OTARIA_EV_INTERRUPTED,/* the link dropped; code; a: offset */
    OTARIA_EV_VERIFIED,   /* the slot holds the signed image (read back) */
    OTARIA_EV_STAGED,
    OTARIA_EV_REBOOT,
    OTARIA_EV_TRIAL,      /* a trial boot began; a: tries left */
    OTARIA_EV_STAGE,      /* a: enum otaria_stage just reached */
    OTARIA_EV_CONFIRMED,
    OTARIA_EV_REVERTED,   /* a trial failed earlier: code; or the owner's revert: code 0 */
    OTARIA_EV_BUSY,       /* 503; a: seconds until the next poll */
    OTARIA_EV_FAILED      /* transport or device error: code; retried later, a: seconds */
};

struct otaria_config {
    const struct otaria_flash *flash;
    const struct otaria_layout *layout;
    const struct otaria_net *net;
    const struct otaria_sys *sys;
    struct otaria_trust trust;
    uint8_t vendor[16], class_id[16];
    uint8_t id[16];
    size_t id_len;
    const char *version;     /* compiled-in version text */
    const char *server;      /* "http://host[:port][/base]" or https; borrowed for the agent's life */
    uint32_t poll_s;         /* default interval, 0 = 3600; clamped 60 s .. 24 h */
    bool ask;                /* policy: install only after otaria_update_now */
    unsigned running;        /* slot this code runs from */
    uint32_t network_give_up_s, source_give_up_s, healthy_after_s; /* 0 = the defaults of spec/constants */
    uint32_t poll_min_s;     /* 0 = OTARIA_POLL_MIN_S; lower clamp, for tests and demos only */
    void (*event)(void *ctx, enum otaria_event ev, int code, uint32_t a, uint32_t b);
    void *event_ctx;
};

struct otaria {
    struct otaria_config cfg;
    struct otaria_slots slots;
    struct otaria_update update;
    struct otaria_http_response http;
    uint8_t buf[OTARIA_POLL_RESPONSE_MAX];
    /* the owner ("agent") adds private fields here */
};

OTARIA_MUST_CHECK int otaria_begin(struct otaria *o, const struct otaria_config *cfg);
OTARIA_MUST_CHECK int otaria_loop(struct otaria *o);      /* call often; OTARIA_MORE = call again soon, 0 = nothing to do before otaria_next_ms */
uint32_t otaria_next_ms(const struct otaria *o);          /* how long the caller may sleep */
OTARIA_MUST_CHECK int otaria_stage_reached(struct otaria *o, unsigned stages); /* the application tells: started, configuration */
void otaria_check_now(struct otaria *o);                  /* the owner's "check for updates" */
void otaria_update_now(struct otaria *o);                 /* the owner's "update now": takes an offered release, lifts left-behind and known-bad */
OTARIA_MUST_CHECK int otaria_revert(struct otaria *o);    /* the owner's revert: resets */

struct otaria_status {
    enum otaria_poll_state state;
    enum otaria_run_state run;
    unsigned running, tries_left, stages;
    uint64_t floor_seq;
    uint32_t done, size;     /* of a running download */
    int last_result;         /* last code told or to be told */
    bool has_last_result, can_revert, offered;
    char offered_version[OTARIA_VERSION_MAX + 1];
};
void otaria_status(const struct otaria *o, struct otaria_status *out);

#endif
