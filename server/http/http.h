// SPDX-License-Identifier: MIT
/*
 * The HTTP/1.x server of the device plane (and of the small admin plane beside it).
 *
 * What it is: a strict server for many small clients that answers from memory or from a file. One
 * epoll loop a core, each with listening sockets of its own; TLS by OpenSSL with resumption by session
 * ID, which is what BearSSL on a chip can do. What it is not: a proxy, a file server, a router. No
 * chunked coding in either direction, no compression, no Upgrade. Range and ETag belong to the
 * handler; http_range_parse() helps.
 *
 *     static void hello(struct http_exchange *x, const struct http_request *r, void *ctx)
 *     {
 *         static const struct http_field text = {"Content-Type", "text/plain"};
 *
 *         http_respond(x, 200, &text, 1, "hello\n", 6);
 *     }
 *
 *     const struct http_plane plane = {
 *         .handler = hello, .methods = HTTP_BIT(HTTP_GET) | HTTP_BIT(HTTP_HEAD)};
 *     const struct http_config config = {0};
 *     struct http_server *server;
 *
 *     if (http_server_new(&config, &plane, 1, &server, err) < 0)
 *         return -1;
 *     if (http_server_listen(server, "127.0.0.1:8266", false, plane.tag, NULL, err) < 0 ||
 *         http_server_start(server, err) < 0) {
 *         http_server_free(server);
 *         return -1;
 *     }
 *     ... wait for a signal ...
 *     http_server_stop(server, 10000);
 *     http_server_free(server);
 *
 * Threads. Handlers, tick and batch callbacks run on a loop thread; they must not block, since every
 * connection of that loop waits meanwhile: what may block is done elsewhere while the request is
 * parked. A `struct http_exchange` is used only on its loop thread and only inside the callback that
 * received it. http_unpark(), http_server_stats(), http_server_reload_tls() and the http_file
 * functions may be called from any thread; the rest belongs to the thread that owns the server. Loop
 * threads block all signals, SIGPIPE included.
 *
 * Memory. An idle connection holds its small struct (and OpenSSL's, with TLS) and no buffer. Header
 * bytes of a peer are bounded by HTTP_HEAD_MAX, body bytes by the plane's body_max and, in sum, by
 * body_memory_max. Bodies given to http_respond() are copied only when the socket does not take them.
 *
 * What it refuses before a handler sees anything, always followed by a closed connection: 400 for all
 * that is malformed, every Transfer-Encoding, a repeated or odd Content-Length, a body on GET, HEAD or
 * DELETE, white space before a colon, folded lines, bare CR or LF, control bytes, a missing (1.1),
 * repeated or odd Host, an absolute-form target that names another host; 405 with Allow; 408; 411;
 * 413; 414; 417; 431; 501 for an unknown method; 503 when full; 505.
 *
 * HTTP/1.0 is closed after one answer unless the client asked to keep the connection. Every answer but
 * 204 and 304 has a Content-Length.
 */
#ifndef OTARIA_SERVER_HTTP_HTTP_H
#define OTARIA_SERVER_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

#define HTTP_MUST_CHECK __attribute__((warn_unused_result))

struct http_server;
struct http_exchange; /* one request being answered */
struct http_parked;   /* one request that waits */
struct http_file;     /* an open file that answers may send, reference counted */

/* Bytes of the request, borrowed until the handler returns. Not NUL-terminated. */
struct http_str {
    const char *p;
    size_t len;
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE };
#define HTTP_BIT(method) (1u << (method))

/* A header line of a request. The name is as sent, the value without surrounding white space. */
struct http_header {
    struct http_str name, value;
};

/*
 * A complete, well-formed request, borrowed until the handler returns.
 * path    as sent (percent-encoding untouched), beginning with '/', without query
 * query   what follows the first '?', empty when there is none
 * host    the value of Host, with port if there is one; empty on HTTP/1.0 without Host
 * minor   0 or 1: the version's second digit
 * peer    AF_INET or AF_INET6, never an IPv4-mapped address
 * plane   tag of the listener's plane
 */
struct http_request {
    enum http_method method;
    struct http_str path, query, host;
    unsigned minor;
    const struct http_header *headers;
    size_t headers_cnt;
    const uint8_t *body;
    size_t body_len;
    const struct sockaddr_storage *peer;
    bool tls;
    unsigned plane;
};

/* The first header of that name (given in lower case, compared without case). */
bool http_header_find(const struct http_request *r, const char *lower_case_name,
                      struct http_str *value);

/* Whether the bytes are exactly this text. */
bool http_str_is(struct http_str s, const char *text);

/*
 * Reads the value of a Range header against an object of `size` bytes.
 *  0  one satisfiable range: *off and *len (>= 1) are inside the object; answer 206
 *  1  to be ignored, as RFC 9110 demands for what is not one well-formed byte range: answer 200
 * -1  not satisfiable: answer 416 with Content-Range: bytes * / size
 * *off and *len are written only with 0.
 */
HTTP_MUST_CHECK int http_range_parse(struct http_str value, uint64_t size, uint64_t *off,
                                     uint64_t *len);

/* Answers (http_respond...) or parks (http_park) exactly once before it returns; else the peer gets 500. */
typedef void http_handler(struct http_exchange *x, const struct http_request *r, void *ctx);

/* What is served on a kind of listener: device plane, admin plane. */
struct http_plane {
    unsigned tag; /* the caller's name for it; unique in a server */
    http_handler *handler;
    void *ctx;
    size_t body_max;  /* largest accepted body; above: 413 */
    unsigned methods; /* HTTP_BIT(HTTP_GET) | ...; others get 405 */
};

/* 0 or NULL anywhere means the default, which limits.h names. Times in milliseconds. */
struct http_config {
    unsigned loops;       /* one a core */
    unsigned header_ms;   /* TLS handshake and header of a request together */
    unsigned idle_ms;     /* how long a kept connection may wait for its next request */
    unsigned body_ms;     /* a body is complete within it, or else arrives at rate_min */
    unsigned rate_ms;     /* window in which an answer must move on at rate_min */
    unsigned rate_min;    /* bytes per second that the peer must acknowledge, or send of a body */
    unsigned linger_ms;   /* how long a refused peer may take to read why */
    unsigned conns_max;   /* all connections; also held below the limit of open files */
    unsigned address_max; /* connections of one IPv4 address or one IPv6 /64 */
    bool
        address_count_local; /* count loopback too: by default it is exempt, for a proxy in front */
    size_t body_memory_max;  /* bytes of request bodies in memory at once */
    const char *tls_cert;    /* PEM file, leaf first; needed when a listener has tls */
    const char *tls_key;     /* PEM file, unencrypted */
    unsigned tls_sessions_max;
    unsigned tls_session_s; /* how long a session can be resumed; longer than the poll interval */
};

/*
 * A server that listens nowhere yet. planes and strings are copied. With tls_cert the certificate is
 * loaded now. Limits for open files are read here: raise RLIMIT_NOFILE before. 0 or -1; on -1 *server
 * is NULL.
 */
HTTP_MUST_CHECK int http_server_new(const struct http_config *config,
                                    const struct http_plane *planes, size_t planes_cnt,
                                    struct http_server **server, struct err *err);

/*
 * Adds a listener for a plane: "0.0.0.0:8266", "[::]:443" (IPv6 only), port 0 = any free one, told in
 * *bound_port (may be NULL). Numeric addresses only. When systemd handed over a listening socket with
 * that address and port (or the dual-stack [::] of that port for 0.0.0.0), that one is used. An address
 * that another process listens on is refused, although the loops share it among themselves. Before
 * http_server_start() only; until then nothing is accepted.
 */
HTTP_MUST_CHECK int http_server_listen(struct http_server *server, const char *addr_port, bool tls,
                                       unsigned plane_tag, uint16_t *bound_port, struct err *err);

/* fn(loop_index, ctx) on each loop thread every `ms` milliseconds. Before start; one a server. */
void http_on_tick(struct http_server *server, void (*fn)(unsigned loop_index, void *ctx), void *ctx,
                  unsigned ms);

/*
 * fn(loop_index, ctx) on each loop thread when it has handled a round of events and before it sleeps:
 * the place to hand over what the handlers of the round gathered. Before start; one a server.
 */
void http_on_batch(struct http_server *server, void (*fn)(unsigned loop_index, void *ctx),
                   void *ctx);

/* How many loops there are: the bound of http_loop_index(). */
unsigned http_server_loops(const struct http_server *server);

/* Spawns the loop threads. On -1 nothing runs; the server can only be freed. */
HTTP_MUST_CHECK int http_server_start(struct http_server *server, struct err *err);

/*
 * Reads certificate and key again, for new connections. Sessions stay resumable. On -1 the old ones
 * stay in use.
 */
HTTP_MUST_CHECK int http_server_reload_tls(struct http_server *server, struct err *err);

/*
 * Stops accepting, closes idle connections, lets running downloads, request bodies and parked requests
 * finish until the deadline, closes the rest and joins the loops. Safe on a server that never started
 * and when called again.
 */
void http_server_stop(struct http_server *server, unsigned deadline_ms);

/*
 * Stops at once if still running, then frees. Each parked request must have been unparked before;
 * NULL is fine.
 */
void http_server_free(struct http_server *server);

struct http_stats {
    uint64_t accepted;        /* connections */
    uint64_t active;          /* connections now */
    uint64_t requests;        /* well-formed ones that reached a handler */
    uint64_t bytes_out;       /* header and body bytes taken by the kernel, without TLS overhead */
    uint64_t answers[6];      /* by first digit of the status, [0] unused */
    uint64_t refused_full;    /* connections refused: conns_max */
    uint64_t refused_address; /* ... address_max */
    uint64_t refused_files;   /* ... no file descriptor or memory in the kernel */
    uint64_t refused_malformed; /* requests refused with 4xx or 5xx before a handler */
    uint64_t evicted;           /* idle connections closed to make room */
    uint64_t late_header;       /* header_ms ran out */
    uint64_t late_body;         /* body too slow */
    uint64_t late_download;     /* peer below rate_min */
    uint64_t gone_parked;       /* peer went away while its request was parked */
    uint64_t tls_full;          /* handshakes */
    uint64_t tls_resumed;
    uint64_t tls_failed;
};

/* Sums of all loops, each number exact at some moment during the call. */
void http_server_stats(const struct http_server *server, struct http_stats *out);

/* --- Answering: on the loop thread, inside the callback that got the exchange --- */

/* A header line of an answer. Strings are copied; a control byte in one turns the answer into a 500. */
struct http_field {
    const char *name;
    const char *value;
};

/*
 * Answers. Date, Content-Length and Connection are added; the body is left out for HEAD, 204 and 304
 * (for HEAD, Content-Length still tells len). fields and body may be released when it returns. The
 * fields together must stay under HTTP_ANSWER_HEAD_MAX, else the peer gets a 500.
 */
void http_respond(struct http_exchange *x, int status, const struct http_field *fields,
                  size_t fields_cnt, const void *body, size_t len);

/*
 * Answers with `len` bytes of a file from `off` on; both inside http_file_size(). Takes a reference of
 * its own. Plain connections use sendfile, TLS ones a mapping that all answers from this file share.
 */
void http_respond_file(struct http_exchange *x, int status, const struct http_field *fields,
                       size_t fields_cnt, struct http_file *file, uint64_t off, uint64_t len);

/*
 * Opens a regular file for sending; the caller holds one reference. The file must never be truncated or
 * rewritten in place while it is open (replace it by rename; unlinking is fine).
 */
HTTP_MUST_CHECK int http_file_open(const char *path, struct http_file **file, struct err *err);
struct http_file *http_file_ref(struct http_file *file); /* returns file */
void http_file_unref(struct http_file *file);            /* NULL is fine */
uint64_t http_file_size(const struct http_file *file);

/*
 * Lets the request wait without a deadline while something slow runs elsewhere; only a peer that hangs
 * up (or closes its sending half) is noticed. The request's strings and body are gone when the handler
 * returns: copy what is needed. The result must be given to http_unpark() exactly once.
 */
struct http_parked *http_park(struct http_exchange *x);

/*
 * From any thread: makes the loop call answer(x, arg), which must answer (it may not park again). In
 * the order of the calls. When the peer went away or the server stopped, answer(NULL, arg) runs instead,
 * so that arg can be released: on the loop thread, or in this call when the loop has ended.
 */
void http_unpark(struct http_parked *parked, void (*answer)(struct http_exchange *x, void *arg),
                 void *arg);

/* Which loop serves the exchange, 0..loops-1: an index for data that a loop keeps for itself. */
unsigned http_loop_index(const struct http_exchange *x);

#endif
