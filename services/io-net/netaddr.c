/* SPDX-License-Identifier: Apache-2.0 */
#include "netaddr.h"

#include <errno.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <string.h>

void net_to_lwip(const struct net_addr *a, ip_addr_t *ip)
{
    if (a->family == NET_V6) {
        ip6_addr_t six;
        memset(&six, 0, sizeof six);
        memcpy(six.addr, a->ip, 16);
        if (a->scope != 0 && a->scope <= UINT8_MAX)
            ip6_addr_set_zone(&six, (u8_t)a->scope);
        ip_addr_copy_from_ip6(*ip, six);
    } else if (a->family == NET_V4) {
        ip4_addr_t four;
        memcpy(&four.addr, a->ip, 4);
        ip_addr_copy_from_ip4(*ip, four);
    } else {
        ip_addr_copy(*ip, ip_addr_any_type);
    }
}

void net_from_lwip(const ip_addr_t *ip, uint16_t port, struct net_addr *a)
{
    *a = (struct net_addr){.port = port};
    if (!IP_IS_V4(ip)) { /* "any type" counts as :: */
        a->family = NET_V6;
        memcpy(a->ip, ip_2_ip6(ip)->addr, 16);
        a->scope = ip6_addr_zone(ip_2_ip6(ip));
    } else {
        a->family = NET_V4;
        memcpy(a->ip, &ip_2_ip4(ip)->addr, 4);
    }
}

bool net_is_any(const struct net_addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->ip, zero, sizeof zero) == 0;
}

int net_error(err_t error)
{
    switch (error) {
    case ERR_OK:
        return 0;
    case ERR_MEM:
        return ENOBUFS;
    case ERR_BUF:
        return ENOBUFS;
    case ERR_TIMEOUT:
        return ETIMEDOUT;
    case ERR_RTE:
        return ENETUNREACH;
    case ERR_USE:
        return EADDRINUSE;
    case ERR_ALREADY:
        return EALREADY;
    case ERR_ISCONN:
        return EISCONN;
    case ERR_CONN:
        return ENOTCONN;
    case ERR_IF:
        return ENETDOWN;
    case ERR_ABRT:
        return ECONNABORTED;
    case ERR_RST:
        return ECONNRESET;
    case ERR_CLSD:
        return ENOTCONN;
    default:
        return EINVAL;
    }
}

void net_source_for(const ip_addr_t *remote, ip_addr_t *source)
{
    ip_addr_t any = *remote;
    ip_addr_set_any(IP_IS_V6(remote), &any);
    *source = any;
    struct netif *netif = ip_route(&any, remote);
    const ip_addr_t *local = netif != NULL ? ip_netif_get_local_ip(netif, remote) : NULL;
    if (local != NULL)
        *source = *local;
}
