/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP and ICMPv6 messages that say: nobody has that UDP port.  Pure code over bytes from the network; tests/fuzz
 * runs it on the build machine. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct icmp_refusal {
    bool is_v6;
    uint8_t local[16], remote[16]; /* as we sent it; IPv4 in the first 4 bytes */
    uint16_t local_port, remote_port;
};

#define ICMP_LOOK_AT 1280 /* bytes of a packet that are enough: errors are no longer than that */

/* packet: what there is of an IP packet of `whole` bytes, from its header on. */
bool icmp_refused(const uint8_t *packet, size_t bytes, size_t whole, struct icmp_refusal *out);
