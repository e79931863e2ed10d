/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The round constants are what FIPS 180-4 defines: the first 32 fraction bits of the cube roots of
 * the first 64 primes; the start values come from the square roots of the first 8. Both are
 * computed with integers.
 */
#include "sha256.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t k[64];
static uint32_t start[8];

/* The largest r with r^power <= n * 2^(32 * power); its low 32 bits are the fraction of the root.
 */
static uint32_t root_fraction(unsigned n, int power)
{
    uint64_t low = 0;
    uint64_t high = (uint64_t)32 << 32;
    while (high - low > 1) {
        uint64_t mid = low + (high - low) / 2;
        /* mid < 2^37: mid^2 fits 128 bits, and so does mid^3. */
        unsigned __int128 product = (unsigned __int128)mid * mid;
        unsigned __int128 limit = (unsigned __int128)n << 64;
        if (power == 3) {
            product *= mid;
            limit <<= 32;
        }
        if (product <= limit)
            low = mid;
        else
            high = mid;
    }
    return (uint32_t)low;
}

static void make_constants(void)
{
    unsigned found = 0;
    for (unsigned n = 2; found < 64; n++) {
        bool prime = true;
        for (unsigned d = 2; d * d <= n && prime; d++)
            prime = n % d != 0;
        if (!prime)
            continue;
        k[found] = root_fraction(n, 3);
        if (found < 8)
            start[found] = root_fraction(n, 2);
        found++;
    }
}

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void block(uint32_t h[8], const uint8_t *p)
{
    uint32_t w[64];
    uint32_t s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[i * 4] << 24 | (uint32_t)p[i * 4 + 1] << 16 |
               (uint32_t)p[i * 4 + 2] << 8 | p[i * 4 + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, h, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        uint32_t t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        uint32_t a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        uint32_t t2 = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

void sha256_hex(const void *data, size_t len, char hex[65])
{
    const uint8_t *p = data;
    uint8_t tail[128] = {0};
    uint32_t h[8];
    size_t whole = len / 64 * 64;
    size_t rest = len - whole;
    if (k[0] == 0)
        make_constants();
    memcpy(h, start, sizeof h);
    for (size_t at = 0; at < whole; at += 64)
        block(h, p + at);
    if (rest > 0)
        memcpy(tail, p + whole, rest);
    tail[rest] = 0x80;
    size_t tail_len = rest < 56 ? 64 : 128;
    for (int i = 0; i < 8; i++)
        tail[tail_len - 1 - (size_t)i] = (uint8_t)((uint64_t)len * 8 >> (8 * i));
    for (size_t at = 0; at < tail_len; at += 64)
        block(h, tail + at);
    for (int i = 0; i < 8; i++)
        sprintf(hex + i * 8, "%08x", h[i]);
}
