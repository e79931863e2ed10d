/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces: loopback (lwIP's own) and one per network device, their addresses, and what user space sees and
 * sets of them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "request.h"
#include "sock.h"


struct netif;

/* A device's counters, kept by its driver. */
struct iface_counters {
    uint64_t in_packets, out_packets, in_bytes, out_bytes, in_dropped, out_dropped;
};

/* Adds an Ethernet interface whose driver fills in `init`; NULL when that fails. */
struct netif *iface_add(const char *prefix, int (*init)(struct netif *netif), struct iface_counters *counters);
/* netif->state of an Ethernet interface. */
struct iface {
    struct netif *netif;
    struct iface_counters *counters;
    char name[16];
};
int iface_list(resmgr_context_t *ctp, const struct request *rq);
int iface_set(const struct request *rq);
int iface_membership(const struct request *rq); /* IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP */
/* What lwIP's loopback interface needs no longer: sums over TCP and UDP that no wire can spoil. */
void iface_tune_loopback(void);
/* Starts DHCP on every Ethernet interface. */
void iface_start_dhcp(void);
bool iface_has_address(void); /* an IPv4 address on every Ethernet interface */
/* Text of /etc/resolv.conf; the bytes, without NUL. */
size_t iface_resolv_conf(char *text, size_t size);
