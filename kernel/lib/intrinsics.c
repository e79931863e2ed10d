/* SPDX-License-Identifier: Apache-2.0 */
/* Functions the compiler calls for what the base instruction set lacks (libgcc is built for another floating-point ABI). */
#include <stdint.h>

int __clzdi2(uint64_t v);
int __ctzdi2(uint64_t v);
int __popcountdi2(uint64_t v);
uint8_t __atomic_exchange_1(volatile void *p, uint8_t v, int order);

/* Position of the highest set bit of a nibble, plus 1. */
static const uint8_t nibble_bits[16] = { 0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4 };

int __clzdi2(uint64_t v)
{
    int n = 64;
    if (v >> 32) {
        v >>= 32;
        n -= 32;
    }
    if (v >> 16) {
        v >>= 16;
        n -= 16;
    }
    if (v >> 8) {
        v >>= 8;
        n -= 8;
    }
    if (v >> 4) {
        v >>= 4;
        n -= 4;
    }
    return n - nibble_bits[v];
}

int __ctzdi2(uint64_t v)
{
    return 63 - __clzdi2(v & -v);
}

int __popcountdi2(uint64_t v)
{
    int n = 0;
    for (; v != 0; v &= v - 1)
        n++;
    return n;
}

/* Always as strong as sequential consistency. */
uint8_t __atomic_exchange_1(volatile void *p, uint8_t v, int order)
{
    (void)order;
    uintptr_t a = (uintptr_t)p;
    volatile uint32_t *word = (volatile uint32_t *)(a & ~(uintptr_t)3);
    unsigned shift = (unsigned)(a & 3) * 8;
    uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED), new;
    do {
        new = (old & ~(0xffU << shift)) | (uint32_t)v << shift;
    } while (!__atomic_compare_exchange_n(word, &old, new, 1, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return (uint8_t)(old >> shift);
}
