// SPDX-License-Identifier: MIT
/* device/ports/lwip: against a server in the same lwIP, over its loopback, in a time of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>

#include "lwip_net.h"

#define PORT     8080
#define DATA_LEN 20000u

static uint32_t clock_ms = 1;
static uint8_t data[DATA_LEN];
static struct otaria_lwip_net net;

static struct {
    struct tcp_pcb *listener, *pcb;
    size_t sent, send_max, piece; /* of data */
    uint8_t heard[4096];
    size_t heard_len;
    bool closed, failed;
} server;

static struct {
    struct udp_pcb *pcb;
    unsigned asked;
    bool silent, knows;
    struct pbuf *question; /* the last one, for an answer that comes late */
    u16_t port;
} names;

u32_t sys_now(void)
{
    return clock_ms;
}

unsigned int test_random(void)
{
    static unsigned int state = 1;

    return state = state * 1664525u + 1013904223u;
}

/* ---- the other end ---- */

static void server_error(void *ctx, err_t error)
{
    (void)ctx;
    (void)error;
    server.pcb = NULL;
    server.failed = true;
}

static err_t server_heard(void *ctx, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    (void)ctx;
    assert_int_equal(error, ERR_OK);
    if (!p) {
        server.closed = true;
        return ERR_OK;
    }
    assert_true(server.heard_len + p->tot_len <= sizeof server.heard);
    pbuf_copy_partial(p, server.heard + server.heard_len, p->tot_len, 0);
    server.heard_len += p->tot_len;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t server_accept(void *ctx, struct tcp_pcb *pcb, err_t error)
{
    (void)ctx;
    assert_int_equal(error, ERR_OK);
    server.pcb = pcb;
    tcp_err(pcb, server_error);
    tcp_recv(pcb, server_heard);
    tcp_nagle_disable(pcb);
    return ERR_OK;
}

static void server_send(void)
{
    while (server.pcb && server.sent < server.send_max) {
        size_t len = server.send_max - server.sent;

        if (len > server.piece)
            len = server.piece;
        if (len > tcp_sndbuf(server.pcb) ||
            tcp_write(server.pcb, data + server.sent, (u16_t)len, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        server.sent += len;
        tcp_output(server.pcb);
    }
}

static void server_close(void)
{
    if (server.pcb) {
        tcp_err(server.pcb, NULL);
        tcp_recv(server.pcb, NULL);
        assert_int_equal(tcp_close(server.pcb), ERR_OK);
    }
    server.pcb = NULL;
}

/* Everything moves for this long. */
static void pass(uint32_t ms)
{
    for (; ms > 0; ms -= ms < 50 ? ms : 50) {
        clock_ms += ms < 50 ? ms : 50;
        server_send();
        netif_poll_all();
        sys_check_timeouts();
        netif_poll_all();
    }
}

/* ---- names ---- */

static void answer_question(void)
{
    static const uint8_t tail[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1};
    u16_t len = names.question->tot_len;
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)(len + sizeof tail), PBUF_RAM);
    uint8_t *bytes = p->payload;

    pbuf_copy_partial(names.question, bytes, len, 0);
    bytes[2] = 0x81;
    bytes[3] = names.knows ? 0x80 : 0x83;
    bytes[7] = names.knows;
    memcpy(bytes + len, tail, sizeof tail);
    if (!names.knows)
        pbuf_realloc(p, len);
    udp_sendto(names.pcb, p, netif_ip_addr4(netif_list), names.port);
    pbuf_free(p);
    pbuf_free(names.question);
    names.question = NULL;
}

static void name_asked(void *ctx, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                       u16_t port)
{
    (void)ctx;
    (void)pcb;
    (void)from;
    names.asked++;
    if (names.question)
        pbuf_free(names.question);
    names.question = p;
    names.port = port;
    if (!names.silent)
        answer_question();
}

/* ---- setting up ---- */

static int set_up_all(void **state)
{
    ip_addr_t here;

    (void)state;
    lwip_init();
    for (size_t i = 0; i < DATA_LEN; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    assert_true(ipaddr_aton("127.0.0.1", &here));
    dns_setserver(0, &here);
    names.pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
    assert_int_equal(udp_bind(names.pcb, IP_ANY_TYPE, 53), ERR_OK);
    udp_recv(names.pcb, name_asked, NULL);
    return 0;
}

static int set_up(void **state)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);

    (void)state;
    memset(&server, 0, sizeof server);
    server.piece = 1000;
    assert_int_equal(tcp_bind(pcb, IP_ANY_TYPE, PORT), ERR_OK);
    server.listener = tcp_listen(pcb);
    tcp_accept(server.listener, server_accept);
    names.asked = 0;
    names.silent = false;
    names.knows = true;
    otaria_lwip_net_init(&net, netif_list);
    return 0;
}

/* Nothing is left behind: no connection that is open, no pbuf (the leak check finds those). */
static int tear_down(void **state)
{
    (void)state;
    net.port.close(net.port.ctx);
    server_close();
    tcp_close(server.listener);
    pass(130000); /* TIME_WAIT is over, lookups have given up */
    if (names.question)
        pbuf_free(names.question);
    names.question = NULL;
    assert_null(tcp_active_pcbs);
    assert_null(tcp_tw_pcbs);
    assert_null(tcp_bound_pcbs);
    return 0;
}

static int open_to(const char *host)
{
    return net.port.open(net.port.ctx, host, PORT, false);
}

static int ready(void)
{
    return net.port.ready(net.port.ctx);
}

static void connect_to_server(void)
{
    assert_int_equal(open_to("127.0.0.1"), 0);
    assert_int_equal(ready(), OTARIA_MORE);
    pass(10);
    assert_int_equal(ready(), 0);
    assert_non_null(server.pcb);
    assert_true(tcp_nagle_disabled(net.pcb));
}

/* Reads pieces until it has len bytes, or the result is an error; they must be data[from..). */
static int take(size_t from, size_t len, size_t piece, size_t *total)
{
    uint8_t buf[3000];
    int result = 0;

    *total = 0;
    for (unsigned idle = 0; *total < len && result == 0 && idle < 100; idle++) {
        size_t got;

        result = net.port.recv(net.port.ctx, buf, piece, &got);
        assert_true(got <= piece);
        assert_memory_equal(buf, data + from + *total, got);
        *total += got;
        if (got)
            idle = 0;
        pass(got ? 5 : 50);
    }
    return result;
}

/* ---- tests ---- */

static void up_means_an_address(void **state)
{
    struct otaria_lwip_net other;

    (void)state;
    assert_true(net.port.up(net.port.ctx));
    netif_set_link_down(netif_list);
    assert_false(net.port.up(net.port.ctx));
    netif_set_link_up(netif_list);
    netif_set_down(netif_list);
    assert_false(net.port.up(net.port.ctx));
    netif_set_up(netif_list);
    netif_set_ipaddr(netif_list, IP4_ADDR_ANY4);
    assert_false(net.port.up(net.port.ctx));
    netif_set_ipaddr(netif_list, &(ip4_addr_t){PP_HTONL(0x7F000001)});
    assert_true(net.port.up(net.port.ctx));
    otaria_lwip_net_init(&other, NULL);
    assert_false(other.port.up(other.port.ctx));
    netif_set_default(netif_list);
    assert_true(other.port.up(other.port.ctx));
    netif_set_default(NULL);
}

static void bytes_come_and_go_in_any_split(void **state)
{
    static const struct {
        size_t sent, taken;
    } table[] = {{SIZE_MAX, 3000}, {SIZE_MAX, 1}, {1, 3000},  {1, 1},
                 {7, 3},           {536, 535},    {300, 1024}};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t len = table[i].sent == 1 || table[i].taken == 1 ? 2000 : DATA_LEN, total, sent;

        connect_to_server();
        for (size_t at = 0; at < 3000; at += sent) {
            size_t piece = table[i].taken < 3000 - at ? table[i].taken : 3000 - at;

            assert_int_equal(net.port.send(net.port.ctx, data + at, piece, &sent), 0);
            assert_true(sent <= piece);
            if (sent < piece)
                pass(5);
        }
        pass(300);
        assert_int_equal(server.heard_len, 3000);
        assert_memory_equal(server.heard, data, 3000);
        server.heard_len = 0;
        server.sent = 0;
        server.piece = table[i].sent < 1000 ? table[i].sent : 1000;
        server.send_max = len;
        assert_int_equal(take(0, len, table[i].taken, &total), 0);
        assert_int_equal(total, len);
        net.port.close(net.port.ctx);
        pass(10);
        assert_true(server.closed);
        assert_false(server.failed);
        server.closed = false;
        server_close();
    }
}

static void nobody_there_is_a_failed_connection(void **state)
{
    uint8_t byte;
    size_t len;

    (void)state;
    assert_int_equal(net.port.open(net.port.ctx, "127.0.0.1", 1, false), 0);
    pass(10);
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    assert_int_equal(net.port.send(net.port.ctx, data, 1, &len), OTARIA_E_CLOSED);
    assert_int_equal(net.port.recv(net.port.ctx, &byte, 1, &len), OTARIA_E_CLOSED);
    assert_int_equal(open_to("10.1.2.3"), OTARIA_E_CONNECT); /* no way there */
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    connect_to_server();
}

static void tls_is_not_for_this_net(void **state)
{
    (void)state;
    assert_int_equal(net.port.open(net.port.ctx, "127.0.0.1", PORT, true), OTARIA_E_TLS);
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    pass(10);
    assert_null(server.pcb);
}

static void an_address_may_be_ipv6_in_brackets(void **state)
{
    static const char *const bad[] = {"[]", "[", "[x]",
                                      "[1234567890123456789012345678901234567890123456789]"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(open_to(bad[i]), OTARIA_E_CONNECT);
    assert_int_equal(open_to("[::1]"), 0);
    pass(10);
    assert_int_equal(ready(), 0);
}

static void port_80_is_the_default(void **state)
{
    (void)state;
    assert_int_equal(net.port.open(net.port.ctx, "127.0.0.1", 0, false), 0);
    assert_int_equal(net.pcb->remote_port, 80);
}

static void the_end_comes_after_the_data(void **state)
{
    size_t total;

    (void)state;
    connect_to_server();
    server.send_max = 1000;
    pass(10);
    server_close();
    pass(10);
    assert_int_equal(take(0, 2000, 100, &total), OTARIA_E_CLOSED);
    assert_int_equal(total, 1000);
    assert_int_equal(ready(), 0);
}

static void a_reset_comes_after_the_data(void **state)
{
    size_t total;

    (void)state;
    connect_to_server();
    server.send_max = 1000;
    pass(10);
    tcp_err(server.pcb, NULL);
    tcp_abort(server.pcb);
    server.pcb = NULL;
    pass(10);
    assert_null(net.pcb);
    assert_int_equal(take(0, 2000, 100, &total), OTARIA_E_CLOSED);
    assert_int_equal(total, 1000);
    assert_int_equal(net.port.send(net.port.ctx, data, 1, &total), OTARIA_E_CLOSED);
    connect_to_server();
    assert_int_equal(take(0, 1, 1, &total), 0); /* the next connection knows nothing of it */
}

static void the_peer_never_overruns_the_window(void **state)
{
    size_t total, held = 0;

    (void)state;
    connect_to_server();
    server.send_max = DATA_LEN;
    for (unsigned i = 0; i < 20; i++) {
        pass(1000);
        held = net.received ? net.received->tot_len : 0;
        assert_true(held <= TCP_WND);
    }
    assert_int_equal(held, TCP_WND);
    assert_int_equal(take(0, 100, 100, &total), 0);
    pass(1000);
    assert_true(net.received->tot_len <= TCP_WND);
    assert_int_equal(take(100, DATA_LEN - 100, 999, &total), 0);
    assert_int_equal(total, DATA_LEN - 100);
    pass(1000);
    assert_int_equal(net.pcb->rcv_wnd, TCP_WND);
}

static void single_bytes_do_not_use_up_the_pbufs(void **state)
{
    size_t total;

    (void)state;
    connect_to_server();
    server.piece = 1;
    server.send_max = 500;
    for (unsigned i = 0; i < 100; i++) {
        pass(100);
        assert_true(!net.received || pbuf_clen(net.received) <= OTARIA_LWIP_PBUFS_MAX);
    }
    assert_true(net.pcb->refused_data == NULL || pbuf_clen(net.pcb->refused_data) <= 2);
    assert_int_equal(take(0, 500, 10, &total), 0);
    assert_int_equal(total, 500);
}

static void closing_with_data_unread_still_delivers_what_was_sent_last(void **state)
{
    size_t sent;

    (void)state;
    connect_to_server();
    server.send_max = 1000;
    pass(100);
    assert_int_equal(net.port.send(net.port.ctx, data, 10, &sent), 0);
    assert_int_equal(sent, 10);
    net.port.close(net.port.ctx);
    net.port.close(net.port.ctx);
    pass(100);
    assert_int_equal(server.heard_len, 10);
    assert_true(server.closed);
}

static void a_close_in_mid_connect_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(open_to("127.0.0.1"), 0);
    net.port.close(net.port.ctx);
    assert_null(tcp_active_pcbs);
    pass(1000);
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    assert_int_equal(open_to("127.0.0.1"), 0);
    assert_int_equal(open_to("127.0.0.1"), 0);
    pass(10);
    assert_int_equal(ready(), 0);
}

static void a_full_send_buffer_takes_what_fits(void **state)
{
    size_t sent;

    (void)state;
    connect_to_server();
    assert_int_equal(net.port.send(net.port.ctx, data, DATA_LEN, &sent), 0);
    assert_in_range(sent, 1, TCP_SND_BUF);
    while (sent)
        assert_int_equal(net.port.send(net.port.ctx, data, DATA_LEN, &sent), 0);
    assert_int_equal(sent, 0);
    pass(300);
    assert_int_equal(net.port.send(net.port.ctx, data, 100, &sent), 0);
    assert_int_equal(sent, 100);
}

static void names_are_looked_up(void **state)
{
    (void)state;
    assert_int_equal(open_to("ota.example"), 0);
    assert_int_equal(ready(), OTARIA_MORE);
    pass(10);
    assert_int_equal(ready(), 0);
    assert_int_equal(names.asked, 1);
    net.port.close(net.port.ctx);
    names.knows = false;
    assert_int_equal(open_to("nowhere.example"), 0);
    pass(100);
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    names.silent = true;
    assert_int_equal(open_to("silent.example"), 0);
    pass(1000);
    assert_int_equal(ready(), OTARIA_MORE);
    pass(60000);
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    assert_int_equal(
        open_to("a-name-that-is-longer-than-the-table-of-lwip-has-room-for.example.com"),
        OTARIA_E_CONNECT);
}

static void an_answer_that_comes_late_is_for_nobody(void **state)
{
    (void)state;
    names.silent = true;
    assert_int_equal(open_to("late.example"), 0);
    pass(10);
    net.port.close(net.port.ctx);
    answer_question();
    pass(10);
    assert_int_equal(ready(), OTARIA_E_CONNECT);
    assert_null(net.pcb);
    /* while another name is looked up */
    assert_int_equal(open_to("later.example"), 0);
    pass(10);
    assert_int_equal(open_to("another.example"), 0);
    answer_question();
    pass(1);
    assert_int_equal(ready(), OTARIA_MORE);
    assert_null(net.pcb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(up_means_an_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_come_and_go_in_any_split, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_a_failed_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tls_is_not_for_this_net, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_may_be_ipv6_in_brackets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(port_80_is_the_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_comes_after_the_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reset_comes_after_the_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_peer_never_overruns_the_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(single_bytes_do_not_use_up_the_pbufs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_with_data_unread_still_delivers_what_was_sent_last,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_close_in_mid_connect_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_send_buffer_takes_what_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_looked_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_that_comes_late_is_for_nobody, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
