/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG plugin: what each hart executes between two marks of a program.
 *
 *     -plugin marked.so,out=FILE
 *
 * Marks are instructions that do nothing: `slti x0, x0, 1` begins, `slti x0, x0, 2` ends; both on the hart that is counted.  Per hart a line:
 * instructions in all privilege modes, and of these the ones in spin loops (translated pieces with a `pause`), which say how long it waited for
 * locks.
 */
#include "plugin.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { VCPUS = 16 };
#define INSN_BEGIN 0x00102013U
#define INSN_END 0x00202013U
#define INSN_PAUSE 0x0100000fU

struct piece {
    uint32_t count;
    bool begins, ends, spins;
};

/* Touched by its hart's thread only. */
struct hart {
    bool counts;
    uint64_t insns, spins;
};

static struct hart harts[VCPUS];

static void executed(unsigned vcpu, void *arg)
{
    const struct piece *p = arg;
    struct hart *h = &harts[vcpu % VCPUS];
    if (p->ends)
        h->counts = false;
    if (h->counts) {
        h->insns += p->count;
        if (p->spins)
            h->spins += p->count;
    }
    if (p->begins)
        h->counts = true;
}

/* Descriptions are never freed: what QEMU throws away of its code it may still run once. */
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->count = (uint32_t)qemu_plugin_tb_n_insns(tb);
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t insn = 0;
        qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i), &insn, sizeof insn);
        p->begins = p->begins || insn == INSN_BEGIN;
        p->ends = p->ends || insn == INSN_END;
        p->spins = p->spins || insn == INSN_PAUSE;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_NO_REGISTERS, p);
}

static void report(FILE *out)
{
    for (int i = 0; i < VCPUS; i++)
        if (harts[i].insns != 0)
            fprintf(out, "hart %d instructions %" PRIu64 " spinning %" PRIu64 "\n", i, harts[i].insns, harts[i].spins);
}

const struct plugin plugin = {.name = "marked", .translated = translated, .report = report};
