/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic arithmetic on unsigned ints shared between threads and interrupt handlers.  The _value
 * forms return the previous value.  Sequentially consistent. */
#pragma once

static inline void atomic_add(volatile unsigned *loc, unsigned incr)
{
    __atomic_fetch_add(loc, incr, __ATOMIC_SEQ_CST);
}

static inline unsigned atomic_add_value(volatile unsigned *loc, unsigned incr)
{
    return __atomic_fetch_add(loc, incr, __ATOMIC_SEQ_CST);
}

static inline void atomic_sub(volatile unsigned *loc, unsigned decr)
{
    __atomic_fetch_sub(loc, decr, __ATOMIC_SEQ_CST);
}

static inline unsigned atomic_sub_value(volatile unsigned *loc, unsigned decr)
{
    return __atomic_fetch_sub(loc, decr, __ATOMIC_SEQ_CST);
}

static inline void atomic_set(volatile unsigned *loc, unsigned bits)
{
    __atomic_fetch_or(loc, bits, __ATOMIC_SEQ_CST);
}

static inline unsigned atomic_set_value(volatile unsigned *loc, unsigned bits)
{
    return __atomic_fetch_or(loc, bits, __ATOMIC_SEQ_CST);
}

static inline void atomic_clr(volatile unsigned *loc, unsigned bits)
{
    __atomic_fetch_and(loc, ~bits, __ATOMIC_SEQ_CST);
}

static inline unsigned atomic_clr_value(volatile unsigned *loc, unsigned bits)
{
    return __atomic_fetch_and(loc, ~bits, __ATOMIC_SEQ_CST);
}

static inline void atomic_toggle(volatile unsigned *loc, unsigned bits)
{
    __atomic_fetch_xor(loc, bits, __ATOMIC_SEQ_CST);
}

static inline unsigned atomic_toggle_value(volatile unsigned *loc, unsigned bits)
{
    return __atomic_fetch_xor(loc, bits, __ATOMIC_SEQ_CST);
}
