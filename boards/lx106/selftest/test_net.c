// SPDX-License-Identifier: MIT
// The network device: an ARP request for QEMU's gateway, and its answer.
#include "selftest.h"

int memcmp(const void *a, const void *b, size_t len);

enum { MODER = 0x00, TX_BD_NUM = 0x20, MAC_ADDR0 = 0x40, MAC_ADDR1 = 0x44 };
enum { RUN = 0xA003, OWNED = 0x8000, WRAP = 0x2000, PAD_CRC = 0x1800, ARP_LEN = 42 };

static const uint8_t request[ARP_LEN + 2] = {
    255, 255,  255,  255, 255,  255,  0x52, 0x54, 0, 0x12, 0x34, 0xAB, 8, 6, 0, 1, 8, 0,  6, 4, 0,
    1,   0x52, 0x54, 0,   0x12, 0x34, 0xAB, 10,   0, 2,    15,   0,    0, 0, 0, 0, 0, 10, 0, 2, 2,
};

static volatile uint32_t *eth(uint32_t off)
{
    return reg(LX106_ETH_REGS + off);
}

// Descriptor 0 sends, descriptor 1 receives: length << 16 | flags, address.
static void begin(void)
{
    uint32_t *to = (uint32_t *)LX106_ETH_RAM;

    *eth(MODER) = 0;
    *eth(TX_BD_NUM) = 1;
    *eth(MAC_ADDR0) = 0x001234ABu;
    *eth(MAC_ADDR1) = 0x5254;
    for (unsigned i = 0; i < sizeof request / 4; i++) {
        to[i] = ((const uint32_t *)request)[i];
    }
    reg(LX106_ETH_DESC)[3] = LX106_ETH_RAM + 2048;
    reg(LX106_ETH_DESC)[2] = OWNED | WRAP;
    *eth(MODER) = RUN;
    reg(LX106_ETH_DESC)[1] = LX106_ETH_RAM;
    reg(LX106_ETH_DESC)[0] = (uint32_t)ARP_LEN << 16 | OWNED | WRAP | PAD_CRC;
}

test_result test_net(void)
{
    const uint8_t *answer = (const uint8_t *)LX106_ETH_RAM + 2048;
    bool sent, came;

    begin();
    for (int i = 0; i < 1000 && (reg(LX106_ETH_DESC)[2] & OWNED) != 0; i++) {
        ets_delay_us(1000);
    }
    sent = (reg(LX106_ETH_DESC)[0] & OWNED) == 0;
    came = (reg(LX106_ETH_DESC)[2] & OWNED) == 0;
    *eth(MODER) = 0;
    CHECK(sent && came);
    CHECK(memcmp(answer, request + 6, 6) == 0);
    CHECK(answer[13] == 6 && answer[21] == 2 && memcmp(answer + 28, request + 38, 4) == 0);
    return NULL;
}
