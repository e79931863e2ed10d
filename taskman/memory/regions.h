/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what is mapped in one address space: a sorted array of ranges that never overlap.
 * Pure bookkeeping, no kernel call and no lock: the caller holds aspace.lock.  Changes that may
 * need room (a split makes one more region, at most two) are preceded by regions_reserve(), so that
 * after the kernel's part succeeded nothing can fail. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memobj;

struct region {
    uint64_t start, end;     /* page aligned, start < end */
    uint64_t offset;         /* in the object, or the physical address */
    struct memobj *obj;      /* NULL: anonymous or physical.  One reference each */
    uint32_t prot, max_prot; /* TM_PROT_* */
    uint32_t flags;          /* REGION_* */
};
#define REGION_SHARED      0x1
#define REGION_PHYS        0x2
#define REGION_LAZY        0x4
#define REGION_STACK       0x8
#define REGION_LOADER      0x10
#define REGION_FIXED_PLACE 0x20 /* program text and data: shown by pidin */

#define REGIONS_MAX 32768

struct regions {
    struct region *at; /* sorted by start */
    uint32_t count, room;
    uint64_t bytes; /* sum of the lengths */
};

/* What regions_* call for the references of region.obj. */
void regions_obj_get(struct memobj *obj);
void regions_obj_put(struct memobj *obj);

void regions_init(struct regions *r);
/* Room for `more` further regions: 0, or -ENOMEM also above REGIONS_MAX. */
int regions_reserve(struct regions *r, unsigned more);
/* The first region that ends above va, NULL when none. */
struct region *regions_find(const struct regions *r, uint64_t va);
bool regions_is_free(const struct regions *r, uint64_t start, uint64_t end);
bool regions_is_covered(const struct regions *r, uint64_t start, uint64_t end);
/* Bytes of [start, end) that are mapped. */
uint64_t regions_overlap(const struct regions *r, uint64_t start, uint64_t end);
/* Highest free place for `bytes` with `gap` bytes free on both sides, inside [low, high); 0 when
 * there is none. */
uint64_t regions_place(const struct regions *r, uint64_t low, uint64_t high, uint64_t bytes,
                       uint64_t gap);
/* Takes one of the caller's references to n->obj.  The range must be free and one region reserved.
 */
void regions_insert(struct regions *r, const struct region *n);
/* Needs one region reserved. */
void regions_remove(struct regions *r, uint64_t start, uint64_t end);
/* Needs two regions reserved; the range must be covered. */
void regions_protect(struct regions *r, uint64_t start, uint64_t end, uint32_t prot);
/* dst is empty; 0 or -ENOMEM. */
int regions_copy(struct regions *dst, const struct regions *src);
void regions_clear(struct regions *r); /* everything, with its memory */
