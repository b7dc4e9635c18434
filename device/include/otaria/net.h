// SPDX-License-Identifier: MIT
/*
 * The ports that the agent needs beside flash: a byte stream, a clock, randomness. Callbacks, never blocking; each
 * returns at once. One stream is open at a time. Any negative result may be given where one is named; the named ones
 * are what the server and the owner get to read.
 */
#ifndef OTARIA_NET_H
#define OTARIA_NET_H

#include <otaria/base.h>

struct otaria_net {
    void *ctx;
    /* Is there a network (an address)? */
    bool (*up)(void *ctx);
    /* Begin to connect. host as in the URL: a name, an IPv4 address, or an IPv6 address in brackets; valid until
     * close. port 0 = the scheme's own. 0, or OTARIA_E_CONNECT at once. */
    int (*open)(void *ctx, const char *host, uint16_t port, bool tls);
    /* OTARIA_MORE connecting, 0 connected, OTARIA_E_CONNECT, OTARIA_E_TLS. */
    int (*ready)(void *ctx);
    /* 0 with *sent 0..len, or OTARIA_E_CLOSED. */
    int (*send)(void *ctx, const uint8_t *data, size_t len, size_t *sent);
    /* 0 with *got 0..max, 0 = nothing now; OTARIA_E_CLOSED at the end of the stream or on a reset, after all data was given. */
    int (*recv)(void *ctx, uint8_t *buf, size_t max, size_t *got);
    /* Idempotent; also ends a connection attempt. */
    void (*close)(void *ctx);
};

struct otaria_sys {
    void *ctx;
    uint64_t (*now_ms)(void *ctx); /* monotonic since boot */
    void (*random)(void *ctx, void *buf, size_t len);
    void (*reset)(
        void *ctx); /* restart the chip; may return (the agent then does nothing any more) */
    uint32_t (*free_heap)(void *ctx); /* bytes; may be NULL */
    int (*rssi)(void *ctx);           /* dBm; may be NULL */
    const char *reset_reason;         /* short text of the last reset, <= 31 bytes; may be NULL */
};

#endif
