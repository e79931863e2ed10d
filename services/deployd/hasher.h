/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of bytes that come in parts, computed by a second thread while the caller moves the next ones: in an emulator and on
 * small boards it costs more than the bytes' way through the network. One at a time. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define HASHER_PART 65536u

void hasher_begin(void);
void hasher_add(const void *bytes, size_t n); /* at most HASHER_PART; they are copied */
void hasher_end(uint8_t digest[32]);
