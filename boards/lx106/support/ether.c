// SPDX-License-Identifier: MIT
/*
 * QEMU's OpenCores Ethernet, polled. Descriptors and packet memory are the device's own, outside the application's
 * RAM: two descriptors to send, eight to receive. The buffer's address goes into a descriptor before its flags, since
 * the device looks at once.
 */
#include "lx106/support.h"

#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/timeouts.h>

#include "lx106/hw.h"

enum register_off {
    MODER = 0x00,
    INT_SOURCE = 0x04,
    TX_BD_NUM = 0x20,
    MAC_ADDR0 = 0x40,
    MAC_ADDR1 = 0x44
};

/* Receive and transmit on, pad, CRC. Bit 3, BRO, would reject broadcast and with it DHCP. */
#define MODER_RUN 0xA003u

#define TX_CNT 2u
#define RX_CNT 8u

#define BD_READY 0x8000u /* transmit: ready; receive: empty */
#define BD_WRAP  0x2000u
#define BD_PAD   0x1000u
#define BD_CRC   0x0800u

#define FRAME_MAX 1536u
#define CRC_LEN   4u

static struct netif netif;
static unsigned tx_next, rx_next;

static void write_register(enum register_off off, uint32_t value)
{
    *(volatile uint32_t *)(LX106_ETH_REGS + off) = value;
}

/* Two words: length << 16 | flags, address of the buffer. */
static volatile uint32_t *descriptor(unsigned i)
{
    return (volatile uint32_t *)(LX106_ETH_DESC + 8u * i);
}

static uint8_t *packet(unsigned i)
{
    return (uint8_t *)(LX106_ETH_RAM + FRAME_MAX * i);
}

static uint32_t wrap(unsigned i, unsigned cnt)
{
    return i + 1 == cnt ? BD_WRAP : 0;
}

static err_t send_frame(struct netif *n, struct pbuf *p)
{
    volatile uint32_t *bd = descriptor(tx_next);

    (void)n;
    if ((bd[0] & BD_READY) != 0 || p->tot_len > FRAME_MAX)
        return ERR_MEM; /* lwIP sends it again */
    pbuf_copy_partial(p, packet(tx_next), p->tot_len, 0);
    bd[1] = (uint32_t)packet(tx_next);
    bd[0] = (uint32_t)p->tot_len << 16 | BD_READY | BD_PAD | BD_CRC | wrap(tx_next, TX_CNT);
    tx_next = (tx_next + 1) % TX_CNT;
    return ERR_OK;
}

/* A frame that finds no memory is dropped, as on any wire. */
static void take_frame(const uint8_t *frame, uint32_t len)
{
    struct pbuf *p;

    if (len <= CRC_LEN || len > FRAME_MAX)
        return;
    len -= CRC_LEN;
    p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
    if (!p)
        return;
    if (pbuf_take(p, frame, (u16_t)len) != ERR_OK || netif.input(p, &netif) != ERR_OK)
        pbuf_free(p);
}

static bool receive(void)
{
    unsigned cnt = 0;

    for (; cnt < RX_CNT; cnt++) {
        volatile uint32_t *bd = descriptor(TX_CNT + rx_next);

        if ((bd[0] & BD_READY) != 0)
            break;
        take_frame(packet(TX_CNT + rx_next), bd[0] >> 16);
        bd[0] = BD_READY | wrap(rx_next, RX_CNT);
        rx_next = (rx_next + 1) % RX_CNT;
    }
    return cnt > 0;
}

static err_t begin_device(struct netif *n)
{
    const uint8_t *mac = n->state;

    n->name[0] = 'e';
    n->name[1] = 'n';
    n->mtu = 1500;
    n->hwaddr_len = 6;
    memcpy(n->hwaddr, mac, 6);
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    n->output = etharp_output;
    n->linkoutput = send_frame;

    write_register(MODER, 0);
    write_register(TX_BD_NUM, TX_CNT);
    write_register(MAC_ADDR0, (uint32_t)mac[2] << 24 | (uint32_t)mac[3] << 16 |
                                  (uint32_t)mac[4] << 8 | mac[5]);
    write_register(MAC_ADDR1, (uint32_t)mac[0] << 8 | mac[1]);
    tx_next = rx_next = 0;
    for (unsigned i = 0; i < TX_CNT; i++)
        descriptor(i)[0] = wrap(i, TX_CNT);
    for (unsigned i = 0; i < RX_CNT; i++) {
        descriptor(TX_CNT + i)[1] = (uint32_t)packet(TX_CNT + i);
        descriptor(TX_CNT + i)[0] = BD_READY | wrap(i, RX_CNT);
    }
    write_register(MODER, MODER_RUN);
    return ERR_OK;
}

void lx106_ether_begin(const uint8_t mac[6], const char *hostname)
{
    static uint8_t own[6];

    memcpy(own, mac, sizeof own);
    lwip_init();
    netif_add(&netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, own, begin_device, netif_input);
    netif_set_hostname(&netif, hostname);
    netif_set_default(&netif);
    netif_set_up(&netif);
    (void)dhcp_start(&netif); /* without memory for it there is no address, and the agent says so */
}

bool lx106_ether_poll(void)
{
    bool came = receive();

    sys_check_timeouts();
    return came;
}
