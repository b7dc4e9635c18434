// SPDX-License-Identifier: MIT
/* The ports that the agent needs beside flash: a byte stream, a clock, randomness. Callbacks, never blocking. */
#ifndef OTARIA_NET_H
#define OTARIA_NET_H

#include <otaria/base.h>

struct otaria_net {
    void *ctx;
    bool (*up)(void *ctx);                                                             /* is there a network (an address)? */
    int (*open)(void *ctx, const char *host, uint16_t port, bool tls);                 /* start: 0, or OTARIA_E_CONNECT at once */
    int (*ready)(void *ctx);                                                           /* OTARIA_MORE connecting, 0 connected, OTARIA_E_CONNECT, OTARIA_E_TLS */
    int (*send)(void *ctx, const uint8_t *data, size_t len, size_t *sent);             /* 0 with *sent 0..len, OTARIA_E_CLOSED */
    int (*recv)(void *ctx, uint8_t *buf, size_t max, size_t *got);                     /* 0 with *got 0 = nothing now; OTARIA_E_CLOSED at the end of stream or on reset, after all data was given */
    void (*close)(void *ctx);                                                          /* idempotent */
};

struct otaria_sys {
    void *ctx;
    uint64_t (*now_ms)(void *ctx);                       /* monotonic since boot */
    void (*random)(void *ctx, void *buf, size_t len);
    void (*reset)(void *ctx);                            /* restart the chip; may return (the agent then stays in its last state) */
    uint32_t (*free_heap)(void *ctx);                    /* may be NULL */
    int (*rssi)(void *ctx);                              /* dBm; may be NULL */
    const char *reset_reason;                            /* short text of the last reset, <= 31 bytes; may be NULL */
};

#endif
