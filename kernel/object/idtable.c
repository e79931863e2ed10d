/* SPDX-License-Identifier: Apache-2.0 */
/* Two-level id table: see idtable.h for who may do what. */
#include "object/idtable.h"
#include "mm/mm.h"

#define CHUNK_BYTES (IDTABLE_CHUNK * sizeof(void *))

/* The top level is as large as the table's range needs: a process has seven tables and most stay small. */
static uint32_t top_entries(const struct idtable *t)
{
    return (t->max + IDTABLE_CHUNK - 1) / IDTABLE_CHUNK;
}

static size_t top_bytes(const struct idtable *t)
{
    return top_entries(t) * (sizeof(void *) + sizeof(uint16_t));
}

/* How many entries of a chunk are used: whole chunks, full or empty, are passed over.  Readers without the owner's lock may see a
 * number that is just changing, as they may see the entry itself. */
static _Atomic uint16_t *used(const struct idtable *t, void *_Atomic *_Atomic *top, uint32_t chunk)
{
    return (_Atomic uint16_t *)&top[top_entries(t)] + chunk;
}

void idtable_init(struct idtable *t, uint32_t max_ids)
{
    t->chunks = NULL;
    t->max = MIN(max_ids, IDTABLE_CHUNK * IDTABLE_CHUNKS_MAX);
    t->count = 0;
    t->hint = 0;
}

void idtable_fini(struct idtable *t)
{
    kassert(t->count == 0);
    if (!t->chunks)
        return;
    for (uint32_t i = 0; i < top_entries(t); i++) {
        void *chunk = (void *)atomic_load_explicit(&t->chunks[i], memory_order_relaxed);
        if (chunk)
            kfree(chunk, CHUNK_BYTES);
    }
    kfree((void *)t->chunks, top_bytes(t));
    t->chunks = NULL;
}

static void *_Atomic *slot_make(struct idtable *t, uint32_t id)
{
    if (!t->chunks) {
        void *top = kmalloc(top_bytes(t));
        if (!top)
            return NULL;
        __atomic_store_n(&t->chunks, top, __ATOMIC_RELEASE);
    }
    if (!atomic_load_explicit(&t->chunks[id / IDTABLE_CHUNK], memory_order_relaxed)) {
        void *chunk = kmalloc(CHUNK_BYTES);
        if (!chunk)
            return NULL;
        atomic_store_explicit(&t->chunks[id / IDTABLE_CHUNK], chunk, memory_order_release);
    }
    return idtable_slot(t, id);
}

int idtable_alloc(struct idtable *t, uint32_t from, void *ptr)
{
    for (uint32_t id = MAX(from, t->hint); id < t->max; id++) {
        void *_Atomic *s = slot_make(t, id);
        if (!s)
            return -ENOMEM;
        _Atomic uint16_t *u = used(t, t->chunks, id / IDTABLE_CHUNK);
        uint16_t n = atomic_load_explicit(u, memory_order_relaxed);
        if (n == IDTABLE_CHUNK) {
            id |= IDTABLE_CHUNK - 1;
            continue;
        }
        if (atomic_load_explicit(s, memory_order_relaxed))
            continue;
        atomic_store_explicit(u, n + 1, memory_order_relaxed);
        atomic_store_explicit(s, ptr, memory_order_release);
        t->count++;
        if (from <= t->hint)
            t->hint = id + 1;
        return (int)id;
    }
    return -EAGAIN;
}

void *idtable_remove(struct idtable *t, uint32_t id)
{
    void *_Atomic *s = idtable_slot(t, id);
    if (!s)
        return NULL;
    void *p = atomic_exchange_explicit(s, NULL, memory_order_acq_rel);
    if (p) {
        _Atomic uint16_t *u = used(t, t->chunks, id / IDTABLE_CHUNK); /* written under the owner's lock only */
        atomic_store_explicit(u, atomic_load_explicit(u, memory_order_relaxed) - 1, memory_order_relaxed);
        t->count--;
        if (id < t->hint)
            t->hint = id;
    }
    return p;
}

int idtable_next(const struct idtable *t, uint32_t from)
{
    void *_Atomic *_Atomic *top = __atomic_load_n(&t->chunks, __ATOMIC_ACQUIRE);
    if (!top)
        return -1;
    const _Atomic uint16_t *counts = used(t, top, 0);
    uint32_t chunks = top_entries(t), i = from % IDTABLE_CHUNK;
    for (uint32_t c = from / IDTABLE_CHUNK; c < chunks; c++, i = 0) {
        if (atomic_load_explicit(&counts[c], memory_order_relaxed) == 0)
            continue;
        void *_Atomic *chunk = atomic_load_explicit(&top[c], memory_order_acquire);
        for (; chunk && i < IDTABLE_CHUNK; i++)
            if (atomic_load_explicit(&chunk[i], memory_order_relaxed))
                return (int)(c * IDTABLE_CHUNK + i);
    }
    return -1;
}
