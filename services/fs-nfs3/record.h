/* SPDX-License-Identifier: Apache-2.0 */
/* Records of RPC over TCP (RFC 5531, 11), found in what a connection has received. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEAD 4u
#define RECORD_BAD  SIZE_MAX

/* The bytes of the record that begins there, its head included, of which `have` are there. 0: nobody knows yet.
 * RECORD_BAD: more than `most`. */
static inline size_t record_size(const char *bytes, size_t have, size_t most)
{
    const unsigned char *p = (const unsigned char *)bytes;
    if (have < RECORD_HEAD)
        return 0;
    size_t size = RECORD_HEAD + ((size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
    return size > most ? RECORD_BAD : size;
}
