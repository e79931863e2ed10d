/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers for ASLR, AT_RANDOM, stack guards and /dev/random. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void rng_init(const void *seed, size_t bytes); /* seed: rng-seed of the device tree, may be empty */
void rng_mix(const void *data, size_t bytes);  /* adds entropy, never removes any */
void rng_bytes(void *out, size_t bytes);       /* never blocks, never fails */
uint64_t rng_u64(void);
