/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG plugin: the longest stretches of kernel instructions during which a hart does not look at interrupts.
 *
 *     -plugin irqoff.so,symbols=FILE,out=FILE     (FILE: `nm -n kernel.elf`; where the report goes)
 *
 * Our kernel runs with interrupts off. A stretch begins with the first kernel instruction after user mode and ends in user mode, at wfi,
 * or where the kernel reads sip, which is how it looks for pending interrupts (arch_poll_interrupts()); what it then does about them
 * belongs to the next stretch. Counted per hart, in S-mode instructions; those of the firmware and the turns of a spin loop (the
 * function that comes by a `pause`, until it is left) are left out: how many these are says how long the host held another hart. Nor is what comes before a hart's first
 * instruction in user mode.
 *
 * A stretch is filed under the kernel call that it began in (the first function kc_*), or else under the function where it began.
 * Per file the longest is kept, with the functions that it spent most in. An instruction that faults in the middle of a piece of
 * translated code counts with the rest of the piece: results are upper bounds.
 *
 * Whole pieces are counted by a callback each; per-instruction counters crash QEMU 10.0 with several harts in one thread.
 */
#include "plugin.h"
#include "symbols.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VCPUS = 16, FUNCTIONS = 4096, HOTTEST = 8, NOWHERE = -1 };
#define KERNEL_HALF (UINT64_C(1) << 63)
#define ROM_HI UINT64_C(0x10000) /* no program has anything below */
#define FIRMWARE_LO UINT64_C(0x80000000)
#define FIRMWARE_HI UINT64_C(0x80600000) /* and the kernel before it switches translation on */
#define INSN_WFI 0x10500073U
#define INSN_SRET 0x10200073U
#define INSN_PAUSE 0x0100000fU
#define INSN_READ_SIP 0x14402073U
#define INSN_RD 0xf80U

enum where { USER, FIRMWARE, KERNEL };

/* A translated piece of code. ends: instructions up to and with the one that ends a stretch, 0 none. */
struct piece {
    uint64_t pc;
    uint32_t count, ends;
    int function;
    enum where where;
    bool spins;
};

struct record {
    uint64_t length, enter, leave, seen;
    struct {
        int function;
        uint64_t count;
    } hot[HOTTEST];
};

/* Of one hart, touched by its thread only. */
struct hart {
    bool in_stretch;
    uint64_t length, enter, last;
    int file;
    int function, spinner, relax; /* where it was last; the function that waits, and the one that has its `pause`, until they are left */
    bool has_call, booted; /* booted: user mode has been seen */
    uint32_t epoch;
    uint32_t touched[FUNCTIONS];
    uint64_t spent[FUNCTIONS];
    int list[FUNCTIONS], listed;
};

static struct hart harts[VCPUS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record records[FUNCTIONS]; /* by function; lock to write */

/* ---- a stretch is over */

static void fill_hottest(struct record *r, const struct hart *h)
{
    memset(r->hot, 0, sizeof r->hot);
    for (int i = 0; i < h->listed; i++) {
        int f = h->list[i], at = HOTTEST;
        while (at > 0 && r->hot[at - 1].count < h->spent[f])
            at--;
        for (int j = HOTTEST - 1; j > at; j--)
            r->hot[j] = r->hot[j - 1];
        if (at < HOTTEST) {
            r->hot[at].function = f;
            r->hot[at].count = h->spent[f];
        }
    }
}

static void end_stretch(struct hart *h)
{
    struct record *r = &records[h->file];
    if (h->in_stretch) {
        pthread_mutex_lock(&lock);
        r->seen++;
        if (h->length > r->length) {
            r->length = h->length;
            r->enter = h->enter;
            r->leave = h->last;
            fill_hottest(r, h);
        }
        pthread_mutex_unlock(&lock);
    }
    h->in_stretch = h->has_call = false;
    h->length = 0;
    h->listed = 0;
    h->epoch++;
}

/* ---- execution */

static void spend(struct hart *h, const struct piece *p, uint64_t n)
{
    int f = p->function;
    if (!h->in_stretch) {
        h->in_stretch = true;
        h->enter = p->pc;
        h->file = f;
    }
    if (!h->has_call && strncmp(symbols_get(f)->name, "kc_", 3) == 0) {
        h->has_call = true;
        h->file = f;
    }
    if (h->touched[f] != h->epoch) {
        h->touched[f] = h->epoch;
        h->spent[f] = 0;
        h->list[h->listed++] = f;
    }
    h->spent[f] += n;
    h->length += n;
    h->last = p->pc;
}

/* Part of a loop that waits for another hart? */
static bool is_turn(struct hart *h, const struct piece *p)
{
    if (p->spins) {
        h->relax = p->function;
        h->spinner = h->function;
    } else if (p->function != h->spinner && p->function != h->relax) {
        h->spinner = h->relax = NOWHERE;
        h->function = p->function;
        return false;
    }
    return true;
}

static void executed(unsigned vcpu, void *arg)
{
    const struct piece *p = arg;
    struct hart *h = &harts[vcpu % VCPUS];
    if (p->where == USER) {
        end_stretch(h);
        h->booted = true;
    }
    bool turn = is_turn(h, p);
    if (p->where != KERNEL || (turn && p->ends == 0) || !h->booted)
        return;
    uint32_t before = p->ends != 0 ? p->ends : p->count;
    spend(h, p, before);
    if (p->ends != 0) {
        end_stretch(h);
        if (p->count > p->ends)
            spend(h, p, p->count - p->ends);
    }
}

/* ---- translation */

static enum where where_is(uint64_t pc)
{
    bool rom = pc < ROM_HI || (pc >= FIRMWARE_LO && pc < FIRMWARE_HI);
    return pc >= KERNEL_HALF ? KERNEL : rom ? FIRMWARE : USER;
}

static bool ends_stretch(uint32_t insn)
{
    return insn == INSN_WFI || insn == INSN_SRET || (insn & ~INSN_RD) == INSN_READ_SIP;
}

static struct piece *describe(const struct qemu_plugin_tb *tb)
{
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->count = (uint32_t)qemu_plugin_tb_n_insns(tb);
    p->pc = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    p->where = where_is(p->pc);
    int f = symbols_at(p->pc);
    p->function = f < 0 || f >= FUNCTIONS ? 0 : f;
    for (uint32_t i = 0; i < p->count && p->where == KERNEL; i++) {
        uint32_t insn = 0;
        qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i), &insn, sizeof insn);
        if (insn == INSN_PAUSE)
            p->spins = true;
        else if (ends_stretch(insn))
            p->ends = i + 1;
    }
    return p;
}

/* Descriptions are never freed: what QEMU throws away of its code it may still run once. */
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_NO_REGISTERS, describe(tb));
}

/* ---- report */

static int by_length(const void *a, const void *b)
{
    const struct record *x = *(const struct record *const *)a, *y = *(const struct record *const *)b;
    return x->length < y->length ? 1 : x->length > y->length ? -1 : 0;
}

static void print_record(FILE *out, const struct record *r)
{
    fprintf(out, "stretch %" PRIu64 " %s enter %" PRIx64 " %s leave %" PRIx64 " %s of %" PRIu64 "\n", r->length,
            symbols_get((int)(r - records))->name, r->enter, symbols_get(symbols_at(r->enter))->name, r->leave,
            symbols_get(symbols_at(r->leave))->name, r->seen);
    for (int i = 0; i < HOTTEST && r->hot[i].count != 0; i++)
        fprintf(out, "    %" PRIu64 " %s\n", r->hot[i].count, symbols_get(r->hot[i].function)->name);
}

static void report(FILE *out)
{
    static const struct record *sorted[FUNCTIONS];
    int n = 0;
    for (int i = 0; i < FUNCTIONS; i++)
        if (records[i].seen != 0)
            sorted[n++] = &records[i];
    qsort(sorted, (size_t)n, sizeof sorted[0], by_length);
    fprintf(out, "longest %" PRIu64 "\n", n != 0 ? sorted[0]->length : 0);
    for (int i = 0; i < n; i++)
        print_record(out, sorted[i]);
}

static bool begin(void)
{
    for (int i = 0; i < VCPUS; i++) {
        harts[i].epoch = 1;
        harts[i].spinner = harts[i].relax = NOWHERE;
    }
    return true;
}

const struct plugin plugin = {.name = "irqoff", .wants_symbols = true, .begin = begin, .translated = translated, .report = report};
