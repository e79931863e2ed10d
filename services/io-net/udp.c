/* SPDX-License-Identifier: Apache-2.0 */
/* UDP sockets over lwIP's raw API. */
#include <errno.h>
#include <lwip/igmp.h>
#include <lwip/udp.h>
#include <netinet/in.h>
#include <sys/neutrino.h>
#include <sys/socket.h>

#include "datagram.h"
#include "netaddr.h"
#include "sock.h"

static void on_recv(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *ip, u16_t port)
{
    struct sock *s = arg;
    struct net_addr from;
    (void)pcb;
    net_from_lwip(ip, port, &from);
    if (!datagram_queue(s, p, &from))
        pbuf_free(p);
}

static int need_pcb(struct sock *s)
{
    if (s->udp != NULL)
        return 0;
    u8_t type = s->domain == AF_INET ? IPADDR_TYPE_V4 : s->v6only ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;
    s->udp = udp_new_ip_type(type);
    if (s->udp == NULL)
        return ENOBUFS;
    udp_recv(s->udp, on_recv, s);
    return 0;
}

static int do_bind(struct sock *s, const struct net_addr *a)
{
    ip_addr_t ip;
    int error = s->bound ? EINVAL : need_pcb(s);
    if (error != 0)
        return error;
    if (!datagram_fits(s, a))
        return EAFNOSUPPORT;
    net_to_lwip(a, &ip);
    if (net_is_any(a) && s->domain == AF_INET6 && !s->v6only)
        ip = *IP_ANY_TYPE;
    error = net_error(udp_bind(s->udp, &ip, a->port));
    s->bound = error == 0;
    return error;
}

static int do_connect(struct sock *s, const struct net_addr *a)
{
    ip_addr_t ip, source;
    int error = need_pcb(s);
    if (error != 0)
        return error;
    if (a->family == NET_NONE) {
        udp_disconnect(s->udp);
        s->connected = false;
        s->remote = *a;
        return 0;
    }
    if (!datagram_fits(s, a))
        return EAFNOSUPPORT;
    datagram_target(a, &ip);
    net_source_for(&ip, &source);
    if (ip_addr_isany(&source))
        return ENETUNREACH;
    error = net_error(udp_connect(s->udp, &ip, a->port));
    if (error != 0)
        return error;
    s->connected = s->bound = true;
    net_from_lwip(&source, 0, &s->local);
    s->remote = *a;
    return 0;
}

static int do_send(struct sock *s, struct waiter *w, const struct net_addr *to)
{
    struct pbuf *p;
    ip_addr_t ip;
    if (s->write_shut)
        return EPIPE;
    if (s->error != 0)
        return sock_take_error(s);
    if (to == NULL && !s->connected)
        return EDESTADDRREQ;
    int error = need_pcb(s);
    if (error == 0 && to != NULL && (!datagram_fits(s, to) || to->port == 0))
        error = EINVAL;
    if (error == 0)
        error = datagram_read(w, PBUF_TRANSPORT, UINT16_MAX - 8 - 20, &p);
    if (error != 0)
        return error;
    if (to != NULL) {
        datagram_target(to, &ip);
        error = net_error(udp_sendto(s->udp, p, &ip, to->port));
    } else {
        error = net_error(udp_send(s->udp, p));
    }
    pbuf_free(p);
    if (error == 0)
        w->done = w->nbytes;
    s->bound = s->bound || error == 0;
    return error;
}

static void name(const struct sock *s, struct net_addr *local, struct net_addr *remote)
{
    *remote = s->remote;
    *local = (struct net_addr){0};
    if (s->udp == NULL)
        return;
    net_from_lwip(&s->udp->local_ip, s->udp->local_port, local);
    if (ip_addr_isany(&s->udp->local_ip) && s->connected) {
        *local = s->local;
        local->port = s->udp->local_port;
    }
}

static int reuse_option(struct sock *s, bool set, u8_t bit, int *value)
{
    if (!set)
        *value = ip_get_option(s->udp, bit) != 0;
    else if (*value)
        ip_set_option(s->udp, bit);
    else
        ip_reset_option(s->udp, bit);
    return 0;
}

static int byte_option(u8_t *field, bool set, int low, int *value)
{
    if (set && (*value < low || *value > 255))
        return EINVAL;
    if (set)
        *field = (u8_t)*value;
    else
        *value = *field;
    return 0;
}

static int loop_option(struct sock *s, bool set, int *value)
{
    if (!set)
        *value = (s->udp->flags & UDP_FLAGS_MULTICAST_LOOP) != 0;
    else if (*value)
        s->udp->flags |= UDP_FLAGS_MULTICAST_LOOP;
    else
        s->udp->flags &= (u8_t)~UDP_FLAGS_MULTICAST_LOOP;
    return 0;
}

static int do_option(struct sock *s, bool set, int level, int option, int *value)
{
    if (need_pcb(s) != 0)
        return ENOBUFS;
    if (level == SOL_SOCKET && option == SO_REUSEADDR)
        return reuse_option(s, set, SOF_REUSEADDR, value);
    if (level == SOL_SOCKET && option == SO_BROADCAST)
        return reuse_option(s, set, SOF_BROADCAST, value);
    if ((level == IPPROTO_IP && option == IP_TTL) ||
        (level == IPPROTO_IPV6 && option == IPV6_UNICAST_HOPS))
        return byte_option(&s->udp->ttl, set, 1, value);
    if (level == IPPROTO_IP && option == IP_TOS)
        return byte_option(&s->udp->tos, set, 0, value);
    if ((level == IPPROTO_IP && option == IP_MULTICAST_TTL) ||
        (level == IPPROTO_IPV6 && option == IPV6_MULTICAST_HOPS))
        return byte_option(&s->udp->mcast_ttl, set, 0, value);
    if ((level == IPPROTO_IP && option == IP_MULTICAST_LOOP) ||
        (level == IPPROTO_IPV6 && option == IPV6_MULTICAST_LOOP))
        return loop_option(s, set, value);
    return ENOPROTOOPT;
}

static void do_close(struct sock *s)
{
    if (s->udp != NULL)
        udp_remove(s->udp);
    s->udp = NULL;
}

const struct sock_ops udp_ops = {
    .bind = do_bind,
    .connect = do_connect,
    .send = do_send,
    .shutdown = datagram_shutdown,
    .name = name,
    .option = do_option,
    .close = do_close,
};
