/* SPDX-License-Identifier: Apache-2.0 */
/* Heap: size classes cut from 64 KiB chunks, larger blocks as whole pages given back when freed.
 * Address ranges are handed out in powers of two of pages and kept on a free list per power.
 * Lock: heap_lock, a leaf; the kernel calls made under it (TM_MAP, TM_UNMAP on taskman itself) do
 * not wait. */
#include <stdbool.h>
#include <string.h>
#include "main/heap.h"
#include "main/lock.h"

#define HEAP_BASE   0x1000000000UL
#define HEAP_END    0x3000000000UL
#define CHUNK_BYTES 65536UL
#define HEAP_MAGIC  0x68656170u
#define HEAP_FREED  0x66726565u
#define BIG_CLASS   0xffu

struct block { /* in front of every allocation; keeps the payload 16-byte aligned */
    uint32_t magic;
    uint32_t class_index;
    uint64_t bytes; /* payload asked for */
};
struct free_block {
    struct block head;
    struct free_block *next;
};
struct free_range {
    uint64_t va;
    struct free_range *next;
};

static const uint16_t class_bytes[] = {32,  48,  64,   96,   128,  192,  256, 384,
                                       512, 768, 1024, 1536, 2048, 3072, 4096};
#define CLASSES (sizeof(class_bytes) / sizeof(class_bytes[0]))

static struct lock heap_lock = LOCK_INIT(RANK_HEAP);
static struct free_block *free_blocks[CLASSES]; /* heap_lock, all below */
static struct free_range *free_ranges[32];
static struct free_range *spare_ranges;
static uint64_t next_va = HEAP_BASE;
static uint8_t *chunk_at, *chunk_end;
static uint64_t bytes_used, chunk_pages;

static unsigned range_order(uint64_t bytes)
{
    uint64_t pages = (bytes + QRV_PAGE_SIZE - 1) / QRV_PAGE_SIZE;
    unsigned order = 0;

    while ((1UL << order) < pages)
        order++;
    return order;
}

static uint64_t range_alloc_locked(uint64_t bytes)
{
    unsigned order = range_order(bytes);
    uint64_t va, span;

    if (bytes == 0 || bytes > HEAP_END - HEAP_BASE || order >= 26)
        return 0;
    if (free_ranges[order]) {
        struct free_range *r = free_ranges[order];
        free_ranges[order] = r->next;
        va = r->va;
        r->next = spare_ranges;
        spare_ranges = r;
        return va;
    }
    span = QRV_PAGE_SIZE << order;
    if (span + QRV_PAGE_SIZE > HEAP_END - next_va)
        return 0;
    va = next_va;
    next_va += span + QRV_PAGE_SIZE; /* one page that is never mapped catches overruns */
    return va;
}

static void *small_alloc_locked(unsigned index);

static void range_free_locked(uint64_t va, uint64_t bytes)
{
    unsigned order = range_order(bytes);
    struct free_range *r = spare_ranges;

    if (r) {
        spare_ranges = r->next;
    } else {
        r = small_alloc_locked(0);
        if (!r)
            return; /* the addresses, not the memory, are lost */
    }
    r->va = va;
    r->next = free_ranges[order];
    free_ranges[order] = r;
}

static bool map_self(uint64_t va, uint64_t bytes)
{
    struct tm_map map = {.pid = TASKMAN_PID,
                         .prot = TM_PROT_READ | TM_PROT_WRITE,
                         .flags = TM_MAP_ANON,
                         .va = va,
                         .bytes = bytes};

    return tmk_map(&map) >= 0;
}

static void *small_alloc_locked(unsigned index)
{
    size_t size = class_bytes[index] + sizeof(struct block);
    struct free_block *b = free_blocks[index];

    if (b) {
        free_blocks[index] = b->next;
    } else {
        if ((size_t)(chunk_end - chunk_at) < size) {
            uint64_t va = range_alloc_locked(CHUNK_BYTES);
            if (va == 0)
                return NULL;
            if (!map_self(va, CHUNK_BYTES))
                return NULL; /* the addresses are lost, not memory */
            chunk_pages += CHUNK_BYTES / QRV_PAGE_SIZE;
            chunk_at = (uint8_t *)va;
            chunk_end = chunk_at + CHUNK_BYTES;
        }
        b = (struct free_block *)chunk_at;
        chunk_at += size;
    }
    b->head.magic = HEAP_MAGIC;
    b->head.class_index = index;
    return &b->head + 1;
}

static void *big_alloc_locked(size_t bytes)
{
    uint64_t size = (bytes + sizeof(struct block) + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1);
    uint64_t va = range_alloc_locked(size);
    struct block *b;

    if (va == 0)
        return NULL;
    if (!map_self(va, size)) {
        range_free_locked(va, size);
        return NULL;
    }
    b = (struct block *)va;
    b->magic = HEAP_MAGIC;
    b->class_index = BIG_CLASS;
    return b + 1;
}

static _Atomic uint64_t fail_at, fail_count; /* fail_at 0: nobody asked for failures */

uint64_t heap_fail_at(uint64_t n)
{
    atomic_store_explicit(&fail_at, n, memory_order_relaxed);
    return atomic_exchange_explicit(&fail_count, 0, memory_order_relaxed);
}

static bool has_to_fail(void)
{
    uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);

    return at && atomic_fetch_add_explicit(&fail_count, 1, memory_order_relaxed) + 1 == at;
}

void *heap_alloc(size_t bytes)
{
    unsigned index = 0;
    void *p;

    if (bytes > (1UL << 30) || has_to_fail())
        return NULL;
    while (index < CLASSES && class_bytes[index] < bytes)
        index++;
    lock_acquire(&heap_lock);
    p = index < CLASSES ? small_alloc_locked(index) : big_alloc_locked(bytes);
    if (p) {
        ((struct block *)p - 1)->bytes = bytes;
        bytes_used += bytes;
    }
    lock_release(&heap_lock);
    if (p && index < CLASSES)
        memset(p, 0, class_bytes[index]);
    return p;
}

void heap_free(void *p)
{
    struct block *b = (struct block *)p - 1;

    if (!p)
        return;
    if (b->magic != HEAP_MAGIC)
        tm_panic("heap block", (long)p);
    lock_acquire(&heap_lock);
    bytes_used -= b->bytes;
    if (b->class_index == BIG_CLASS) {
        uint64_t size =
            (b->bytes + sizeof(struct block) + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1);
        tmk_unmap(TASKMAN_PID, (uint64_t)b, size);
        range_free_locked((uint64_t)b, size);
    } else {
        struct free_block *f = (struct free_block *)b;
        b->magic = HEAP_FREED;
        f->next = free_blocks[b->class_index];
        free_blocks[b->class_index] = f;
    }
    lock_release(&heap_lock);
}

void *heap_resize(void *old, size_t bytes)
{
    struct block *b = (struct block *)old - 1;
    void *p;

    if (!old)
        return heap_alloc(bytes);
    p = heap_alloc(bytes);
    if (!p)
        return NULL;
    memcpy(p, old, b->bytes < bytes ? b->bytes : bytes);
    heap_free(old);
    return p;
}

char *heap_string(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = heap_alloc(bytes);

    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

uint64_t heap_used(void)
{
    uint64_t used;

    lock_acquire(&heap_lock);
    used = bytes_used;
    lock_release(&heap_lock);
    return used;
}

uint64_t heap_pages(void)
{
    uint64_t pages;

    lock_acquire(&heap_lock);
    pages = chunk_pages;
    lock_release(&heap_lock);
    return pages;
}

uint64_t range_alloc(uint64_t bytes)
{
    uint64_t va;

    lock_acquire(&heap_lock);
    va = range_alloc_locked(bytes);
    lock_release(&heap_lock);
    return va;
}

void range_free(uint64_t va, uint64_t bytes)
{
    lock_acquire(&heap_lock);
    range_free_locked(va, bytes);
    lock_release(&heap_lock);
}
