// SPDX-License-Identifier: MIT
/*
 * The agent: poll -> decide -> fetch -> verify -> stage -> reboot -> trial -> confirm, with backoff and jitter
 * (spec/PROTOCOL.md, "The agent"). One caller-owned context, below 6 KB with everything in it on a 32-bit chip;
 * below 1 KB of stack, signature verification excepted (struct otaria_trust, on_stack).
 *
 * Cooperative: otaria_loop does one bounded piece of work (one flash sector, one page of input, one verification)
 * and returns. Nothing blocks, nothing is allocated.
 *
 *     static struct otaria agent;
 *     struct otaria_config cfg = {.flash = &flash, .layout = layout, .net = &net, .sys = &sys, ...};
 *     if (otaria_begin(&agent, &cfg) == 0)
 *         result = otaria_stage_reached(&agent, OTARIA_STAGE_STARTED);
 *     ... the application loads its configuration ...
 *         result = otaria_stage_reached(&agent, OTARIA_STAGE_STARTED | OTARIA_STAGE_CONFIGURATION);
 *     for (;;) {
 *         if (otaria_loop(&agent) == 0)
 *             sleep_ms(otaria_next_ms(&agent));
 *     }
 *
 * An application that never calls otaria_stage_reached with both bits is never confirmed: the previous image comes
 * back. That is the point.
 */
#ifndef OTARIA_AGENT_H
#define OTARIA_AGENT_H

#include <otaria/http.h>
#include <otaria/net.h>
#include <otaria/poll.h>
#include <otaria/update.h>

#define OTARIA_HOST_MAX 63 /* bytes of the server's name */

enum otaria_event {
    OTARIA_EV_POLL, /* a poll is sent */
    OTARIA_EV_NOTHING_NEW, /* a: 1 when the server's release is the running image: remembered, not downloaded */
    OTARIA_EV_OFFERED,     /* a verified release that applies; otaria_status has its version */
    OTARIA_EV_REFUSED,     /* code says why; nothing was written */
    OTARIA_EV_FETCH,       /* a download begins or goes on; a: offset, b: size */
    OTARIA_EV_PROGRESS,    /* a: bytes, b: size; every 16 KB */
    OTARIA_EV_INTERRUPTED, /* the link dropped; code; a: offset, b: milliseconds until the next try */
    OTARIA_EV_VERIFIED,    /* the slot holds the signed image (read back) */
    OTARIA_EV_STAGED,      /* it boots next, on trial */
    OTARIA_EV_REBOOT,      /* the next thing that happens is sys->reset */
    OTARIA_EV_TRIAL,       /* a trial boot began; a: tries left */
    OTARIA_EV_STAGE,       /* a: enum otaria_stage just reached */
    OTARIA_EV_CONFIRMED,
    OTARIA_EV_REVERTED, /* a trial failed earlier, or this one gives up: code; or the owner's revert: code 0 */
    OTARIA_EV_BUSY,  /* 503 or 429 with Retry-After; a: seconds until the next try */
    OTARIA_EV_FAILED /* transport or device error: code; retried, a: milliseconds (cut to 2^32-1) */
};

/* An update source as it is addressed. */
struct otaria_server {
    bool tls;
    uint16_t port;           /* 0 = the scheme's own */
    struct otaria_span base; /* path in front of /v1/poll and /b/: borrowed from the text */
    char host[OTARIA_HOST_MAX + 1];
};

/*
 * Takes "http[s]://host[:port][/base]" apart; an IPv6 address stands in brackets. 0, or OTARIA_E_ARGUMENT, after which
 * *out holds nothing of use. For an application that wants to know before it stores what its owner typed.
 */
OTARIA_MUST_CHECK int otaria_server_parse(const char *url, struct otaria_server *out);

struct otaria_config {
    const struct otaria_flash *flash;
    const struct otaria_layout *layout;
    const struct otaria_net *net;
    const struct otaria_sys *sys;
    struct otaria_trust trust;
    uint8_t vendor[16], class_id[16];
    uint8_t id[16];
    size_t id_len;       /* 6..16 */
    const char *version; /* compiled-in version text, <= OTARIA_VERSION_MAX */
    const char *server;  /* "http://host[:port][/base]" or https; borrowed for the agent's life */
    uint32_t poll_s;     /* default interval, 0 = 3600; clamped poll_min_s .. 24 h */
    bool ask;            /* policy: install only after otaria_update_now */
    unsigned running;    /* slot this code runs from */
    uint32_t network_give_up_s, source_give_up_s, healthy_after_s; /* 0 = those of spec/constants */
    uint32_t
        poll_min_s; /* 0 = OTARIA_POLL_MIN_S; lower clamp, and the unit of backoff: for tests and demos */
    void (*event)(void *ctx, enum otaria_event ev, int code, uint32_t a,
                  uint32_t b); /* may be NULL */
    void *event_ctx;
};

struct otaria {
    /* All private. What is looked at often comes first, where one instruction reaches it; buffers last. */
    uint8_t state;
    uint8_t fails; /* requests in a row that came to nothing */
    bool idle, asked, offered, fetching, updating, gained, whole, told, held, healthy;
    bool has_last_result;
    uint16_t at, end; /* bytes of buf: still to send, or received and not yet used */
    int told_code;
    int last_result;
    int refused_code;   /* what was refused last, reported once */
    uint32_t skip;      /* bytes of the answer that flash has already */
    uint32_t body_left; /* bytes of the answer not yet received */
    uint32_t lost_cnt;  /* full attempts in a row that ended in a wrong image */
    uint32_t boots, polls;
    uint64_t next_ms;    /* WAIT: when to go on */
    uint64_t stall_ms;   /* I/O states: when silence becomes a timeout */
    uint64_t request_ms; /* I/O states: when header or poll body are late for good */
    uint64_t retry_ms;   /* no full attempt at the release of lost_manifest before this */
    uint64_t unlucky_ms; /* trial: no flash write before this, since the last one failed */
    uint8_t refused_manifest[8];
    uint8_t lost_manifest[8];
    struct otaria_config cfg;
    struct otaria_update update;
    struct otaria_http_response http;
    /* Of a running download: bare, borrowed from the first 1,024 bytes of buf. */
    struct otaria_manifest m;
    struct otaria_slots slots;
    struct otaria_server server;
    char offered_version[OTARIA_VERSION_MAX + 1];
    char server_version[OTARIA_VERSION_MAX + 1];
    uint8_t buf[OTARIA_POLL_RESPONSE_MAX];
};

/*
 * Opens slots and log, counts the boot, schedules the first poll. cfg is copied, what it points at is borrowed. 0;
 * OTARIA_E_ARGUMENT (server, id or version out of range); an error of otaria_slots_open.
 */
OTARIA_MUST_CHECK int otaria_begin(struct otaria *o, const struct otaria_config *cfg);

/*
 * One bounded piece of work. OTARIA_MORE: call again at once. 0: nothing to do for otaria_next_ms. Never an error:
 * what goes wrong is an event, is reported to the server, and is retried as the protocol says.
 */
OTARIA_MUST_CHECK int otaria_loop(struct otaria *o);

/* Milliseconds the caller may sleep; at most 10 while a request runs, at most 1,000 on trial. */
uint32_t otaria_next_ms(const struct otaria *o);

/* The application tells that it started, that it loaded its configuration (enum otaria_stage). 0 or OTARIA_E_FLASH_IO. */
OTARIA_MUST_CHECK int otaria_stage_reached(struct otaria *o, unsigned stages);

void otaria_check_now(
    struct otaria *o); /* the owner's "check for updates": polls at once, unless a request runs */
void otaria_update_now(
    struct otaria
        *o); /* the same, and takes what is offered: lifts ask, left-behind, known-bad and waits */

/*
 * The owner changed where updates come from, how often is asked (0 = the default) or the policy: takes effect at once,
 * without a new otaria_begin, which would count a boot. A request that runs is dropped, the new server is asked next, and
 * a download goes on from there when it offers the same release. server is borrowed. 0; OTARIA_E_ARGUMENT: nothing changed.
 */
OTARIA_MUST_CHECK int otaria_set_source(struct otaria *o, const char *server, uint32_t poll_s,
                                        bool ask);

/* The owner's revert; resets. Comes back with 0 only if sys->reset does. OTARIA_E_NO_PREVIOUS, OTARIA_E_FLASH_IO. */
OTARIA_MUST_CHECK int otaria_revert(struct otaria *o);

struct otaria_status {
    enum otaria_poll_state state;
    enum otaria_run_state run;
    unsigned running, tries_left, stages;
    uint64_t floor_seq;
    uint32_t done, size; /* of a running download */
    int last_result;     /* last code told or to be told */
    bool has_last_result, can_revert, offered;
    char offered_version[OTARIA_VERSION_MAX + 1]; /* signed; "" = none yet */
    char server_version[OTARIA_VERSION_MAX +
                        1]; /* what the server last called its release: a claim */
};

void otaria_status(const struct otaria *o, struct otaria_status *out);

#endif
