/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet frames as lwIP takes them. */
#pragma once
#include <lwip/pbuf.h>
#include <stddef.h>

#define FRAME_MAX 1514u /* bytes without the check sequence */
#define FRAME_MIN 60u

/* A received frame of 1 to FRAME_MAX bytes in one piece: padded with zeros to FRAME_MIN, which a sender may not have done and lwIP's ARP
 * takes for granted, and with its IP header aligned. NULL: no memory. */
struct pbuf *frame_pbuf(const void *bytes, size_t n, pbuf_type type);
