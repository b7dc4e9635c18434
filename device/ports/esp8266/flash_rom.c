// SPDX-License-Identifier: MIT
#include "esp8266.h"
#include "rom.h"

/* Between the two cache calls nothing may touch mapped flash: no code, no constant, no interrupt handler. */
#define IRAM __attribute__((section(".iram0.text"), noinline))

/* Slot 0 lies in megabyte 0, slot 1 in megabyte 1; both are mapped to the same window. */
static IRAM void flash_end(void)
{
    uint32_t word = *(volatile uint32_t *)OTARIA_ESP8266_BOOT_WORD;
    uint32_t odd = (word & 0xFFFF0000u) == OTARIA_ESP8266_BOOT_MAGIC ? word & 1u : 0;

    rom_Cache_Read_Enable(odd, 0, 1);
}

static IRAM int rom_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    (void)ctx;
    Cache_Read_Disable();
    int result = SPIRead(addr, buf, len);
    flash_end();
    return result != 0 ? OTARIA_E_FLASH_IO : 0;
}

static IRAM int rom_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    (void)ctx;
    Cache_Read_Disable();
    int result = SPIWrite(addr, buf, len);
    flash_end();
    return result != 0 ? OTARIA_E_FLASH_IO : 0;
}

static IRAM int rom_erase(void *ctx, uint32_t addr)
{
    (void)ctx;
    Cache_Read_Disable();
    int result = SPIEraseSector(addr / OTARIA_SECTOR);
    flash_end();
    return result != 0 ? OTARIA_E_FLASH_IO : 0;
}

const struct otaria_flash otaria_esp8266_flash = {
    .read = rom_read, .write = rom_write, .erase = rom_erase};
