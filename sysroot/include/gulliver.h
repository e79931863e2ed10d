/* SPDX-License-Identifier: Apache-2.0 */
/* Byte order.  ENDIAN_LE16(x): x as little-endian, or back; ENDIAN_RET16(x): swapped;
 * ENDIAN_SWAP16(p): swapped in place.  UNALIGNED_RET16(p), UNALIGNED_PUT16(p, x): access at any
 * address. */
#pragma once
#include <stdint.h>
#include <string.h>

#define ENDIAN_RET16(x)  __builtin_bswap16((uint16_t)(x))
#define ENDIAN_LE16(x)   ((uint16_t)(x))
#define ENDIAN_BE16(x)   ENDIAN_RET16(x)
#define ENDIAN_SWAP16(p) ((void)(*(p) = ENDIAN_RET16(*(p))))

#define ENDIAN_RET32(x)  __builtin_bswap32((uint32_t)(x))
#define ENDIAN_LE32(x)   ((uint32_t)(x))
#define ENDIAN_BE32(x)   ENDIAN_RET32(x)
#define ENDIAN_SWAP32(p) ((void)(*(p) = ENDIAN_RET32(*(p))))

#define ENDIAN_RET64(x)  __builtin_bswap64((uint64_t)(x))
#define ENDIAN_LE64(x)   ((uint64_t)(x))
#define ENDIAN_BE64(x)   ENDIAN_RET64(x)
#define ENDIAN_SWAP64(p) ((void)(*(p) = ENDIAN_RET64(*(p))))

static inline uint16_t __unaligned_get16(const void *p)
{
    uint16_t x;

    memcpy(&x, p, sizeof(x));
    return x;
}

static inline void __unaligned_put16(void *p, uint16_t x)
{
    memcpy(p, &x, sizeof(x));
}

#define UNALIGNED_RET16(p)    __unaligned_get16(p)
#define UNALIGNED_PUT16(p, x) __unaligned_put16(p, (uint16_t)(x))

static inline uint32_t __unaligned_get32(const void *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));
    return x;
}

static inline void __unaligned_put32(void *p, uint32_t x)
{
    memcpy(p, &x, sizeof(x));
}

#define UNALIGNED_RET32(p)    __unaligned_get32(p)
#define UNALIGNED_PUT32(p, x) __unaligned_put32(p, (uint32_t)(x))

static inline uint64_t __unaligned_get64(const void *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
    return x;
}

static inline void __unaligned_put64(void *p, uint64_t x)
{
    memcpy(p, &x, sizeof(x));
}

#define UNALIGNED_RET64(p)    __unaligned_get64(p)
#define UNALIGNED_PUT64(p, x) __unaligned_put64(p, (uint64_t)(x))
