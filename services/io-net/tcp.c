/* SPDX-License-Identifier: Apache-2.0 */
/* TCP sockets over lwIP's raw API.
 *
 * s->tcp is NULL when lwIP has freed the pcb (error callback) or when the connection is finished in both
 * directions: a pcb that reaches TIME_WAIT is freed by lwIP without a word, so it is let go before. */
#include <errno.h>
#include <lwip/tcp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>

#include "netaddr.h"
#include "sock.h"

#define STAGE       32768u
#define ROOM_PBUFS  64   /* queue entries that a write may need */
#define ROOM_BYTES  2048 /* less is no room for a poller */
#define PACKETS_MAX 1024 /* a window full of single bytes must not cost a buffer for each */

static uint8_t stage[STAGE]; /* one thread: used within one call */

static bool has_room(const struct sock *s)
{
    return s->tcp != NULL && tcp_sndbuf(s->tcp) >= ROOM_BYTES &&
           tcp_sndqueuelen(s->tcp) + ROOM_PBUFS < TCP_SND_QUEUELEN;
}

static void remember_names(struct sock *s)
{
    net_from_lwip(&s->tcp->local_ip, s->tcp->local_port, &s->local);
    net_from_lwip(&s->tcp->remote_ip, s->tcp->remote_port, &s->remote);
}

/* From here on the connection is lwIP's alone. */
static void let_go(struct sock *s)
{
    struct tcp_pcb *pcb = s->tcp;
    s->tcp = NULL;
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
}

/* ------------------------------------------------------------------ callbacks of lwIP */

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    struct sock *s = arg;
    (void)error;
    if (ip_addr_isloopback(&pcb->remote_ip))
        tcp_set_flags(pcb, TF_ACK_NOW); /* its large segments come one by one: the second would wait for a late answer */
    if (p == NULL) {
        s->end_of_data = true;
        if (s->write_shut)
            let_go(s);
    } else if (s->read_shut) {
        tcp_recved(pcb, p->tot_len);
        pbuf_free(p);
    } else if (s->packets >= PACKETS_MAX || !sock_queue(s, p, NULL)) {
        return ERR_MEM; /* lwIP keeps it and tries again */
    }
    sock_service_later(s);
    return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t bytes)
{
    struct sock *s = arg;
    (void)pcb;
    (void)bytes;
    if (has_room(s))
        sock_service_later(s);
    return ERR_OK;
}

/* Now and then: a write that found no memory is tried again. */
static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
    (void)pcb;
    sock_service(arg);
    return ERR_OK;
}

/* The pcb is gone already. */
static void on_error(void *arg, err_t error)
{
    struct sock *s = arg;
    if (s == NULL)
        return;
    s->tcp = NULL;
    if (s->connecting)
        s->error = error == ERR_RST ? ECONNREFUSED : ETIMEDOUT;
    else if (error == ERR_RST)
        s->error = ECONNRESET;
    else if (error == ERR_ABRT)
        s->error = ETIMEDOUT; /* its retransmissions were never answered */
    s->connecting = false;
    s->end_of_data = s->write_shut = s->connected;
    if (s->listener != NULL)
        sock_free(s); /* nobody will see a connection that died before accept() */
    else
        sock_service(s);
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    struct sock *s = arg;
    (void)pcb;
    (void)error;
    s->connecting = false;
    s->connected = true;
    remember_names(s);
    sock_service(s);
    return ERR_OK;
}

static void set_callbacks(struct sock *s)
{
    tcp_arg(s->tcp, s);
    tcp_recv(s->tcp, on_recv);
    tcp_sent(s->tcp, on_sent);
    tcp_err(s->tcp, on_error);
    tcp_poll(s->tcp, on_poll, 4);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
    struct sock *l = arg;
    if (l == NULL || pcb == NULL || error != ERR_OK)
        return ERR_VAL;
    struct sock *s = sock_alloc(&tcp_ops, l->domain, SOCK_STREAM, IPPROTO_TCP);
    if (s == NULL)
        return ERR_MEM;
    s->tcp = pcb;
    s->connected = s->bound = true;
    s->v6only = l->v6only;
    s->recv_timeout_ms = l->recv_timeout_ms;
    s->send_timeout_ms = l->send_timeout_ms;
    sock_await_accept(l, s);
    tcp_backlog_delayed(pcb);
    set_callbacks(s);
    remember_names(s);
    sock_service(l);
    return ERR_OK;
}

/* ------------------------------------------------------------------ operations */

static int need_pcb(struct sock *s)
{
    if (s->tcp != NULL)
        return 0;
    if (s->connected)
        return EISCONN;
    u8_t type = s->domain == AF_INET ? IPADDR_TYPE_V4 : s->v6only ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;
    s->tcp = tcp_new_ip_type(type);
    if (s->tcp == NULL)
        return ENOBUFS;
    s->bound = s->end_of_data = false;
    set_callbacks(s);
    return 0;
}

static bool fits(const struct sock *s, const struct net_addr *a)
{
    return s->domain == AF_INET ? a->family == NET_V4 : !(s->v6only && a->family == NET_V4);
}

static int do_bind(struct sock *s, const struct net_addr *a)
{
    ip_addr_t ip;
    if (s->bound || s->connected)
        return EINVAL;
    int error = need_pcb(s);
    if (error != 0)
        return error;
    net_to_lwip(a, &ip);
    if (!fits(s, a))
        return EAFNOSUPPORT;
    if (net_is_any(a) && s->domain == AF_INET6 && !s->v6only)
        ip = *IP_ANY_TYPE;
    error = net_error(tcp_bind(s->tcp, &ip, a->port));
    if (error != 0)
        return error;
    s->bound = true;
    net_from_lwip(&s->tcp->local_ip, s->tcp->local_port, &s->local);
    return 0;
}

/* To the wildcard address means to this machine. */
static void target(const struct net_addr *a, ip_addr_t *ip)
{
    net_to_lwip(a, ip);
    if (net_is_any(a) && a->family == NET_V6)
        ip_addr_set_loopback_val(1, *ip);
    else if (net_is_any(a))
        ip_addr_set_loopback_val(0, *ip);
}

static int do_connect(struct sock *s, const struct net_addr *a)
{
    ip_addr_t ip;
    if (s->listening)
        return EOPNOTSUPP;
    if (s->connecting)
        return EALREADY;
    if (s->connected)
        return EISCONN;
    if (a->family == NET_NONE || !fits(s, a))
        return EAFNOSUPPORT;
    if (a->port == 0)
        return ECONNREFUSED;
    int error = need_pcb(s);
    if (error != 0)
        return error;
    target(a, &ip);
    error = net_error(tcp_connect(s->tcp, &ip, a->port, on_connected));
    if (error != 0)
        return error;
    s->error = 0;
    s->bound = s->connecting = true;
    remember_names(s);
    return EINPROGRESS;
}

static int do_listen(struct sock *s, int backlog)
{
    err_t error = ERR_OK;
    u8_t n = (u8_t)(backlog < 1 ? 1 : backlog > 255 ? 255 : backlog);
    if (s->connected || s->connecting)
        return EINVAL;
    if (s->listening) {
        tcp_backlog_set(s->tcp, n);
        return 0;
    }
    int rc = need_pcb(s);
    if (rc == 0 && !s->bound)
        rc = net_error(tcp_bind(s->tcp, s->domain == AF_INET6 && !s->v6only ? IP_ANY_TYPE
                                        : s->domain == AF_INET6             ? IP6_ADDR_ANY
                                                                            : IP4_ADDR_ANY,
                                0));
    if (rc != 0)
        return rc;
    struct tcp_pcb *pcb = tcp_listen_with_backlog_and_err(s->tcp, n, &error);
    if (pcb == NULL)
        return net_error(error);
    s->tcp = pcb; /* the old one is freed */
    tcp_arg(pcb, s);
    tcp_accept(pcb, on_accept);
    s->bound = s->listening = true;
    net_from_lwip(&pcb->local_ip, pcb->local_port, &s->local);
    return 0;
}

/* A part as large as lwIP takes now.  EAGAIN: none. */
static int write_some(struct sock *s, struct waiter *w)
{
    uint32_t n = w->nbytes - w->done;
    n = n < STAGE ? n : STAGE;
    n = n < tcp_sndbuf(s->tcp) ? n : tcp_sndbuf(s->tcp);
    if (n == 0 || tcp_sndqueuelen(s->tcp) + ROOM_PBUFS >= TCP_SND_QUEUELEN)
        return EAGAIN;
    ssize_t got = MsgRead(w->node.rcvid, stage, n, w->offset + w->done);
    if (got == -1)
        return errno;
    if (got == 0) { /* it promised more than it sent */
        w->nbytes = w->done;
        return 0;
    }
    u8_t flags = TCP_WRITE_FLAG_COPY | (w->done + (uint32_t)got < w->nbytes ? TCP_WRITE_FLAG_MORE : 0);
    err_t error = tcp_write(s->tcp, stage, (u16_t)got, flags);
    if (error == ERR_MEM)
        return EAGAIN;
    if (error != ERR_OK)
        return net_error(error);
    w->done += (uint32_t)got;
    return 0;
}

static int do_send(struct sock *s, struct waiter *w, const struct net_addr *to)
{
    (void)to; /* a stream goes where it is connected to */
    if (s->error != 0)
        return sock_take_error(s);
    if (s->write_shut)
        return EPIPE;
    if (!s->connected)
        return s->connecting ? EAGAIN : ENOTCONN;
    if (s->tcp == NULL)
        return EPIPE;
    int error = 0;
    while (error == 0 && w->done < w->nbytes)
        error = write_some(s, w);
    if (s->tcp != NULL)
        tcp_output(s->tcp);
    return error;
}

void tcp_output_all(void)
{
    for (struct sock *s = all_sockets; s != NULL; s = s->all_next)
        if (s->ops == &tcp_ops && s->connected && s->tcp != NULL)
            tcp_output(s->tcp);
}

static void taken(struct sock *s, uint32_t bytes)
{
    while (s->tcp != NULL && bytes > 0) {
        u16_t n = (u16_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX);
        tcp_recved(s->tcp, n);
        bytes -= n;
    }
}

static int do_shutdown(struct sock *s, bool rd, bool wr)
{
    if (!s->connected)
        return ENOTCONN;
    if (rd && !s->read_shut) {
        s->read_shut = true;
        taken(s, s->queued - s->head_offset);
        sock_drop_queue(s);
    }
    if (wr && !s->write_shut) {
        s->write_shut = true;
        if (s->tcp != NULL)
            tcp_shutdown(s->tcp, 0, 1);
        if (s->tcp != NULL && s->end_of_data)
            let_go(s);
    }
    return 0;
}

static void name(const struct sock *s, struct net_addr *local, struct net_addr *remote)
{
    *local = s->local;
    *remote = s->remote;
}

static void do_close(struct sock *s)
{
    struct tcp_pcb *pcb = s->tcp;
    if (pcb == NULL)
        return;
    if (s->listening) {
        tcp_arg(pcb, NULL);
        tcp_accept(pcb, NULL);
        tcp_close(pcb);
        s->tcp = NULL;
        return;
    }
    let_go(s);
    if (s->reset_on_close || tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

/* ------------------------------------------------------------------ options */

static int keep_option(struct tcp_pcb *pcb, bool set, int option, int *value)
{
    u32_t *field = option == TCP_KEEPIDLE ? &pcb->keep_idle : &pcb->keep_intvl;
    if (option == TCP_KEEPCNT)
        field = &pcb->keep_cnt;
    u32_t unit = option == TCP_KEEPCNT ? 1 : 1000;
    if (set && (*value < 1 || *value > 32767))
        return EINVAL;
    if (set)
        *field = (u32_t)*value * unit;
    else
        *value = (int)(*field / unit);
    return 0;
}

static int tcp_level(struct sock *s, bool set, int option, int *value)
{
    switch (option) {
    case TCP_NODELAY:
        if (!set)
            *value = tcp_nagle_disabled(s->tcp);
        else if (*value)
            tcp_nagle_disable(s->tcp);
        else
            tcp_nagle_enable(s->tcp);
        return 0;
    case TCP_MAXSEG:
        if (set)
            return ENOPROTOOPT;
        *value = tcp_mss(s->tcp);
        return 0;
    case TCP_KEEPIDLE:
    case TCP_KEEPINTVL:
    case TCP_KEEPCNT:
        return keep_option(s->tcp, set, option, value);
    default:
        return ENOPROTOOPT;
    }
}

static int do_option(struct sock *s, bool set, int level, int option, int *value)
{
    u8_t bit = option == SO_KEEPALIVE ? SOF_KEEPALIVE : SOF_REUSEADDR;
    if (s->listening && level == IPPROTO_TCP)
        return option == TCP_NODELAY ? 0 : ENOPROTOOPT; /* a listening pcb has no such fields */
    if (s->tcp == NULL && (s->connected || need_pcb(s) != 0))
        return EINVAL;
    if (level == IPPROTO_TCP)
        return tcp_level(s, set, option, value);
    if (level == SOL_SOCKET && (option == SO_KEEPALIVE || option == SO_REUSEADDR)) {
        if (!set)
            *value = ip_get_option(s->tcp, bit) != 0;
        else if (*value)
            ip_set_option(s->tcp, bit);
        else
            ip_reset_option(s->tcp, bit);
        return 0;
    }
    if ((level == IPPROTO_IP && option == IP_TTL) ||
        (level == IPPROTO_IPV6 && option == IPV6_UNICAST_HOPS)) {
        if (set && (*value < 1 || *value > 255))
            return EINVAL;
        if (set)
            s->tcp->ttl = (u8_t)*value;
        else
            *value = s->tcp->ttl;
        return 0;
    }
    if (level == IPPROTO_IP && option == IP_TOS) {
        if (set)
            s->tcp->tos = (u8_t)*value;
        else
            *value = s->tcp->tos;
        return 0;
    }
    return ENOPROTOOPT;
}

const struct sock_ops tcp_ops = {
    .bind = do_bind,
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
