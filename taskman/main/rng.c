/* SPDX-License-Identifier: Apache-2.0 */
/* Generator: ChaCha20 (RFC 8439) with fast key erasure: every request makes one block whose first
 * 32 bytes replace the key. Seeded from the boot loader's rng-seed property when there is one, and
 * from the time counter at start and at every mix; on a board without rng-seed the first outputs
 * are as good as boot-time jitter (docs/caveats.md). Lock: rng_lock. */
#include <string.h>
#include "main/lock.h"
#include "main/rng.h"

static struct lock rng_lock = LOCK_INIT(RANK_RANDOM);
static uint32_t key[8]; /* rng_lock */
static uint64_t blocks;

static inline uint32_t rotate(uint32_t v, int n)
{
    return v << n | v >> (32 - n);
}

static void quarter(uint32_t *x, int a, int b, int c, int d)
{
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

static void chacha_block(const uint32_t k[8], uint64_t counter, uint32_t out[16])
{
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t x[16];

    memcpy(in + 4, k, 32);
    in[12] = (uint32_t)counter;
    in[13] = (uint32_t)(counter >> 32);
    memcpy(x, in, sizeof(x));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            quarter(x, i, 4 + i, 8 + i, 12 + i);
        for (int i = 0; i < 4; i++)
            quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (int i = 0; i < 16; i++)
        out[i] = x[i] + in[i];
}

static uint64_t time_counter(void)
{
    uint64_t t;

    __asm__ volatile("rdtime %0" : "=r"(t));
    return t;
}

static void rekey_locked(void)
{
    uint32_t block[16];

    key[7] ^= (uint32_t)time_counter();
    chacha_block(key, ++blocks, block);
    memcpy(key, block, 32);
}

static void mix_locked(const uint8_t *data, size_t bytes)
{
    while (bytes) {
        size_t part = bytes < 32 ? bytes : 32;
        for (size_t i = 0; i < part; i++)
            ((uint8_t *)key)[i] ^= data[i];
        rekey_locked();
        data += part;
        bytes -= part;
    }
}

void rng_mix(const void *data, size_t bytes)
{
    lock_acquire(&rng_lock);
    mix_locked(data, bytes);
    lock_release(&rng_lock);
}

void rng_init(const void *seed, size_t bytes)
{
    uint64_t jitter[32];

    for (size_t i = 0; i < 32; i++) {
        jitter[i] = time_counter() ^ k_clock_ns(1) << 20;
        for (volatile unsigned spin = 0; spin < (unsigned)(jitter[i] & 63); spin++)
            ;
    }
    rng_mix(jitter, sizeof(jitter));
    rng_mix(seed, bytes);
}

void rng_bytes(void *out, size_t bytes)
{
    uint8_t *at = out;

    lock_acquire(&rng_lock);
    while (bytes) {
        uint32_t block[16];
        size_t part = bytes < 32 ? bytes : 32;

        key[6] ^= (uint32_t)time_counter();
        chacha_block(key, ++blocks, block);
        memcpy(key, block, 32);
        memcpy(at, block + 8, part);
        at += part;
        bytes -= part;
    }
    lock_release(&rng_lock);
}

uint64_t rng_u64(void)
{
    uint64_t v;

    rng_bytes(&v, sizeof(v));
    return v;
}
