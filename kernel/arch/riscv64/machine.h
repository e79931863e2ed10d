/* SPDX-License-Identifier: Apache-2.0 */
/* What portable code needs of the machine inline.  One file of this name per architecture, on the include path. */
#pragma once
#include "arch/riscv64/layout.h"
#include "core/types.h"

struct hart;

/* tp points at the hart's own entry of harts[] while in the kernel.  The compiler may read it once for a whole function. */
static inline struct hart *this_hart(void)
{
    struct hart *h;
    __asm__("mv %0, tp" : "=r"(h));
    return h;
}

/* The same after something that may have gone on on another hart (core/preempt.h, a continuation). */
static inline struct hart *this_hart_anew(void)
{
    struct hart *h;
    __asm__ volatile("mv %0, tp" : "=r"(h)::"memory");
    return h;
}

/* Direct map: RAM only. */
static inline void *phys_to_virt(paddr_t pa)
{
    return (void *)(DIRECT_BASE + pa);
}

/* Relaxed and release accesses of _Atomic objects as single instructions with an offset: GCC's own take an address in a register and
 * extend what is extended.  Naturally aligned accesses of up to 8 bytes are atomic. */
#define ARCH_PLAIN(p) __typeof__(((void)0, *(p)))
#define load_relaxed(p) (*(const volatile ARCH_PLAIN(p) *)(const volatile void *)(p))
#define store_relaxed(p, v) ((void)(*(volatile ARCH_PLAIN(p) *)(volatile void *)(p) = (v)))
#define store_release(p, v) (riscv_fence_release(), store_relaxed(p, v))
#define racy_read(x) (*(const volatile __typeof__(x) *)&(x))
#define racy_write(x, v) ((void)(*(volatile __typeof__(x) *)&(x) = (v)))
/* Several at once: one fence, then the stores. */
#define arch_release() riscv_fence_release()
#define store_released(p, v) store_relaxed(p, v)
static inline void riscv_fence_release(void)
{
    __asm__ volatile("fence rw, w" ::: "memory");
}

/* RVWMO orders a load after the load that its address comes from: a pointer that is only followed needs no fence. */
#define ARCH_LOAD_FOLLOWED memory_order_relaxed

/* Takes what is 0 and becomes 1, acquire; false: it was 1. */
static inline bool arch_take(_Atomic uint32_t *held)
{
    uint64_t before;
    __asm__ volatile("amoswap.w.aq %0, %2, %1" : "=r"(before), "+A"(*held) : "r"(1UL) : "memory");
    return before == 0;
}

/* The time counter as it is; arch_ticks_ns() makes a length of it nanoseconds, arch_time_of() a reading what arch_now() was. */
static inline uint64_t arch_ticks(void)
{
    uint64_t t;
    __asm__ volatile("rdtime %0" : "=r"(t));
    return t;
}
nsec_t arch_ticks_ns(uint64_t ticks);
nsec_t arch_time_of(uint64_t reading);
/* The other way, rounded up; (nsec_t)-1, never, is UINT64_MAX. */
uint64_t arch_ticks_for(nsec_t ns);
uint64_t arch_reading_at(nsec_t when);
