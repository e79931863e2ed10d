/* SPDX-License-Identifier: Apache-2.0 */
#include "sock.h"

#include <errno.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define QUEUE_MAX_DEFAULT (64u * 1024)


struct sock *all_sockets;
static struct sock *due_head, **due_tail = &due_head;
static ino_t last_inode = 1;

struct sock *sock_alloc(const struct sock_ops *ops, int domain, int type, int protocol)
{
    struct sock *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    iofunc_attr_init(&s->attr, S_IFSOCK | 0666, NULL, NULL);
    IOFUNC_NOTIFY_INIT(s->notify);
    s->attr.inode = ++last_inode;
    s->ops = ops;
    s->domain = domain;
    s->type = type;
    s->protocol = protocol;
    s->stream = type == SOCK_STREAM;
    s->queue_max = QUEUE_MAX_DEFAULT;
    s->tail = &s->head;
    s->accept_tail = &s->accept_head;
    s->all_next = all_sockets;
    s->all_prev = &all_sockets;
    if (all_sockets != NULL)
        all_sockets->all_prev = &s->all_next;
    all_sockets = s;
    return s;
}

/* Which protocol serves it; an errno value when none does. */
static int choose(int domain, int type, int *protocol, bool privileged, const struct sock_ops **ops)
{
    if (domain == AF_UNIX) {
        *ops = type == SOCK_STREAM ? &local_ops : &local_datagram_ops;
        if (*protocol != 0)
            return EPROTONOSUPPORT;
        return type == SOCK_STREAM || type == SOCK_DGRAM ? 0 : ESOCKTNOSUPPORT;
    }
    if (domain != AF_INET && domain != AF_INET6)
        return EAFNOSUPPORT;
    if (type == SOCK_STREAM && (*protocol == 0 || *protocol == IPPROTO_TCP)) {
        *protocol = IPPROTO_TCP;
        *ops = &tcp_ops;
        return 0;
    }
    if (type == SOCK_DGRAM && (*protocol == 0 || *protocol == IPPROTO_UDP)) {
        *protocol = IPPROTO_UDP;
        *ops = &udp_ops;
        return 0;
    }
    if (type == SOCK_RAW) {
        *ops = &raw_ops;
        return !privileged ? EPERM : *protocol <= 0 || *protocol > UINT8_MAX ? EPROTONOSUPPORT : 0;
    }
    return type == SOCK_STREAM || type == SOCK_DGRAM ? EPROTONOSUPPORT : ESOCKTNOSUPPORT;
}

int sock_new(int domain, int type, int protocol, bool privileged, struct sock **out)
{
    const struct sock_ops *ops;
    int error = choose(domain, type, &protocol, privileged, &ops);
    if (error != 0)
        return error;
    *out = sock_alloc(ops, domain, type, protocol);
    return *out == NULL ? ENOBUFS : 0;
}

/* ------------------------------------------------------------------ the queue of what was received */

bool sock_queue(struct sock *s, struct pbuf *p, const struct net_addr *from)
{
    struct packet *k = net_malloc(sizeof *k);
    if (k == NULL)
        return false;
    k->next = NULL;
    k->p = p;
    if (from != NULL)
        k->from = *from;
    else
        k->from.family = NET_NONE;
    *s->tail = k;
    s->tail = &k->next;
    s->queued += p->tot_len;
    s->packets++;
    return true;
}

void sock_drop_queue(struct sock *s)
{
    while (s->head != NULL) {
        struct packet *k = s->head;
        s->head = k->next;
        pbuf_free(k->p);
        net_free(k);
    }
    s->tail = &s->head;
    s->queued = 0;
    s->packets = 0;
    s->head_offset = 0;
}

/* ------------------------------------------------------------------ waiting */

static void on_timeout(void *arg)
{
    struct waiter *w = arg;
    struct sock *s = w->sock;
    w->timed = false;
    waitq_take(&s->waiting[w->kind], w->node.rcvid);
    sock_give_up(w, w->kind == WAIT_CONNECT ? EINPROGRESS : EAGAIN);
}

struct waiter *sock_wait(struct sock *s, enum wait_kind kind, const struct waiter *what)
{
    struct waiter *w = malloc(sizeof *w);
    if (w == NULL)
        return NULL;
    *w = *what;
    w->sock = s;
    w->kind = kind;
    waitq_push(&s->waiting[kind], &w->node);
    bool receives = kind == WAIT_RECV || kind == WAIT_ACCEPT;
    uint32_t ms = receives ? s->recv_timeout_ms : s->send_timeout_ms;
    if (ms != 0) {
        sys_timeout(ms, on_timeout, w);
        w->timed = true;
    }
    return w;
}

/* What was done so far is an answer, too. */
void sock_give_up(struct waiter *w, int error)
{
    if (w->timed)
        sys_untimeout(on_timeout, w);
    if (error != 0 && w->done == 0)
        MsgError(w->node.rcvid, error);
    else
        MsgReply(w->node.rcvid, (long)w->done, NULL, 0);
    free(w);
}

static void answered(struct waiter *w)
{
    if (w->timed)
        sys_untimeout(on_timeout, w);
    free(w);
}

/* ------------------------------------------------------------------ state */

int sock_take_error(struct sock *s)
{
    int error = s->error;
    s->error = 0;
    return error;
}

bool sock_readable(const struct sock *s)
{
    return s->head != NULL || s->end_of_data || s->read_shut || s->error != 0 || s->accept_head != NULL;
}

bool sock_writable(const struct sock *s)
{
    if (s->error != 0 || s->write_shut)
        return true;
    if (!s->stream)
        return s->ops->has_room == NULL || s->ops->has_room(s);
    return !s->connecting && !s->listening && (!s->connected || s->ops->has_room(s));
}

static void serve_receivers(struct sock *s)
{
    while (s->waiting[WAIT_RECV].head != NULL) {
        struct waiter *w = (struct waiter *)s->waiting[WAIT_RECV].head;
        int error = recv_answer(s, w);
        if (error == EAGAIN)
            break;
        waitq_take(&s->waiting[WAIT_RECV], w->node.rcvid);
        if (error != 0)
            sock_give_up(w, error);
        else
            answered(w);
    }
}

/* Sending to a local socket serves that one, whose senders may serve this one again: who is at it already goes on
 * by itself, or the two would call each other without end. */
static void serve_senders(struct sock *s)
{
    if (s->serves_senders)
        return;
    s->serves_senders = true;
    while (s->waiting[WAIT_SEND].head != NULL) {
        struct waiter *w = (struct waiter *)s->waiting[WAIT_SEND].head;
        int error = s->ops->send(s, w, NULL);
        if (error == EAGAIN)
            break;
        waitq_take(&s->waiting[WAIT_SEND], w->node.rcvid);
        sock_give_up(w, error);
    }
    s->serves_senders = false;
}

static void end_waits(struct sock *s, enum wait_kind kind, int error)
{
    struct waiter *w;
    while ((w = waitq_take(&s->waiting[kind], 0)) != NULL)
        sock_give_up(w, error);
}

void sock_service(struct sock *s)
{
    if (s->waiting[WAIT_CONNECT].head != NULL && !s->connecting)
        end_waits(s, WAIT_CONNECT, s->connected ? 0 : sock_take_error(s));
    if (s->accept_head != NULL)
        end_waits(s, WAIT_ACCEPT, 0);
    serve_receivers(s);
    serve_senders(s);
    if (sock_readable(s))
        iofunc_notify_trigger(s->notify, INT32_MAX, IOFUNC_NOTIFY_INPUT);
    if (sock_writable(s))
        iofunc_notify_trigger(s->notify, INT32_MAX, IOFUNC_NOTIFY_OUTPUT);
}

void sock_service_later(struct sock *s)
{
    if (s->is_due)
        return;
    s->is_due = true;
    s->due_next = NULL;
    s->due_prev = due_tail;
    *due_tail = s;
    due_tail = &s->due_next;
}

static void not_due(struct sock *s)
{
    if (!s->is_due)
        return;
    s->is_due = false;
    *s->due_prev = s->due_next;
    if (s->due_next != NULL)
        s->due_next->due_prev = s->due_prev;
    else
        due_tail = s->due_prev;
}

/* Each is served once: a client that is answered comes back with a message. */
bool sock_service_due(void)
{
    bool any = due_head != NULL;
    while (due_head != NULL) {
        struct sock *s = due_head;
        not_due(s);
        sock_service(s);
    }
    return any;
}

void sock_settle(struct sock *s)
{
    while (s->owes_peer) {
        s->owes_peer = false;
        if (!s->stream)
            local_settle(s);
        else if (s->peer != NULL)
            sock_service(s->peer);
    }
}

void sock_accepted(struct sock *s)
{
    if (s->ops == &tcp_ops && s->tcp != NULL)
        tcp_backlog_accepted(s->tcp);
}

void sock_await_accept(struct sock *listener, struct sock *s)
{
    s->listener = listener;
    *listener->accept_tail = s;
    listener->accept_tail = &s->accept_next;
    listener->accept_count++;
}

struct sock *sock_next_accepted(struct sock *listener)
{
    struct sock *s = listener->accept_head;
    if (s == NULL)
        return NULL;
    listener->accept_head = s->accept_next;
    if (listener->accept_head == NULL)
        listener->accept_tail = &listener->accept_head;
    listener->accept_count--;
    s->listener = NULL;
    return s;
}

static void leave_listener(struct sock *s)
{
    struct sock *l = s->listener;
    for (struct sock **at = &l->accept_head; *at != NULL; at = &(*at)->accept_next) {
        if (*at != s)
            continue;
        *at = s->accept_next;
        if (*at == NULL)
            l->accept_tail = at;
        l->accept_count--;
        break;
    }
    s->listener = NULL;
}

void sock_free(struct sock *s)
{
    struct sock *waiting;
    if (s->listener != NULL)
        leave_listener(s);
    while ((waiting = sock_next_accepted(s)) != NULL) {
        waiting->reset_on_close = true;
        sock_free(waiting);
    }
    for (int kind = 0; kind < WAIT_KINDS; kind++)
        end_waits(s, (enum wait_kind)kind, EBADF);
    iofunc_notify_remove(NULL, s->notify);
    not_due(s);
    if (s->ops != NULL)
        s->ops->close(s);
    sock_drop_queue(s);
    *s->all_prev = s->all_next;
    if (s->all_next != NULL)
        s->all_next->all_prev = s->all_prev;
    free(s);
}
