/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP has no use for ICMP errors: this looks at every packet that comes in, before lwIP does, and tells the
 * connected UDP socket whose datagram nobody wanted. */
#include <errno.h>
#include <lwip/pbuf.h>
#include <lwip/udp.h>
#include <net_hooks.h>
#include <string.h>

#include "icmp_error.h"
#include "netaddr.h"
#include "sock.h"

static bool is_of(const struct sock *s, const struct icmp_refusal *r)
{
    struct net_addr local, remote;
    size_t n = r->is_v6 ? 16 : 4;
    if (s->ops != &udp_ops || s->udp == NULL || !s->connected)
        return false;
    net_from_lwip(&s->udp->local_ip, s->udp->local_port, &local);
    net_from_lwip(&s->udp->remote_ip, s->udp->remote_port, &remote);
    return local.port == r->local_port && remote.port == r->remote_port &&
           remote.family == (r->is_v6 ? NET_V6 : NET_V4) && memcmp(remote.ip, r->remote, n) == 0 &&
           (net_is_any(&local) || memcmp(local.ip, r->local, n) == 0);
}

/* 0: lwIP goes on with the packet. */
int net_look_at(struct pbuf *p)
{
    static uint8_t packet[ICMP_LOOK_AT];
    struct icmp_refusal refusal;
    if (p->len < 20 || p->tot_len > sizeof packet)
        return 0;
    const uint8_t *head = p->payload;
    if (head[head[0] >> 4 == 4 ? 9 : 6] != (head[0] >> 4 == 4 ? 1 : 58))
        return 0; /* most packets: not ICMP */
    size_t n = pbuf_copy_partial(p, packet, p->tot_len, 0);
    if (!icmp_refused(packet, n, p->tot_len, &refusal))
        return 0;
    for (struct sock *s = all_sockets; s != NULL; s = s->all_next) {
        if (!is_of(s, &refusal))
            continue;
        s->error = ECONNREFUSED;
        sock_service(s);
    }
    return 0;
}
