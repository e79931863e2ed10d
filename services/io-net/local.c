/* SPDX-License-Identifier: Apache-2.0 */
/* Local sockets (AF_UNIX): socketpair(), and names (local_name.c).  A queue is filled by the other end's senders; a
 * datagram socket may have many of them. */
#include <errno.h>
#include <lwip/pbuf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>

#include "datagram.h"
#include "sock.h"

#define PIECE       16384u
#define PACKETS_MAX 1024
#define BACKLOG_MAX 128
#define DATAGRAM_MAX 65000u

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

/* There is room for the other ends' senders; they are served when this request is done. */
static void taken(struct sock *s, uint32_t bytes)
{
    s->owes_peer = s->stream ? bytes > 0 && s->peer != NULL : true;
}

static int do_shutdown(struct sock *s, bool rd, bool wr)
{
    if (!s->connected)
        return ENOTCONN;
    s->read_shut = s->read_shut || rd;
    s->write_shut = s->write_shut || wr;
    if (rd)
        sock_drop_queue(s);
    if (s->peer == NULL)
        return 0;
    if (wr && s->stream)
        s->peer->end_of_data = true;
    sock_service(s->peer);
    return 0;
}

static void name(const struct sock *s, struct net_addr *local, struct net_addr *remote)
{
    *local = s->local;
    *remote = s->remote;
    local->family = remote->family = NET_LOCAL;
}

static int do_option(struct sock *s, bool set, int level, int option, int *value)
{
    (void)s, (void)value;
    /* A name in use is in use; but programs ask for it without looking at the family. */
    return set && level == SOL_SOCKET && option == SO_REUSEADDR ? 0 : ENOPROTOOPT;
}

static void leave_name(struct sock *s)
{
    if (s->name != NULL)
        s->name->peer = NULL;
    s->name = NULL;
}

static void do_close(struct sock *s)
{
    struct sock *peer = s->peer;
    leave_name(s);
    if (peer == NULL)
        return;
    peer->peer = s->peer = NULL;
    peer->end_of_data = true;
    if (s->listener != NULL || s->reset_on_close)
        peer->error = ECONNRESET; /* nobody has accepted it */
    sock_service(peer);
}

/* ------------------------------------------------------------------ streams with names */

static int do_listen(struct sock *s, int backlog)
{
    if (s->connected)
        return EINVAL;
    if (s->name == NULL)
        return EDESTADDRREQ;
    s->backlog = backlog < 1 ? 1 : backlog > BACKLOG_MAX ? BACKLOG_MAX : backlog;
    s->listening = true;
    return 0;
}

/* The bound socket that a client named. */
static int find_bound(const struct sock *s, uint32_t id, struct sock **out)
{
    struct sock *found = local_name_find(id);
    *out = found != NULL ? found->peer : NULL;
    if (*out == NULL)
        return ECONNREFUSED;
    return (*out)->type == s->type ? 0 : EPROTOTYPE;
}

static void join(struct sock *a, struct sock *b)
{
    a->peer = b;
    b->peer = a;
    a->connected = b->connected = true;
    a->peer_cred = b->own_cred;
    b->peer_cred = a->own_cred;
}

static int do_connect(struct sock *s, const struct net_addr *a)
{
    struct sock *l;
    if (s->connected)
        return EISCONN;
    if (s->listening)
        return EOPNOTSUPP;
    if (a->family != NET_LOCAL)
        return EAFNOSUPPORT;
    int error = find_bound(s, a->scope, &l);
    if (error != 0)
        return error;
    if (!l->listening || l->accept_count >= l->backlog)
        return ECONNREFUSED;
    struct sock *far = sock_alloc(&local_ops, AF_UNIX, SOCK_STREAM, 0);
    if (far == NULL)
        return ENOBUFS;
    far->bound = true;
    far->own_cred = l->own_cred;
    far->local = s->remote = l->local;
    far->remote = s->local;
    far->recv_timeout_ms = l->recv_timeout_ms;
    far->send_timeout_ms = l->send_timeout_ms;
    join(s, far);
    sock_await_accept(l, far);
    sock_service(l);
    return 0;
}

const struct sock_ops local_ops = {
    .connect = do_connect,
    .listen = do_listen,
    .send = do_send,
    .taken = taken,
    .has_room = has_room,
    .shutdown = do_shutdown,
    .name = name,
    .option = do_option,
    .close = do_close,
};

/* ------------------------------------------------------------------ datagrams */

static int datagram_connect(struct sock *s, const struct net_addr *a)
{
    struct sock *to;
    if (a->family == NET_NONE) {
        s->peer = NULL;
        s->connected = false;
        return 0;
    }
    int error = find_bound(s, a->scope, &to);
    if (error != 0)
        return error;
    s->peer = to;
    s->connected = true;
    s->remote = to->local;
    return 0;
}

/* One datagram, whole, or EAGAIN while there is no room for it. */
static int deliver(struct sock *s, struct waiter *w, struct sock *to)
{
    struct pbuf *p;
    if (to->read_shut)
        return EPIPE;
    if (to->connected && to->peer != s)
        return EPERM; /* it hears its own partner only */
    if (w->nbytes > DATAGRAM_MAX || w->nbytes > to->queue_max)
        return EMSGSIZE;
    if (to->packets >= PACKETS_MAX || to->queued + w->nbytes > to->queue_max)
        return EAGAIN;
    int error = datagram_read(w, PBUF_RAW, DATAGRAM_MAX, &p);
    if (error != 0)
        return error;
    struct net_addr from = s->local;
    from.family = NET_LOCAL;
    if (!sock_queue(to, p, &from)) {
        pbuf_free(p);
        return ENOBUFS;
    }
    w->done = w->nbytes;
    sock_service(to);
    return 0;
}

static int datagram_send(struct sock *s, struct waiter *w, const struct net_addr *a)
{
    struct sock *to = s->peer;
    int error = 0;
    (void)a; /* what it names is in the waiter, where it outlives this call */
    if (s->write_shut)
        return EPIPE;
    if (w->name_id == 0 && !s->connected)
        return EDESTADDRREQ;
    if (w->name_id != 0)
        error = find_bound(s, w->name_id, &to);
    if (error == 0 && to == NULL)
        error = ECONNREFUSED;
    return error != 0 ? error : deliver(s, w, to);
}

static bool datagram_has_room(const struct sock *s)
{
    return s->peer == NULL || (s->peer->queued < s->peer->queue_max && s->peer->packets < PACKETS_MAX);
}

void local_settle(struct sock *s)
{
    (void)s;
    for (struct sock *each = all_sockets; each != NULL; each = each->all_next)
        if (each->ops == &local_datagram_ops)
            sock_service(each);
}

static void datagram_close(struct sock *s)
{
    leave_name(s);
    for (struct sock *each = all_sockets; each != NULL; each = each->all_next)
        if (each->ops == &local_datagram_ops && each->peer == s)
            each->peer = NULL;
    local_settle(s);
}

const struct sock_ops local_datagram_ops = {
    .connect = datagram_connect,
    .send = datagram_send,
    .taken = taken,
    .has_room = datagram_has_room,
    .shutdown = do_shutdown,
    .name = name,
    .option = do_option,
    .close = datagram_close,
};

int local_pair(struct sock *a, struct sock **b)
{
    if (a->domain != AF_UNIX)
        return EOPNOTSUPP;
    if (a->connected)
        return EISCONN;
    if (a->listening || a->bound)
        return EINVAL;
    *b = sock_alloc(a->ops, a->domain, a->type, a->protocol);
    if (*b == NULL)
        return ENOBUFS;
    (*b)->own_cred = a->own_cred;
    join(a, *b);
    return 0;
}
