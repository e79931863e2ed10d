/* SPDX-License-Identifier: Apache-2.0 */
#include "datagram.h"

#include <errno.h>
#include <sys/neutrino.h>
#include <sys/socket.h>

#include "netaddr.h"

#define PACKETS_MAX 1024 /* small ones must not cost more than large ones */

bool datagram_queue(struct sock *s, struct pbuf *p, const struct net_addr *from)
{
    if (s->read_shut || s->packets >= PACKETS_MAX || s->queued + p->tot_len > s->queue_max)
        return false;
    if (!sock_queue(s, p, from))
        return false;
    sock_service(s);
    return true;
}

bool datagram_fits(const struct sock *s, const struct net_addr *a)
{
    return s->domain == AF_INET ? a->family == NET_V4 : !(s->v6only && a->family == NET_V4);
}

void datagram_target(const struct net_addr *a, ip_addr_t *ip)
{
    net_to_lwip(a, ip);
    if (net_is_any(a) && a->family == NET_V6)
        ip_addr_set_loopback_val(1, *ip);
    else if (net_is_any(a))
        ip_addr_set_loopback_val(0, *ip);
}

int datagram_read(struct waiter *w, pbuf_layer layer, uint32_t max, struct pbuf **out)
{
    if (w->nbytes > max)
        return EMSGSIZE;
    struct pbuf *p = pbuf_alloc(layer, (u16_t)w->nbytes, PBUF_RAM);
    if (p == NULL)
        return ENOBUFS;
    ssize_t got = w->nbytes ? MsgRead(w->node.rcvid, p->payload, w->nbytes, w->offset) : 0;
    if (got != (ssize_t)w->nbytes) {
        int error = got == -1 ? errno : EBADMSG;
        pbuf_free(p);
        return error;
    }
    *out = p;
    return 0;
}

int datagram_shutdown(struct sock *s, bool rd, bool wr)
{
    if (!s->connected)
        return ENOTCONN;
    s->read_shut = s->read_shut || rd;
    s->write_shut = s->write_shut || wr;
    return 0;
}
