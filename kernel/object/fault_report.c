/* SPDX-License-Identifier: Apache-2.0 */
/* What a dying program leaves on the console for the build machine to explain ("qrv exec" does):
 * registers, executable ranges, and the words of the stack that look like return addresses, each
 * with the code before it.  Names and lines are found there; the kernel knows no ELF.
 * Off unless the word fault-report is among the boot arguments: it takes some milliseconds with
 * interrupts off. */
#include <abi/syspage.h>
#include "core/boot.h"
#include "core/panic.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "object/process.h"
#include "object/signal_internal.h"

#define RANGES_MAX  24
#define SCAN_BYTES  (64 * 1024UL)
#define FOUND_MAX   80
#define CHUNK_WORDS 32

struct range {
    uint64_t start, end;
};

static bool is_enabled(void)
{
    static const char word[] = "fault-report";
    const struct qrv_syspage *sp = phys_to_virt(kernel_info.syspage);
    const size_t n = sizeof(word) - 1;
    for (const char *at = sp->cmdline; at < sp->cmdline + sizeof(sp->cmdline) - n && *at; at++)
        if (memcmp(at, word, n) == 0 && (at[n] == '\0' || at[n] == ' '))
            return true;
    return false;
}

static bool in_text(const struct range *r, unsigned count, uint64_t va)
{
    for (unsigned i = 0; i < count; i++)
        if (va >= r[i].start && va < r[i].end)
            return true;
    return false;
}

/* The 8 bytes of code at va: 0 when they cannot be read. */
static uint64_t code_at(uint64_t va)
{
    uint64_t code;
    return copy_from_user(&code, UADDR(va), sizeof(code)) ? 0 : code;
}

/* Does the code before a return address end in a call (jal ra, jalr ra, c.jalr)? */
static bool follows_call(uint64_t code)
{
    uint32_t word = (uint32_t)(code >> 32);
    uint16_t half = (uint16_t)(code >> 48);
    return (word & 0xfff) == 0x0ef || (word & 0x7fff) == 0x0e7 ||
           ((half & 0xf07f) == 0x9002 && (half & 0x0f80) != 0);
}

static void scan_stack(const struct thread *t, const struct range *r, unsigned count)
{
    uint64_t words[CHUNK_WORDS], sp = t->regs.x[REG_SP] & ~7UL;
    unsigned found = 0;
    for (uint64_t at = 0; at < SCAN_BYTES; at += sizeof(words)) {
        if (copy_from_user(words, UADDR(sp + at), sizeof(words)))
            return; /* the stack's end */
        for (unsigned i = 0; i < CHUNK_WORDS; i++) {
            if ((words[i] & 1) || !in_text(r, count, words[i]))
                continue;
            uint64_t code = code_at(words[i] - 8);
            if (!follows_call(code))
                continue;
            kprintf("#fault %d stack %lx %lx %lx\n", t->proc->pid, at + i * 8, words[i], code);
            if (++found == FOUND_MAX)
                return;
        }
    }
}

void fault_report(struct thread *t)
{
    struct process *p = t->proc;
    struct range r[RANGES_MAX];
    unsigned count = 0;
    if (!is_enabled())
        return;
    kprintf("#fault %d begin\n", p->pid);
    kprintf("#fault %d pc %lx %lx\n", p->pid, t->regs.pc, code_at(t->regs.pc));
    kprintf("#fault %d ra %lx %lx\n", p->pid, t->regs.x[REG_RA], code_at(t->regs.x[REG_RA] - 8));
    for (unsigned i = 1; i < 32; i++)
        kprintf("#fault %d x %u %lx\n", p->pid, i, t->regs.x[i]);
    for (uint64_t va = 0; count < RANGES_MAX; va = r[count++].end) {
        r[count].start = va;
        r[count].end = aspace_next_text(p->as, &r[count].start);
        if (r[count].end == 0)
            break;
        kprintf("#fault %d text %lx %lx\n", p->pid, r[count].start, r[count].end);
    }
    scan_stack(t, r, count);
    kprintf("#fault %d end\n", p->pid);
}
