/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 1071's sum, for lwIP: eight bytes at a time, where lwIP's own takes two. */
#include <stdbool.h>
#include <stdint.h>

unsigned short net_checksum(const void *data, int len);

/* One's complement: what falls out above comes in below. */
static uint64_t add(uint64_t sum, uint64_t value)
{
    sum += value;
    return sum + (sum < value);
}

/* Up to an address that 8 divides, and what is left behind the last one; p is even. */
static uint64_t add_pairs(uint64_t sum, const uint8_t *p, int len)
{
    for (; len > 1; p += 2, len -= 2)
        sum = add(sum, *(const uint16_t *)(const void *)p);
    return len > 0 ? add(sum, *p) : sum; /* little endian: the byte behind it would be the high one */
}

unsigned short net_checksum(const void *data, int len)
{
    const uint8_t *p = data;
    bool is_odd = (uintptr_t)p & 1;
    uint64_t sum = 0;
    if (is_odd && len > 0) {
        sum = (uint64_t)*p++ << 8;
        len--;
    }
    int head = (int)(-(uintptr_t)p & 7);
    head = head < len ? head : len;
    if (head > 0 && head < len) {
        sum = add_pairs(sum, p, head);
        p += head;
        len -= head;
    }
    for (; len >= 32 && ((uintptr_t)p & 7) == 0; p += 32, len -= 32) {
        const uint64_t *w = (const uint64_t *)(const void *)p;
        sum = add(add(add(add(sum, w[0]), w[1]), w[2]), w[3]);
    }
    sum = add_pairs(sum, p, len);
    for (int i = 0; i < 4; i++)
        sum = (sum & 0xffff) + (sum >> 16);
    return (unsigned short)(is_odd ? (sum & 0xff) << 8 | sum >> 8 : sum);
}
