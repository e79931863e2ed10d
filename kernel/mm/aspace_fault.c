/* SPDX-License-Identifier: Apache-2.0 */
/* User address spaces: fork, page faults (lazy pages, copy-on-write), pins.  Invariants and locks: mm/aspace.c. */
#include "mm/aspace_internal.h"

/* ------------------------------------------------------------------ fork */

/* What one step has done. */
struct fork_step {
    uint32_t work;
    bool narrowed; /* entries of the parent have lost a right */
};

/* The child's entry for a parent's; *p becomes copy-on-write where needed.  0 when memory is out. */
static uint64_t fork_entry(uint64_t *p, struct fork_step *s)
{
    uint64_t e = *p;
    if (!has_frame(e))
        return e;
    paddr_t pa = PTE_PA(e);
    if (!(e & PTE_SHARED) && (e & PTE_W) && frame_refs(pa) > 1) {
        paddr_t copy = frame_alloc_dirty();
        if (copy == 0)
            return 0;
        memcpy(phys_to_virt(copy), phys_to_virt(pa), PAGE_SIZE);
        s->work += WORK_ZERO;
        return (e & ~PTE_PPN_MASK) | PTE_FROM_PA(copy);
    }
    if (!(e & PTE_SHARED) && (e & PTE_W)) {
        e = (e & ~(PTE_W | PTE_D)) | PTE_COW;
        set_entry(p, e);
        s->narrowed = true;
    }
    frame_get(pa);
    return e;
}

/* Some entries of one leaf table from *va on, which is moved behind them. */
static int fork_entries(struct aspace *child, uint64_t *va, uint64_t *from, struct fork_step *s)
{
    uint64_t *to = NULL;
    for (uint64_t end = table_end(*va, USER_LIMIT); *va < end && s->work < PACE_STEP; *va += PAGE_SIZE) {
        uint64_t *p = &from[PT_INDEX(*va, 0)];
        s->work += *p == 0 ? 8 : WORK_PAGE / 2;
        if (*p == 0)
            continue;
        if (to == NULL && (to = leaf_table(child, *va, true)) == NULL)
            return -ENOMEM;
        uint64_t e = fork_entry(p, s);
        if (e == 0)
            return -ENOMEM;
        set_entry(&to[PT_INDEX(*va, 0)], e);
        child->pages += has_frame(e) ? 1 : 0;
    }
    return 0;
}

/* In steps.  Other threads of the parent may run, fault and map between them, as they may before and after the whole: what the child
 * gets of a page is what the page was when its step came.  Whatever a step narrows is flushed before the locks are dropped. */
int aspace_fork(struct aspace *parent, struct aspace *child)
{
    int err = 0;
    uint64_t *t;
    for (uint64_t va = 0; err == 0 && va < USER_LIMIT;) {
        struct fork_step s = { 0 };
        spin_lock_pair(&parent->lock, &child->lock);
        uint64_t from = va = next_table(parent, va, USER_LIMIT, &t);
        if (t != NULL)
            err = fork_entries(child, &va, t, &s);
        if (s.narrowed)
            arch_tlb_flush(parent, from, MIN(va + PAGE_SIZE, USER_LIMIT) - from);
        spin_unlock_pair(&parent->lock, &child->lock);
        preempt_point();
    }
    for (uint64_t va = 0; err != 0 && va < QRV_USER_END;) {
        va = aspace_teardown(child, va);
        preempt_point();
    }
    return err;
}

/* ------------------------------------------------------------------ faults */

static bool may(uint64_t rights, bool write, bool exec)
{
    return (rights & (exec ? PTE_X : write ? PTE_W : PTE_R)) != 0;
}

#define NEED_FRAME 1

/* One look at the page under as->lock: 0 resolved, -errno, or NEED_FRAME: come again with *spare. */
static int try_fault(struct aspace *as, uint64_t va, bool write, bool exec, paddr_t *spare)
{
    uint64_t *p = entry_of(as, va);
    uint64_t e = p ? *p : 0;
    if (is_lazy(e)) {
        if (!may(e, write, exec))
            return -EFAULT;
        if (as->max_pages != 0 && as->pages >= as->max_pages)
            return -ENOMEM;
        if (*spare == 0)
            return NEED_FRAME;
        memset(phys_to_virt(*spare), 0, PAGE_SIZE);
        if (e & PTE_X)
            arch_icache_sync_all();
        set_entry(p, make_entry(*spare, e & PTE_RWX, 0));
        as->pages++;
        *spare = 0;
        arch_tlb_flush_local(va);
        return 0;
    }
    if (!(e & PTE_V))
        return -EFAULT;
    if (may(e, write, exec)) { /* another thread was faster, or this hart remembers an older entry */
        arch_tlb_flush_local(va);
        return 0;
    }
    if (!write || !(e & PTE_COW))
        return -EFAULT;
    paddr_t pa = PTE_PA(e);
    if (frame_refs(pa) == 1) {
        set_entry(p, (e & ~PTE_COW) | PTE_W | PTE_D);
        arch_tlb_flush_local(va); /* elsewhere a stale entry only faults once more */
        return 0;
    }
    if (*spare == 0)
        return NEED_FRAME;
    memcpy(phys_to_virt(*spare), phys_to_virt(pa), PAGE_SIZE);
    if (e & PTE_X)
        arch_icache_sync_all();
    set_entry(p, (e & ~(PTE_COW | PTE_PPN_MASK)) | PTE_FROM_PA(*spare) | PTE_W | PTE_D);
    *spare = 0;
    arch_tlb_flush(as, va, PAGE_SIZE); /* others must not read the old frame any longer */
    frame_put(pa);
    return 0;
}

int aspace_fault(struct aspace *as, uint64_t va, bool write, bool exec)
{
    if (as == NULL || va >= QRV_USER_END)
        return -EFAULT;
    va = ALIGN_DOWN(va, PAGE_SIZE);
    paddr_t spare = 0;
    for (;;) {
        spin_lock(&as->lock);
        int r = try_fault(as, va, write, exec, &spare);
        spin_unlock(&as->lock);
        if (r != NEED_FRAME) {
            if (spare != 0)
                frame_put(spare);
            return r;
        }
        spare = frame_alloc_dirty();
        if (spare == 0)
            return -ENOMEM;
    }
}

bool aspace_is_mapped(struct aspace *as, uint64_t va)
{
    if (as == NULL || va >= QRV_USER_END)
        return false;
    spin_lock(&as->lock);
    uint64_t *p = entry_of(as, va);
    bool yes = p != NULL && *p != 0;
    spin_unlock(&as->lock);
    return yes;
}

uint64_t aspace_next_text(struct aspace *as, uint64_t *va)
{
    uint64_t at = *va, start = 0, *t;
    for (bool is_over = false; !is_over && at < USER_LIMIT;) {
        uint64_t from = at;
        spin_lock(&as->lock);
        at = next_table(as, at, USER_LIMIT, &t);
        if (start != 0 && at != from) {
            at = from; /* a gap without a table ends the run */
            t = NULL;
            is_over = true;
        }
        uint64_t stop = t != NULL ? table_end(at, USER_LIMIT) : at;
        for (; at < stop && !is_over; at += is_over ? 0 : PAGE_SIZE) {
            bool exec = (t[PT_INDEX(at, 0)] & (PTE_V | PTE_X)) == (PTE_V | PTE_X);
            if (exec && start == 0)
                start = at;
            is_over = start != 0 && !exec;
        }
        spin_unlock(&as->lock);
        preempt_point();
    }
    *va = start;
    return start != 0 ? at : 0;
}

/* false: the page is not there, or not with that right. */
static inline bool pin_present(struct aspace *as, uint64_t va, bool write, paddr_t *frame, bool *shared, int *err)
{
    spin_lock(&as->lock);
    uint64_t *p = entry_of(as, va);
    uint64_t e = p ? *p : 0, need = PTE_V | (write ? PTE_W : PTE_R);
    bool there = (e & need) == need;
    *frame = PTE_PA(e);
    *shared = (e & PTE_SHARED) != 0;
    *err = there && frame_get_ram(PTE_PA(e)) ? 0 : -EFAULT;
    spin_unlock(&as->lock);
    return there;
}

static __attribute__((noinline)) int pin_absent(struct aspace *as, uint64_t va, bool write, paddr_t *frame, bool *shared)
{
    /* Bounded: somebody who forks or unmaps in a loop gets EFAULT, not our time. */
    for (int tries = 0; tries < 64; tries++) {
        int err = aspace_fault(as, va, write, false);
        if (err != 0 || pin_present(as, va, write, frame, shared, &err))
            return err;
    }
    return -EFAULT;
}

int aspace_pin(struct aspace *as, uint64_t va, bool write, paddr_t *frame, bool *shared)
{
    int err;
    if (va >= QRV_USER_END)
        return -EFAULT;
    return pin_present(as, va, write, frame, shared, &err) ? err : pin_absent(as, va, write, frame, shared);
}

/* as->lock held: *p, whose frame others have too, gets *spare, with the same contents and rights. */
static void make_private(struct aspace *as, uint64_t va, uint64_t *p, paddr_t *spare)
{
    uint64_t e = *p;
    memcpy(phys_to_virt(*spare), phys_to_virt(PTE_PA(e)), PAGE_SIZE);
    if (e & PTE_X)
        arch_icache_sync_all();
    set_entry(p, (e & ~PTE_PPN_MASK) | PTE_FROM_PA(*spare));
    *spare = 0;
    arch_tlb_flush(as, va, PAGE_SIZE);
    frame_put(PTE_PA(e));
}

/* One look under as->lock: 0 and a reference to the frame, -errno, or NEED_FRAME: come again with *spare. */
static int try_private(struct aspace *as, uint64_t va, paddr_t *spare, paddr_t *frame)
{
    uint64_t *p = entry_of(as, va);
    uint64_t e = p ? *p : 0;
    if (!(e & PTE_V) || !frame_is_ram(PTE_PA(e)) || ((e & PTE_SHARED) && !(e & PTE_W)))
        return -EFAULT;
    if (!(e & (PTE_W | PTE_SHARED)) && frame_refs(PTE_PA(e)) > 1) {
        if (*spare == 0)
            return NEED_FRAME;
        make_private(as, va, p, spare);
    }
    *frame = PTE_PA(*p);
    frame_get(*frame);
    return 0;
}

int aspace_pin_private(struct aspace *as, uint64_t va, paddr_t *frame)
{
    if (va >= QRV_USER_END)
        return -EFAULT;
    va = ALIGN_DOWN(va, PAGE_SIZE);
    (void)aspace_fault(as, va, false, false); /* a page that is only promised */
    paddr_t spare = 0;
    int r;
    do {
        spin_lock(&as->lock);
        r = try_private(as, va, &spare, frame);
        spin_unlock(&as->lock);
        if (r == NEED_FRAME && (spare = frame_alloc_dirty()) == 0)
            return -ENOMEM;
    } while (r == NEED_FRAME);
    if (spare != 0)
        frame_put(spare);
    return r;
}

void *aspace_lock_page(struct aspace *as, uint64_t va, bool write)
{
    if (va >= QRV_USER_END)
        return NULL;
    spin_lock(&as->lock);
    uint64_t *p = entry_of(as, va);
    uint64_t e = p ? *p : 0;
    if ((e & PTE_V) && may(e, write, false) && frame_is_ram(PTE_PA(e)))
        return (char *)phys_to_virt(PTE_PA(e)) + va % PAGE_SIZE;
    spin_unlock(&as->lock);
    return NULL;
}

int aspace_translate(struct aspace *as, uint64_t va, paddr_t *pa)
{
    if (va >= QRV_USER_END)
        return -EFAULT;
    spin_lock(&as->lock);
    uint64_t *p = entry_of(as, va);
    uint64_t e = p ? *p : 0;
    spin_unlock(&as->lock);
    if (!has_frame(e))
        return -EFAULT;
    *pa = PTE_PA(e) + va % PAGE_SIZE;
    return 0;
}
