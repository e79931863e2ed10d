/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts content into chunks at places that the content itself chooses: bytes that were inserted or removed
 * move the chunks behind them, but do not change them.  Pure code; both ends use it, and have to cut
 * alike.
 *
 * A chunk ends where a hash of the bytes before, in which older ones lose their weight with every step,
 * has its upper bits clear ("gear" hashing: W. Xia et al., Ddelta, 2014); no sooner than a quarter of the
 * mean, no later than its fourfold. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define CHUNK_BITS_MIN 11u
#define CHUNK_BITS_MAX 16u

/* The mean for a file of this size: few enough chunks that their list stays small. */
unsigned chunk_bits_for(uint64_t size);
size_t chunk_max(unsigned bits);
/* How long the chunk is that begins at bytes.  n is chunk_max() at least, or everything that is left. */
size_t chunk_length(const uint8_t *bytes, size_t n, unsigned bits);
