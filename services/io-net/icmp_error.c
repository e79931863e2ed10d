/* SPDX-License-Identifier: Apache-2.0 */
/* Followed: RFC 792, RFC 1122 section 4.1.3.3, RFC 4443. */
#include "icmp_error.h"

#include <string.h>

enum { ICMP = 1, UDP = 17, ICMP6 = 58 };
enum { UNREACHABLE4 = 3, PROTOCOL4 = 2, PORT4 = 3, UNREACHABLE6 = 1, PORT6 = 4 };
#define V6_HEADER 40u
#define ICMP_HEADER 8u

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t add_words(uint32_t sum, const uint8_t *p, size_t n)
{
    for (; n > 1; p += 2, n -= 2)
        sum += be16(p);
    return n ? sum + ((uint32_t)p[0] << 8) : sum;
}

static bool sums_up(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

static bool quoted4(const uint8_t *p, size_t n, struct icmp_refusal *out)
{
    size_t head = n > 0 ? (size_t)(p[0] & 15) * 4 : 0;
    if (n < 20 || p[0] >> 4 != 4 || head < 20 || n < head + 4 || p[9] != UDP || (be16(p + 6) & 0x1fff) != 0)
        return false;
    *out = (struct icmp_refusal){.local_port = be16(p + head), .remote_port = be16(p + head + 2)};
    memcpy(out->local, p + 12, 4);
    memcpy(out->remote, p + 16, 4);
    return true;
}

static bool refused4(const uint8_t *p, size_t n, struct icmp_refusal *out)
{
    size_t head = (size_t)(p[0] & 15) * 4;
    if (n < 20 || head < 20 || n < head + ICMP_HEADER || p[9] != ICMP)
        return false;
    size_t all = be16(p + 2);
    if (all < head + ICMP_HEADER || all > n || (be16(p + 6) & 0x3fff) != 0)
        return false; /* cut off, or a fragment */
    const uint8_t *icmp = p + head;
    if (icmp[0] != UNREACHABLE4 || (icmp[1] != PORT4 && icmp[1] != PROTOCOL4))
        return false;
    return sums_up(add_words(0, icmp, all - head)) &&
           quoted4(icmp + ICMP_HEADER, all - head - ICMP_HEADER, out);
}

static bool refused6(const uint8_t *p, size_t n, struct icmp_refusal *out)
{
    if (n < V6_HEADER + ICMP_HEADER + V6_HEADER + 4 || p[6] != ICMP6)
        return false;
    size_t bytes = be16(p + 4);
    const uint8_t *icmp = p + V6_HEADER, *quoted = icmp + ICMP_HEADER;
    if (bytes > n - V6_HEADER || bytes < ICMP_HEADER + V6_HEADER + 4)
        return false;
    if (icmp[0] != UNREACHABLE6 || icmp[1] != PORT6 || quoted[0] >> 4 != 6 || quoted[6] != UDP)
        return false;
    if (!sums_up(add_words(add_words((uint32_t)bytes + ICMP6, p + 8, 32), icmp, bytes)))
        return false;
    *out = (struct icmp_refusal){.is_v6 = true,
                                 .local_port = be16(quoted + V6_HEADER),
                                 .remote_port = be16(quoted + V6_HEADER + 2)};
    memcpy(out->local, quoted + 8, 16);
    memcpy(out->remote, quoted + 24, 16);
    return true;
}

bool icmp_refused(const uint8_t *packet, size_t bytes, size_t whole, struct icmp_refusal *out)
{
    if (bytes == 0 || bytes < whole)
        return false;
    if (packet[0] >> 4 == 4)
        return refused4(packet, bytes, out);
    return packet[0] >> 4 == 6 && refused6(packet, bytes, out);
}
