// SPDX-License-Identifier: MIT
// Core, and the ROM's functions that are only computation.
#include "selftest.h"

uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
uint64_t __umulsidi3(uint32_t a, uint32_t b);
int64_t __muldi3(int64_t a, int64_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);
int64_t __divdi3(int64_t a, int64_t b);
void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);

test_result test_power_on(void)
{
    CHECK(rtc_get_reset_reason() == LX106_RESET_POWER_ON);
    CHECK(BOARD->boots == 1);
    CHECK(*reg(LX106_RTC_BOOT_WORD) != 0);
    CHECK(*reg(LX106_DRAM_ROM - 0x100) != 0);
    CHECK(*reg(LX106_IRAM_CACHE32) != 0);
    return NULL;
}

static test_result moves_one(uint8_t *a, uint8_t *b, uint32_t from, uint32_t to, uint32_t len)
{
    for (uint32_t i = 0; i < 64; i++) {
        a[i] = b[i] = (uint8_t)(i * 37 + 1);
    }
    for (uint32_t i = 0; i < len; i++) {
        b[to + i] = (uint8_t)((from + i) * 37 + 1);
    }
    CHECK(memmove(a + to, a + from, len) == a + to);
    CHECK(memcmp(a, b, 64) == 0);
    return NULL;
}

test_result test_memory_functions(void)
{
    static uint8_t a[64], b[64];
    test_result result = NULL;

    for (uint32_t from = 0; from < 12; from++) {
        for (uint32_t to = 0; to < 12 && result == NULL; to++) {
            result = moves_one(a, b, from, to, from * 4);
        }
    }
    if (result != NULL) {
        return result;
    }
    CHECK(memset(a, 0x1A5, 7) == a && a[0] == 0xA5 && a[6] == 0xA5 && a[7] == b[7]);
    CHECK(memcpy(a + 1, b + 1, 62) == a + 1 && memcmp(a + 1, b + 1, 62) == 0);
    b[40] = a[40] + 1;
    CHECK(memcmp(a, b, 64) != 0 && memcmp(a + 1, b + 1, 39) == 0);
    CHECK(memcmp(a + 40, b + 40, 1) < 0 && memcmp(b + 40, a + 40, 1) > 0);
    CHECK(strlen("") == 0 && strlen("otaria") == 6);
    CHECK(strcmp("a", "a") == 0 && strcmp("a", "b") < 0 && strcmp("ab", "a") > 0);
    CHECK(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) < 0);
    return NULL;
}

// a / b = q, rest r, for all that follows from q * b + r = a.
static test_result divides(uint64_t a, uint64_t b)
{
    uint64_t q = __udivdi3(a, b);
    uint64_t r = __umoddi3(a, b);

    CHECK(r < b);
    CHECK((uint64_t)__muldi3((int64_t)q, (int64_t)b) + r == a);
    CHECK(__udivsi3((uint32_t)a, (uint32_t)b | 1) * ((uint32_t)b | 1) +
              __umodsi3((uint32_t)a, (uint32_t)b | 1) ==
          (uint32_t)a);
    CHECK(__umodsi3((uint32_t)a, (uint32_t)b | 1) < ((uint32_t)b | 1));
    return NULL;
}

test_result test_division(void)
{
    uint32_t state = 1;
    test_result result = NULL;

    for (int i = 0; i < 2000 && result == NULL; i++) {
        uint64_t a = (uint64_t)noise(&state) << 32 | noise(&state);
        uint64_t b = (uint64_t)noise(&state) << 32 | noise(&state);

        result = divides(a >> (noise(&state) & 63), (b >> (noise(&state) & 63)) | 1);
    }
    if (result != NULL) {
        return result;
    }
    CHECK(__udivsi3(0xFFFFFFFF, 1) == 0xFFFFFFFF && __udivsi3(7, 8) == 0);
    CHECK(__udivsi3(0xFFFFFFFF, 0x80000000) == 1 && __umodsi3(1000000007, 1000) == 7);
    CHECK(__divsi3(-7, 2) == -3 && __divsi3(7, -2) == -3 && __divsi3(-7, -2) == 3);
    CHECK(__divdi3(-70000000000, 20) == -3500000000);
    CHECK(__udivdi3(UINT64_MAX, 10) == 1844674407370955161u && __umoddi3(UINT64_MAX, 10) == 5);
    CHECK(__umulsidi3(0xFFFFFFFF, 0xFFFFFFFF) == 0xFFFFFFFE00000001u);
    CHECK(__muldi3(-3, 0x123456789) == -0x369D0369B);
    return NULL;
}

static char printed[64];
static uint32_t printed_len;

static void print_here(char c)
{
    printed[printed_len++ % sizeof printed] = c;
}

static void print_uart(char c)
{
    ((int (*)(uint8_t))0x40003b30)((uint8_t)c);
}

test_result test_printf(void)
{
    ets_install_putc1(print_here);
    ets_printf("%d|%5u|%x|%08x|%s|%c|%%|%p", -12, 34u, 0xBEEFu, 0x1234u, "text", 'c', (void *)16);
    ets_install_putc1(print_uart);
    print_here(0);
    CHECK(strcmp(printed, "-12|   34|beef|00001234|text|c|%|0x00000010") == 0);
    return NULL;
}

static struct exc_frame trapped;

static void on_trap(struct exc_frame *frame, int cause)
{
    trapped = *frame;
    trapped.cause = (uint32_t)cause;
    frame->a2[0] = 0xCAFE;
    frame->pc += 3;
}

test_result test_traps(void)
{
    static const uint8_t causes[] = {0, 9, 15};
    uint32_t loaded;

    for (unsigned i = 0; i < sizeof causes; i++) {
        _xtos_set_exception_handler(causes[i], on_trap);
    }
    trap_illegal();
    CHECK(trapped.cause == 0 && trapped.pc == (uint32_t)trap_illegal);
    loaded = trap_load(0x3FFE8001);
    CHECK(trapped.cause == 9 && trapped.addr == 0x3FFE8001 && loaded == 0xCAFE);
    loaded = trap_load16(0x3FFE8003);
    CHECK(trapped.cause == 9 && trapped.addr == 0x3FFE8003 && loaded == 0xCAFE);
    (void)trap_load(0x3FF00000);
    CHECK(trapped.cause == 15 && trapped.pc == (uint32_t)trap_load);
    trapped.cause = 99;
    (void)trap_store(0x3FF00000);
    CHECK(trapped.cause == 15);
    for (unsigned i = 0; i < sizeof causes; i++) {
        CHECK(_xtos_set_exception_handler(causes[i], NULL) == on_trap);
    }
    return NULL;
}

static void trap_once(void *arg)
{
    (void)arg;
    ets_isr_attach(LX106_TICK_INT, NULL, NULL);
    trap_illegal();
}

test_result test_crash_in_handler_is_a_trap(void)
{
    trapped.cause = 99;
    _xtos_set_exception_handler(0, on_trap);
    ets_isr_attach(LX106_TICK_INT, trap_once, NULL);
    for (int i = 0; i < 1000 && trapped.cause != 0; i++) {
        ets_delay_us(1000);
    }
    _xtos_set_exception_handler(0, NULL);
    CHECK(trapped.cause == 0);
    return NULL;
}

static volatile uint32_t ticks;

static void count_tick(void *arg)
{
    (void)arg;
    ticks++;
    // All that a C function may leave changed.
    __asm__ volatile("movi a2, 9\n\tmovi a3, 9\n\tmovi a4, 9\n\tmovi a5, 9\n\tmovi a6, 9\n\t"
                     "movi a7, 9\n\tmovi a8, 9\n\tmovi a9, 9\n\tmovi a10, 9\n\tmovi a11, 9\n\t"
                     "wsr a8, sar"
                     :
                     :
                     : "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11");
}

test_result test_context(void)
{
    bool kept = true;

    ticks = 0;
    ets_isr_attach(LX106_TICK_INT, count_tick, NULL);
    while (kept && ticks < 10) {
        kept = context_kept(300000) == 0;
    }
    ets_isr_attach(LX106_TICK_INT, NULL, NULL);
    CHECK(kept);
    return NULL;
}

test_result test_uart(void)
{
    uint8_t c = 0;

    // The test sends one character; it may not be here yet.
    for (int i = 0; i < 1000 && uart_rx_one_char(&c) != 0; i++) {
        ets_delay_us(1000);
    }
    CHECK(c == 'u');
    CHECK(uart_rx_one_char(&c) == 1);
    return NULL;
}

test_result test_board_calls(void)
{
    static uint8_t a[16], b[16];
    uint8_t mac[6];

    CHECK(board_arg("none") == NULL && board_arg("m") == NULL);
    CHECK(board_arg_number("wdt", 1) == 300 && board_arg_number("mac", 1) == 1);
    CHECK(board_start_time() == 1767225600);
    board_mac(mac);
    CHECK(mac[0] == 0x52 && mac[5] == 0xAB);
    board_entropy(a, sizeof a);
    board_entropy(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
    return NULL;
}
