/* SPDX-License-Identifier: Apache-2.0 */
/* Between our addresses and lwIP's. */
#pragma once
#include <lwip/err.h>
#include <lwip/ip_addr.h>

#include "request.h"

/* NET_NONE gives the wildcard address. */
void net_to_lwip(const struct net_addr *a, ip_addr_t *ip);
void net_from_lwip(const ip_addr_t *ip, uint16_t port, struct net_addr *a);
bool net_is_any(const struct net_addr *a);
int net_error(err_t error); /* an errno value */
/* The address that lwIP would send from to reach `remote`; the wildcard address when there is no way. */
void net_source_for(const ip_addr_t *remote, ip_addr_t *source);
