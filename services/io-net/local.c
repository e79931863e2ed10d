/* SPDX-License-Identifier: Apache-2.0 */
/* Local sockets (AF_UNIX): what socketpair() makes.  One end's queue is filled by the other end's senders. */
#include <errno.h>
#include <lwip/pbuf.h>
#include <sys/neutrino.h>
#include <sys/socket.h>

#include "sock.h"

#define PIECE       16384u
#define PACKETS_MAX 1024

static uint32_t room(const struct sock *s)
{
    const struct sock *to = s->peer;
    if (to == NULL || to->queued >= to->queue_max || to->packets >= PACKETS_MAX)
        return 0;
    return to->queue_max - to->queued;
}

static bool has_room(const struct sock *s)
{
    return s->peer == NULL || room(s) > 0;
}

static int give(struct sock *s, struct waiter *w)
{
    uint32_t n = w->nbytes - w->done;
    n = n < PIECE ? n : PIECE;
    n = n < room(s) ? n : room(s);
    if (n == 0)
        return EAGAIN;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM);
    if (p == NULL)
        return ENOBUFS;
    ssize_t got = MsgRead(w->node.rcvid, p->payload, n, w->offset + w->done);
    int error = got == -1 ? errno : 0;
    if (got > 0) {
        pbuf_realloc(p, (u16_t)got);
        if (!sock_queue(s->peer, p, NULL))
            error = ENOBUFS;
    } else if (got == 0) {
        w->nbytes = w->done; /* it promised more than it sent */
    }
    if (error != 0 || got == 0)
        pbuf_free(p);
    else
        w->done += (uint32_t)got;
    return error;
}

static int do_send(struct sock *s, struct waiter *w, const struct net_addr *to)
{
    int error = 0;
    (void)to;
    if (!s->connected)
        return ENOTCONN;
    if (s->peer == NULL || s->write_shut || s->peer->read_shut)
        return EPIPE;
    do {
        error = 0;
        while (error == 0 && w->done < w->nbytes)
            error = give(s, w);
        sock_service(s->peer); /* readers that wait there make room */
    } while (error == EAGAIN && room(s) > 0);
    return error;
}

/* There is room for the other end's senders; they are served when this request is done. */
static void taken(struct sock *s, uint32_t bytes)
{
    s->owes_peer = bytes > 0 && s->peer != NULL;
}

static int do_shutdown(struct sock *s, bool rd, bool wr)
{
    if (!s->connected)
        return ENOTCONN;
    s->read_shut = s->read_shut || rd;
    s->write_shut = s->write_shut || wr;
    if (rd)
        sock_drop_queue(s);
    if (wr && s->peer != NULL)
        s->peer->end_of_data = true;
    if (s->peer != NULL)
        sock_service(s->peer);
    return 0;
}

static void name(const struct sock *s, struct net_addr *local, struct net_addr *remote)
{
    (void)s;
    *local = *remote = (struct net_addr){.family = NET_LOCAL};
}

static int do_option(struct sock *s, bool set, int level, int option, int *value)
{
    (void)s, (void)set, (void)level, (void)option, (void)value;
    return ENOPROTOOPT;
}

static void do_close(struct sock *s)
{
    struct sock *peer = s->peer;
    if (peer == NULL)
        return;
    peer->peer = s->peer = NULL;
    peer->end_of_data = true;
    sock_service(peer);
}

const struct sock_ops local_ops = {
    .send = do_send,
    .taken = taken,
    .has_room = has_room,
    .shutdown = do_shutdown,
    .name = name,
    .option = do_option,
    .close = do_close,
};

int local_pair(struct sock *a, struct sock **b)
{
    if (a->ops != &local_ops)
        return EOPNOTSUPP;
    if (a->connected)
        return EISCONN;
    *b = sock_alloc(&local_ops, a->domain, a->type, a->protocol);
    if (*b == NULL)
        return ENOBUFS;
    a->peer = *b;
    (*b)->peer = a;
    a->connected = (*b)->connected = true;
    return 0;
}
