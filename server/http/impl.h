// SPDX-License-Identifier: MIT
/*
 * What the files of this folder share. In reading order:
 *
 *   parse.c range.c   bytes to a request head; the Range value
 *   deadline.c        who has to be done when
 *   address.c         connections per peer address
 *   file.c            files that answers send
 *   socket.c          addresses, listening sockets, those of systemd
 *   tls.c             certificate, session cache, handshake, encrypted read and write
 *   send.c            bytes to the socket: one attempt now, the rest when it is writable
 *   respond.c         status line and header fields of an answer
 *   park.c            requests that wait for another thread
 *   input.c           bytes from the socket: whole requests to handlers
 *   conn.c            the states of a connection, each one function
 *   listen.c          accepting, and whom not
 *   loop.c            epoll, time, threads
 *   server.c          configuration, start, stop, numbers
 *
 * Ownership: a connection belongs to one loop and is touched on its thread only. Between threads there
 * are the queue of unparked requests (park.c), the address table, the TLS contexts and atomic numbers.
 */
#ifndef OTARIA_SERVER_HTTP_IMPL_H
#define OTARIA_SERVER_HTTP_IMPL_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "server/http/deadline.h"
#include "server/http/http.h"
#include "server/http/limits.h"
#include "server/http/parse.h"

/* What an epoll event points to; first member of each. */
enum source { SOURCE_CONN, SOURCE_LISTENER, SOURCE_WAKE };

/* The deadlines a connection can be under; it is in exactly one of these lists while it lives. */
enum wait {
    WAIT_HEAD,   /* handshake and header */
    WAIT_IDLE,   /* next request */
    WAIT_BODY,   /* body */
    WAIT_RATE,   /* answer being taken */
    WAIT_LINGER, /* refused peer reading why */
    WAIT_PARKED, /* never expires */
    WAIT_CNT
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_READ,
    CONN_PARKED,
    CONN_WRITE,
    CONN_LINGER,
    CONN_DEAD, /* closed, freed at the end of the round: events of the round may still name it */
};

/* Results of reading and writing. READ and WRITE: try again when the socket is readable, writable. */
enum io { IO_DONE, IO_READ, IO_WRITE, IO_END, IO_BROKEN };

/* A request that has not arrived completely, or that waits behind the one being answered. */
struct input {
    size_t len, max;
    size_t seen;      /* bytes the head parser has looked at */
    size_t total_len; /* head and body, 0 while the head is incomplete */
    size_t mark;      /* len when the running window of the body began */
    bool reserved;    /* max is counted in body memory */
    uint8_t bytes[];
};

/* What the socket has not taken yet: first bytes, then a piece of a file. */
struct output {
    size_t off, len;
    struct http_file *file;
    uint64_t file_off, file_len;
    uint64_t mark; /* acknowledged bytes when the running window began */
    uint8_t bytes[];
};

/* An IPv4 address is kept IPv4-mapped. */
struct peer {
    struct in6_addr addr;
    uint32_t scope;
    in_port_t port;
};

struct conn {
    uint8_t source; /* SOURCE_CONN */
    uint8_t state;
    uint8_t wait;      /* the list that deadline is in */
    bool keep : 1;     /* another request may follow */
    bool leftover : 1; /* the peer's bytes were not all read: linger before closing */
    bool answered : 1; /* at least one request was answered */
    bool corked : 1;
    int fd;
    uint32_t drained;  /* CONN_LINGER: bytes thrown away */
    uint32_t interest; /* epoll events asked for, 0: not in epoll */
    uint32_t want;     /* ... to be asked for when the turn is over */
    struct deadline deadline;
    struct http_loop *loop;
    const struct http_plane *plane;
    SSL *ssl;
    struct input *in;
    union {
        struct output *out;         /* CONN_WRITE; else NULL */
        struct http_parked *parked; /* CONN_PARKED */
    };
    struct address *address; /* NULL: not counted */
    uint64_t sent;           /* plain bytes given to the kernel */
    struct peer peer;
};

struct http_exchange {
    struct conn *conn;
    bool head_only; /* HEAD */
    uint8_t minor;
    bool done; /* answered or parked */
};

struct listener {
    uint8_t source; /* SOURCE_LISTENER */
    bool tls;
    bool shared; /* one socket for all loops */
    int fd;
    const struct http_plane *plane;
};

enum count {
    COUNT_ACCEPTED,
    COUNT_ACTIVE,
    COUNT_REQUESTS,
    COUNT_BYTES_OUT,
    COUNT_ANSWERS,
    COUNT_ANSWERS_LAST = COUNT_ANSWERS + 5,
    COUNT_REFUSED_FULL,
    COUNT_REFUSED_ADDRESS,
    COUNT_REFUSED_FILES,
    COUNT_REFUSED_MALFORMED,
    COUNT_EVICTED,
    COUNT_LATE_HEADER,
    COUNT_LATE_BODY,
    COUNT_LATE_DOWNLOAD,
    COUNT_GONE_PARKED,
    COUNT_TLS_FULL,
    COUNT_TLS_RESUMED,
    COUNT_TLS_FAILED,
    COUNT_CNT
};

struct park_queue {
    pthread_mutex_t lock;
    struct http_parked *first, **last;
    bool ended; /* the loop is gone: answer in the caller's thread */
};

struct http_loop {
    struct http_server *server;
    unsigned index;
    int epoll_fd, wake_fd, spare_fd;
    uint8_t wake_source; /* SOURCE_WAKE */
    bool stopping;
    bool thread_runs;
    pthread_t thread;
    uint64_t now_ms;
    uint64_t tick_ms;         /* when the next tick is due */
    uint64_t accept_again_ms; /* accepting pauses until then; 0 = it does not */
    struct deadline_list waits[WAIT_CNT];
    struct conn *dead; /* linked through deadline.next */
    struct park_queue unparked;
    struct listener listeners[HTTP_LISTENERS_MAX];
    size_t listeners_cnt;
    time_t date_s;
    char date[32];
    struct http_head head;
    _Atomic uint64_t counts[COUNT_CNT];
    uint8_t in[HTTP_READ_SIZE];
    char answer[HTTP_ANSWER_HEAD_MAX + 512];
    uint8_t slice[HTTP_SLICE_SIZE];
};

struct http_server {
    struct http_config config; /* defaults filled in */
    char *tls_cert, *tls_key;
    struct http_plane planes[HTTP_PLANES_MAX];
    size_t planes_cnt;
    struct http_loop *loops;
    unsigned loops_cnt;
    struct tls *tls;
    struct addresses *addresses;
    struct inherited *inherited;
    void (*tick)(unsigned, void *);
    void *tick_ctx;
    unsigned tick_ms;
    void (*batch)(unsigned, void *);
    void *batch_ctx;
    bool started;
    _Atomic bool stop;
    _Atomic uint64_t stop_at_ms;
    _Atomic unsigned conns_cnt;
    _Atomic size_t body_memory;
};

/* address.c */
struct addresses *addresses_new(unsigned conns_max, unsigned each_max);
void addresses_free(struct addresses *a);
/* Counts a connection; false when its address has too many. */
bool address_enter(struct addresses *a, const struct peer *peer, struct address **entry);
void address_leave(struct addresses *a, struct address *entry); /* NULL is fine */

/* file.c */
int http_file_fd(const struct http_file *file);
const uint8_t *http_file_map(struct http_file *file); /* whole file; NULL when that failed */

/* socket.c */
struct inherited *inherited_new(void); /* NULL: none */
void inherited_free(struct inherited *h);
/* A nonblocking listening socket handed over for that address, or -1. The caller owns it. */
int inherited_take(struct inherited *h, const struct sockaddr_storage *addr);
int socket_addr_parse(const char *text, struct sockaddr_storage *addr, struct err *err);
/* `cnt` listening sockets on one address; addr gets the port. Whoever listens there already wins. */
int socket_listen_group(struct sockaddr_storage *addr, int *fds, size_t cnt, struct err *err);
void socket_tune(int fd); /* options that accepted sockets inherit */
void peer_from(struct peer *peer, const struct sockaddr_storage *addr);
void peer_to(const struct peer *peer, struct sockaddr_storage *addr);
bool peer_is_loopback(const struct peer *peer);
uint16_t sockaddr_port(const struct sockaddr_storage *addr);

/* tls.c */
int tls_new(const struct http_config *config, struct tls **tls, struct err *err);
void tls_free(struct tls *tls);
int tls_reload(struct tls *tls, const char *cert, const char *key, struct err *err);
SSL *tls_open(struct tls *tls, int fd); /* NULL: no memory */
void tls_close(SSL *ssl);
enum io tls_handshake(SSL *ssl);
enum io tls_read(SSL *ssl, void *p, size_t max, size_t *len);
enum io tls_write(SSL *ssl, const void *p, size_t len, size_t *written);

/* send.c */
struct payload {
    const void *body;
    size_t body_len;
    struct http_file *file; /* instead of body */
    uint64_t file_off, file_len;
};
/* Sends what the socket takes; the conn is then in CONN_WRITE, or answered (conn_answered), or dead. */
void send_answer(struct conn *c, const char *head, size_t head_len, const struct payload *payload);
/* A few bytes outside an answer; false when the socket did not take them all. */
bool send_now(struct conn *c, const char *p, size_t len);
enum io send_more(struct conn *c);
uint64_t send_acked(const struct conn *c);
void output_free(struct conn *c);

/* respond.c */
/* Answers a request that no handler sees (head NULL: that could not be read), and closes. */
void respond_refusal(struct conn *c, int status, const struct http_head *head);
/* A handler returned without answering or parking. */
void respond_missing(struct http_exchange *x);
extern const char http_full_answer[]; /* a complete 503 */

/* park.c */
void park_queue_init(struct park_queue *q);
void park_queue_run(struct http_loop *l);
void park_queue_end(struct http_loop *l);
void park_gone(struct conn *c); /* the peer of a parked connection went away */

/* input.c */
void input_read(struct conn *c);  /* CONN_READ: one turn of reading and answering */
void input_rerun(struct conn *c); /* goes on with what was kept behind an answered request */
void input_free(struct conn *c);

/* conn.c */
void conn_open(struct http_loop *l, int fd, const struct listener *from, const struct peer *peer,
               struct address *address);
void conn_event(struct conn *c, uint32_t events);
void conn_expired(struct conn *c, enum wait kind);
void conn_write(struct conn *c);    /* CONN_WRITE: one turn of sending */
void conn_answered(struct conn *c); /* the answer is out */
void conn_close(struct conn *c);    /* also releases everything it holds */
void conn_wait(struct conn *c, enum wait kind);
void conn_go_on(struct conn *c);  /* after an answer outside input_read(): what waits behind it */
void conn_settle(struct conn *c); /* brings epoll in line with c->want */

/* listen.c */
int listeners_watch(struct http_loop *l, struct err *err);
void listener_accept(struct http_loop *l, const struct listener *from);
void listeners_resume(struct http_loop *l); /* after a pause */
void listeners_close(struct http_loop *l);  /* on the loop thread: no more accepting */

/* loop.c */
int loop_init(struct http_loop *l, struct http_server *server, unsigned index, struct err *err);
int loop_start(struct http_loop *l, struct err *err);
void loop_wake(struct http_loop *l);
void loop_free(struct http_loop *l);
uint64_t loop_clock_ms(void);

/* Numbers: written by one thread each, so an add needs no lock. */
static inline void count_add(struct http_loop *l, enum count what, uint64_t n)
{
    uint64_t old = atomic_load_explicit(&l->counts[what], memory_order_relaxed);

    atomic_store_explicit(&l->counts[what], old + n, memory_order_relaxed);
}

#endif
