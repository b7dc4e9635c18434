// SPDX-License-Identifier: MIT
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MAX_MS 1000u /* so that requests time out and the watchdog is fed */

static size_t serial_read(void *ctx, uint8_t *buf, size_t max)
{
    struct host *h = ctx;
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t len;

    if (h->serial_ended || poll(&p, 1, 0) <= 0)
        return 0;
    len = read(STDIN_FILENO, buf, max);
    h->serial_ended = len <= 0;
    return len > 0 ? (size_t)len : 0;
}

static void serial_write(void *ctx, const char *text, size_t len)
{
    (void)ctx;
    while (len > 0) {
        ssize_t put = write(STDOUT_FILENO, text, len);

        if (put <= 0)
            return; /* nobody listens */
        text += put;
        len -= (size_t)put;
    }
}

static uint32_t free_heap(void *ctx)
{
    (void)ctx;
    return 40000; /* about what the virtual board reports */
}

static void feed(struct host *h, uint64_t now_ms)
{
    if (now_ms - h->fed_ms < HOST_FEED_MS)
        return;
    h->fed_ms = now_ms;
    if (write(h->feed, "", 1) != 1)
        _exit(1); /* there is no hardware any more */
}

static void sleep_until_news(struct host *h, struct emon *e, uint32_t ms)
{
    struct pollfd fds[LISTENER_FDS + 2];
    unsigned n = listener_fds(&h->web, &e->web, fds);

    if (!h->serial_ended)
        fds[n++] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    if (h->net.fd >= 0)
        fds[n++] = (struct pollfd){.fd = h->net.fd, .events = h->net.connected ? POLLIN : POLLOUT};
    (void)poll(fds, n, ms > WAIT_MAX_MS ? (int)WAIT_MAX_MS : (int)ms);
}

static bool wait_for(void *ctx, struct emon *e, uint32_t ms)
{
    struct host *h = ctx;
    uint64_t now_ms = h->sys.port.now_ms(&h->sys);

    if (h->sys.reset)
        return false;
    feed(h, now_ms);
    if (ms)
        sleep_until_news(h, e, ms);
    listener_turn(&h->web, &e->web, h->sys.port.now_ms(&h->sys));
    return true;
}

void host_begin(struct host *h, const char *reset_reason)
{
    otaria_posix_net_init(&h->net);
    otaria_posix_sys_init(&h->sys);
    h->sys.port.reset_reason = reset_reason;
    h->sys.port.free_heap = free_heap;
    h->fed_ms = 0;
    h->port.ctx = h;
    h->port.flash = &h->flash.port;
    h->port.net = &h->net.port;
    h->port.sys = &h->sys.port;
    h->port.serial_read = serial_read;
    h->port.serial_write = serial_write;
    h->port.wait = wait_for;
}
