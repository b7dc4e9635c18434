// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "http_util.h"

static void answer(struct http_exchange *x, const struct http_request *r, void *ctx)
{
    bool v4 = r->peer->ss_family == AF_INET;

    (void)ctx;
    http_respond(x, 200, NULL, 0, v4 ? "v4" : "v6", 2);
}

static const struct http_plane plane = {.handler = answer, .methods = HTTP_BIT(HTTP_GET)};

/* A listening socket as systemd makes it from "ListenStream=PORT": dual-stack [::]. */
static int dual_stack_socket(uint16_t *port)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    socklen_t len = sizeof addr;
    int off = 0, fd = socket(AF_INET6, SOCK_STREAM, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
        bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        return -1;
    *port = ntohs(addr.sin6_port);
    return fd;
}

/* The child is what systemd starts: the socket is descriptor 3. Exit status 0: it served from it. */
static int serve_as_child(int fd, uint16_t port)
{
    const struct http_config config = {.loops = 2};
    struct http_server *server;
    struct err err;
    uint16_t bound = 0;
    char text[32], *all;
    int status = 1;

    if (fd != 3 && dup2(fd, 3) < 0)
        return 10;
    snprintf(text, sizeof text, "%d", (int)getpid());
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", "1", 1);
    snprintf(text, sizeof text, "0.0.0.0:%u", port);
    if (http_server_new(&config, &plane, 1, &server, &err) < 0)
        return 11;
    if (http_server_listen(server, text, false, 0, &bound, &err) < 0 ||
        http_server_start(server, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 12;
    }
    for (int i = 0; i < 20; i++) {
        all = client_exchange(port, "GET / HTTP/1.0\r\n\r\n");
        status = strstr(all, "\r\n\r\nv4") ? 0 : 13; /* not ::ffff:127.0.0.1 */
        free(all);
    }
    http_server_free(server);
    return bound == port ? status : 14;
}

static void socket_handed_over_by_systemd_is_used(void **state)
{
    uint16_t port = 0;
    int fd = dual_stack_socket(&port), status;
    pid_t child;

    (void)state;
    if (fd < 0)
        skip(); /* no IPv6 here */
    child = fork();
    if (child == 0)
        _exit(serve_as_child(fd, port));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(fd);
}

static void environment_of_another_process_is_ignored(void **state)
{
    const struct http_config config = {.loops = 1};
    struct http_server *server;
    struct err err;
    uint16_t port = 0;
    int fd = dual_stack_socket(&port);
    char text[32];

    (void)state;
    if (fd < 0)
        skip();
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    assert_int_equal(http_server_new(&config, &plane, 1, &server, &err), 0);
    snprintf(text, sizeof text, "0.0.0.0:%u", port);
    assert_int_equal(http_server_listen(server, text, false, 0, NULL, &err), -1);
    http_server_free(server);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    close(fd);
}

static void ipv6_is_served_beside_ipv4_on_the_same_port(void **state)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const struct http_config config = {.loops = 2};
    struct http_server *server;
    struct err err;
    uint16_t port;
    bool closed;
    char text[32], *all;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    (void)state;
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
        skip();
    close(fd);
    assert_int_equal(http_server_new(&config, &plane, 1, &server, &err), 0);
    assert_int_equal(http_server_listen(server, "[::1]:0", false, 0, &port, &err), 0);
    snprintf(text, sizeof text, "0.0.0.0:%u", port);
    assert_int_equal(http_server_listen(server, text, false, 0, NULL, &err), 0);
    assert_int_equal(http_server_start(server, &err), 0);
    all = client_exchange(port, "GET / HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(all, "\r\n\r\nv4"));
    free(all);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    addr.sin6_port = htons(port);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    client_send(fd, "GET / HTTP/1.0\r\n\r\n");
    all = client_read_all(fd, 2000, &closed);
    assert_non_null(strstr(all, "\r\n\r\nv6"));
    free(all);
    close(fd);
    http_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socket_handed_over_by_systemd_is_used),
        cmocka_unit_test(environment_of_another_process_is_ignored),
        cmocka_unit_test(ipv6_is_served_beside_ipv4_on_the_same_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
