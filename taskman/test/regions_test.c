/* SPDX-License-Identifier: Apache-2.0 */
/* The region list against a model: an array with one record per page.  Random maps, unmaps and
 * protections; after each the list has to say the same as the model, be sorted, joined as far as
 * possible, and hold the right number of references. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "host_heap.h"
#include "memory/regions.h"

#define PAGES   200u
#define PAGE    4096UL
#define BASE    0x10000UL
#define OBJECTS 3

struct memobj {
    long refs;
};
static struct memobj objects[OBJECTS];
static struct {
    bool is_mapped;
    struct memobj *obj;
    uint64_t offset;
    uint32_t prot;
} model[PAGES];

void regions_obj_get(struct memobj *obj)
{
    obj->refs++;
}
void regions_obj_put(struct memobj *obj)
{
    obj->refs--;
}

static uint32_t pick(uint32_t below)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % below;
}

static uint64_t page_va(uint32_t page)
{
    return BASE + page * PAGE;
}

static bool page_agrees(const struct regions *r, uint32_t page)
{
    const struct region *g = regions_find(r, page_va(page));
    bool is_mapped = g && g->start <= page_va(page);

    if (is_mapped != model[page].is_mapped)
        return false;
    return !is_mapped ||
           (g->prot == model[page].prot && g->obj == model[page].obj &&
            (!g->obj || g->offset + (page_va(page) - g->start) == model[page].offset));
}

static bool is_consistent(const struct regions *r)
{
    long refs[OBJECTS] = {0};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct region *g = &r->at[i];
        if (g->start >= g->end || (i && r->at[i - 1].end > g->start))
            return false;
        if (i && r->at[i - 1].end == g->start && r->at[i - 1].obj == g->obj &&
            r->at[i - 1].prot == g->prot &&
            (!g->obj || g->offset == r->at[i - 1].offset + (g->start - r->at[i - 1].start)))
            return false; /* these two should be one */
        bytes += g->end - g->start;
        if (g->obj)
            refs[g->obj - objects]++;
    }
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].refs != refs[i])
            return false;
    for (uint32_t page = 0; page < PAGES; page++)
        if (!page_agrees(r, page))
            return false;
    return bytes == r->bytes;
}

static void do_map(struct regions *r, uint32_t page, uint32_t count)
{
    struct region n = {
        .start = page_va(page), .end = page_va(page + count), .prot = 1 + pick(3), .max_prot = 7};
    uint32_t which = pick(OBJECTS + 2);

    if (which < OBJECTS) {
        n.obj = &objects[which];
        n.offset = pick(4) ? page_va(page)
                           : pick(64) * PAGE; /* often such that neighbours continue each other */
        regions_obj_get(n.obj);
    }
    regions_remove(r, n.start, n.end);
    regions_insert(r, &n);
    for (uint32_t i = page; i < page + count; i++) {
        model[i].is_mapped = true;
        model[i].obj = n.obj;
        model[i].offset = n.offset + (i - page) * PAGE;
        model[i].prot = n.prot;
    }
}

static void do_protect(struct regions *r, uint32_t page, uint32_t count)
{
    uint32_t prot = 1 + pick(3);

    if (!regions_is_covered(r, page_va(page), page_va(page + count)))
        return;
    regions_protect(r, page_va(page), page_va(page + count), prot);
    for (uint32_t i = page; i < page + count; i++)
        model[i].prot = prot;
}

static bool answers_agree(const struct regions *r, uint32_t page, uint32_t count)
{
    uint64_t overlap = 0;

    for (uint32_t i = page; i < page + count; i++)
        overlap += model[i].is_mapped ? PAGE : 0;
    return regions_overlap(r, page_va(page), page_va(page + count)) == overlap &&
           regions_is_free(r, page_va(page), page_va(page + count)) == (overlap == 0) &&
           regions_is_covered(r, page_va(page), page_va(page + count)) == (overlap == count * PAGE);
}

static bool place_is_right(const struct regions *r)
{
    uint32_t pages = 1 + pick(12), gap = pick(2);
    uint64_t at = regions_place(r, page_va(3), page_va(PAGES - 2), pages * PAGE, gap * PAGE);

    /* The model's answer: the highest start that is free with gaps. */
    for (uint32_t p = PAGES - 2 - pages + 1; p-- > 3;) {
        uint32_t from = p - gap, to = p + pages + gap;
        bool is_free = true;
        for (uint32_t i = from; i < to && i < PAGES; i++)
            is_free &= !model[i].is_mapped;
        if (is_free)
            return at == page_va(p);
    }
    return at == 0;
}

static bool random_walk(struct regions *r, unsigned steps)
{
    while (steps--) {
        uint32_t page = pick(PAGES), count = 1 + pick(PAGES - page < 20 ? PAGES - page : 20);

        if (regions_reserve(r, 3) != 0)
            return false;
        switch (pick(4)) {
        case 0:
        case 1:
            do_map(r, page, count);
            break;
        case 2:
            regions_remove(r, page_va(page), page_va(page + count));
            for (uint32_t i = page; i < page + count; i++)
                model[i].is_mapped = false;
            break;
        default:
            do_protect(r, page, count);
        }
        if (!is_consistent(r) || !answers_agree(r, page, count) || !place_is_right(r))
            return false;
    }
    return true;
}

int main(void)
{
    struct regions r, copy;
    long before;

    regions_init(&r);
    check(regions_find(&r, 0) == NULL);
    check(regions_place(&r, 0x1000, 0x100000, PAGE, PAGE) == 0xff000);
    check(regions_place(&r, 0x1000, 0x100000, 0x100000, 0) == 0);
    check(random_walk(&r, 20000));
    check(regions_copy(&copy, &r) == 0 && copy.count == r.count && copy.bytes == r.bytes);
    before = objects[0].refs + objects[1].refs + objects[2].refs;
    regions_clear(&copy);
    check(is_consistent(&r) && objects[0].refs + objects[1].refs + objects[2].refs < before);
    heap_allowed = 0;
    check(regions_copy(&copy, &r) == -ENOMEM && is_consistent(&r));
    check(regions_reserve(&r, 30000) == -ENOMEM && is_consistent(&r));
    heap_allowed = -1;
    check(regions_reserve(&r, REGIONS_MAX) == -ENOMEM);
    regions_clear(&r);
    check(objects[0].refs == 0 && objects[1].refs == 0 && objects[2].refs == 0);
    check(heap_blocks == 0);
    return check_done();
}
