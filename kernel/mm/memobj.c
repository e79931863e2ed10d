/* SPDX-License-Identifier: Apache-2.0 */
/* Memory objects: zero-filled frames that several address spaces map.  The object holds one reference of each frame, every
 * mapping another.  Locks: table_lock guards id -> object, o->lock the frames of one (both RANK_MEMOBJ, never together). */
#include "core/preempt.h"
#include "mm/mm.h"

#define PER_CHUNK (PAGE_SIZE / sizeof(paddr_t))
#define CHUNKS_MAX 8192 /* 16 GiB an object */
#define IDS_MAX 65536
#define IDS_PER_BLOCK 512

struct memobj {
    _Atomic uint32_t refs;
    struct spinlock lock;
    uint64_t pages;      /* lock */
    paddr_t **chunks;    /* lock; array of CHUNKS_MAX kmalloc()ed on first use, sized by top_bytes */
    size_t top_bytes;
    int32_t id;
    void *slab_link;
};

static struct slab memobj_slab = SLAB_INIT("memobj", struct memobj, slab_link);
static struct spinlock table_lock = SPINLOCK_INIT(RANK_MEMOBJ);
static struct memobj **table[IDS_MAX / IDS_PER_BLOCK]; /* table_lock */
static uint32_t hint;                                  /* table_lock: no free id below */

static uint64_t chunk_count(uint64_t pages)
{
    return (pages + PER_CHUNK - 1) / PER_CHUNK;
}

#define STEP_GROW 8 /* pages with o->lock held */
#define STEP_DROP 32
#define STEP_IDS 256 /* ids looked at with table_lock held */

/* Frames [from, pages) are given back.  Caller holds o->lock or is alone. */
static void drop_pages(struct memobj *o, uint64_t from)
{
    for (uint64_t i = from; i < o->pages; i++)
        frame_put(o->chunks[i / PER_CHUNK][i % PER_CHUNK]);
    for (uint64_t c = chunk_count(from); c < chunk_count(o->pages); c++) {
        frame_put(virt_to_phys(o->chunks[c]));
        o->chunks[c] = NULL;
    }
    o->pages = from;
}

/* Appends one zero page; alone or under o->lock. */
static bool add_page(struct memobj *o)
{
    uint64_t i = o->pages;
    paddr_t pa = frame_alloc();
    if (pa == 0)
        return false;
    if (i % PER_CHUNK == 0) {
        paddr_t c = frame_alloc();
        if (c == 0) {
            frame_put(pa);
            return false;
        }
        o->chunks[i / PER_CHUNK] = phys_to_virt(c);
    }
    o->chunks[i / PER_CHUNK][i % PER_CHUNK] = pa;
    o->pages = i + 1;
    return true;
}

static int grow(struct memobj *o, uint64_t pages)
{
    if (pages > CHUNKS_MAX * PER_CHUNK)
        return -ENOMEM;
    if (chunk_count(pages) * sizeof(*o->chunks) > o->top_bytes) {
        size_t bytes = MAX(64UL, o->top_bytes);
        while (bytes < chunk_count(pages) * sizeof(*o->chunks))
            bytes *= 2;
        paddr_t **top = kmalloc(bytes);
        if (top == NULL)
            return -ENOMEM;
        for (uint64_t c = 0; c < chunk_count(o->pages); c++)
            top[c] = o->chunks[c];
        kfree(o->chunks, o->top_bytes);
        o->chunks = top;
        o->top_bytes = bytes;
    }
    uint64_t before = o->pages;
    while (o->pages < pages) {
        if (!add_page(o)) {
            drop_pages(o, before);
            return -ENOMEM;
        }
    }
    return 0;
}

static int table_add(struct memobj *o)
{
    struct memobj **block = NULL;
    for (;;) {
        spin_lock(&table_lock);
        uint32_t id = hint, looked = 0;
        for (; looked < STEP_IDS && id < IDS_MAX && table[id / IDS_PER_BLOCK] && table[id / IDS_PER_BLOCK][id % IDS_PER_BLOCK]; looked++)
            id++;
        hint = id;
        if (looked == STEP_IDS) { /* all below are in use */
            spin_unlock(&table_lock);
            preempt_point();
            continue;
        }
        bool need = id < IDS_MAX && !table[id / IDS_PER_BLOCK];
        if (need && block) {
            table[id / IDS_PER_BLOCK] = block;
            block = NULL;
            need = false;
        }
        if (!need && id < IDS_MAX) {
            table[id / IDS_PER_BLOCK][id % IDS_PER_BLOCK] = o;
            hint = id + 1;
            o->id = (int32_t)id + 1;
        }
        spin_unlock(&table_lock);
        if (!need) {
            kfree(block, IDS_PER_BLOCK * sizeof(*block));
            return id < IDS_MAX ? o->id : -EAGAIN;
        }
        block = kmalloc(IDS_PER_BLOCK * sizeof(*block));
        if (block == NULL)
            return -ENOMEM;
    }
}

int memobj_create(uint64_t bytes)
{
    if (bytes > CHUNKS_MAX * PER_CHUNK * PAGE_SIZE)
        return -ENOMEM;
    struct memobj *o = slab_alloc(&memobj_slab);
    if (o == NULL)
        return -ENOMEM;
    *o = (struct memobj){ .refs = 1 };
    spin_init(&o->lock, RANK_MEMOBJ);
    uint64_t pages = ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
    int r = 0;
    for (uint64_t n = 0; r == 0 && n < pages;) { /* not shared yet: no lock, and interrupts are looked at */
        n = MIN(pages, n + STEP_GROW);
        r = grow(o, n);
        preempt_point();
    }
    if (r == 0)
        r = table_add(o);
    if (r < 0)
        memobj_put(o);
    return r;
}

struct memobj *memobj_get(int id)
{
    if (id <= 0 || id > IDS_MAX)
        return NULL;
    uint32_t i = (uint32_t)id - 1;
    spin_lock(&table_lock);
    struct memobj *o = table[i / IDS_PER_BLOCK] ? table[i / IDS_PER_BLOCK][i % IDS_PER_BLOCK] : NULL;
    if (o)
        atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
    spin_unlock(&table_lock);
    return o;
}

void memobj_put(struct memobj *o)
{
    if (atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
        return;
    while (o->pages > 0) { /* nobody else has it */
        drop_pages(o, o->pages > STEP_DROP ? o->pages - STEP_DROP : 0);
        preempt_point();
    }
    kfree(o->chunks, o->top_bytes);
    slab_free(&memobj_slab, o);
}

/* From n pages to `pages`, in slices, so that the lock is never held for long.  -ENOMEM: somewhere between. */
static int resize(struct memobj *o, uint64_t n, uint64_t pages)
{
    int r = 0;
    while (r == 0 && n != pages) {
        n = n < pages ? MIN(pages, n + STEP_GROW) : n - pages > STEP_DROP ? n - STEP_DROP : pages;
        spin_lock(&o->lock);
        if (n > o->pages)
            r = grow(o, n);
        else
            drop_pages(o, n);
        spin_unlock(&o->lock);
        preempt_point();
    }
    return r;
}

int memobj_resize(int id, uint64_t bytes)
{
    struct memobj *o = memobj_get(id);
    if (o == NULL)
        return -EINVAL;
    int r = -ENOMEM;
    if (bytes <= CHUNKS_MAX * PER_CHUNK * PAGE_SIZE) {
        uint64_t before = memobj_pages(o);
        r = resize(o, before, ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE);
        if (r != 0 && memobj_pages(o) > before) /* what this call added goes back */
            (void)resize(o, memobj_pages(o), before);
    }
    memobj_put(o);
    return r;
}

int memobj_destroy(int id)
{
    if (id <= 0 || id > IDS_MAX)
        return -EINVAL;
    uint32_t i = (uint32_t)id - 1;
    spin_lock(&table_lock);
    struct memobj *o = NULL;
    if (table[i / IDS_PER_BLOCK]) {
        o = table[i / IDS_PER_BLOCK][i % IDS_PER_BLOCK];
        table[i / IDS_PER_BLOCK][i % IDS_PER_BLOCK] = NULL;
        hint = o ? MIN(hint, i) : hint;
    }
    spin_unlock(&table_lock);
    if (o == NULL)
        return -EINVAL;
    memobj_put(o);
    return 0;
}

uint32_t memobj_count(void)
{
    return atomic_load_explicit(&memobj_slab.used, memory_order_relaxed);
}

uint64_t memobj_pages(struct memobj *o)
{
    spin_lock(&o->lock);
    uint64_t n = o->pages;
    spin_unlock(&o->lock);
    return n;
}

paddr_t memobj_frame(struct memobj *o, uint64_t page)
{
    paddr_t pa = 0;
    spin_lock(&o->lock);
    if (page < o->pages) {
        pa = o->chunks[page / PER_CHUNK][page % PER_CHUNK];
        frame_get(pa);
    }
    spin_unlock(&o->lock);
    return pa;
}
