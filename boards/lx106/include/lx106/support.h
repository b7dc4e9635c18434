// SPDX-License-Identifier: MIT
/*
 * What an application on the board has in place of the chip's SDK: a clock and a network. On the chip the SDK's timer
 * and its Wi-Fi do this. One thread, polled; nothing is allocated.
 */
#ifndef LX106_SUPPORT_H
#define LX106_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

/* Attaches the millisecond tick to the ROM's timer interrupt. Call it once, before anything else here. */
void lx106_tick_begin(void);

/* Milliseconds since lx106_tick_begin. */
uint64_t lx106_now_ms(void);

/*
 * Brings lwIP and the network device up and asks DHCP for an address; returns at once. hostname: told to DHCP,
 * borrowed for good. Call it once, after lx106_tick_begin.
 */
void lx106_ether_begin(const uint8_t mac[6], const char *hostname);

/* Hands received frames to lwIP and runs its timers. Call it often: nothing moves otherwise. True when a frame came. */
bool lx106_ether_poll(void);

#endif
