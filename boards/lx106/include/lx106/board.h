// SPDX-License-Identifier: MIT
// What an application on the virtual board may ask beyond the mask ROM: the few things that the
// chip has and the machine has not (entropy, its own address), and what only a test wants (the
// arguments of `run`, ending QEMU). A port to the board includes this; code for the chip never does.
#ifndef LX106_BOARD_H
#define LX106_BOARD_H

#include <stddef.h>
#include <stdint.h>

// Value of the argument `key=value` that the board was started with, borrowed; NULL without one.
const char *board_arg(const char *key);

// The same as a decimal number; `otherwise` when there is none or it is no number.
uint32_t board_arg_number(const char *key, uint32_t otherwise);

// UTC seconds at the start of the process (argument time=), 0 when nobody said.
uint32_t board_start_time(void);

// The network address that the board was started with (argument mac=aa:bb:cc:dd:ee:ff); QEMU's
// default without one.
void board_mac(uint8_t mac[6]);

// `len` bytes of the host's entropy. A board whose host has none ends (status 98).
void board_entropy(void *to, size_t len);

// End of QEMU with this exit status.
_Noreturn void board_exit(int status);

// The counters of the board block, see hw.h.
uint32_t board_boots(void);
uint32_t board_flash_ops(void);

#endif
