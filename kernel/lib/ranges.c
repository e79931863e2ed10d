/* SPDX-License-Identifier: Apache-2.0 */
/* Range sets: insertion merges neighbours, removal may split one. */
#include "lib/ranges.h"

static void delete_at(struct range_set *s, unsigned i, unsigned n)
{
    for (unsigned j = i; j + n < s->count; j++)
        s->r[j] = s->r[j + n];
    s->count -= n;
}

static void insert_at(struct range_set *s, unsigned i, struct range x)
{
    for (unsigned j = s->count; j > i; j--)
        s->r[j] = s->r[j - 1];
    s->r[i] = x;
    s->count++;
}

bool range_set_add(struct range_set *s, uint64_t base, uint64_t bytes)
{
    struct range x = { base, base + bytes };
    if (bytes == 0)
        return true;
    if (x.end < x.base)
        return false;
    unsigned i = 0;
    while (i < s->count && s->r[i].end < x.base)
        i++;
    unsigned j = i; /* [i, j): touched or overlapped */
    while (j < s->count && s->r[j].base <= x.end) {
        x.base = s->r[j].base < x.base ? s->r[j].base : x.base;
        x.end = s->r[j].end > x.end ? s->r[j].end : x.end;
        j++;
    }
    if (i == j && s->count == RANGES_MAX)
        return false;
    delete_at(s, i, j - i);
    insert_at(s, i, x);
    return true;
}

bool range_set_remove(struct range_set *s, uint64_t base, uint64_t bytes)
{
    uint64_t end = base + bytes;
    if (bytes == 0)
        return true;
    if (end < base)
        return false;
    for (unsigned i = 0; i < s->count;) {
        struct range *r = &s->r[i];
        if (r->end <= base || r->base >= end) {
            i++;
        } else if (r->base < base && r->end > end) {
            if (s->count == RANGES_MAX)
                return false;
            struct range tail = { end, r->end };
            r->end = base;
            insert_at(s, i + 1, tail);
            return true;
        } else if (r->base < base) {
            r->end = base;
            i++;
        } else if (r->end > end) {
            r->base = end;
            i++;
        } else {
            delete_at(s, i, 1);
        }
    }
    return true;
}

bool range_set_contains(const struct range_set *s, uint64_t base, uint64_t bytes)
{
    for (unsigned i = 0; i < s->count; i++)
        if (base >= s->r[i].base && base < s->r[i].end)
            return bytes <= s->r[i].end - base;
    return false;
}

void range_set_align_inward(struct range_set *s, uint64_t align)
{
    for (unsigned i = 0; i < s->count;) {
        struct range *r = &s->r[i];
        uint64_t base = (r->base + align - 1) & ~(align - 1), end = r->end & ~(align - 1);
        if (base < r->base || base >= end) {
            delete_at(s, i, 1);
            continue;
        }
        *r = (struct range){ base, end };
        i++;
    }
}

uint64_t range_set_find(const struct range_set *in, const struct range_set *out, uint64_t from, uint64_t bytes,
                        uint64_t align)
{
    for (unsigned i = 0; i < in->count; i++) {
        uint64_t base = in->r[i].base > from ? in->r[i].base : from, end = in->r[i].end;
        for (unsigned j = 0; j <= out->count; j++) {
            base = (base + align - 1) & ~(align - 1);
            if (base >= end || bytes > end - base)
                break;
            if (j == out->count || base + bytes <= out->r[j].base)
                return base;
            if (base < out->r[j].end)
                base = out->r[j].end;
        }
    }
    return UINT64_MAX;
}
