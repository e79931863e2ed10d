/* SPDX-License-Identifier: Apache-2.0 */
/* IP packets as icmp_refused() sees them; the seeds are good ones.  What it believes has a checksum that is right,
 * names UDP ports that are in the packet, and does not depend on what is behind the packet. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "../../services/io-net/icmp_error.h"

static int is_inside(const uint8_t *data, size_t size, const void *part, size_t n)
{
    for (size_t i = 0; i + n <= size; i++)
        if (memcmp(data + i, part, n) == 0)
            return 1;
    return 0;
}

/* Most mutations break the checksum: this mends it, so that what is behind it is reached. */
static void mend(uint8_t *p, size_t n)
{
    size_t head = p[0] >> 4 == 4 ? (size_t)(p[0] & 15) * 4 : 40, end = n;
    uint32_t sum = 0;
    if (n < 44 || head + 8 > n)
        return;
    p[head + 2] = p[head + 3] = 0;
    if (p[0] >> 4 == 4) {
        size_t all = (size_t)(p[2] << 8 | p[3]);
        end = all > head && all < n ? all : n;
    } else {
        size_t bytes = (size_t)(p[4] << 8 | p[5]);
        end = 40 + bytes < n ? 40 + bytes : n;
        sum = (uint32_t)bytes + 58;
        for (size_t i = 8; i < 40; i++)
            sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    }
    for (size_t i = head; i < end; i++)
        sum += (i - head) % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    p[head + 2] = (uint8_t)(~sum >> 8);
    p[head + 3] = (uint8_t)~sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct icmp_refusal a, b;
    if (size == 0 || size > ICMP_LOOK_AT)
        return 0;
    /* Exactly as large as the packet: reading past it is an error that shows. */
    uint8_t *exact = malloc(size), *longer = malloc(size + 64);
    memcpy(exact, data, size);
    mend(exact, size);
    memcpy(longer, exact, size);
    memset(longer + size, 0x5a, 64);
    bool one = icmp_refused(exact, size, size, &a), two = icmp_refused(longer, size, size, &b);
    if (one != two || (one && memcmp(&a, &b, sizeof a) != 0))
        abort();
    if (one && !is_inside(exact, size, a.remote, a.is_v6 ? 16 : 4))
        abort();
    if (icmp_refused(exact, size - 1, size, &a))
        abort(); /* a packet that is not all there */
    free(exact);
    free(longer);
    return 0;
}
