/* SPDX-License-Identifier: Apache-2.0 */
#include "iface.h"

#include <abi/socket.h>
#include <errno.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/igmp.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netif/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>

#include "netaddr.h"
#include "sock.h"

#define ETHERNET_MAX 4
#define LIST_BYTES   32768u

static struct iface ethernets[ETHERNET_MAX];
static unsigned ethernet_count;

static err_t start(struct netif *netif)
{
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->mtu = 1500;
    netif->hwaddr_len = 6;
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->hostname = "qrv";
    return ERR_OK;
}

struct netif *iface_add(const char *prefix, int (*init)(struct netif *netif), struct iface_counters *counters)
{
    if (ethernet_count == ETHERNET_MAX)
        return NULL;
    struct iface *f = &ethernets[ethernet_count];
    struct netif *netif = calloc(1, sizeof *netif);
    if (netif == NULL)
        return NULL;
    if (netif_add_noaddr(netif, NULL, start, ethernet_input) == NULL)
        return NULL;
    netif->state = f;
    netif->name[0] = prefix[0];
    netif->name[1] = prefix[1];
    *f = (struct iface){.netif = netif, .counters = counters};
    snprintf(f->name, sizeof f->name, "%c%c%u", prefix[0], prefix[1], ethernet_count);
    if (init(netif) != 0) {
        netif_remove(netif);
        free(netif);
        return NULL;
    }
    ethernet_count++;
    netif_create_ip6_linklocal_address(netif, 1);
    netif_set_ip6_autoconfig_enabled(netif, 1);
    if (ethernet_count == 1)
        netif_set_default(netif);
    netif_set_up(netif);
    netif_set_link_up(netif);
    return netif;
}

void iface_tune_loopback(void)
{
    NETIF_SET_CHECKSUM_CTRL(netif_find("lo0"),
                            NETIF_CHECKSUM_ENABLE_ALL & ~(NETIF_CHECKSUM_GEN_UDP | NETIF_CHECKSUM_GEN_TCP |
                                                          NETIF_CHECKSUM_CHECK_UDP | NETIF_CHECKSUM_CHECK_TCP));
}

void iface_start_dhcp(void)
{
    for (unsigned i = 0; i < ethernet_count; i++)
        dhcp_start(ethernets[i].netif);
}

bool iface_has_address(void)
{
    for (unsigned i = 0; i < ethernet_count; i++)
        if (ip4_addr_isany(netif_ip4_addr(ethernets[i].netif)))
            return false;
    return true;
}

/* Ours, or NULL: the loopback interface is lwIP's. */
static struct iface *iface_of(const struct netif *netif)
{
    for (unsigned i = 0; i < ethernet_count; i++)
        if (ethernets[i].netif == netif)
            return &ethernets[i];
    return NULL;
}

static const char *name_of(const struct netif *netif)
{
    const struct iface *f = iface_of(netif);
    return f != NULL ? f->name : "lo0";
}

static struct netif *find(const char *name)
{
    struct netif *netif;
    NETIF_FOREACH(netif)
        if (strcmp(name, name_of(netif)) == 0)
            return netif;
    return NULL;
}

static bool is_loopback(const struct netif *netif)
{
    return ip4_addr_isloopback(netif_ip4_addr(netif));
}

static uint32_t flags_of(const struct netif *netif)
{
    uint32_t flags = netif_is_up(netif) ? IFF_UP : 0;
    flags |= netif_is_link_up(netif) ? IFF_RUNNING : 0;
    if (is_loopback(netif))
        return flags | IFF_LOOPBACK | IFF_RUNNING;
    return flags | IFF_BROADCAST | IFF_MULTICAST;
}

static void describe_v6(const struct netif *netif, struct _sock_if *out)
{
    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES && i < _SOCK_IF_V6; i++) {
        if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
            continue;
        memcpy(out->v6[i], netif_ip6_addr(netif, i)->addr, 16);
        out->v6_prefix[i] = is_loopback(netif) ? 128 : 64;
    }
}

static void describe(struct netif *netif, struct _sock_if *out)
{
    const struct iface *f = iface_of(netif);
    const struct iface_counters *c = f != NULL ? f->counters : NULL;
    *out = (struct _sock_if){.index = netif_get_index(netif), .mtu = netif->mtu, .flags = flags_of(netif)};
    strcpy(out->name, name_of(netif));
    out->addr = netif_ip4_addr(netif)->addr;
    out->mask = netif_ip4_netmask(netif)->addr;
    out->gateway = is_loopback(netif) ? 0 : netif_ip4_gw(netif)->addr;
    memcpy(out->mac, netif->hwaddr, netif->hwaddr_len < 6 ? netif->hwaddr_len : 6);
    describe_v6(netif, out);
    for (unsigned i = 0; i < 2; i++)
        if (IP_IS_V4(dns_getserver((u8_t)i)))
            out->dns[i] = ip_2_ip4(dns_getserver((u8_t)i))->addr;
    out->dhcp = netif_dhcp_data(netif) != NULL && netif_dhcp_data(netif)->state != 0;
    out->is_default = netif == netif_default;
    if (is_loopback(netif))
        out->mtu = 65535;
    if (c != NULL) {
        out->in_packets = c->in_packets;
        out->out_packets = c->out_packets;
        out->in_bytes = c->in_bytes;
        out->out_bytes = c->out_bytes;
        out->in_dropped = c->in_dropped;
        out->out_dropped = c->out_dropped;
    }
}

static void describe_socket(const struct sock *s, struct _sock_info *out)
{
    struct net_addr local, remote;
    s->ops->name(s, &local, &remote);
    *out = (struct _sock_info){.domain = (uint8_t)s->domain,
                               .type = (uint8_t)s->type,
                               .protocol = (uint8_t)s->protocol,
                               .received = s->queued - s->head_offset,
                               .local_port = local.port,
                               .remote_port = remote.port,
                               .is_v6 = local.family == NET_V6 || remote.family == NET_V6};
    memcpy(out->local, local.ip, 16);
    memcpy(out->remote, remote.ip, 16);
    if (s->ops == &tcp_ops && s->tcp != NULL) {
        out->state = (uint8_t)s->tcp->state;
        if (!s->listening)
            out->unsent = TCP_SND_BUF - tcp_sndbuf(s->tcp);
    }
}

/* flags: the first record that is asked for. */
int iface_list(resmgr_context_t *ctp, const struct request *rq)
{
    static union {
        struct _sock_if interfaces[LIST_BYTES / sizeof(struct _sock_if)];
        struct _sock_info sockets[LIST_BYTES / sizeof(struct _sock_info)];
    } list;
    size_t size, n = 0, at = 0, first = rq->flags < 0 ? 0 : (size_t)rq->flags;
    if (rq->option == _SOCK_LIST_IF) {
        struct netif *netif;
        size = sizeof list.interfaces[0];
        NETIF_FOREACH(netif)
            if (at++ >= first && n < LIST_BYTES / size && (n + 1) * size <= rq->data_len)
                describe(netif, &list.interfaces[n++]);
    } else if (rq->option == _SOCK_LIST_SOCKETS) {
        size = sizeof list.sockets[0];
        for (const struct sock *s = all_sockets; s != NULL; s = s->all_next)
            if (s->ops != NULL && at++ >= first && n < LIST_BYTES / size && (n + 1) * size <= rq->data_len)
                describe_socket(s, &list.sockets[n++]);
    } else {
        return EINVAL;
    }
    MsgReply(ctp->rcvid, (long)(n * size), &list, n * size);
    return _RESMGR_NOREPLY;
}

int iface_set(const struct request *rq)
{
    struct _sock_if want;
    ip4_addr_t addr;
    memcpy(&want, rq->data, sizeof want);
    want.name[sizeof want.name - 1] = '\0';
    struct netif *netif = find(want.name);
    if (netif == NULL)
        return ENXIO;
    if (rq->option & _SOCK_SET_DHCP) {
        if (is_loopback(netif))
            return EOPNOTSUPP;
        if (want.dhcp)
            return net_error(dhcp_start(netif));
        dhcp_release_and_stop(netif);
    }
    if (rq->option & (_SOCK_SET_ADDR | _SOCK_SET_MASK | _SOCK_SET_GATEWAY) && netif_dhcp_data(netif) != NULL)
        dhcp_stop(netif); /* or it would take the address back */
    if (rq->option & _SOCK_SET_ADDR) {
        addr.addr = want.addr;
        netif_set_ipaddr(netif, &addr);
    }
    if (rq->option & _SOCK_SET_MASK) {
        addr.addr = want.mask;
        netif_set_netmask(netif, &addr);
    }
    if (rq->option & _SOCK_SET_GATEWAY) {
        addr.addr = want.gateway;
        netif_set_gw(netif, &addr);
    }
    for (unsigned i = 0; (rq->option & _SOCK_SET_DNS) && i < 2; i++) {
        ip_addr_t server = IPADDR4_INIT(want.dns[i]);
        dns_setserver((u8_t)i, &server);
    }
    if (rq->option & _SOCK_SET_UP) {
        if (want.flags & IFF_UP)
            netif_set_up(netif);
        else
            netif_set_down(netif);
    }
    return EOK;
}

int iface_membership(const struct request *rq)
{
    struct ip_mreq mreq;
    ip4_addr_t group, local;
    if (rq->data_len < sizeof mreq)
        return EINVAL;
    memcpy(&mreq, rq->data, sizeof mreq);
    group.addr = mreq.imr_multiaddr.s_addr;
    local.addr = mreq.imr_interface.s_addr;
    if (!ip4_addr_ismulticast(&group))
        return EINVAL;
    err_t error = rq->option == IP_ADD_MEMBERSHIP ? igmp_joingroup(&local, &group)
                                                  : igmp_leavegroup(&local, &group);
    return error == ERR_OK ? EOK : EADDRNOTAVAIL;
}

size_t iface_resolv_conf(char *text, size_t size)
{
    size_t at = 0;
    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        const ip_addr_t *server = dns_getserver(i);
        if (ip_addr_isany(server))
            continue;
        int n = snprintf(text + at, size - at, "nameserver %s\n", ipaddr_ntoa(server));
        if (n > 0 && (size_t)n < size - at)
            at += (size_t)n;
    }
    return at;
}
