/* SPDX-License-Identifier: Apache-2.0 */
/* Frame allocator: set-up at boot, and questions that only mm asks. */
#pragma once
#include "core/types.h"

#define FRAME_ZONES_MAX 16

/* Boot: a range of directly mapped RAM, with memory for its records.  What is not released is nobody's. */
size_t frame_table_bytes(uint64_t pages);
void frame_add_zone(paddr_t base, uint64_t pages, void *table);
/* Boot: frames become free. */
void frame_release_range(paddr_t base, paddr_t end);
/* Boot: what lies in RAM and is not the kernel's (device tree, initrd, firmware): may be mapped by physical address, is counted by nobody. */
void frame_fix_range(paddr_t base, paddr_t end);
/* Boot: frames of the kernel itself, which no process may map. */
void frame_own_range(paddr_t base, paddr_t end);

paddr_t frame_alloc_dirty(void); /* contents undefined: for copies */

/* Allocated by this allocator, hence reference-counted; false for devices and reserved memory. */
bool frame_is_counted(paddr_t pa);
/* RAM that belongs to the allocator or the kernel: not to be mapped by physical address. */
bool frame_is_private(paddr_t pa);
/* Reachable through the direct map. */
bool frame_is_ram(paddr_t pa);
/* The largest range of such frames: constant after boot. */
struct frame_range {
    paddr_t base;
    uint64_t bytes;
};
extern struct frame_range frame_largest;
