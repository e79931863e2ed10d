/* SPDX-License-Identifier: Apache-2.0 */
/* What portable code needs of the machine inline: the build machine, where a hart is a thread (or takes turns on one). */
#pragma once
#include "core/types.h"

struct hart;
extern __thread struct hart *host_hart;

/* Harts that take turns share the variable: hidden from ThreadSanitizer. */
__attribute__((no_sanitize("thread"))) static inline struct hart *this_hart(void)
{
    return host_hart;
}

__attribute__((no_sanitize("thread"))) static inline struct hart *this_hart_anew(void)
{
    return host_hart;
}

void *phys_to_virt(paddr_t pa); /* RAM is an array */

#define load_relaxed(p) atomic_load_explicit(p, memory_order_relaxed)
#define store_relaxed(p, v) atomic_store_explicit(p, v, memory_order_relaxed)
#define store_release(p, v) atomic_store_explicit(p, v, memory_order_release)
#define arch_release() ((void)0)
#define store_released(p, v) store_release(p, v)
#define racy_read(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define racy_write(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)
static inline bool arch_take(_Atomic uint32_t *held)
{
    return atomic_exchange_explicit(held, 1, memory_order_acquire) == 0;
}
#define ARCH_LOAD_FOLLOWED memory_order_acquire /* the sanitizer knows of no address dependencies */

nsec_t arch_now(void);
static inline uint64_t arch_ticks(void)
{
    return arch_now();
}
static inline nsec_t arch_ticks_ns(uint64_t ticks)
{
    return ticks;
}
static inline nsec_t arch_time_of(uint64_t reading)
{
    return reading;
}
static inline uint64_t arch_ticks_for(nsec_t ns)
{
    return ns;
}
static inline uint64_t arch_reading_at(nsec_t when)
{
    return when;
}
