// SPDX-License-Identifier: MIT
#include "esp8266.h"

static uint32_t boot_word(void)
{
    uint32_t word = *(volatile uint32_t *)OTARIA_ESP8266_BOOT_WORD;

    return (word & 0xFFFF0000u) == OTARIA_ESP8266_BOOT_MAGIC ? word : OTARIA_ESP8266_BOOT_MAGIC;
}

unsigned otaria_esp8266_slot(void)
{
    return boot_word() & 1u;
}

enum otaria_boot_kind otaria_esp8266_boot_kind(void)
{
    return (enum otaria_boot_kind)(boot_word() >> 8 & 0xFFu);
}
