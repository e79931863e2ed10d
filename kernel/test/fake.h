/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/types.h"

#define FAKE_BASE 0x80000000UL
#define FAKE_PAGES 4096

extern struct fake_machine {
    paddr_t kernel_root, syspage;
    uint64_t flushes, flushed_bytes, icache_syncs;
    nsec_t now, timer;
} fake;

void fake_init(void);
