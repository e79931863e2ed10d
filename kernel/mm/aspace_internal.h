/* SPDX-License-Identifier: Apache-2.0 */
/* Between mm/aspace.c (life, mapping) and mm/aspace_fault.c (fork, faults, pins), and for ipc/quick.c, which walks inline. */
#pragma once
#include "arch/riscv64/pte.h"
#include "core/arch.h"
#include "core/preempt.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/mm.h"

#define USER_LIMIT (QRV_USER_END - PAGE_SIZE) /* the syspage lies above */

static inline bool has_frame(uint64_t e)
{
    return (e & PTE_V) != 0 || (e & (PTE_HELD | PTE_LAZY)) == PTE_HELD;
}

static inline bool is_lazy(uint64_t e)
{
    return (e & PTE_V) == 0 && (e & PTE_LAZY) != 0;
}

/* soft: PTE_SHARED or PTE_COW.  A copy-on-write page that may be written starts without W. */
uint64_t make_entry(paddr_t pa, uint64_t rights, uint64_t soft);

/* as->lock held.  Other harts walk the tables without it, and so does their hardware: one store, and whoever sees the entry sees the
 * frame as it was prepared (release; the walker's address dependency is the other half). */
static inline void set_entry(uint64_t *p, uint64_t e)
{
    __atomic_store_n(p, e, __ATOMIC_RELEASE);
}

/* ---- walking: as->lock held */
/* Leaf table of va; NULL when there is none (with create: when memory is out). */
uint64_t *leaf_table(struct aspace *as, uint64_t va, bool create);
/* First address at or after va whose leaf table exists; *table is that table.  NULL: there is none below what is returned, which may be
 * where one table of the middle level ends. */
uint64_t next_table(struct aspace *as, uint64_t va, uint64_t end, uint64_t **table);

/* What is done with as->lock held: so many pages, so many entries of a leaf table looked through for them. */
#define STEP_PAGES 32
#define STEP_ENTRIES 256
/* Units of struct pace, generously. */
#define WORK_PAGE 256U
#define WORK_TABLE 2048U
#define WORK_ZERO 1024U

/* End of the part of [va, end) that one leaf table covers. */
static inline uint64_t table_end(uint64_t va, uint64_t end)
{
    return MIN(end, ALIGN_DOWN(va, 1UL << PT_SHIFT(1)) + (1UL << PT_SHIFT(1)));
}

static inline uint64_t step_end(uint64_t va, uint64_t end)
{
    return MIN(table_end(va, end), va + STEP_PAGES * PAGE_SIZE);
}

/* NULL when there is no leaf table. */
static inline __attribute__((always_inline)) uint64_t *entry_of(struct aspace *as, uint64_t va)
{
    const uint64_t *root = phys_to_virt(as->root);
    uint64_t e2 = root[PT_INDEX(va, 2)];
    if (e2 == 0)
        return NULL;
    const uint64_t *middle = phys_to_virt(PTE_PA(e2));
    uint64_t e1 = middle[PT_INDEX(va, 1)];
    if (e1 == 0)
        return NULL;
    uint64_t *leaf = phys_to_virt(PTE_PA(e1));
    return &leaf[PT_INDEX(va, 0)];
}

/* as->lock held: kernel alias of va when its page is there with the right asked for; NULL: not so, or not known to be RAM at a glance. */
static inline __attribute__((always_inline)) char *aspace_peek(struct aspace *as, uint64_t va, bool write)
{
    uint64_t *p = entry_of(as, va);
    uint64_t e = p ? *p : 0, pa = PTE_PA(e), need = PTE_V | (write ? PTE_W : PTE_R);
    if ((e & need) != need || pa - frame_largest.base >= frame_largest.bytes)
        return NULL;
    return (char *)phys_to_virt(pa) + va % PAGE_SIZE;
}
