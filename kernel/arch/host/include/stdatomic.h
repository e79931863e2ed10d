/* SPDX-License-Identifier: Apache-2.0 */
/* <stdatomic.h> for kernel sources on the build machine: every atomic operation is a place where another hart may come first
 * (host_point()), a weak compare-and-swap sometimes fails for no reason as sc.d may, and fences are hidden from ThreadSanitizer, which
 * does not model them: what it must see as ordered has to be ordered by the operations themselves. */
#pragma once
#include_next <stdatomic.h>

void host_point(void);
void host_fence(int order);
_Bool host_sc_fails(void);

#undef atomic_load_explicit
#undef atomic_load
#undef atomic_store_explicit
#undef atomic_store
#undef atomic_exchange_explicit
#undef atomic_exchange
#undef atomic_fetch_add_explicit
#undef atomic_fetch_add
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_sub
#undef atomic_fetch_or_explicit
#undef atomic_fetch_or
#undef atomic_fetch_and_explicit
#undef atomic_fetch_and
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_weak_explicit
#undef atomic_compare_exchange_weak
#undef atomic_thread_fence

#define HOST_SC __ATOMIC_SEQ_CST

#define atomic_load_explicit(p, order)              \
    __extension__({                                 \
        __auto_type host_p_ = (p);                  \
        __typeof__((void)0, *host_p_) host_v_;      \
        host_point();                               \
        __atomic_load(host_p_, &host_v_, order);    \
        host_v_;                                    \
    })
#define atomic_store_explicit(p, v, order)             \
    __extension__({                                    \
        __auto_type host_p_ = (p);                     \
        __typeof__((void)0, *host_p_) host_v_ = (v);   \
        host_point();                                  \
        __atomic_store(host_p_, &host_v_, order);      \
    })
#define atomic_exchange_explicit(p, v, order)                           \
    __extension__({                                                     \
        __auto_type host_p_ = (p);                                      \
        __typeof__((void)0, *host_p_) host_v_ = (v), host_old_;         \
        host_point();                                                   \
        __atomic_exchange(host_p_, &host_v_, &host_old_, order);        \
        host_old_;                                                      \
    })
#define atomic_fetch_add_explicit(p, v, order) (host_point(), __atomic_fetch_add(p, v, order))
#define atomic_fetch_sub_explicit(p, v, order) (host_point(), __atomic_fetch_sub(p, v, order))
#define atomic_fetch_or_explicit(p, v, order) (host_point(), __atomic_fetch_or(p, v, order))
#define atomic_fetch_and_explicit(p, v, order) (host_point(), __atomic_fetch_and(p, v, order))

#define HOST_CAS_(p, expected, v, weak, yes, no)                                                                 \
    __extension__({                                                                                              \
        __auto_type host_p_ = (p);                                                                               \
        __auto_type host_e_ = (expected);                                                                        \
        __typeof__((void)0, *host_p_) host_v_ = (v);                                                             \
        _Bool host_done_ = 0;                                                                                    \
        host_point();                                                                                            \
        if ((weak) && host_sc_fails())                                                                           \
            __atomic_load(host_p_, host_e_, no);                                                                 \
        else                                                                                                     \
            host_done_ = __atomic_compare_exchange(host_p_, host_e_, &host_v_, 0, yes, no);                      \
        host_done_;                                                                                              \
    })
#define atomic_compare_exchange_strong_explicit(p, e, v, yes, no) HOST_CAS_(p, e, v, 0, yes, no)
#define atomic_compare_exchange_weak_explicit(p, e, v, yes, no) HOST_CAS_(p, e, v, 1, yes, no)

#define atomic_load(p) atomic_load_explicit(p, HOST_SC)
#define atomic_store(p, v) atomic_store_explicit(p, v, HOST_SC)
#define atomic_exchange(p, v) atomic_exchange_explicit(p, v, HOST_SC)
#define atomic_fetch_add(p, v) atomic_fetch_add_explicit(p, v, HOST_SC)
#define atomic_fetch_sub(p, v) atomic_fetch_sub_explicit(p, v, HOST_SC)
#define atomic_fetch_or(p, v) atomic_fetch_or_explicit(p, v, HOST_SC)
#define atomic_fetch_and(p, v) atomic_fetch_and_explicit(p, v, HOST_SC)
#define atomic_compare_exchange_strong(p, e, v) HOST_CAS_(p, e, v, 0, HOST_SC, HOST_SC)
#define atomic_compare_exchange_weak(p, e, v) HOST_CAS_(p, e, v, 1, HOST_SC, HOST_SC)
#define atomic_thread_fence(order) host_fence(order)
