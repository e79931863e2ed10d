/* SPDX-License-Identifier: Apache-2.0 */
/* Spare kernel stacks, for threads that give way in the middle of kernel work (core/preempt.c).  Made when needed, never unmade:
 * a free one keeps its memory and its place.  Lock: `lock`, RANK_HEAP. */
#include "arch/riscv64/riscv.h"
#include "core/lock.h"
#include "mm/mm.h"

#define STRIDE (PAGE_SIZE + KSTACK_SIZE) /* a guard page below each */
#define STACKS_MAX (STACKS_BYTES / STRIDE)

static struct spinlock lock = SPINLOCK_INIT(RANK_HEAP);
static uint64_t free_top; /* lock: the first free one, which has the next one's top in its uppermost word; 0 none */
static _Atomic uint32_t made; /* written under lock */

static uint64_t *link_of(uint64_t top)
{
    return (uint64_t *)top - 1;
}

/* lock held.  One run of memory: what lies on a stack can be given to the firmware, which wants physical addresses. */
static uint64_t make_locked(void)
{
    uint32_t n = load_relaxed(&made);
    uint64_t base = STACKS_BASE + n * STRIDE + PAGE_SIZE;
    paddr_t pa = n == STACKS_MAX ? 0 : frame_alloc_contig(KSTACK_SIZE / PAGE_SIZE);
    if (pa == 0)
        return 0;
    for (uint64_t off = 0; off < KSTACK_SIZE; off += PAGE_SIZE) {
        if (riscv_map_stack_page(base + off, pa + off))
            continue;
        for (off = 0; off < KSTACK_SIZE; off += PAGE_SIZE)
            frame_put(pa + off); /* what is mapped already will be mapped anew */
        return 0;
    }
    store_relaxed(&made, n + 1);
    return base + KSTACK_SIZE;
}

uint64_t arch_stack_take(void)
{
    spin_lock(&lock);
    uint64_t top = free_top;
    __asm__ volatile("sfence.vma" ::: "memory"); /* another hart may have made it */
    if (top != 0)
        free_top = *link_of(top);
    else
        top = make_locked();
    __asm__ volatile("sfence.vma" ::: "memory");
    spin_unlock(&lock);
    return top;
}

void arch_stack_give(uint64_t top)
{
    spin_lock(&lock);
    *link_of(top) = free_top;
    free_top = top;
    spin_unlock(&lock);
}

uint64_t arch_stack_pages(void)
{
    return load_relaxed(&made) * (KSTACK_SIZE / PAGE_SIZE);
}
