// SPDX-License-Identifier: MIT
/* The board's hosts file: one name, by the argument host=NAME@ADDRESS. */
#include <string.h>

#include <lwip/dns.h>
#include <lwip/ip_addr.h>

#include "lx106/board.h"

err_t lx106_hosts(const char *name, ip_addr_t *addr, u8_t type)
{
    const char *entry = board_arg("host"), *at = entry ? strchr(entry, '@') : NULL;
    size_t len = strlen(name);

    (void)type;
    if (!at || (size_t)(at - entry) != len || memcmp(entry, name, len) != 0)
        return ERR_ARG;
    return ipaddr_aton(at + 1, addr) ? ERR_OK : ERR_ARG;
}
