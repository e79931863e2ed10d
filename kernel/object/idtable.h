/* SPDX-License-Identifier: Apache-2.0 */
/* Small-integer id -> pointer table, two levels, chunks are only added while the owner lives.
 * Writers hold the owner's lock; readers need no lock (what they load pairs with the release store of the writer) but must
 * take a reference on what they find with a *_get that can fail, since it may be going away. */
#pragma once
#include "core/types.h"
#include "machine.h"

#define IDTABLE_CHUNK 128
#define IDTABLE_CHUNKS_MAX 512

struct idtable {
    void *_Atomic *_Atomic *chunks; /* array of chunk pointers, then one of entries used per chunk; allocated on first use */
    uint32_t max;                   /* ids are < max */
    uint32_t count;
    uint32_t hint;                  /* no free id below this one */
};

void idtable_init(struct idtable *t, uint32_t max_ids);
void idtable_fini(struct idtable *t); /* all slots empty */
/* Lowest free id >= from gets ptr; returns the id, -EAGAIN when full, -ENOMEM. */
int idtable_alloc(struct idtable *t, uint32_t from, void *ptr);
/* Where id's pointer is kept; NULL: nowhere yet, or out of range. */
static inline void *_Atomic *idtable_slot(const struct idtable *t, uint32_t id)
{
    void *_Atomic *_Atomic *top = __atomic_load_n(&t->chunks, (int)ARCH_LOAD_FOLLOWED);
    if (id >= t->max || !top)
        return NULL;
    void *_Atomic *chunk = atomic_load_explicit(&top[id / IDTABLE_CHUNK], ARCH_LOAD_FOLLOWED);
    return chunk ? &chunk[id % IDTABLE_CHUNK] : NULL;
}
/* NULL: empty or out of range. */
static inline void *idtable_get(const struct idtable *t, uint32_t id)
{
    void *_Atomic *s = idtable_slot(t, id);
    return s ? atomic_load_explicit(s, ARCH_LOAD_FOLLOWED) : NULL;
}
void *idtable_remove(struct idtable *t, uint32_t id);
/* First used id >= from, -1 none. */
int idtable_next(const struct idtable *t, uint32_t from);
