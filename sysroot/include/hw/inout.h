/* SPDX-License-Identifier: Apache-2.0 */
/* Device registers, at addresses from mmap_device_io().  Each access is ordered against the ones
 * before and after it as the hart's I/O ordering has them (fence iorw, iorw). */
#pragma once
#include <stdint.h>

static inline void __io_fence(void)
{
    __asm__ __volatile__("fence iorw, iorw" ::: "memory");
}

static inline uint8_t in8(uintptr_t port)
{
    uint8_t val = *(volatile uint8_t *)port;

    __io_fence();
    return val;
}

static inline void out8(uintptr_t port, uint8_t val)
{
    __io_fence();
    *(volatile uint8_t *)port = val;
}

/* len units between memory and one register; returns the address behind the memory. */
static inline void *in8s(void *buf, unsigned len, uintptr_t port)
{
    uint8_t *p = (uint8_t *)buf;

    while (len-- > 0)
        *p++ = in8(port);
    return p;
}

static inline void *out8s(const void *buf, unsigned len, uintptr_t port)
{
    const uint8_t *p = (const uint8_t *)buf;

    while (len-- > 0)
        out8(port, *p++);
    return (void *)(uintptr_t)p;
}

static inline uint16_t in16(uintptr_t port)
{
    uint16_t val = *(volatile uint16_t *)port;

    __io_fence();
    return val;
}

static inline void out16(uintptr_t port, uint16_t val)
{
    __io_fence();
    *(volatile uint16_t *)port = val;
}

/* len units between memory and one register; returns the address behind the memory. */
static inline void *in16s(void *buf, unsigned len, uintptr_t port)
{
    uint16_t *p = (uint16_t *)buf;

    while (len-- > 0)
        *p++ = in16(port);
    return p;
}

static inline void *out16s(const void *buf, unsigned len, uintptr_t port)
{
    const uint16_t *p = (const uint16_t *)buf;

    while (len-- > 0)
        out16(port, *p++);
    return (void *)(uintptr_t)p;
}

static inline uint32_t in32(uintptr_t port)
{
    uint32_t val = *(volatile uint32_t *)port;

    __io_fence();
    return val;
}

static inline void out32(uintptr_t port, uint32_t val)
{
    __io_fence();
    *(volatile uint32_t *)port = val;
}

/* len units between memory and one register; returns the address behind the memory. */
static inline void *in32s(void *buf, unsigned len, uintptr_t port)
{
    uint32_t *p = (uint32_t *)buf;

    while (len-- > 0)
        *p++ = in32(port);
    return p;
}

static inline void *out32s(const void *buf, unsigned len, uintptr_t port)
{
    const uint32_t *p = (const uint32_t *)buf;

    while (len-- > 0)
        out32(port, *p++);
    return (void *)(uintptr_t)p;
}

#define inle16(port)       in16(port)
#define inbe16(port)       __builtin_bswap16(in16(port))
#define outle16(port, val) out16((port), (val))
#define outbe16(port, val) out16((port), __builtin_bswap16(val))
#define inle32(port)       in32(port)
#define inbe32(port)       __builtin_bswap32(in32(port))
#define outle32(port, val) out32((port), (val))
#define outbe32(port, val) out32((port), __builtin_bswap32(val))
