/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk.h"

unsigned chunk_bits_for(uint64_t size)
{
    unsigned bits = CHUNK_BITS_MIN;
    while (bits < CHUNK_BITS_MAX && size >> bits > 8192)
        bits++;
    return bits;
}

size_t chunk_max(unsigned bits)
{
    return (size_t)4 << bits;
}

/* A number for each byte that has nothing to do with its neighbours' (splitmix64). */
static void fill(uint64_t gear[256])
{
    for (uint64_t i = 0; i < 256; i++) {
        uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        gear[i] = z ^ z >> 31;
    }
}

size_t chunk_length(const uint8_t *bytes, size_t n, unsigned bits)
{
    static uint64_t gear[256];
    uint64_t hash = 0;
    size_t min = (size_t)1 << (bits - 2), max = n < chunk_max(bits) ? n : chunk_max(bits);
    if (gear[0] == 0)
        fill(gear);
    /* 64 bytes are all that the hash remembers. */
    for (size_t i = min > 64 ? min - 64 : 0; i < max; i++) {
        hash = (hash << 1) + gear[bytes[i]];
        if (i + 1 >= min && hash >> (64 - bits) == 0)
            return i + 1;
    }
    return max;
}
