// SPDX-License-Identifier: MIT
/*
 * emon on the virtual board: the port (../port.h) over the mask ROM, lwIP, BearSSL and the board's Ethernet. A port to
 * the chip's Wi-Fi replaces what begins with lx106_ and board_; flash, boot word, device block, TCP and TLS stay.
 */
#include <string.h>

#include <lwip/netif.h>

#include <otaria/app.h>
#include <otaria/boot.h>

#include "../bearssl/secure.h"
#include "../emon.h"
#include "../lwip/listen.h"
#include "device_block.h"
#include "esp8266.h"
#include "identity.h"
#include "lwip_net.h"
#include "lx106/board.h"
#include "lx106/support.h"
#include "rom.h"

OTARIA_APP(BUILD_TAG);

/* One record of the server's: OTARIA_TLS_IN_SMALL, or OTARIA_TLS_IN_FULL for servers that do not keep to 512 bytes. */
#ifndef EMON_TLS_IN
#define EMON_TLS_IN OTARIA_TLS_IN_SMALL
#endif

#define WEB_PORT       80
#define DEFAULT_SERVER "http://10.0.2.2:8266" /* QEMU's name for the machine that it runs on */

/*
 * A chip has its address in fuses. Here the flash file is the device, so the address lies in it, in the SDK's sectors,
 * where nothing else of a board is: magic "MAC1", six bytes, two zero, CRC-32 of these twelve.
 */
#define MAC_ADDR  0x3FB000u
#define MAC_MAGIC 0x3143414Du

void app_main(void) __attribute__((noreturn));

static struct {
    struct emon emon;
    struct emon_port port;
    struct listen listen;
    struct otaria_lwip_net tcp;
    struct emon_secure secure;
    uint32_t start_s; /* UTC, 0 = unknown */
    uint8_t record[EMON_TLS_IN];
    uint8_t keys[OTARIA_DEVICE_KEYS_MAX][65];
} app;

/* ---- sys ---- */

static uint64_t sys_now_ms(void *ctx)
{
    (void)ctx;
    return lx106_now_ms();
}

static void sys_random(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    board_entropy(buf, len);
}

/* lwipopts.h: what lwIP draws ports and sequence numbers from. */
uint32_t board_random32(void);
uint32_t board_random32(void)
{
    uint32_t r;

    board_entropy(&r, sizeof r);
    return r;
}

static void sys_reset(void *ctx)
{
    (void)ctx;
    software_reset();
}

/* There is no heap; what can run out is the stack. */
static uint32_t sys_free(void *ctx)
{
    (void)ctx;
    return (uint32_t)(otaria_esp8266_stack_size() - otaria_esp8266_stack_used());
}

static const char *reset_reason(void)
{
    switch ((enum otaria_rom_reset)rtc_get_reset_reason()) {
    case OTARIA_ROM_RESET_POWER_ON:
        return "power on";
    case OTARIA_ROM_RESET_EXTERNAL:
        return "exception or pin";
    case OTARIA_ROM_RESET_SOFTWARE:
        return "software";
    case OTARIA_ROM_RESET_WATCHDOG:
        return "watchdog";
    }
    return "unknown";
}

/* ---- the rest of the port ---- */

static size_t serial_read(void *ctx, uint8_t *buf, size_t max)
{
    size_t len = 0;

    (void)ctx;
    while (len < max && uart_rx_one_char(buf + len) == 0)
        len++;
    return len;
}

static void serial_write(void *ctx, const char *text, size_t len)
{
    (void)ctx;
    while (len-- > 0)
        ets_putc(*text++);
}

static void configured(void *ctx, const struct emon_config *config)
{
    (void)ctx;
    emon_secure_configure(&app.secure, config);
    netif_set_hostname(netif_default, config->node); /* lies as long as the application */
}

/* The board has no clock but the time of its start, if `run --time` told it. */
static void tell_time(void)
{
    if (app.start_s != 0)
        emon_secure_time(&app.secure, app.start_s + lx106_now_ms() / 1000);
}

/* Once: where a browser finds the page. */
static void tell_address(void)
{
    static bool told;
    const ip4_addr_t *ip = netif_default != NULL ? netif_ip4_addr(netif_default) : NULL;

    if (told || ip == NULL || ip4_addr_isany(ip))
        return;
    told = true;
    ets_printf("emon " BUILD_TAG ": page at http://%u.%u.%u.%u/\n", ip4_addr1(ip), ip4_addr2(ip),
               ip4_addr3(ip), ip4_addr4(ip));
}

/* The tick wakes the core every millisecond; a frame ends the wait, since it may be what the agent waits for. */
static bool wait(void *ctx, struct emon *e, uint32_t ms)
{
    uint64_t end = lx106_now_ms() + ms;

    (void)ctx;
    (void)e;
    for (;;) {
        *(volatile uint32_t *)OTARIA_ROM_WDT_FEED = OTARIA_ROM_WDT_FOOD;
        bool came = lx106_ether_poll();
        listen_turn(&app.listen);
        tell_address();
        tell_time();
        if (came || lx106_now_ms() >= end)
            return true;
        __asm__ volatile("waiti 0");
    }
}

/* ---- who this is ---- */

static void read_mac(uint8_t mac[6])
{
    uint8_t raw[16] OTARIA_ALIGNED;

    if (otaria_flash_read(&otaria_esp8266_flash, MAC_ADDR, raw, sizeof raw) == 0 &&
        otaria_load_le32(raw) == MAC_MAGIC &&
        otaria_load_le32(raw + 12) == otaria_crc32(0, raw, 12))
        memcpy(mac, raw + 4, 6);
    else
        board_mac(mac);
}

static unsigned read_keys(void)
{
    uint8_t block[OTARIA_DEVICE_BLOCK_SIZE] OTARIA_ALIGNED;

    if (otaria_device_block_read(&otaria_esp8266_flash, block) != 0)
        return 0; /* without keys every release is refused, which is said when one comes */
    return otaria_device_block_keys(block, app.keys);
}

static void begin_port(void)
{
    static struct otaria_sys sys = {
        .now_ms = sys_now_ms, .random = sys_random, .reset = sys_reset, .free_heap = sys_free};
    struct emon_port *p = &app.port;

    sys.reset_reason = reset_reason();
    p->flash = &otaria_esp8266_flash;
    p->layout = otaria_layout_find("4m2m", 4);
    p->config_sector[0] = p->layout->fs[0] + p->layout->fs_len[0] - 2 * OTARIA_SECTOR;
    p->config_sector[1] = p->config_sector[0] + OTARIA_SECTOR;
    p->slot = otaria_esp8266_slot();
    p->net = &app.secure.tls.port;
    p->sys = &sys;
    p->version = BUILD_TAG;
    p->server = DEFAULT_SERVER;
    memcpy(p->vendor, (const uint8_t[16]){EMON_VENDOR_ID}, 16);
    memcpy(p->class_id, (const uint8_t[16]){EMON_CLASS_ID}, 16);
    read_mac(p->id);
    p->id_len = 6;
    p->trust = (struct otaria_trust){
        .keys = (const uint8_t(*)[65])app.keys, .keys_cnt = read_keys(), .threshold = 1};
    p->serial_read = serial_read;
    p->serial_write = serial_write;
    p->configured = configured;
    p->wait = wait;
}

static void begin_network(void)
{
    static const char hostname[] = "emon";

    lx106_ether_begin(app.port.id, hostname);
    otaria_lwip_net_init(&app.tcp, NULL);
    if (emon_secure_init(&app.secure, &app.tcp.port, app.port.sys, app.record, sizeof app.record) !=
            0 ||
        listen_begin(&app.listen, &app.emon.web, WEB_PORT) != 0)
        software_reset(); /* both fail for want of memory alone, which is a bug of this build */
}

void app_main(void)
{
    lx106_tick_begin();
    app.start_s = board_start_time();
    begin_port();
    begin_network();
    emon_app(&app.emon, &app.port);
    software_reset();
}
