// SPDX-License-Identifier: MIT
// A plugin for QEMU 7.2 (7.2 to 8.x have this interface) that reports what traps, or reads nothing
// sensible, on the chip and works in QEMU:
//
//   - 8 and 16 bit loads and stores in IRAM and in the flash window, where the chip only has 32 bit
//     ones. Whoever makes them: the ROM's memcpy with such a pointer is as wrong as the caller's own
//     loop. The ROM stand-in uses words for its own work there.
//   - code run from the flash window, and data read from it, while the cache is off;
//   - stores into the flash window, except by the ROM, which fills it.
//
// Each place (program counter) is reported once, with the first address; the number of accesses in
// all comes at the end:
//
//   word-only: 16-bit load of 0x40203f02 at pc 0x4020312c
//   word-only: 17 accesses at 1 place
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lx106/hw.h"

// The part of QEMU's plugin interface that is used here.
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_RW = 3 };
typedef uint64_t plugin_id;
typedef uint32_t plugin_meminfo;
typedef void (*tb_translated)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*insn_executed)(unsigned int cpu, void *data);
typedef void (*memory_accessed)(unsigned int cpu, plugin_meminfo info, uint64_t addr, void *data);
typedef void (*process_ends)(plugin_id id, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_translated call);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, insn_executed call,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, memory_accessed call,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
                                      void *data);
unsigned int qemu_plugin_mem_size_shift(plugin_meminfo info);
bool qemu_plugin_mem_is_store(plugin_meminfo info);
void qemu_plugin_register_atexit_cb(plugin_id id, process_ends call, void *data);
void qemu_plugin_outs(const char *text);

extern __attribute__((visibility("default"))) int qemu_plugin_version;
__attribute__((visibility("default"))) int
qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);
int qemu_plugin_version = 1;

enum { PLACES = 65536 };

static bool cache_is_on;
static unsigned long accesses;
static unsigned long places;
static uint32_t seen[PLACES]; // program counters, an open hash table

// True the first time. A full table reports no more places, but still counts.
static bool is_new(uint32_t pc)
{
    for (uint32_t i = 0, at = pc * 0x9E3779B1u >> 16; i < PLACES; i++, at = (at + 1) % PLACES) {
        if (seen[at] == pc) {
            return false;
        }
        if (seen[at] == 0) {
            seen[at] = pc;
            return true;
        }
    }
    return false;
}

static void report(const char *what, uint32_t address, uint32_t pc)
{
    char line[128];

    accesses++;
    if (!is_new(pc)) {
        return;
    }
    places++;
    snprintf(line, sizeof line, "word-only: %s 0x%08" PRIx32 " at pc 0x%08" PRIx32 "\n", what,
             address, pc);
    qemu_plugin_outs(line);
}

static bool in_window(uint32_t address)
{
    return address - LX106_WINDOW < LX106_WINDOW_LEN;
}

static bool in_rom(uint32_t address)
{
    return address - LX106_ROM < LX106_IRAM - LX106_ROM;
}

// The ROM stores to one of two words when it turns the cache on or off.
static void watch_cache(uint32_t address)
{
    if (address == LX106_BOARD + offsetof(struct lx106_board, cache_on)) {
        cache_is_on = true;
    } else if (address == LX106_BOARD + offsetof(struct lx106_board, cache_off)) {
        cache_is_on = false;
    }
}

// What is wrong with a load or store of 1 << shift bytes in IRAM or in the window; NULL: nothing.
static const char *mistake(uint32_t address, unsigned int shift, bool store, uint32_t pc)
{
    static const char *const narrow[2][2] = {{"8-bit load of", "8-bit store to"},
                                             {"16-bit load of", "16-bit store to"}};

    if (shift < 2) {
        return narrow[shift][store];
    }
    if (!in_window(address)) {
        return NULL;
    }
    if (store) {
        return in_rom(pc) ? NULL : "store to flash at";
    }
    return cache_is_on ? NULL : "load with the cache off of";
}

static void on_access(unsigned int cpu, plugin_meminfo info, uint64_t addr, void *data)
{
    uint32_t address = (uint32_t)addr;
    uint32_t pc = (uint32_t)(uintptr_t)data;
    bool store = qemu_plugin_mem_is_store(info);
    const char *what = NULL;

    (void)cpu;
    if (store) {
        watch_cache(address);
    }
    if (address >= LX106_IRAM && address < LX106_WINDOW + LX106_WINDOW_LEN) {
        what = mistake(address, qemu_plugin_mem_size_shift(info), store, pc);
    }
    if (what != NULL) {
        report(what, address, pc);
    }
}

static void on_window_code(unsigned int cpu, void *data)
{
    (void)cpu;
    if (!cache_is_on) {
        report("code run with the cache off", (uint32_t)(uintptr_t)data, (uint32_t)(uintptr_t)data);
    }
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb)
{
    size_t cnt = qemu_plugin_tb_n_insns(tb);

    (void)id;
    for (size_t i = 0; i < cnt; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t pc = (uint32_t)qemu_plugin_insn_vaddr(insn);

        if (in_window(pc)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_window_code, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)pc);
        }
        qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, (void *)(uintptr_t)pc);
    }
}

static void on_end(plugin_id id, void *data)
{
    char line[128];

    (void)id;
    (void)data;
    snprintf(line, sizeof line, "word-only: %lu access%s at %lu place%s\n", accesses,
             accesses == 1 ? "" : "es", places, places == 1 ? "" : "s");
    qemu_plugin_outs(line);
}

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
