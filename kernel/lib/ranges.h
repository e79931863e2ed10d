/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted set of disjoint address ranges of fixed capacity: memory maps at boot. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define RANGES_MAX 160

struct range {
    uint64_t base, end; /* end exclusive */
};

struct range_set {
    unsigned count;
    struct range r[RANGES_MAX];
};

/* false: the table is full, or base + bytes wraps; the set is unchanged.  Empty ranges are ignored. */
bool range_set_add(struct range_set *s, uint64_t base, uint64_t bytes);
bool range_set_remove(struct range_set *s, uint64_t base, uint64_t bytes);
bool range_set_contains(const struct range_set *s, uint64_t base, uint64_t bytes); /* wholly */
/* Every start moves up and every end down to a multiple of align (a power of two); what becomes empty goes. */
void range_set_align_inward(struct range_set *s, uint64_t align);
/* Lowest address >= from, aligned, where bytes fit into `in` without touching `out`.  UINT64_MAX when there is none. */
uint64_t range_set_find(const struct range_set *in, const struct range_set *out, uint64_t from, uint64_t bytes,
                        uint64_t align);
