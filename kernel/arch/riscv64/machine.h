/* SPDX-License-Identifier: Apache-2.0 */
/* What portable code needs of the machine inline.  One file of this name per architecture, on the include path. */
#pragma once
#include "arch/riscv64/layout.h"
#include "core/types.h"

struct hart;

/* tp points at the hart's own entry of harts[] while in the kernel. */
static inline struct hart *this_hart(void)
{
    struct hart *h;
    __asm__("mv %0, tp" : "=r"(h));
    return h;
}

/* Direct map: RAM only. */
static inline void *phys_to_virt(paddr_t pa)
{
    return (void *)(DIRECT_BASE + pa);
}

/* RVWMO orders a load after the load that its address comes from: a pointer that is only followed needs no fence. */
#define ARCH_LOAD_FOLLOWED memory_order_relaxed

/* The time counter as it is; arch_ticks_ns() makes a length of it nanoseconds, arch_time_of() a reading what arch_now() was. */
static inline uint64_t arch_ticks(void)
{
    uint64_t t;
    __asm__ volatile("rdtime %0" : "=r"(t));
    return t;
}
nsec_t arch_ticks_ns(uint64_t ticks);
nsec_t arch_time_of(uint64_t reading);
