/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG plugin: instruction caches that are as stale as the architecture allows.
 *
 *     -plugin icache.so[,out=FILE]     (FILE: where the report goes, else stderr)
 *
 * The emulator always executes what is in memory; a hart may execute what was there at its last fence.i. The plugin ends the emulator
 * with status 86 when a hart executes a word that any hart has stored to since that hart's last fence.i. Firmware counts like
 * everybody: the fence.i of a remote fence is one of the hart that executes it.
 *
 * Time is a counter that each fence.i moves on; a word remembers the time of the last store, a hart that of its last fence.i. What is in memory at
 * the start counts as never stored. Not seen: writes by devices (virtio), as no instruction makes them; code that is read from a disk
 * is copied by a server and seen then. A piece of translated code is checked whole when it begins; the stores of the kernel's page-table
 * walker do not matter.
 *
 * Stores are known by physical address, instructions by that of the emulator's memory. The difference is taken from the firmware's
 * instructions, which run untranslated; RAM is one block.
 */
#include "plugin.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { VCPUS = 16, PAGE = 4096, WORDS = PAGE / 4, STATUS_STALE = 86 };
#define RAM UINT64_C(0x80000000)
#define PAGES (UINT64_C(1) << 22) /* 16 GiB of RAM */
#define IS_FENCE_I(insn) (((insn) & 0x707fU) == 0x100fU)

struct page {
    _Atomic uint64_t newest; /* at least every entry of stored[]; 0: none */
    _Atomic uint64_t pc;     /* of the last store */
    _Atomic unsigned hart;
    _Atomic uint64_t stored[WORDS]; /* time of the last store, 0 never */
};

/* Consecutive words of one page. */
struct run {
    uint64_t phys;
    uint32_t words;
};

struct piece {
    uint64_t pc;
    uint32_t runs;
    struct run run[];
};

static struct page *_Atomic *pages; /* from RAM on; made at their first store */
static _Atomic uint64_t now = 1;
static _Atomic uint64_t fenced[VCPUS];
static _Atomic uint64_t num_fences, num_checked, num_suspect;
static _Atomic uint64_t host_offset; /* emulator's address minus physical address; 0: not known yet */

/* ---- stores */

static struct page *page_make(uint64_t index)
{
    struct page *p = atomic_load_explicit(&pages[index], memory_order_acquire);
    if (p != NULL)
        return p;
    struct page *fresh = calloc(1, sizeof *fresh), *none = NULL;
    if (fresh == NULL)
        abort();
    if (atomic_compare_exchange_strong(&pages[index], &none, fresh))
        return fresh;
    free(fresh);
    return none;
}

static void stored(unsigned vcpu, qemu_meminfo_t info, uint64_t vaddr, void *pc)
{
    const struct qemu_plugin_hwaddr *hw = qemu_plugin_get_hwaddr(info, vaddr);
    if (hw == NULL || qemu_plugin_hwaddr_is_io(hw))
        return;
    uint64_t phys = qemu_plugin_hwaddr_phys_addr(hw);
    if (phys < RAM || (phys - RAM) / PAGE >= PAGES)
        return;
    struct page *p = page_make((phys - RAM) / PAGE);
    uint64_t t = atomic_load_explicit(&now, memory_order_relaxed);
    uint64_t last = (phys % PAGE + (UINT64_C(1) << qemu_plugin_mem_size_shift(info)) - 1) / 4;
    for (uint64_t i = phys % PAGE / 4; i <= last && i < WORDS; i++)
        atomic_store_explicit(&p->stored[i], t, memory_order_relaxed);
    atomic_store_explicit(&p->pc, (uint64_t)(uintptr_t)pc, memory_order_relaxed);
    atomic_store_explicit(&p->hart, vcpu, memory_order_relaxed);
    if (atomic_load_explicit(&p->newest, memory_order_relaxed) < t)
        atomic_store_explicit(&p->newest, t, memory_order_relaxed);
}

/* ---- execution */

static void fence_i(unsigned vcpu, void *arg)
{
    (void)arg;
    atomic_fetch_add_explicit(&num_fences, 1, memory_order_relaxed);
    atomic_store_explicit(&fenced[vcpu % VCPUS], atomic_fetch_add(&now, 1) + 1, memory_order_relaxed);
}

static _Noreturn void stale(unsigned vcpu, const struct piece *piece, uint64_t phys, const struct page *p)
{
    FILE *f = plugin_report_open();
    fprintf(f, "stale: hart %u executes %" PRIx64 " (physical %" PRIx64 "), stored to since its last fence.i; "
               "last store to the page by hart %u at pc %" PRIx64 "\n",
            vcpu, piece->pc, phys, atomic_load(&p->hart), atomic_load(&p->pc));
    fflush(f);
    if (f != stderr)
        fprintf(stderr, "icache: a hart executes stale code, see the report\n");
    _exit(STATUS_STALE);
}

static void executed(unsigned vcpu, void *arg)
{
    const struct piece *piece = arg;
    uint64_t since = atomic_load_explicit(&fenced[vcpu % VCPUS], memory_order_relaxed);
    atomic_fetch_add_explicit(&num_checked, 1, memory_order_relaxed);
    for (uint32_t r = 0; r < piece->runs; r++) {
        uint64_t phys = piece->run[r].phys;
        const struct page *p = atomic_load_explicit(&pages[(phys - RAM) / PAGE], memory_order_acquire);
        if (p == NULL || atomic_load_explicit(&p->newest, memory_order_relaxed) < since)
            continue;
        atomic_fetch_add_explicit(&num_suspect, 1, memory_order_relaxed);
        for (uint32_t i = 0; i < piece->run[r].words; i++) {
            uint64_t t = atomic_load_explicit(&p->stored[phys % PAGE / 4 + i], memory_order_relaxed);
            if (t != 0 && t >= since)
                stale(vcpu, piece, phys + 4 * i, p);
        }
    }
}

/* ---- translation */

/* The word at physical address phys belongs to the piece. */
static void add_word(struct piece *p, uint64_t phys)
{
    struct run *last = p->runs != 0 ? &p->run[p->runs - 1] : NULL;
    phys &= ~UINT64_C(3);
    if (phys < RAM || (phys - RAM) / PAGE >= PAGES)
        return;
    if (last != NULL && phys >= last->phys && phys < last->phys + 4 * last->words)
        return;
    if (last != NULL && phys == last->phys + 4 * last->words && phys % PAGE != 0) {
        last->words++;
        return;
    }
    p->run[p->runs++] = (struct run){ .phys = phys, .words = 1 };
}

static void add_insn(struct piece *p, const struct qemu_plugin_insn *insn)
{
    uint64_t va = qemu_plugin_insn_vaddr(insn), host = (uint64_t)(uintptr_t)qemu_plugin_insn_haddr(insn);
    if (host == 0)
        return;
    if (atomic_load(&host_offset) == 0 && va >= RAM && va < RAM + PAGE)
        atomic_store(&host_offset, host - va);
    if (atomic_load(&host_offset) == 0)
        return; /* the ROM that jumps to the firmware */
    uint64_t phys = host - atomic_load(&host_offset);
    add_word(p, phys);
    /* An instruction of four bytes may reach into the next word; in another page it is the next piece's problem only there. */
    if (phys % 4 == 2 && qemu_plugin_insn_size(insn) == 4 && phys % PAGE != PAGE - 2)
        add_word(p, phys + 2);
}

/* Descriptions are never freed: what QEMU throws away of its code it may still run once. */
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t n = qemu_plugin_tb_n_insns(tb);
    struct piece *p = calloc(1, sizeof *p + 2 * n * sizeof p->run[0]);
    if (p == NULL)
        abort();
    p->pc = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t word = 0;
        qemu_plugin_insn_data(insn, &word, sizeof word);
        add_insn(p, insn);
        if (IS_FENCE_I(word))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, fence_i, QEMU_NO_REGISTERS, NULL);
        qemu_plugin_register_vcpu_mem_cb(insn, stored, QEMU_NO_REGISTERS, QEMU_STORES,
                                         (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_NO_REGISTERS, p);
}

/* ---- report */

static void report(FILE *f)
{
    uint64_t known = 0;
    for (uint64_t i = 0; i < PAGES; i++)
        known += atomic_load_explicit(&pages[i], memory_order_relaxed) != NULL;
    fprintf(f, "fresh: %" PRIu64 " pieces of code executed, %" PRIu64 " of them on pages with newer stores; "
               "%" PRIu64 " pages stored to, %" PRIu64 " fence.i\n",
            atomic_load(&num_checked), atomic_load(&num_suspect), known, atomic_load(&num_fences));
}

static bool begin(void)
{
    pages = calloc(PAGES, sizeof *pages);
    for (int i = 0; i < VCPUS; i++)
        atomic_store(&fenced[i], 1);
    return pages != NULL;
}

const struct plugin plugin = {.name = "icache", .begin = begin, .translated = translated, .report = report};
