// SPDX-License-Identifier: MIT
/*
 * The device on a POSIX host: flash in a file, TCP sockets, clock and randomness. For `otaria device run`, for
 * simulations and tests, and as an example of a port. Linux and other systems with flock and getrandom.
 *
 * Results: 0, or -1 with errno set. Threads: one object belongs to one thread at a time.
 */
#ifndef OTARIA_POSIX_H
#define OTARIA_POSIX_H

#include <otaria/flash.h>
#include <otaria/net.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- flash in a file ----
 *
 * The file is the chip's content byte for byte. NOR rules are kept as the chip keeps them: programming only clears bits,
 * erasing sets a whole sector to 0xFF, addresses, lengths and buffers are multiples of 4, a program operation stays
 * within a page; a call that breaks a rule fails and changes nothing.
 *
 * Killing the process at any moment leaves whole operations only. After a power cut of the host the file holds what the
 * host's filesystem kept; that is not a model of a chip's power cut (see sim/ for one).
 */
struct otaria_posix_flash {
    struct otaria_flash port; /* give &port to the agent */
    int fd;
    uint32_t size;
};

/*
 * Opens the file and locks it against other processes. When it does not exist and size > 0 it is made, filled with 0xFF
 * (*created true; created may be NULL). size 0: any existing file that is a multiple of a sector. Errors besides the
 * system's: EBUSY another process has it; EINVAL its length is not `size`; ENOENT.
 */
int otaria_posix_flash_open(struct otaria_posix_flash *f, const char *path, uint32_t size,
                            bool *created) __attribute__((warn_unused_result));
void otaria_posix_flash_close(struct otaria_posix_flash *f);

/* ---- TCP ----
 *
 * One connection at a time, non-blocking; only looking up a name blocks, as getaddrinfo does. Every address of the name
 * is tried in turn. Plain TCP only: open refuses tls with OTARIA_E_TLS.
 */
struct otaria_posix_net {
    struct otaria_net port; /* give &port to the agent */
    bool is_up;             /* what up() answers; true after init, the caller may change it */
    int fd;                 /* -1: closed */
    struct addrinfo *all, *next;
    bool connected;
};

void otaria_posix_net_init(struct otaria_posix_net *n);

/* Sleeps until the connection has news or the time is over. */
void otaria_posix_net_wait(const struct otaria_posix_net *n, uint32_t timeout_ms);

/* ---- clock, randomness, reset ---- */

struct otaria_posix_sys {
    struct otaria_sys port;
    uint64_t start_ms;
    bool reset; /* set by the agent's reset; the caller looks at it after each otaria_loop */
};

void otaria_posix_sys_init(struct otaria_posix_sys *s);

#ifdef __cplusplus
}
#endif

#endif
