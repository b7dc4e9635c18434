// SPDX-License-Identifier: MIT
/* The web listener of a host: sockets in front of emon_web. */
#ifndef EMON_POSIX_LISTENER_H
#define EMON_POSIX_LISTENER_H

#include <poll.h>

#include "../web.h"

#define LISTENER_FDS (1 + EMON_CONNS)

struct listener {
    int fd; /* listening */
    int conn[EMON_CONNS];
    bool closing
        [EMON_CONNS]; /* all is sent: waits for the peer's end, so that no reset overtakes the answer */
    uint64_t closing_ms[EMON_CONNS];
};

/* On 127.0.0.1; port 0 = any. 0 with *port the real one, or -1 with errno. */
int listener_open(struct listener *l, unsigned *port) __attribute__((warn_unused_result));

/* What poll() should look at; room for LISTENER_FDS. Returns how many. */
unsigned listener_fds(const struct listener *l, struct emon_web *w, struct pollfd *fds);

/* Carries what there is to carry, without waiting. */
void listener_turn(struct listener *l, struct emon_web *w, uint64_t now_ms);

#endif
