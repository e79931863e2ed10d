/* SPDX-License-Identifier: Apache-2.0 */
/* User address spaces: page tables (Sv39, 4 KiB leaves), mapping and unmapping.
 *
 * as->lock guards every entry of the user half and the counters.  An entry that loses rights or its frame is flushed on every
 * hart that has the root loaded before the frame is given back (struct batch).  A leaf table whose
 * range is unmapped as a whole goes the same way, after a flush of everything; the other tables live until aspace_destroy(),
 * when no hart has the root loaded any more.
 * Copy-on-write rule: a private page is writable only while its frame has one reference.  A second reference is another
 * address space, a memory object, or a pin of uaccess.c; fork copies a pinned frame at once, so that the pin stays with
 * the parent.
 */
#include "mm/aspace_internal.h"

static struct slab aspaces = SLAB_INIT("aspace", struct aspace, slab_link);
static paddr_t syspage;

/* ------------------------------------------------------------------ entries */

static uint64_t rights_of(uint32_t prot)
{
    uint64_t r = 0;
    if (prot & TM_PROT_READ)
        r |= PTE_R;
    if (prot & TM_PROT_WRITE)
        r |= PTE_R | PTE_W; /* W without R is reserved */
    if (prot & TM_PROT_EXEC)
        r |= PTE_X;
    return r;
}

uint64_t make_entry(paddr_t pa, uint64_t rights, uint64_t soft)
{
    uint64_t e = PTE_FROM_PA(pa) | PTE_U | soft;
    if (rights == 0)
        return (e & ~PTE_COW) | PTE_HELD;
    if (!(rights & PTE_W))
        e &= ~PTE_COW;
    else if (soft & PTE_COW)
        rights &= ~PTE_W;
    return e | rights | PTE_V | PTE_A | (rights & PTE_W ? PTE_D : 0);
}

static uint64_t lazy_entry(uint64_t rights)
{
    return rights | PTE_U | PTE_LAZY;
}

/* Entry of a frame that is there already: private and referenced elsewhere means copy-on-write. */
static uint64_t remake_entry(uint64_t e, uint64_t rights)
{
    paddr_t pa = PTE_PA(e);
    uint64_t soft = e & PTE_SHARED;
    if (!soft && frame_refs(pa) > 1)
        soft = PTE_COW;
    return make_entry(pa, rights, soft);
}

static uint64_t *table_at(uint64_t entry)
{
    return phys_to_virt(PTE_PA(entry));
}

uint64_t *leaf_table(struct aspace *as, uint64_t va, bool create)
{
    uint64_t *table = phys_to_virt(as->root);
    for (int level = PT_LEVELS - 1; level > 0; level--) {
        uint64_t *e = &table[PT_INDEX(va, level)];
        if (*e == 0) {
            paddr_t pa = create ? frame_alloc() : 0;
            if (pa == 0)
                return NULL;
            set_entry(e, PTE_FROM_PA(pa) | PTE_V);
        }
        table = table_at(*e);
    }
    return table;
}

uint64_t next_table(struct aspace *as, uint64_t va, uint64_t end, uint64_t **table)
{
    const uint64_t *root = phys_to_virt(as->root);
    *table = NULL;
    while (va < end && root[PT_INDEX(va, 2)] == 0)
        va = ALIGN_DOWN(va, 1UL << PT_SHIFT(2)) + (1UL << PT_SHIFT(2));
    if (va >= end)
        return end;
    const uint64_t *middle = table_at(root[PT_INDEX(va, 2)]);
    for (unsigned i = PT_INDEX(va, 1); i < PT_ENTRIES && va < end; i++) {
        if (middle[i] != 0) {
            *table = table_at(middle[i]);
            return va;
        }
        va = ALIGN_DOWN(va, 1UL << PT_SHIFT(1)) + (1UL << PT_SHIFT(1));
    }
    return MIN(va, end);
}

/* ------------------------------------------------------------------ batches of removed pages */

#define BATCH (STEP_PAGES + 1)
struct batch {
    struct aspace *as;
    unsigned count;
    bool stale;      /* some hart may still translate with an old entry */
    uint64_t lo, hi;
    paddr_t frames[BATCH];
};

static void batch_flush(struct batch *b)
{
    if (b->stale)
        arch_tlb_flush(b->as, b->lo, b->hi - b->lo);
    for (unsigned i = 0; i < b->count; i++)
        frame_put(b->frames[i]);
    b->count = 0;
    b->stale = false;
}

/* What must be flushed before it goes is noted already. */
static void batch_add(struct batch *b, paddr_t frame)
{
    b->frames[b->count++] = frame;
    if (b->count == BATCH)
        batch_flush(b);
}

/* Takes a leaf table out of the tree if it is empty and nobody relies on it.  Walkers in hardware may have cached the way to it:
 * everything is flushed. */
static void drop_table(struct batch *b, uint64_t va)
{
    uint64_t *root = phys_to_virt(b->as->root);
    uint64_t *e1 = &table_at(root[PT_INDEX(va, 2)])[PT_INDEX(va, 1)];
    const uint64_t *t = table_at(*e1);
    if (b->as->preparing != 0)
        return;
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        if (t[i] != 0)
            return;
    paddr_t table = PTE_PA(*e1);
    set_entry(e1, 0);
    b->stale = true;
    b->lo = 0;
    b->hi = USER_LIMIT;
    batch_add(b, table);
}

/* The range from `from` has been emptied up to `to`: a table of it that ends there goes. */
static void drop_passed_table(struct batch *b, uint64_t from, uint64_t to)
{
    if (to % (1UL << PT_SHIFT(1)) == 0 && to - from >= 1UL << PT_SHIFT(1))
        drop_table(b, to - (1UL << PT_SHIFT(1)));
}

static void batch_stale(struct batch *b, uint64_t va)
{
    b->lo = b->stale ? MIN(b->lo, va) : va;
    b->hi = b->stale ? MAX(b->hi, va + PAGE_SIZE) : va + PAGE_SIZE;
    b->stale = true;
}

/* Replaces an entry; the old frame is given back with the batch.  as->lock held. */
static void replace(struct batch *b, uint64_t *p, uint64_t va, uint64_t new)
{
    uint64_t old = *p;
    set_entry(p, new);
    b->as->pages += (has_frame(new) ? 1 : 0) - (has_frame(old) ? 1 : 0);
    if (old & PTE_V)
        batch_stale(b, va);
    if (has_frame(old))
        batch_add(b, PTE_PA(old));
}

/* ------------------------------------------------------------------ life */

void aspace_set_syspage(paddr_t pa)
{
    syspage = pa;
}

struct aspace *aspace_create(void)
{
    struct aspace *as = slab_alloc(&aspaces);
    if (as == NULL)
        return NULL;
    *as = (struct aspace){ .root = frame_alloc(), .refs = 1 };
    spin_init(&as->lock, RANK_ASPACE);
    if (as->root == 0)
        goto fail;
    as->satp = SATP_SV39 | as->root >> 12;
    uint64_t *root = phys_to_virt(as->root);
    const uint64_t *kernel = phys_to_virt(arch_kernel_root());
    memcpy(&root[PT_ENTRIES / 2], &kernel[PT_ENTRIES / 2], PAGE_SIZE / 2);
    uint64_t *t = leaf_table(as, USER_LIMIT, true);
    if (t == NULL)
        goto fail;
    set_entry(&t[PT_INDEX(USER_LIMIT, 0)], make_entry(syspage, PTE_R, PTE_SHARED));
    frame_get(syspage); /* free_tables() gives it back */
    return as;
fail:
    aspace_destroy(as);
    return NULL;
}

/* No lock: nobody knows the address space any more. */
static void free_tables(paddr_t pa, int level, struct pace *p)
{
    uint64_t *t = phys_to_virt(pa);
    unsigned n = level == PT_LEVELS - 1 ? PT_ENTRIES / 2 : PT_ENTRIES;
    for (unsigned i = 0; i < n; i++) {
        if (t[i] == 0)
            continue;
        if (level > 0)
            free_tables(PTE_PA(t[i]), level - 1, p);
        else if (has_frame(t[i]))
            frame_put(PTE_PA(t[i]));
        pace(p, WORK_PAGE);
    }
    frame_put(pa);
    pace(p, WORK_TABLE);
}

void aspace_destroy(struct aspace *as)
{
    atomic_store_explicit(&as->dying, true, memory_order_seq_cst);
    while (atomic_load_explicit(&as->users, memory_order_acquire) != 0)
        arch_relax();
    arch_aspace_evict(as);
    struct pace p = { 0 };
    if (as->root != 0)
        free_tables(as->root, PT_LEVELS - 1, &p);
    as->root = 0;
    slab_free(&aspaces, as);
}

void aspace_get(struct aspace *as)
{
    atomic_fetch_add_explicit(&as->refs, 1, memory_order_relaxed);
}

void aspace_put(struct aspace *as)
{
    /* Release: what was done with it is over before the last one, acquiring, takes it apart. */
    if (atomic_fetch_sub_explicit(&as->refs, 1, memory_order_acq_rel) == 1)
        aspace_destroy(as);
}

void aspace_hold(struct aspace *as)
{
    atomic_fetch_add_explicit(&as->users, 1, memory_order_relaxed);
}

void aspace_release(struct aspace *as)
{
    atomic_fetch_sub_explicit(&as->users, 1, memory_order_release);
}

/* ------------------------------------------------------------------ mapping */

static bool range_ok(uint64_t va, uint64_t *bytes)
{
    uint64_t n = *bytes;
    if (va % PAGE_SIZE != 0 || n == 0 || n > USER_LIMIT)
        return false;
    n = ALIGN_UP(n, PAGE_SIZE);
    *bytes = n;
    return va <= USER_LIMIT - n;
}

/* Builds every leaf table of a range, so that what follows cannot fail.  A range that would take half of what is free for tables
 * alone is refused at once; tables left behind by a later failure go with the next unmapping or the address space. */
static int prepare_tables(struct aspace *as, uint64_t va, uint64_t bytes)
{
    uint64_t total, free;
    frame_stats(&total, &free);
    if (bytes >> PT_SHIFT(1) > free / 2)
        return -ENOMEM;
    spin_lock(&as->lock);
    as->preparing++;
    spin_unlock(&as->lock);
    for (uint64_t a = va; a < va + bytes; a = table_end(a, va + bytes)) {
        spin_lock(&as->lock);
        uint64_t *t = leaf_table(as, a, true);
        as->preparing -= t == NULL ? 1 : 0;
        spin_unlock(&as->lock);
        if (t == NULL)
            return -ENOMEM;
        preempt_point();
    }
    return 0;
}

/* After a prepare_tables() that went well; returns err. */
static int release_tables(struct aspace *as, int err)
{
    spin_lock(&as->lock);
    as->preparing--;
    spin_unlock(&as->lock);
    return err;
}

static int check_limit(struct aspace *as, uint64_t pages)
{
    spin_lock(&as->lock);
    bool over = as->max_pages != 0 && (as->pages > as->max_pages || pages > as->max_pages - as->pages);
    spin_unlock(&as->lock);
    return over ? -ENOMEM : 0;
}

/* A chain of frames, linked through their first words. */
static void free_chain(paddr_t pa)
{
    struct pace p = { 0 };
    while (pa != 0) {
        paddr_t next = *(paddr_t *)phys_to_virt(pa);
        frame_put(pa);
        pa = next;
        pace(&p, WORK_PAGE);
    }
}

static paddr_t pop_chain(paddr_t *chain)
{
    paddr_t pa = *chain;
    paddr_t *word = phys_to_virt(pa);
    *chain = *word;
    *word = 0;
    return pa;
}

static int alloc_chain(uint64_t pages, paddr_t *chain)
{
    struct pace p = { 0 };
    *chain = 0;
    for (uint64_t i = 0; i < pages; i++) {
        paddr_t pa = frame_alloc();
        if (pa == 0) {
            free_chain(*chain);
            return -ENOMEM;
        }
        *(paddr_t *)phys_to_virt(pa) = *chain;
        *chain = pa;
        pace(&p, WORK_ZERO);
    }
    return 0;
}

int aspace_map_anon(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot, uint32_t flags)
{
    if (!range_ok(va, &bytes))
        return -EINVAL;
    uint64_t pages = bytes / PAGE_SIZE, rights = rights_of(prot);
    uint64_t soft = flags & TM_MAP_SHARED ? PTE_SHARED : 0;
    /* Shared pages must be the same frames after a fork: they cannot wait for a touch. */
    bool lazy = !(flags & (TM_MAP_CONTIG | TM_MAP_SHARED)) && ((flags & TM_MAP_LAZY) || rights == 0);
    paddr_t chain = 0, run = 0;
    int err = check_limit(as, lazy ? 0 : pages);
    if (err == 0)
        err = prepare_tables(as, va, bytes);
    if (err != 0)
        return err;
    if (flags & TM_MAP_CONTIG) {
        run = frame_alloc_run(pages);
        err = run == 0 ? -ENOMEM : 0;
    } else if (!lazy) {
        err = alloc_chain(pages, &chain);
    }
    if (err != 0)
        return release_tables(as, err);
    for (uint64_t a = va; a < va + bytes;) {
        struct batch b = { .as = as };
        uint64_t end = step_end(a, va + bytes);
        spin_lock(&as->lock);
        uint64_t *t = leaf_table(as, a, false);
        for (; a < end; a += PAGE_SIZE) {
            paddr_t pa = lazy ? 0 : run != 0 ? run + (a - va) : pop_chain(&chain);
            replace(&b, &t[PT_INDEX(a, 0)], a, lazy ? lazy_entry(rights) : make_entry(pa, rights, soft));
        }
        batch_flush(&b);
        spin_unlock(&as->lock);
        preempt_point();
    }
    if ((rights & PTE_X) && !lazy)
        arch_icache_sync_all();
    return release_tables(as, 0);
}

int aspace_map_phys(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot, paddr_t pa)
{
    if (!range_ok(va, &bytes) || pa % PAGE_SIZE != 0 || pa >= 1UL << 56 || bytes > (1UL << 56) - pa)
        return -EINVAL;
    int err = prepare_tables(as, va, bytes);
    if (err != 0)
        return err;
    struct pace p = { 0 };
    for (uint64_t off = 0; err == 0 && off < bytes; off += PAGE_SIZE) {
        if (frame_is_ram(pa + off) && frame_is_private(pa + off))
            err = -EINVAL;
        pace(&p, WORK_PAGE);
    }
    if (err != 0)
        return release_tables(as, err);
    for (uint64_t a = va; a < va + bytes;) {
        struct batch b = { .as = as };
        uint64_t end = step_end(a, va + bytes);
        spin_lock(&as->lock);
        uint64_t *t = leaf_table(as, a, false);
        for (; a < end; a += PAGE_SIZE)
            replace(&b, &t[PT_INDEX(a, 0)], a, make_entry(pa + (a - va), rights_of(prot), PTE_SHARED));
        batch_flush(&b);
        spin_unlock(&as->lock);
        preempt_point();
    }
    if (prot & TM_PROT_EXEC)
        arch_icache_sync_all();
    return release_tables(as, 0);
}

int aspace_map_obj(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot, bool shared, struct memobj *o, uint64_t off)
{
    if (!range_ok(va, &bytes) || off % PAGE_SIZE != 0)
        return -EINVAL;
    uint64_t pages = bytes / PAGE_SIZE, first = off / PAGE_SIZE, have = memobj_pages(o);
    if (first > have || pages > have - first)
        return -EINVAL;
    int err = check_limit(as, pages);
    if (err == 0)
        err = prepare_tables(as, va, bytes);
    if (err != 0)
        return err;
    for (uint64_t a = va; a < va + bytes;) {
        struct batch b = { .as = as };
        uint64_t end = step_end(a, va + bytes);
        spin_lock(&as->lock);
        uint64_t *t = leaf_table(as, a, false);
        for (; a < end; a += PAGE_SIZE) {
            paddr_t pa = memobj_frame(o, first + (a - va) / PAGE_SIZE); /* 0: shrunk meanwhile */
            uint64_t e = pa == 0 ? 0 : make_entry(pa, rights_of(prot), shared ? PTE_SHARED : PTE_COW);
            replace(&b, &t[PT_INDEX(a, 0)], a, e);
        }
        batch_flush(&b);
        spin_unlock(&as->lock);
        preempt_point();
    }
    if (prot & TM_PROT_EXEC)
        arch_icache_sync_all();
    return release_tables(as, 0);
}

void aspace_unmap(struct aspace *as, uint64_t va, uint64_t bytes)
{
    if (!range_ok(va, &bytes))
        return;
    uint64_t *t, end = va + bytes;
    for (uint64_t a = va; a < end;) {
        struct batch b = { .as = as };
        spin_lock(&as->lock);
        a = next_table(as, a, end, &t);
        if (t != NULL) {
            for (uint64_t stop = step_end(a, end); a < stop; a += PAGE_SIZE)
                if (t[PT_INDEX(a, 0)] != 0)
                    replace(&b, &t[PT_INDEX(a, 0)], a, 0);
            drop_passed_table(&b, va, a);
        }
        batch_flush(&b);
        spin_unlock(&as->lock);
        preempt_point();
    }
}

int aspace_protect(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot)
{
    if (!range_ok(va, &bytes))
        return -EINVAL;
    uint64_t rights = rights_of(prot);
    uint64_t *t, end = va + bytes;
    for (uint64_t a = va; a < end;) {
        struct batch b = { .as = as };
        spin_lock(&as->lock);
        a = next_table(as, a, end, &t);
        for (uint64_t stop = t != NULL ? step_end(a, end) : a; a < stop; a += PAGE_SIZE) {
            uint64_t *p = &t[PT_INDEX(a, 0)], old = *p;
            if (is_lazy(old))
                set_entry(p, lazy_entry(rights));
            else if (has_frame(old))
                set_entry(p, remake_entry(old, rights));
            if ((old & PTE_V) && *p != old)
                batch_stale(&b, a);
        }
        batch_flush(&b);
        spin_unlock(&as->lock);
        preempt_point();
    }
    if (rights & PTE_X)
        arch_icache_sync_all();
    return 0;
}

uint64_t aspace_teardown(struct aspace *as, uint64_t va)
{
    struct batch b = { .as = as };
    uint64_t *t;
    spin_lock(&as->lock);
    va = next_table(as, va, USER_LIMIT, &t);
    uint32_t freed = 0;
    uint64_t stop = t != NULL ? MIN(table_end(va, USER_LIMIT), va + STEP_ENTRIES * PAGE_SIZE) : va;
    for (; va < stop && freed < STEP_PAGES; va += PAGE_SIZE) {
        if (t[PT_INDEX(va, 0)] != 0) {
            replace(&b, &t[PT_INDEX(va, 0)], va, 0);
            freed++;
        }
    }
    if (t != NULL)
        drop_passed_table(&b, 0, va);
    batch_flush(&b);
    spin_unlock(&as->lock);
    return va < USER_LIMIT ? va : QRV_USER_END;
}
