/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted array of regions: binary search to find, memmove to insert.  See regions.h for the
 * contract. */
#include <errno.h>
#include <string.h>
#include "main/heap.h"
#include "memory/regions.h"

void regions_init(struct regions *r)
{
    memset(r, 0, sizeof(*r));
}

int regions_reserve(struct regions *r, unsigned more)
{
    uint32_t want = r->count + more;
    uint32_t room = r->room ? r->room : 16;
    void *at;

    if (want > REGIONS_MAX)
        return -ENOMEM;
    if (want <= r->room)
        return 0;
    while (room < want)
        room *= 2;
    at = heap_resize(r->at, room * sizeof(struct region));
    if (!at)
        return -ENOMEM;
    r->at = at;
    r->room = room;
    return 0;
}

/* Index of the first region that ends above va. */
static uint32_t index_of(const struct regions *r, uint64_t va)
{
    uint32_t low = 0, high = r->count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (r->at[mid].end <= va)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct region *regions_find(const struct regions *r, uint64_t va)
{
    uint32_t i = index_of(r, va);

    return i < r->count ? &r->at[i] : NULL;
}

bool regions_is_free(const struct regions *r, uint64_t start, uint64_t end)
{
    uint32_t i = index_of(r, start);

    return i == r->count || r->at[i].start >= end;
}

bool regions_is_covered(const struct regions *r, uint64_t start, uint64_t end)
{
    for (uint32_t i = index_of(r, start); start < end; i++) {
        if (i == r->count || r->at[i].start > start)
            return false;
        start = r->at[i].end;
    }
    return true;
}

uint64_t regions_overlap(const struct regions *r, uint64_t start, uint64_t end)
{
    uint64_t sum = 0;

    for (uint32_t i = index_of(r, start); i < r->count && r->at[i].start < end; i++) {
        uint64_t from = r->at[i].start > start ? r->at[i].start : start;
        uint64_t to = r->at[i].end < end ? r->at[i].end : end;
        sum += to - from;
    }
    return sum;
}

uint64_t regions_place(const struct regions *r, uint64_t low, uint64_t high, uint64_t bytes,
                       uint64_t gap)
{
    uint64_t top = high;
    uint32_t i = index_of(r, high);

    if (bytes == 0 || high <= low)
        return 0;
    if (i < r->count && r->at[i].start < high + gap)
        top = r->at[i].start > gap ? r->at[i].start - gap : 0;
    for (;;) {
        uint64_t floor = i > 0 ? r->at[i - 1].end + gap : 0;

        if (floor < low)
            floor = low;
        if (top > floor && top - floor >= bytes)
            return top - bytes;
        if (i == 0 || r->at[i - 1].end <= low)
            return 0;
        i--;
        top = r->at[i].start > gap ? r->at[i].start - gap : 0;
        if (top > high)
            top = high;
    }
}

static bool may_join(const struct region *a, const struct region *b)
{
    if (a->end != b->start || a->obj != b->obj || a->prot != b->prot ||
        a->max_prot != b->max_prot || a->flags != b->flags)
        return false;
    if (a->obj || (a->flags & REGION_PHYS))
        return b->offset == a->offset + (a->end - a->start);
    return true;
}

static void delete_at(struct regions *r, uint32_t i)
{
    memmove(&r->at[i], &r->at[i + 1], (r->count - i - 1) * sizeof(r->at[0]));
    r->count--;
}

/* Joins region i with its right neighbour when they continue each other. */
static void join_at(struct regions *r, uint32_t i)
{
    if (i + 1 >= r->count || !may_join(&r->at[i], &r->at[i + 1]))
        return;
    r->at[i].end = r->at[i + 1].end;
    if (r->at[i + 1].obj)
        regions_obj_put(r->at[i + 1].obj);
    delete_at(r, i + 1);
}

void regions_insert(struct regions *r, const struct region *n)
{
    uint32_t i = index_of(r, n->start);

    memmove(&r->at[i + 1], &r->at[i], (r->count - i) * sizeof(r->at[0]));
    r->at[i] = *n;
    r->count++;
    r->bytes += n->end - n->start;
    join_at(r, i);
    if (i > 0)
        join_at(r, i - 1);
}

/* Makes `va` a border between regions.  One region must be reserved. */
static void split_at(struct regions *r, uint64_t va)
{
    uint32_t i = index_of(r, va);
    struct region *a;

    if (i == r->count || r->at[i].start >= va)
        return;
    memmove(&r->at[i + 1], &r->at[i], (r->count - i) * sizeof(r->at[0]));
    r->count++;
    a = &r->at[i];
    a[0].end = va;
    a[1].start = va;
    if (a->obj)
        regions_obj_get(a->obj);
    if (a->obj || (a->flags & REGION_PHYS))
        a[1].offset += va - a[0].start;
}

void regions_remove(struct regions *r, uint64_t start, uint64_t end)
{
    uint32_t i = index_of(r, start), n = 0;

    if (i == r->count || r->at[i].start >= end)
        return;
    if (r->at[i].start < start && r->at[i].end > end) { /* a hole: the only case that adds one */
        split_at(r, end);
        r->at[i].end = start;
        r->bytes -= end - start;
        return;
    }
    if (r->at[i].start < start) {
        r->bytes -= r->at[i].end - start;
        r->at[i++].end = start;
    }
    while (i + n < r->count && r->at[i + n].end <= end) {
        r->bytes -= r->at[i + n].end - r->at[i + n].start;
        if (r->at[i + n].obj)
            regions_obj_put(r->at[i + n].obj);
        n++;
    }
    memmove(&r->at[i], &r->at[i + n], (r->count - i - n) * sizeof(r->at[0]));
    r->count -= n;
    if (i < r->count && r->at[i].start < end) {
        struct region *a = &r->at[i];
        if (a->obj || (a->flags & REGION_PHYS))
            a->offset += end - a->start;
        r->bytes -= end - a->start;
        a->start = end;
    }
}

void regions_protect(struct regions *r, uint64_t start, uint64_t end, uint32_t prot)
{
    uint32_t first, i;

    split_at(r, start);
    split_at(r, end);
    first = index_of(r, start);
    for (i = first; i < r->count && r->at[i].start < end; i++)
        r->at[i].prot = prot;
    while (i > first) /* from the right, so that the indices on the left stay */
        join_at(r, --i);
    if (first > 0)
        join_at(r, first - 1);
}

int regions_copy(struct regions *dst, const struct regions *src)
{
    regions_init(dst);
    if (regions_reserve(dst, src->count) < 0)
        return -ENOMEM;
    if (src->count)
        memcpy(dst->at, src->at, src->count * sizeof(src->at[0]));
    dst->count = src->count;
    dst->bytes = src->bytes;
    for (uint32_t i = 0; i < dst->count; i++)
        if (dst->at[i].obj)
            regions_obj_get(dst->at[i].obj);
    return 0;
}

void regions_clear(struct regions *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (r->at[i].obj)
            regions_obj_put(r->at[i].obj);
    heap_free(r->at);
    regions_init(r);
}
