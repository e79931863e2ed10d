/* SPDX-License-Identifier: Apache-2.0 */
/* Physical frames: a buddy allocator per range of RAM, one 8-byte record per frame.
 *
 * A frame is free (refs 0, record on or inside a free block), in use (refs > 0), or fixed (refs FIXED: firmware, kernel
 * image, device tree, initrd; counted by nobody) or OWNED (the same, and nobody may map it).  Lock: `lock` (RANK_FRAMES) guards the free lists; refs is atomic.
 * Memory is zeroed outside the lock, on allocation.
 */
#include "mm/frame.h"
#include "lib/string.h"
#include "mm/mm.h"

#define ORDERS 19 /* blocks up to 1 GiB */
#define FIXED UINT32_MAX
#define OWNED (UINT32_MAX - 1)
#define NO_FRAME UINT32_MAX
#define HEAD 0x80000000U /* in order: first frame of a free block */

struct frame {
    _Atomic uint32_t refs;
    uint32_t next;  /* free block: next one of its order; index in the zone */
    uint32_t prev;
    uint32_t order; /* HEAD | order */
};

struct zone {
    paddr_t base;
    uint64_t pages;
    struct frame *frames;
    uint32_t free[ORDERS];
};

static struct spinlock lock = SPINLOCK_INIT(RANK_FRAMES);
static struct zone zones[FRAME_ZONES_MAX];
static unsigned num_zones;
static uint64_t total_pages, free_pages; /* lock */
struct frame_range frame_largest;
static struct frame *largest_frames;

size_t frame_table_bytes(uint64_t pages)
{
    return pages * sizeof(struct frame);
}

void frame_add_zone(paddr_t base, uint64_t pages, void *table)
{
    if (num_zones == FRAME_ZONES_MAX || pages >= NO_FRAME)
        panic("more than %d ranges of RAM, or one above 16 TiB", FRAME_ZONES_MAX);
    struct zone *z = &zones[num_zones++];
    z->base = base;
    z->pages = pages;
    z->frames = table;
    for (unsigned o = 0; o < ORDERS; o++)
        z->free[o] = NO_FRAME;
    for (uint64_t i = 0; i < pages; i++)
        z->frames[i] = (struct frame){ .refs = FIXED };
    total_pages += pages;
    if (pages * PAGE_SIZE > frame_largest.bytes) {
        frame_largest = (struct frame_range){ .base = base, .bytes = pages * PAGE_SIZE };
        largest_frames = z->frames;
    }
}

static struct zone *zone_of(paddr_t pa)
{
    for (unsigned i = 0; i < num_zones; i++)
        if (pa >= zones[i].base && (pa - zones[i].base) >> 12 < zones[i].pages)
            return &zones[i];
    return NULL;
}

static inline struct frame *frame_of(paddr_t pa)
{
    if (pa - frame_largest.base < frame_largest.bytes)
        return &largest_frames[(pa - frame_largest.base) / PAGE_SIZE];
    struct zone *z = zone_of(pa);
    return z ? &z->frames[(pa - z->base) >> 12] : NULL;
}

static void list_add(struct zone *z, uint32_t i, unsigned order)
{
    struct frame *f = &z->frames[i];
    f->order = HEAD | order;
    f->prev = NO_FRAME;
    f->next = z->free[order];
    if (f->next != NO_FRAME)
        z->frames[f->next].prev = i;
    z->free[order] = i;
}

static void list_del(struct zone *z, uint32_t i, unsigned order)
{
    struct frame *f = &z->frames[i];
    if (f->prev != NO_FRAME)
        z->frames[f->prev].next = f->next;
    else
        z->free[order] = f->next;
    if (f->next != NO_FRAME)
        z->frames[f->next].prev = f->prev;
    f->order = 0;
}

/* Blocks are aligned by physical frame number, so that contiguous memory is naturally aligned. */
static void free_block(struct zone *z, uint32_t i, unsigned order)
{
    uint64_t first = z->base >> 12;
    free_pages += 1UL << order;
    while (order + 1 < ORDERS) {
        uint64_t buddy = (first + i) ^ (1UL << order);
        if (buddy < first || buddy - first + (1UL << order) > z->pages)
            break;
        uint32_t b = (uint32_t)(buddy - first);
        if (z->frames[b].order != (HEAD | order))
            break;
        list_del(z, b, order);
        i = MIN(i, b);
        order++;
    }
    list_add(z, i, order);
}

void frame_release_range(paddr_t base, paddr_t end)
{
    spin_lock(&lock);
    for (paddr_t pa = base; pa < end; pa += PAGE_SIZE) {
        struct zone *z = zone_of(pa);
        uint32_t i = (uint32_t)((pa - z->base) >> 12);
        kassert(atomic_load_explicit(&z->frames[i].refs, memory_order_relaxed) == FIXED);
        atomic_store_explicit(&z->frames[i].refs, 0, memory_order_relaxed);
        free_block(z, i, 0);
    }
    spin_unlock(&lock);
}

static paddr_t take_from_zone(struct zone *z, unsigned order)
{
    unsigned o = order;
    while (o < ORDERS && z->free[o] == NO_FRAME)
        o++;
    if (o == ORDERS)
        return 0;
    uint32_t i = z->free[o];
    list_del(z, i, o);
    while (o > order) {
        o--;
        list_add(z, i + (1U << o), o);
    }
    free_pages -= 1UL << order;
    return z->base + ((paddr_t)i << 12);
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
    free_block(z, (uint32_t)((pa - z->base) >> 12), 0);
    spin_unlock(&lock);
}

paddr_t frame_alloc_contig(size_t pages)
{
    unsigned order = 0;
    while (order < ORDERS && 1UL << order < pages)
        order++;
    if (pages == 0 || order == ORDERS || alloc_fails())
        return 0;
    paddr_t pa = take_block(order);
    if (pa == 0)
        return 0;
    for (size_t i = 0; i < 1UL << order; i++) {
        if (i >= pages)
            free_one(pa + i * PAGE_SIZE);
        else
            atomic_store_explicit(&frame_of(pa + i * PAGE_SIZE)->refs, 1, memory_order_relaxed);
    }
    memset(phys_to_virt(pa), 0, pages * PAGE_SIZE);
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
        atomic_store_explicit(&frame_of(pa)->refs, 1, memory_order_relaxed);
    return pa;
}

bool frame_get_ram(paddr_t pa)
{
    struct frame *f = frame_of(pa);
    if (f == NULL || atomic_load_explicit(&f->refs, memory_order_relaxed) >= OWNED)
        return f != NULL;
    uint32_t old = atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    kassert(old != 0 && old < FIXED / 2);
    return true;
}

void frame_get(paddr_t pa)
{
    (void)frame_get_ram(pa);
}

void frame_put(paddr_t pa)
{
    struct frame *f = frame_of(pa);
    if (f == NULL || atomic_load_explicit(&f->refs, memory_order_relaxed) >= OWNED)
        return;
    /* Release: our use of the memory is over before it is handed out again (acquire by the last one). */
    uint32_t old = atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel);
    kassert(old != 0);
    if (old == 1)
        free_one(pa);
}

uint32_t frame_refs(paddr_t pa)
{
    struct frame *f = frame_of(pa);
    return f ? atomic_load_explicit(&f->refs, memory_order_acquire) : FIXED;
}

bool frame_is_counted(paddr_t pa)
{
    return frame_refs(pa) < OWNED;
}

bool frame_is_private(paddr_t pa)
{
    return frame_refs(pa) != FIXED;
}

void frame_own_range(paddr_t base, paddr_t end)
{
    for (paddr_t pa = base; pa < end; pa += PAGE_SIZE) {
        struct frame *f = frame_of(pa);
        if (f)
            atomic_store_explicit(&f->refs, OWNED, memory_order_relaxed);
    }
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
