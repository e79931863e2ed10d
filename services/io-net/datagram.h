/* SPDX-License-Identifier: Apache-2.0 */
/* What UDP and raw sockets share. */
#pragma once
#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>

#include "sock.h"

/* Puts a received packet into the queue and serves who waits for it.  False: no room, p is still the
 * caller's. */
bool datagram_queue(struct sock *s, struct pbuf *p, const struct net_addr *from);
bool datagram_fits(const struct sock *s, const struct net_addr *a);
/* Where it goes: to the wildcard address means to this machine. */
void datagram_target(const struct net_addr *a, ip_addr_t *ip);
/* A sender's bytes as one buffer.  0 or an errno value. */
int datagram_read(struct waiter *w, pbuf_layer layer, uint32_t max, struct pbuf **out);
int datagram_shutdown(struct sock *s, bool rd, bool wr);
