/* SPDX-License-Identifier: Apache-2.0 */
/* Physical frames: a buddy allocator per range of RAM, one word per frame.
 *
 * The word of a frame says: so many references (in use), 0 free and inside a block, HEAD | order free and the first of a block, FIXED (firmware,
 * device tree, initrd; counted by nobody) or OWNED (kernel image: the same, and nobody may map it).  Blocks are linked through their first
 * words of memory.  Lock: `lock` (RANK_FRAMES) guards free lists, and words that are or become HEAD; others are changed by who holds a
 * reference.  Memory is zeroed outside the lock, on allocation.
 */
#include "mm/frame.h"
#include "core/preempt.h"
#include "lib/string.h"
#include "mm/mm.h"

#define ORDERS 19 /* blocks up to 1 GiB */
#define FIXED UINT32_MAX
#define OWNED (UINT32_MAX - 1)
#define HEAD 0x80000000U
#define NOWHERE UINT64_MAX
#define PAGES_MAX UINT32_MAX
#define WORK_ZERO 1024 /* units of struct pace for a page */

typedef _Atomic uint32_t word;

/* At the beginning of a free block; physical addresses, NOWHERE at the ends of the list. */
struct link {
    paddr_t next, prev;
};

struct zone {
    paddr_t base;
    uint64_t pages;
    word *words;
    paddr_t free[ORDERS];
};

static struct spinlock lock = SPINLOCK_INIT(RANK_FRAMES);
static struct zone zones[FRAME_ZONES_MAX];
static unsigned num_zones;
static uint64_t total_pages, free_pages; /* lock */
struct frame_range frame_largest;
static word *largest_words;

size_t frame_table_bytes(uint64_t pages)
{
    return pages * sizeof(word);
}

void frame_add_zone(paddr_t base, uint64_t pages, void *table)
{
    if (num_zones == FRAME_ZONES_MAX || pages >= PAGES_MAX)
        panic("more than %d ranges of RAM, or one above 16 TiB", FRAME_ZONES_MAX);
    struct zone *z = &zones[num_zones++];
    z->base = base;
    z->pages = pages;
    z->words = table;
    for (unsigned o = 0; o < ORDERS; o++)
        z->free[o] = NOWHERE;
    memset(table, 0, frame_table_bytes(pages));
    total_pages += pages;
    if (pages * PAGE_SIZE > frame_largest.bytes) {
        frame_largest = (struct frame_range){ .base = base, .bytes = pages * PAGE_SIZE };
        largest_words = z->words;
    }
}

static struct zone *zone_of(paddr_t pa)
{
    for (unsigned i = 0; i < num_zones; i++)
        if (pa >= zones[i].base && (pa - zones[i].base) >> 12 < zones[i].pages)
            return &zones[i];
    return NULL;
}

static inline word *word_of(paddr_t pa)
{
    if (pa - frame_largest.base < frame_largest.bytes)
        return &largest_words[(pa - frame_largest.base) / PAGE_SIZE];
    struct zone *z = zone_of(pa);
    return z ? &z->words[(pa - z->base) / PAGE_SIZE] : NULL;
}

static struct link *link_of(paddr_t pa)
{
    return phys_to_virt(pa);
}

static word *word_in(const struct zone *z, paddr_t pa)
{
    return &z->words[(pa - z->base) / PAGE_SIZE];
}

static void list_add(struct zone *z, paddr_t pa, unsigned order)
{
    store_relaxed(word_in(z, pa), HEAD | order);
    *link_of(pa) = (struct link){ .next = z->free[order], .prev = NOWHERE };
    if (z->free[order] != NOWHERE)
        link_of(z->free[order])->prev = pa;
    z->free[order] = pa;
}

static void list_del(struct zone *z, paddr_t pa, unsigned order)
{
    const struct link *l = link_of(pa);
    if (l->prev != NOWHERE)
        link_of(l->prev)->next = l->next;
    else
        z->free[order] = l->next;
    if (l->next != NOWHERE)
        link_of(l->next)->prev = l->prev;
    store_relaxed(word_in(z, pa), 0);
}

/* Blocks are aligned by physical address, so that contiguous memory is naturally aligned. */
static void free_block(struct zone *z, paddr_t pa, unsigned order)
{
    free_pages += 1UL << order;
    for (; order + 1 < ORDERS; order++) {
        uint64_t bytes = PAGE_SIZE << order;
        paddr_t buddy = pa ^ bytes;
        if (buddy < z->base || buddy - z->base + bytes > z->pages * PAGE_SIZE || load_relaxed(word_in(z, buddy)) != (HEAD | order))
            break;
        list_del(z, buddy, order);
        pa = MIN(pa, buddy);
    }
    list_add(z, pa, order);
}

/* Order of the largest block that begins at pa and ends at or before end. */
static unsigned largest_order(paddr_t pa, paddr_t end)
{
    unsigned order = 0;
    while (order + 1 < ORDERS && pa % (PAGE_SIZE << (order + 1)) == 0 && end - pa >= PAGE_SIZE << (order + 1))
        order++;
    return order;
}

void frame_release_range(paddr_t base, paddr_t end)
{
    struct zone *z = base < end ? zone_of(base) : NULL;
    if (!z)
        return;
    kassert(end - z->base <= z->pages * PAGE_SIZE && load_relaxed(word_in(z, base)) == 0 &&
            load_relaxed(word_in(z, end - PAGE_SIZE)) == 0);
    spin_lock(&lock);
    for (unsigned order; base < end; base += PAGE_SIZE << order) {
        order = largest_order(base, end);
        free_block(z, base, order);
    }
    spin_unlock(&lock);
}

static paddr_t take_from_zone(struct zone *z, unsigned order)
{
    unsigned o = order;
    while (o < ORDERS && z->free[o] == NOWHERE)
        o++;
    if (o == ORDERS)
        return 0;
    paddr_t pa = z->free[o];
    list_del(z, pa, o);
    while (o > order) {
        o--;
        list_add(z, pa + (PAGE_SIZE << o), o);
    }
    free_pages -= 1UL << order;
    return pa;
}

static paddr_t take_block(unsigned order)
{
    paddr_t pa = 0;
    spin_lock(&lock);
    for (unsigned i = 0; i < num_zones && pa == 0; i++)
        pa = take_from_zone(&zones[i], order);
    spin_unlock(&lock);
    return pa;
}

static void free_one(paddr_t pa)
{
    struct zone *z = zone_of(pa);
    spin_lock(&lock);
    free_block(z, pa, 0);
    spin_unlock(&lock);
}

static paddr_t take_run(size_t pages)
{
    unsigned order = 0;
    while (order < ORDERS && 1UL << order < pages)
        order++;
    if (pages == 0 || order == ORDERS || alloc_fails())
        return 0;
    paddr_t pa = take_block(order);
    if (pa != 0 && pages < 1UL << order)
        frame_release_range(pa + pages * PAGE_SIZE, pa + (PAGE_SIZE << order));
    return pa;
}

static void first_reference(paddr_t pa)
{
    store_relaxed(word_of(pa), 1U);
}

paddr_t frame_alloc_contig(size_t pages)
{
    paddr_t pa = take_run(pages);
    if (pa == 0)
        return 0;
    for (size_t i = 0; i < pages; i++)
        first_reference(pa + i * PAGE_SIZE);
    memset(phys_to_virt(pa), 0, pages * PAGE_SIZE);
    return pa;
}

paddr_t frame_alloc_run(size_t pages)
{
    paddr_t pa = take_run(pages);
    struct pace p = { 0 };
    for (size_t i = 0; pa != 0 && i < pages; i++) {
        first_reference(pa + i * PAGE_SIZE);
        memset(phys_to_virt(pa + i * PAGE_SIZE), 0, PAGE_SIZE);
        pace(&p, WORK_ZERO);
    }
    return pa;
}

paddr_t frame_alloc(void)
{
    return frame_alloc_contig(1);
}

paddr_t frame_alloc_dirty(void)
{
    paddr_t pa = alloc_fails() ? 0 : take_block(0);
    if (pa != 0)
        store_relaxed(word_of(pa), 1U);
    return pa;
}

bool frame_get_ram(paddr_t pa)
{
    word *f = word_of(pa);
    if (f == NULL || atomic_load_explicit(f, memory_order_relaxed) >= OWNED)
        return f != NULL;
    uint32_t old = atomic_fetch_add_explicit(f, 1, memory_order_relaxed);
    kassert(old != 0 && old < HEAD - 1);
    return true;
}

void frame_get(paddr_t pa)
{
    (void)frame_get_ram(pa);
}

void frame_put(paddr_t pa)
{
    word *f = word_of(pa);
    if (f == NULL || atomic_load_explicit(f, memory_order_relaxed) >= OWNED)
        return;
    /* Release: our use of the memory is over before it is handed out again (acquire by the last one). */
    uint32_t old = atomic_fetch_sub_explicit(f, 1, memory_order_acq_rel);
    kassert(old != 0 && old < HEAD);
    if (old == 1)
        free_one(pa);
}

uint32_t frame_refs(paddr_t pa)
{
    word *f = word_of(pa);
    return f ? atomic_load_explicit(f, memory_order_acquire) : FIXED;
}

bool frame_is_counted(paddr_t pa)
{
    return frame_refs(pa) < OWNED;
}

bool frame_is_private(paddr_t pa)
{
    return frame_refs(pa) != FIXED;
}

static void set_range(paddr_t base, paddr_t end, uint32_t value)
{
    for (unsigned i = 0; i < num_zones; i++) {
        const struct zone *z = &zones[i];
        paddr_t from = MAX(base, z->base), to = MIN(end, z->base + z->pages * PAGE_SIZE);
        for (paddr_t pa = from; pa < to; pa += PAGE_SIZE)
            store_relaxed(word_in(z, pa), value);
    }
}

void frame_fix_range(paddr_t base, paddr_t end)
{
    set_range(base, end, FIXED);
}

void frame_own_range(paddr_t base, paddr_t end)
{
    set_range(base, end, OWNED);
}

bool frame_is_ram(paddr_t pa)
{
    return pa - frame_largest.base < frame_largest.bytes || zone_of(pa) != NULL;
}

void frame_stats(uint64_t *total, uint64_t *free)
{
    spin_lock(&lock);
    *total = total_pages;
    *free = free_pages;
    spin_unlock(&lock);
}
