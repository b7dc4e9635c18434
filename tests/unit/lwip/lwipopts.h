// SPDX-License-Identifier: MIT
/*
 * lwIP inside test_lwip_net: one loopback, the sizes of a chip. Every pbuf and pcb is from malloc, so that the sanitizers
 * see each of them.
 */
#ifndef OTARIA_TESTS_LWIPOPTS_H
#define OTARIA_TESTS_LWIPOPTS_H

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET          0
#define LWIP_NETCONN         0
#define LWIP_IPV6            1
#define LWIP_IPV6_FRAG       0
#define LWIP_IPV6_REASS      0
#define LWIP_DNS             1
#define LWIP_HAVE_LOOPIF     1
#define LWIP_NETIF_LOOPBACK  1
#define LWIP_STATS           0
#define MEM_LIBC_MALLOC      1
#define MEMP_MEM_MALLOC      1
#define MEM_ALIGNMENT        8

#define TCP_MSS             536
#define TCP_WND             (4 * TCP_MSS)
#define TCP_SND_BUF         (2 * TCP_MSS)
#define TCP_SND_QUEUELEN    8
#define TCP_QUEUE_OOSEQ     0
#define DNS_MAX_NAME_LENGTH 64
#define DNS_TABLE_SIZE      4

/* A test repeats itself exactly. */
unsigned int test_random(void);
#define LWIP_RAND() test_random()

#endif
