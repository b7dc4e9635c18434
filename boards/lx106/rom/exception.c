// SPDX-License-Identifier: MIT
// Exceptions and interrupts, from irq.S: an attached handler, or the end.
#include "rom.h"

typedef void (*exc_handler)(struct exc_frame *frame, int cause);
typedef void (*isr_handler)(void *arg);

exc_handler _xtos_set_exception_handler(int cause, exc_handler handler);
void ets_isr_attach(int number, isr_handler handler, void *arg);
void ets_isr_mask(uint32_t mask);
void ets_isr_unmask(uint32_t mask);
void ets_intr_lock(void);
void ets_intr_unlock(void);
void rom_exception(struct exc_frame *frame);
_Noreturn void rom_double_exception(uint32_t cause, uint32_t pc, uint32_t addr);
_Noreturn void rom_break(uint32_t pc);

enum {
    CAUSE_INTERRUPT = 4,
    CAUSES = 64,
    INTERRUPTS = 16,
    PS_EXCM = 0x10,
    STACK_LEVELS_END = 0x3FFC4FF0
};

static exc_handler handlers[CAUSES];
static struct {
    isr_handler handler;
    void *arg;
} isr[INTERRUPTS];

// The tick is the ROM's: masking its interrupt only masks the handler that was attached.
static bool tick_masked;

static uint32_t enabled(void)
{
    uint32_t value;

    __asm__ volatile("rsr %0, intenable" : "=r"(value));
    return value;
}

static void enable(uint32_t mask)
{
    __asm__ volatile("wsr %0, intenable\n\trsync" : : "r"(mask | 1u << LX106_TICK_INT));
}

void exception_begin(void)
{
    enable(0);
}

exc_handler _xtos_set_exception_handler(int cause, exc_handler handler)
{
    exc_handler was = NULL;

    if (cause >= 0 && cause < CAUSES && cause != CAUSE_INTERRUPT) {
        was = handlers[cause];
        handlers[cause] = handler;
    }
    return was;
}

void ets_isr_attach(int number, isr_handler handler, void *arg)
{
    uint32_t ps = rom_lock();

    if (number >= 0 && number < INTERRUPTS) {
        isr[number].handler = handler;
        isr[number].arg = arg;
    }
    rom_unlock(ps);
}

void ets_isr_mask(uint32_t mask)
{
    uint32_t ps = rom_lock();

    tick_masked = tick_masked || (mask >> LX106_TICK_INT & 1) != 0;
    enable(enabled() & ~mask);
    rom_unlock(ps);
}

void ets_isr_unmask(uint32_t mask)
{
    uint32_t ps = rom_lock();

    tick_masked = tick_masked && (mask >> LX106_TICK_INT & 1) == 0;
    enable(enabled() | mask);
    rom_unlock(ps);
}

void ets_intr_lock(void)
{
    (void)rom_lock();
}

// As on the chip: it does not nest.
void ets_intr_unlock(void)
{
    __asm__ volatile("rsil a2, 0" : : : "a2", "memory");
}

isr_handler exception_handler_of(int number)
{
    return isr[number].handler;
}

void exception_call(int number)
{
    if (isr[number].handler != NULL && !(number == LX106_TICK_INT && tick_masked)) {
        isr[number].handler(isr[number].arg);
    }
}

static void interrupts(const struct exc_frame *frame)
{
    uint32_t pending;

    __asm__ volatile("rsr %0, interrupt" : "=r"(pending));
    pending &= enabled();
    if ((pending >> LX106_TICK_INT & 1) != 0) {
        time_tick(frame);
    }
    for (int i = 0; i < INTERRUPTS; i++) {
        if (i == LX106_TICK_INT || (pending >> i & 1) == 0) {
            continue;
        }
        if (isr[i].handler == NULL) {
            rom_say("interrupt %d has no handler: masked", i);
            ets_isr_mask(1u << i);
        }
        __asm__ volatile("wsr %0, intclear" : : "r"(1u << i));
        exception_call(i);
    }
}

static _Noreturn void report(const struct exc_frame *frame)
{
    rom_say("exception: cause %u pc 0x%08x addr 0x%08x", frame->cause, frame->pc, frame->addr);
    rom_say("  ps 0x%02x sar %u a0 0x%08x a1 0x%08x", frame->ps & ~PS_EXCM, frame->sar, frame->a0,
            frame->a1);
    for (int i = 0; i < 14; i += 7) {
        const uint32_t *a = frame->a2 + i;

        rom_say("  a%d.. %08x %08x %08x %08x %08x %08x %08x", i + 2, a[0], a[1], a[2], a[3], a[4],
                a[5], a[6]);
    }
    rom_reset(LX106_RESET_EXTERNAL);
}

void rom_exception(struct exc_frame *frame)
{
    bool nested = (uint32_t)frame < STACK_LEVELS_END;

    if (frame->cause == CAUSE_INTERRUPT) {
        interrupts(frame);
    } else if (!nested && frame->cause < CAUSES && handlers[frame->cause] != NULL) {
        handlers[frame->cause](frame, (int)frame->cause);
    } else {
        report(frame);
    }
}

_Noreturn void rom_double_exception(uint32_t cause, uint32_t pc, uint32_t addr)
{
    rom_say("double exception: cause %u pc 0x%08x addr 0x%08x", cause, pc, addr);
    rom_reset(LX106_RESET_EXTERNAL);
}

_Noreturn void rom_break(uint32_t pc)
{
    rom_say("exception: break instruction, pc 0x%08x", pc);
    rom_reset(LX106_RESET_EXTERNAL);
}

_Noreturn void rom_fail(const char *what, uint32_t pc)
{
    rom_say("%s, pc 0x%08x", what, pc);
    rom_reset(LX106_RESET_EXTERNAL);
}
