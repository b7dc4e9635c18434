// SPDX-License-Identifier: MIT
/* Every limit of the HTTP server. Those of struct http_config are defaults, the rest is fixed. */
#ifndef OTARIA_SERVER_HTTP_LIMITS_H
#define OTARIA_SERVER_HTTP_LIMITS_H

/* Requests */
#define HTTP_HEAD_MAX      8192  /* request line and header lines, above: 431 */
#define HTTP_LINE_MAX      4096  /* request line with its CR LF, above: 414 */
#define HTTP_HEADERS_MAX   64    /* header lines, above: 431 */
#define HTTP_READ_SIZE     16384 /* one read, at least HTTP_HEAD_MAX; also one TLS record */
#define HTTP_READS_MAX     8     /* reads of one connection before others get their turn */
#define HTTP_PLANES_MAX    8
#define HTTP_LOOPS_MAX     64
#define HTTP_LISTENERS_MAX 16

/* Answers */
#define HTTP_ANSWER_HEAD_MAX 4096
#define HTTP_SLICE_SIZE      16384        /* one SSL_write */
#define HTTP_TURN_SIZE       (256 * 1024) /* sent on one connection before others get their turn */
#define HTTP_NOTSENT_LOWAT   16384 /* unsent bytes that the kernel may hold for a connection */

/* Loop */
#define HTTP_BACKLOG         1024
#define HTTP_ACCEPTS_MAX     32 /* accepts of one listener before others get their turn */
#define HTTP_EVENTS_MAX      256
#define HTTP_ACCEPT_PAUSE_MS 100 /* after the kernel had no memory or descriptors */
#define HTTP_FILES_SPARE     64  /* descriptors that connections leave to the rest of the process */

/* Defaults of struct http_config */
#define HTTP_HEADER_MS        20000
#define HTTP_IDLE_MS          75000
#define HTTP_BODY_MS          20000
#define HTTP_RATE_MS          60000
#define HTTP_RATE_MIN         128
#define HTTP_LINGER_MS        2000
#define HTTP_LINGER_BYTES     (256 * 1024) /* read and thrown away after a refusal */
#define HTTP_CONNS_MAX        20000
#define HTTP_ADDRESS_MAX      256
#define HTTP_BODY_MEMORY_MAX  (64u * 1024 * 1024)
#define HTTP_TLS_SESSIONS_MAX 32768
#define HTTP_TLS_SESSION_S    (26 * 3600) /* a device that polls once a day still resumes */

#endif
