// SPDX-License-Identifier: MIT
/* Addresses, listening sockets, and those that systemd hands over (sd_listen_fds(3), without libsystemd). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

#define LISTEN_FDS_START 3

struct inherited {
    size_t cnt;
    int fds[HTTP_LISTENERS_MAX]; /* -1: taken */
};

static unsigned long env_number(const char *name)
{
    const char *s = getenv(name);
    char *end;
    unsigned long n;

    if (!s || *s < '0' || *s > '9')
        return 0;
    n = strtoul(s, &end, 10);
    return *end ? 0 : n;
}

struct inherited *inherited_new(void)
{
    unsigned long cnt = env_number("LISTEN_FDS");
    struct inherited *h;

    if (cnt == 0 || env_number("LISTEN_PID") != (unsigned long)getpid())
        return NULL;
    h = xcalloc(1, sizeof *h);
    h->cnt = cnt < HTTP_LISTENERS_MAX ? cnt : HTTP_LISTENERS_MAX;
    for (size_t i = 0; i < h->cnt; i++)
        h->fds[i] = LISTEN_FDS_START + (int)i;
    return h;
}

void inherited_free(struct inherited *h)
{
    free(h); /* sockets that nobody asked for stay open: they are systemd's */
}

uint16_t sockaddr_port(const struct sockaddr_storage *addr)
{
    struct peer peer;

    peer_from(&peer, addr);
    return ntohs(peer.port);
}

static bool is_listening_stream(int fd)
{
    int type = 0, listening = 0;
    socklen_t len = sizeof type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_STREAM)
        return false;
    len = sizeof listening;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

/* A dual-stack [::] serves 0.0.0.0 as well: it is what "ListenStream=80" opens. */
static bool is_dual_stack_any(int fd, const struct peer *bound)
{
    int only = 1;
    socklen_t len = sizeof only;

    return IN6_IS_ADDR_UNSPECIFIED(&bound->addr) &&
           getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len) == 0 && !only;
}

static bool serves(int fd, const struct peer *wanted)
{
    static const struct in6_addr any4 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    struct peer bound;

    if (!is_listening_stream(fd) || getsockname(fd, (struct sockaddr *)&addr, &len) < 0 ||
        (addr.ss_family != AF_INET && addr.ss_family != AF_INET6))
        return false;
    peer_from(&bound, &addr);
    if (bound.port != wanted->port)
        return false;
    if (memcmp(&bound.addr, &wanted->addr, sizeof bound.addr) == 0)
        return true;
    return memcmp(&wanted->addr, &any4, sizeof any4) == 0 && is_dual_stack_any(fd, &bound);
}

int inherited_take(struct inherited *h, const struct sockaddr_storage *addr)
{
    struct peer wanted;

    if (!h)
        return -1;
    peer_from(&wanted, addr);
    for (size_t i = 0; i < h->cnt; i++) {
        int fd = h->fds[i];

        if (fd < 0 || !serves(fd, &wanted))
            continue;
        h->fds[i] = -1;
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
            continue;
        return fd;
    }
    return -1;
}

int socket_addr_parse(const char *text, struct sockaddr_storage *addr, struct err *err)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(text, ':');
    struct addrinfo *found;
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 3];
    const char *name = host;
    size_t len;
    int rc;

    if (!colon || colon == text || !colon[1] || (size_t)(colon - text) >= sizeof host)
        return err_set(err, ERR_USAGE, "%s: not ADDRESS:PORT", text);
    len = (size_t)(colon - text);
    memcpy(host, text, len);
    host[len] = '\0';
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        name++;
    } else if (strchr(host, ':')) {
        return err_set(err, ERR_USAGE, "%s: write an IPv6 address as [ADDRESS]:PORT", text);
    }
    rc = getaddrinfo(name, colon + 1, &hints, &found);
    if (rc != 0)
        return err_set(err, ERR_USAGE, "%s: %s", text, gai_strerror(rc));
    memset(addr, 0, sizeof *addr);
    memcpy(addr, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

static socklen_t sockaddr_len(const struct sockaddr_storage *addr)
{
    return addr->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static int set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value);
}

/* Failing to tune is no reason not to serve. */
void socket_tune(int fd)
{
    (void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    (void)set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, HTTP_NOTSENT_LOWAT);
}

static int socket_bind(const struct sockaddr_storage *addr, bool shared)
{
    int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
        (shared && set(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0) ||
        (addr->ss_family == AF_INET6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) ||
        bind(fd, (const struct sockaddr *)addr, sockaddr_len(addr)) < 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static int socket_listen(struct sockaddr_storage *addr)
{
    socklen_t len = sizeof *addr;
    int fd = socket_bind(addr, true);

    if (fd < 0)
        return -1;
    socket_tune(fd);
    if (listen(fd, HTTP_BACKLOG) < 0 || getsockname(fd, (struct sockaddr *)addr, &len) < 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int socket_listen_group(struct sockaddr_storage *addr, int *fds, size_t cnt, struct err *err)
{
    /* With SO_REUSEPORT a second server of the same user would silently take half of the clients:
     * a socket without it tells whether somebody is there. */
    int probe = socket_bind(addr, false);
    size_t i;

    if (probe < 0 || listen(probe, 1) < 0) {
        err_errno(err, "cannot listen");
        if (probe >= 0)
            close(probe);
        return -1;
    }
    close(probe);
    for (i = 0; i < cnt; i++) {
        fds[i] = socket_listen(addr);
        if (fds[i] < 0)
            break;
    }
    if (i == cnt)
        return 0;
    err_errno(err, "cannot listen");
    while (i > 0)
        close(fds[--i]);
    return -1;
}

void peer_from(struct peer *peer, const struct sockaddr_storage *addr)
{
    memset(peer, 0, sizeof *peer);
    if (addr->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

        peer->addr.s6_addr[10] = peer->addr.s6_addr[11] = 0xff;
        memcpy(peer->addr.s6_addr + 12, &in->sin_addr, 4);
        peer->port = in->sin_port;
    } else if (addr->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

        peer->addr = in6->sin6_addr;
        peer->scope = in6->sin6_scope_id;
        peer->port = in6->sin6_port;
    }
}

void peer_to(const struct peer *peer, struct sockaddr_storage *addr)
{
    memset(addr, 0, sizeof *addr);
    if (IN6_IS_ADDR_V4MAPPED(&peer->addr)) {
        struct sockaddr_in *in = (struct sockaddr_in *)addr;

        in->sin_family = AF_INET;
        in->sin_port = peer->port;
        memcpy(&in->sin_addr, peer->addr.s6_addr + 12, 4);
    } else {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;

        in6->sin6_family = AF_INET6;
        in6->sin6_port = peer->port;
        in6->sin6_addr = peer->addr;
        in6->sin6_scope_id = peer->scope;
    }
}

bool peer_is_loopback(const struct peer *peer)
{
    return IN6_IS_ADDR_LOOPBACK(&peer->addr) ||
           (IN6_IS_ADDR_V4MAPPED(&peer->addr) && peer->addr.s6_addr[12] == 127);
}
