// SPDX-License-Identifier: MIT
// Serial NOR flash as the chip has it, over the machine's parallel one: erase raises whole
// sectors, a program clears bits of one page and can raise none, and power may fail at any
// operation and leave it half done. What a cut leaves follows from operation and address alone,
// so the same cut gives the same flash every time.
#include "lx106/simcall.h"
#include "rom.h"

enum { CUT_STATUS = 99, BLOCK_LEN = 2048 };

static uint32_t buffer[BLOCK_LEN / 4];

void nor_begin(void)
{
    const char *mode = board_arg("mode");
    const char *log = board_arg("flashlog");

    BOARD->cut = board_arg_number("cut", 0);
    BOARD->cut_mode = LX106_CUT_TORN;
    if (mode != NULL && mode[0] == 'b') {
        BOARD->cut_mode = LX106_CUT_BEFORE;
    } else if (mode != NULL && mode[0] == 'a') {
        BOARD->cut_mode = LX106_CUT_AFTER;
    }
    if (log != NULL) {
        BOARD->log_fd = lx106_simcall(LX106_SIM_OPEN, (uint32_t)log,
                                      LX106_SIM_WRONLY | LX106_SIM_CREAT | LX106_SIM_TRUNC, 0644);
        if (BOARD->log_fd < 0) {
            rom_say("no flash log: %s cannot be opened", log);
        }
    }
}

static char line[32];
static uint32_t line_len;

static void line_put(char c)
{
    line[line_len++] = c;
}

static void line_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    rom_vprintf(line_put, format, args);
    va_end(args);
}

static void log_operation(char kind, uint32_t address, uint32_t len)
{
    if (BOARD->log_fd < 0) {
        return;
    }
    line_len = 0;
    line_printf("%c 0x%06x %u\n", kind, address, len);
    (void)lx106_simcall(LX106_SIM_WRITE, (uint32_t)BOARD->log_fd, (uint32_t)line, line_len);
}

static _Noreturn void power_off(void)
{
    static const char *const modes[] = {"before", "torn", "after"};

    rom_say("power cut at flash operation %u (%s)", BOARD->cut, modes[BOARD->cut_mode]);
    lx106_sim_exit(CUT_STATUS);
}

// Counts the operation. True: it is the one that power fails in.
static bool operation_begins(void)
{
    bool last = ++BOARD->flash_ops == BOARD->cut;

    if (last && BOARD->cut_mode == LX106_CUT_BEFORE) {
        power_off();
    }
    return last;
}

static uint32_t next_noise(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

// Only the first `len` bytes, and the bits `mask` of the byte after them, reach the flash.
static void keep_rest(uint32_t address, uint32_t len, uint8_t mask)
{
    const volatile uint32_t *old = pflash_at(address & ~3u);
    uint32_t shift = len % 4 * 8;
    uint32_t at = len / 4;
    uint32_t take = (1u << shift) - 1;

    take |= (uint32_t)mask << shift;
    buffer[at] = (buffer[at] & take) | (old[at] & ~take);
}

void nor_program(uint32_t address, const uint32_t *data, uint32_t len)
{
    uint32_t ps = rom_lock();
    bool last = operation_begins();
    bool torn = last && BOARD->cut_mode == LX106_CUT_TORN;
    uint32_t half = len / 2;
    uint32_t illegal = 0;

    for (uint32_t i = 0; i < len / 4; i++) {
        uint32_t old = pflash_at(address)[i];

        illegal |= data[i] & ~old;
        buffer[i] = old & data[i];
    }
    BOARD->flash_programs++;
    log_operation('P', address, len);
    if (illegal != 0) {
        BOARD->flash_illegal++;
        rom_say("illegal program at 0x%06x, %u bytes: it asks a 0 to become 1", address, len);
    }
    if (torn) {
        keep_rest(address, half, (BOARD->cut & 1) != 0 ? 0x55 : 0xAA);
        len = (half / 4 + 1) * 4;
    }
    pflash_write(address, (const uint16_t *)buffer, len / 2);
    cache_forget(address / LX106_FLASH_SECTOR);
    if (last) {
        power_off();
    }
    rom_unlock(ps);
}

static void erase_block(uint32_t address, bool torn)
{
    uint32_t noise = (address ^ BOARD->cut * 0x9E3779B1u) | 1;

    for (uint32_t i = 0; i < BLOCK_LEN / 4; i++) {
        buffer[i] = 0xFFFFFFFF;
        if (torn) {
            buffer[i] = pflash_at(address)[i] | next_noise(&noise);
        }
    }
    pflash_write(address, (const uint16_t *)buffer, BLOCK_LEN / 2);
    cache_forget(address / LX106_FLASH_SECTOR);
}

void nor_erase(uint32_t address, uint32_t len)
{
    uint32_t ps = rom_lock();
    bool last = operation_begins();
    bool torn = last && BOARD->cut_mode == LX106_CUT_TORN;

    BOARD->flash_erases++;
    log_operation('E', address, len);
    for (uint32_t end = address + len; address < end; address += BLOCK_LEN) {
        erase_block(address, torn);
    }
    if (last) {
        power_off();
    }
    rom_unlock(ps);
}
