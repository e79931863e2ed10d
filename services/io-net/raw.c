/* SPDX-License-Identifier: Apache-2.0 */
/* Raw sockets, for user 0: each gets a copy of every packet of its protocol, with the IP header for AF_INET and
 * without it for AF_INET6. */
#include <errno.h>
#include <lwip/ip.h>
#include <lwip/raw.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "datagram.h"
#include "netaddr.h"
#include "sock.h"

static u8_t on_recv(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *ip)
{
    struct sock *s = arg;
    struct net_addr from;
    u16_t skip = IP_IS_V6(ip) ? ip_current_header_tot_len() : 0;
    (void)pcb;
    if (skip > p->tot_len)
        return 0;
    net_from_lwip(ip, 0, &from);
    u16_t n = (u16_t)(p->tot_len - skip);
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, n, PBUF_RAM);
    if (copy == NULL)
        return 0;
    pbuf_copy_partial(p, copy->payload, n, skip);
    if (!datagram_queue(s, copy, &from))
        pbuf_free(copy);
    return 0; /* others want it, too */
}

static int need_pcb(struct sock *s)
{
    if (s->raw != NULL)
        return 0;
    s->raw = raw_new_ip_type(s->domain == AF_INET ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6, (u8_t)s->protocol);
    if (s->raw == NULL)
        return ENOBUFS;
    if (s->domain == AF_INET6 && s->protocol == IPPROTO_ICMPV6) {
        s->raw->chksum_reqd = 1;
        s->raw->chksum_offset = 2;
    }
    raw_recv(s->raw, on_recv, s);
    return 0;
}

static int check(struct sock *s, const struct net_addr *a, ip_addr_t *ip)
{
    int error = need_pcb(s);
    if (error == 0 && (s->domain == AF_INET ? a->family != NET_V4 : a->family != NET_V6))
        error = EAFNOSUPPORT;
    if (error == 0)
        datagram_target(a, ip);
    return error;
}

static int do_bind(struct sock *s, const struct net_addr *a)
{
    ip_addr_t ip;
    int error = check(s, a, &ip);
    if (net_is_any(a))
        net_to_lwip(a, &ip);
    return error != 0 ? error : net_error(raw_bind(s->raw, &ip));
}

static int do_connect(struct sock *s, const struct net_addr *a)
{
    ip_addr_t ip;
    if (a->family == NET_NONE) {
        if (s->raw != NULL)
            raw_disconnect(s->raw);
        s->connected = false;
        return 0;
    }
    int error = check(s, a, &ip);
    if (error == 0)
        error = net_error(raw_connect(s->raw, &ip));
    s->connected = error == 0;
    s->remote = *a;
    return error;
}

static int do_send(struct sock *s, struct waiter *w, const struct net_addr *to)
{
    struct pbuf *p;
    ip_addr_t ip;
    if (to == NULL && !s->connected)
        return EDESTADDRREQ;
    int error = check(s, to != NULL ? to : &s->remote, &ip);
    uint32_t least = s->raw != NULL && s->raw->chksum_reqd ? 4 : 0;
    if (error == 0 && w->nbytes < least)
        error = EINVAL;
    if (error == 0)
        error = datagram_read(w, PBUF_IP, UINT16_MAX - 40, &p);
    if (error != 0)
        return error;
    error = net_error(raw_sendto(s->raw, p, &ip));
    pbuf_free(p);
    if (error == 0)
        w->done = w->nbytes;
    return error;
}

static void name(const struct sock *s, struct net_addr *local, struct net_addr *remote)
{
    *remote = s->remote;
    *local = (struct net_addr){0};
    if (s->raw != NULL)
        net_from_lwip(&s->raw->local_ip, 0, local);
}

static int do_option(struct sock *s, bool set, int level, int option, int *value)
{
    if (need_pcb(s) != 0)
        return ENOBUFS;
    if (level == SOL_SOCKET && option == SO_BROADCAST)
        return 0;
    if ((level == IPPROTO_IP && option == IP_TTL) ||
        (level == IPPROTO_IPV6 && option == IPV6_UNICAST_HOPS)) {
        if (set && (*value < 1 || *value > 255))
            return EINVAL;
        if (set)
            s->raw->ttl = (u8_t)*value;
        else
            *value = s->raw->ttl;
        return 0;
    }
    return ENOPROTOOPT;
}

static void do_close(struct sock *s)
{
    if (s->raw != NULL)
        raw_remove(s->raw);
    s->raw = NULL;
}

const struct sock_ops raw_ops = {
    .bind = do_bind,
    .connect = do_connect,
    .send = do_send,
    .shutdown = datagram_shutdown,
    .name = name,
    .option = do_option,
    .close = do_close,
};
