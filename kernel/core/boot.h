/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of main.c hand to each other.  Nothing here is used after boot but the constants kernel_info says. */
#pragma once
#include "core/hart.h"

/* Fills the parts of a struct hart that come before scheduling: number, stacks. */
void hart_setup(struct hart *h, uint32_t index, uint32_t hartid);

/* Constant after boot. */
struct kernel_info {
    const void *fdt; /* in the direct map */
    size_t fdt_bytes;
    paddr_t initrd;
    size_t initrd_bytes;
    paddr_t syspage;
    uint64_t kernel_bytes; /* frames taken before the allocator started */
};
extern struct kernel_info kernel_info;

struct process;
/* Loads the ELF image of taskman from the initrd and creates its first thread; panics with a reason. */
void taskman_load(void);
