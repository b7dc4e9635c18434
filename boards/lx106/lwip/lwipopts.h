// SPDX-License-Identifier: MIT
/*
 * lwIP on the board: no operating system, polled, about 14 KB of RAM in all. Sizes as on the chip, where the common
 * builds of the Arduino core use the same small segments.
 */
#ifndef LX106_LWIPOPTS_H
#define LX106_LWIPOPTS_H

#include <stdint.h>

#define NO_SYS                   1
#define SYS_LIGHTWEIGHT_PROT     0
#define LWIP_SOCKET              0
#define LWIP_NETCONN             0
#define LWIP_TIMERS              1
#define LWIP_IPV4                1
#define LWIP_IPV6                0
#define LWIP_ARP                 1
#define LWIP_ICMP                1
#define LWIP_RAW                 0
#define LWIP_UDP                 1
#define LWIP_TCP                 1
#define LWIP_DHCP                1
#define LWIP_DNS                 1
#define LWIP_STATS               0
#define LWIP_NETIF_HOSTNAME      1
#define LWIP_NETIF_LOOPBACK      0
#define LWIP_HAVE_LOOPIF         0
#define IP_REASSEMBLY            0
#define IP_FRAG                  0
#define ARP_QUEUEING             0
#define LWIP_NOASSERT            1
#define DNS_TABLE_SIZE           2
#define DNS_MAX_NAME_LENGTH      64
#define LWIP_CHECKSUM_ON_COPY    1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define DHCP_DOES_ARP_CHECK      0

#define MEM_ALIGNMENT 4
#define MEM_SIZE      4608 /* segments that wait for their acknowledgement, and DHCP's message */

#define TCP_MSS            536
#define TCP_WND            (4 * TCP_MSS)
#define TCP_SND_BUF        (2 * TCP_MSS)
#define TCP_SND_QUEUELEN   8
#define TCP_QUEUE_OOSEQ    0
#define TCP_LISTEN_BACKLOG 1

/* One connection of the agent, three of the page, and some that linger. */
#define MEMP_NUM_TCP_PCB        6
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG        16
#define MEMP_NUM_UDP_PCB        3
#define MEMP_NUM_PBUF           8
#define MEMP_NUM_ARP_QUEUE      2
#define PBUF_POOL_SIZE          10
#define PBUF_POOL_BUFSIZE       600 /* a segment with its headers */

/* Names of `run --host`, before a server is asked. */
#define DNS_LOOKUP_LOCAL_EXTERN(name, addr, type) lx106_hosts(name, addr, type)
struct ip4_addr;
signed char lx106_hosts(const char *name, struct ip4_addr *addr, uint8_t type);

/* Initial sequence numbers, ports, DNS transaction ids: from the board's entropy. */
uint32_t board_random32(void);
#define LWIP_RAND() board_random32()

#endif
