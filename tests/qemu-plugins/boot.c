/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG plugin: instructions from the kernel's entry to the first one in user mode, which is taskman's.
 *
 *     -plugin boot.so,symbols=FILE,out=FILE       (FILE: `nm -n kernel.elf`; where the report goes)
 *
 * All harts' instructions, those of the firmware called meanwhile apart. The functions that took most follow. Before translation is on the
 * kernel runs at physical addresses: such pieces count for the symbol "_start".
 */
#include "plugin.h"
#include "symbols.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { FUNCTIONS = 4096, SHOWN = 20 };
#define KERNEL_HALF (UINT64_C(1) << 63)
#define FIRMWARE_LO UINT64_C(0x80000000)
#define FIRMWARE_HI UINT64_C(0x80200000)

enum stage { BEFORE, EARLY, KERNEL, OVER };

struct piece {
    uint64_t pc;
    uint32_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum stage stage;
static uint64_t kernel, firmware, spent[FUNCTIONS];

static bool is_firmware(uint64_t pc)
{
    return pc >= FIRMWARE_LO && pc < FIRMWARE_HI;
}

static void count(const struct piece *p)
{
    if (stage == BEFORE && p->pc >= FIRMWARE_HI && p->pc < KERNEL_HALF)
        stage = EARLY;
    else if (stage == EARLY && p->pc >= KERNEL_HALF)
        stage = KERNEL;
    else if (stage == KERNEL && p->pc < KERNEL_HALF && !is_firmware(p->pc))
        stage = OVER;
    if (stage == BEFORE || stage == OVER)
        return;
    if (is_firmware(p->pc)) {
        firmware += p->count;
        return;
    }
    int f = p->pc >= KERNEL_HALF ? symbols_at(p->pc) : 0;
    kernel += p->count;
    spent[f >= 0 && f < FUNCTIONS ? f : 0] += p->count;
}

static void executed(unsigned vcpu, void *arg)
{
    (void)vcpu;
    pthread_mutex_lock(&lock);
    if (stage != OVER)
        count(arg);
    pthread_mutex_unlock(&lock);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->pc = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    p->count = (uint32_t)qemu_plugin_tb_n_insns(tb);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_NO_REGISTERS, p);
}

static void report(FILE *out)
{
    fprintf(out, "%s kernel %" PRIu64 " firmware %" PRIu64 "\n", stage == OVER ? "complete" : "incomplete", kernel, firmware);
    for (int i = 0; i < SHOWN; i++) {
        int most = 0;
        for (int f = 1; f < FUNCTIONS; f++)
            if (spent[f] > spent[most])
                most = f;
        if (spent[most] == 0)
            break;
        fprintf(out, "    %" PRIu64 " %s\n", spent[most], most == 0 ? "_start" : symbols_get(most)->name);
        spent[most] = 0;
    }
}

const struct plugin plugin = {.name = "boot", .wants_symbols = true, .translated = translated, .report = report};
