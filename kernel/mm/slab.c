/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel heap.  Type-stable slabs: memory given to one never leaves it.  kmalloc: size classes of powers of two on their own
 * slabs up to a page, runs of frames above.  Locks: each slab's (RANK_HEAP). */
#include "lib/string.h"
#include "mm/mm.h"

#define CLASS_MIN_SHIFT 5
#define CLASS_MAX_SHIFT 11
#define KMALLOC_MAX 65536

struct block {
    void *next;
};

#define CLASS(shift) { .name = "kmalloc", .size = 1U << (shift), .lock = SPINLOCK_INIT(RANK_HEAP) }
static struct slab classes[] = { CLASS(5), CLASS(6), CLASS(7), CLASS(8), CLASS(9), CLASS(10), CLASS(11) };
_Static_assert(ARRAY_SIZE(classes) == CLASS_MAX_SHIFT - CLASS_MIN_SHIFT + 1, "one slab per class");

static _Atomic uint64_t bytes_in_use, pages_held;

static void **link_of(const struct slab *s, void *obj)
{
    return (void **)((char *)obj + s->link_offset);
}

/* Pages per refill: at least eight objects, at most one 64 KiB run unless a single object is larger. */
static size_t refill_pages(uint32_t size)
{
    size_t pages = 1;
    while (pages * PAGE_SIZE < (size_t)size * 8 && pages < 16)
        pages *= 2;
    while (pages * PAGE_SIZE < size)
        pages *= 2;
    return pages;
}

static bool refill(struct slab *s)
{
    uint32_t size = ALIGN_UP(s->size, 16U);
    size_t pages = refill_pages(size);
    paddr_t pa = frame_alloc_contig(pages);
    if (pa == 0)
        return false;
    char *base = phys_to_virt(pa);
    uint32_t n = (uint32_t)(pages * PAGE_SIZE / size);
    for (uint32_t i = 0; i + 1 < n; i++)
        *link_of(s, base + i * size) = base + (i + 1) * size;
    spin_lock(&s->lock);
    *link_of(s, base + (n - 1) * size) = s->free;
    s->free = base;
    spin_unlock(&s->lock);
    atomic_fetch_add_explicit(&s->total, n, memory_order_relaxed);
    atomic_fetch_add_explicit(&pages_held, pages, memory_order_relaxed);
    return true;
}

void *slab_alloc(struct slab *s)
{
    kassert(s->link_offset % sizeof(void *) == 0 && s->link_offset + sizeof(void *) <= s->size);
    if (alloc_fails())
        return NULL;
    for (;;) {
        spin_lock(&s->lock);
        void *obj = s->free;
        if (obj)
            s->free = *link_of(s, obj);
        spin_unlock(&s->lock);
        if (obj) {
            *link_of(s, obj) = NULL;
            atomic_fetch_add_explicit(&s->used, 1, memory_order_relaxed);
            atomic_fetch_add_explicit(&bytes_in_use, s->size, memory_order_relaxed);
            return obj;
        }
        if (!refill(s))
            return NULL;
    }
}

void slab_free(struct slab *s, void *obj)
{
    kassert(obj != NULL);
    uint32_t old = atomic_fetch_sub_explicit(&s->used, 1, memory_order_relaxed);
    kassert(old != 0);
    atomic_fetch_sub_explicit(&bytes_in_use, s->size, memory_order_relaxed);
    spin_lock(&s->lock);
    *link_of(s, obj) = s->free;
    s->free = obj;
    spin_unlock(&s->lock);
}

static struct slab *class_of(size_t bytes)
{
    for (unsigned i = 0; i < ARRAY_SIZE(classes); i++)
        if (bytes <= classes[i].size)
            return &classes[i];
    return NULL;
}

void *kmalloc(size_t bytes)
{
    if (bytes == 0 || bytes > KMALLOC_MAX)
        return NULL;
    struct slab *s = class_of(bytes);
    if (s) {
        void *p = slab_alloc(s);
        if (p)
            memset(p, 0, s->size);
        return p;
    }
    size_t pages = ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
    paddr_t pa = frame_alloc_contig(pages);
    if (pa == 0)
        return NULL;
    atomic_fetch_add_explicit(&bytes_in_use, pages * PAGE_SIZE, memory_order_relaxed);
    return phys_to_virt(pa);
}

void kfree(void *p, size_t bytes)
{
    if (p == NULL)
        return;
    struct slab *s = class_of(bytes);
    if (s) {
        slab_free(s, p);
        return;
    }
    size_t pages = ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
    paddr_t pa = virt_to_phys(p);
    for (size_t i = 0; i < pages; i++)
        frame_put(pa + i * PAGE_SIZE);
    atomic_fetch_sub_explicit(&bytes_in_use, pages * PAGE_SIZE, memory_order_relaxed);
}

uint64_t kheap_bytes(void)
{
    return atomic_load_explicit(&bytes_in_use, memory_order_relaxed);
}

uint64_t slab_pages(void)
{
    return atomic_load_explicit(&pages_held, memory_order_relaxed);
}
