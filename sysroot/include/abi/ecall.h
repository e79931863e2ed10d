/* SPDX-License-Identifier: Apache-2.0 */
/* The trap of abi/kercall.h in C.  Results are zero or positive, or -errno.  A kernel call changes what a function may change: the
 * a and t registers; all but a0 come back as zero or as they were. */
#pragma once

#define _KC_REG(name, value) register long name __asm__(#name) = (value)
#define _KC_CLOBBERS "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory"

static inline long _kc_call6(long n, long a, long b, long c, long d, long e, long f)
{
    _KC_REG(a7, n);
    _KC_REG(a0, a);
    _KC_REG(a1, b);
    _KC_REG(a2, c);
    _KC_REG(a3, d);
    _KC_REG(a4, e);
    _KC_REG(a5, f);
    __asm__ __volatile__("ecall"
                         : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a7)
                         :
                         : _KC_CLOBBERS);
    return a0;
}
static inline long _kc_call5(long n, long a, long b, long c, long d, long e)
{
    _KC_REG(a7, n);
    _KC_REG(a0, a);
    _KC_REG(a1, b);
    _KC_REG(a2, c);
    _KC_REG(a3, d);
    _KC_REG(a4, e);
    __asm__ __volatile__("ecall"
                         : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a7)
                         :
                         : "a5", _KC_CLOBBERS);
    return a0;
}
static inline long _kc_call4(long n, long a, long b, long c, long d)
{
    _KC_REG(a7, n);
    _KC_REG(a0, a);
    _KC_REG(a1, b);
    _KC_REG(a2, c);
    _KC_REG(a3, d);
    __asm__ __volatile__("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a7) : : "a4", "a5", _KC_CLOBBERS);
    return a0;
}
static inline long _kc_call3(long n, long a, long b, long c)
{
    _KC_REG(a7, n);
    _KC_REG(a0, a);
    _KC_REG(a1, b);
    _KC_REG(a2, c);
    __asm__ __volatile__("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a7) : : "a3", "a4", "a5", _KC_CLOBBERS);
    return a0;
}
static inline long _kc_call2(long n, long a, long b)
{
    _KC_REG(a7, n);
    _KC_REG(a0, a);
    _KC_REG(a1, b);
    __asm__ __volatile__("ecall" : "+r"(a0), "+r"(a1), "+r"(a7) : : "a2", "a3", "a4", "a5", _KC_CLOBBERS);
    return a0;
}
static inline long _kc_call1(long n, long a)
{
    _KC_REG(a7, n);
    _KC_REG(a0, a);
    __asm__ __volatile__("ecall" : "+r"(a0), "+r"(a7) : : "a1", "a2", "a3", "a4", "a5", _KC_CLOBBERS);
    return a0;
}
static inline long _kc_call0(long n)
{
    return _kc_call1(n, 0);
}
