/* SPDX-License-Identifier: Apache-2.0 */
#include "delta.h"

#include "../common/buf.h"

#include <stdlib.h>
#include <string.h>

/* Of the rest of an old file nothing is found. */
enum { CHUNKS_MAX = 1 << 22 };

struct place {
    uint64_t offset;
    struct deploy_chunk chunk;
};

struct list {
    struct place *places;
    size_t count, room;
    uint64_t size;
};

struct delta {
    struct list old, arrived;
    bool old_is_complete;
    uint32_t *table; /* index + 1 into old.places; 0: free. As many entries as mask + 1. */
    size_t mask;
    size_t at; /* in arrived */
};

struct delta *delta_new(void)
{
    struct delta *d = xmalloc(sizeof *d);
    memset(d, 0, sizeof *d);
    return d;
}

void delta_free(struct delta *d)
{
    free(d->old.places);
    free(d->arrived.places);
    free(d->table);
    free(d);
}

static size_t slot_of(const struct delta *d, const uint8_t *hash)
{
    uint64_t bits;
    memcpy(&bits, hash, sizeof bits);
    return (size_t)bits & d->mask;
}

static bool is_same(const struct deploy_chunk *c, uint32_t bytes, const uint8_t *hash)
{
    return c->bytes == bytes && memcmp(c->hash, hash, DEPLOY_HASH) == 0;
}

/* Of chunks that are alike the first one counts: a file of one hostile hash fills one slot. */
static void make_table(struct delta *d)
{
    size_t size = 16;
    while (size < d->old.count * 2)
        size *= 2;
    d->mask = size - 1;
    d->table = xmalloc(size * sizeof *d->table);
    memset(d->table, 0, size * sizeof *d->table);
    for (size_t i = 0; i < d->old.count; i++) {
        const struct deploy_chunk *c = &d->old.places[i].chunk;
        size_t slot = slot_of(d, c->hash);
        unsigned steps = 0;
        while (d->table[slot] != 0 && steps++ < 64 &&
               !is_same(&d->old.places[d->table[slot] - 1].chunk, c->bytes, c->hash))
            slot = (slot + 1) & d->mask;
        if (d->table[slot] == 0)
            d->table[slot] = (uint32_t)i + 1;
    }
}

bool delta_take(struct delta *d, const uint8_t *bytes, size_t n, bool *at_end)
{
    struct list *l = d->old_is_complete ? &d->arrived : &d->old;
    *at_end = n == 0 && d->old_is_complete;
    if (n == 0 && !d->old_is_complete) {
        d->old_is_complete = true;
        make_table(d);
    }
    if (n % sizeof(struct deploy_chunk) != 0)
        return false;
    for (; n > 0; n -= sizeof(struct deploy_chunk), bytes += sizeof(struct deploy_chunk)) {
        struct deploy_chunk c;
        memcpy(&c, bytes, sizeof c);
        if (c.bytes == 0 || l->size > UINT64_MAX / 2)
            return false;
        if (l->count == CHUNKS_MAX) {
            l->size += c.bytes;
            continue;
        }
        if (l->count == l->room) {
            l->room = l->room * 2 + 256;
            l->places = xrealloc(l->places, l->room * sizeof *l->places);
        }
        l->places[l->count++] = (struct place){l->size, c};
        l->size += c.bytes;
    }
    return true;
}

bool delta_has(struct delta *d, uint64_t offset, uint32_t bytes, const uint8_t hash[DEPLOY_HASH])
{
    while (d->at < d->arrived.count && d->arrived.places[d->at].offset < offset)
        d->at++;
    return d->at < d->arrived.count && d->arrived.places[d->at].offset == offset &&
           is_same(&d->arrived.places[d->at].chunk, bytes, hash);
}

bool delta_finds(const struct delta *d, uint32_t bytes, const uint8_t hash[DEPLOY_HASH], uint64_t *from)
{
    size_t slot = slot_of(d, hash);
    for (unsigned steps = 0; d->table[slot] != 0 && steps < 64; steps++) {
        const struct place *p = &d->old.places[d->table[slot] - 1];
        if (is_same(&p->chunk, bytes, hash)) {
            *from = p->offset;
            return true;
        }
        slot = (slot + 1) & d->mask;
    }
    return false;
}
