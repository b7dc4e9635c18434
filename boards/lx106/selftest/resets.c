// SPDX-License-Identifier: MIT
// Each way to a reset, one after the other. What is in RTC memory and in the board block is kept.
#include "selftest.h"

enum { MAGIC = 0x5E1F7E57, HERE = 0x001FF000, JUMP_TO_ITSELF = 0x00FFFF06 };

struct state {
    uint32_t magic;
    uint32_t step;
    uint32_t failed;
};

static volatile struct state *state(void)
{
    return (volatile struct state *)LX106_RTC_USER;
}

static void by_function(void)
{
    software_reset();
}

static void by_register(void)
{
    *reg(LX106_RTC_CONTROL) = 1u << 31;
    ets_delay_us(2000000);
}

// As the reset button, or QEMU's system_reset: the ROM does not know before.
static void by_machine(void)
{
    *reg(LX106_FPGA_RESET) = LX106_FPGA_RESET_WORD;
    ets_delay_us(2000000);
}

static void by_crash(void)
{
    trap_illegal();
}

static void in_handler(void *arg)
{
    trap_load((uint32_t)(uintptr_t)arg);
}

static void by_crash_in_handler(void)
{
    ets_isr_attach(LX106_TICK_INT, in_handler, (void *)0x3FF00000);
    ets_delay_us(2000000);
}

static void by_watchdog(void)
{
    ets_wdt_enable();
    for (;;) {
    }
}

static void by_handler_in_flash(void)
{
    ets_isr_attach(LX106_TICK_INT, (void (*)(void *))(LX106_WINDOW + 0x1234), NULL);
    ets_delay_us(2000000);
}

// The window shows these words at the start of the last sector of bank 1.
static uint32_t put_into_flash(const uint32_t *code, uint32_t len)
{
    (void)SPIEraseSector(HERE / LX106_FLASH_SECTOR);
    (void)SPIWrite(HERE, code, len);
    rom_Cache_Read_Enable(1, 0, 1);
    return LX106_WINDOW + HERE % LX106_FLASH_BANK;
}

// Code in flash goes on while somebody has turned the cache off.
static void by_code_in_flash(void)
{
    static const uint32_t loop[] = {JUMP_TO_ITSELF};
    uint32_t there = put_into_flash(loop, sizeof loop);

    Cache_Read_Disable();
    ((void (*)(void))there)();
}

static call_function *caller_in_flash(void)
{
    const uint32_t *code = (const uint32_t *)call_from_there;

    return (call_function *)put_into_flash(code, (uint32_t)call_from_there_end -
                                                     (uint32_t)call_from_there);
}

static void by_disable_from_flash(void)
{
    caller_in_flash()(0, 0, 0, (uint32_t)Cache_Read_Disable);
}

static void by_flash_call_from_flash(void)
{
    call_function *there = caller_in_flash();

    Cache_Read_Disable();
    there(0, 0, 0, (uint32_t)SPIUnlock);
}

static const struct {
    const char *name;
    void (*provoke)(void);
    enum lx106_reset reason;
} steps[] = {
    {"reset by the function", by_function, LX106_RESET_SOFTWARE},
    {"reset by the register", by_register, LX106_RESET_SOFTWARE},
    {"reset by the machine", by_machine, LX106_RESET_EXTERNAL},
    {"reset by a crash", by_crash, LX106_RESET_EXTERNAL},
    {"reset by a crash in an interrupt handler", by_crash_in_handler, LX106_RESET_EXTERNAL},
    {"reset by the watchdog", by_watchdog, LX106_RESET_WATCHDOG},
    {"reset: handler in flash, cache off", by_handler_in_flash, LX106_RESET_EXTERNAL},
    {"reset: code in flash, cache off", by_code_in_flash, LX106_RESET_EXTERNAL},
    {"reset: code in flash turns the cache off", by_disable_from_flash, LX106_RESET_EXTERNAL},
    {"reset: code in flash calls a flash function", by_flash_call_from_flash, LX106_RESET_EXTERNAL},
};

enum { STEPS = sizeof steps / sizeof steps[0] };

bool resets_are_first_boot(void)
{
    return state()->magic != MAGIC;
}

void resets_begin(unsigned failed)
{
    state()->magic = MAGIC;
    state()->step = 0;
    state()->failed = failed;
}

// The step before this boot: the reason, and the number of boots.
static void judge(uint32_t step)
{
    if (rtc_get_reset_reason() == (uint32_t)steps[step].reason && BOARD->boots == step + 2) {
        ets_printf("PASS %s\n", steps[step].name);
    } else {
        ets_printf("FAIL %s: reason %u, boot %u\n", steps[step].name, rtc_get_reset_reason(),
                   BOARD->boots);
        state()->failed++;
    }
}

unsigned resets_step(void)
{
    uint32_t step = state()->step;

    if (step > 0) {
        judge(step - 1);
    }
    for (; step < STEPS; step++) {
        state()->step = step + 1;
        steps[step].provoke();
        ets_printf("FAIL %s: no reset came\n", steps[step].name);
        state()->failed++;
    }
    return state()->failed;
}
