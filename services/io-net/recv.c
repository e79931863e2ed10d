/* SPDX-License-Identifier: Apache-2.0 */
/* Answering receivers from a socket's queue: the reply's parts are lwIP's buffers, nothing is copied before the
 * client's own memory. */
#include <abi/socket.h>
#include <errno.h>
#include <lwip/pbuf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>

#include "sock.h"

#define PARTS 64

struct answer {
    struct _sock_reply head;
    iov_t iov[PARTS + 1];
    int parts;
    uint32_t bytes;
};

/* The bytes of a packet from `offset` on, as parts; false when not all of what was wanted fits into them. */
static bool add_packet(struct answer *a, const struct packet *k, uint32_t offset, uint32_t want)
{
    for (const struct pbuf *p = k->p; p != NULL && want > 0; p = p->next) {
        if (offset >= p->len) {
            offset -= p->len;
            continue;
        }
        uint32_t n = p->len - offset;
        n = n < want ? n : want;
        if (a->parts == PARTS + 1)
            return false;
        SETIOV(&a->iov[a->parts], (char *)p->payload + offset, n);
        a->parts++;
        a->bytes += n;
        want -= n;
        offset = 0;
    }
    return true;
}

static void drop_head(struct sock *s)
{
    struct packet *k = s->head;
    s->head = k->next;
    if (s->head == NULL)
        s->tail = &s->head;
    s->queued -= k->p->tot_len;
    s->packets--;
    s->head_offset = 0;
    pbuf_free(k->p);
    net_free(k);
}

/* The stream's first bytes are the client's. */
static void take_stream(struct sock *s, uint32_t bytes)
{
    uint32_t left = bytes;
    while (left > 0) {
        uint32_t have = s->head->p->tot_len - s->head_offset;
        if (left < have) {
            s->head_offset += left;
            break;
        }
        left -= have;
        drop_head(s);
    }
    s->ops->taken(s, bytes);
}

static int reply(struct waiter *w, struct answer *a, long status)
{
    int first = w->plain ? 1 : 0;
    if (!w->plain)
        SETIOV(&a->iov[0], &a->head, sizeof a->head);
    return MsgReplyv(w->node.rcvid, status, a->iov + first, (size_t)(a->parts - first)) == -1 ? errno : 0;
}

/* A client that is gone, or whose memory is bad, has not got the data: they stay for the next one. */
static int failed(struct waiter *w, int error)
{
    if (error == EFAULT)
        MsgError(w->node.rcvid, EFAULT);
    return 0;
}

/* What the queue has for a stream's reader, as parts. */
static void gather(const struct sock *s, struct answer *a, uint32_t want)
{
    uint32_t offset = s->head_offset;
    for (const struct packet *k = s->head; k != NULL && want > 0; k = k->next) {
        uint32_t before = a->bytes;
        bool all = add_packet(a, k, offset, want);
        want -= a->bytes - before;
        offset = 0;
        if (!all)
            break;
    }
}

/* MSG_WAITALL: what is there goes into the client's memory, which makes room for more; the answer comes with the
 * last byte.  A client whose memory ends before its bytes gets what fits. */
static int answer_whole(struct sock *s, struct waiter *w)
{
    struct answer head = {.parts = 1};
    bool at_end = s->end_of_data || s->read_shut || s->error != 0;
    while (w->done < w->nbytes && s->head != NULL) {
        struct answer a = {.parts = 1};
        gather(s, &a, w->nbytes - w->done);
        ssize_t n = MsgWritev(w->node.rcvid, a.iov + 1, (size_t)(a.parts - 1), sizeof a.head + w->done);
        if (n == -1 && w->done == 0)
            return failed(w, errno);
        if (n < (ssize_t)a.bytes)
            w->nbytes = w->done + (n > 0 ? (uint32_t)n : 0);
        if (n > 0) {
            take_stream(s, (uint32_t)n);
            w->done += (uint32_t)n;
        }
    }
    if (w->done < w->nbytes && !at_end)
        return s->connected ? EAGAIN : ENOTCONN;
    if (w->done == 0 && w->nbytes > 0 && s->error != 0)
        return sock_take_error(s);
    failed(w, reply(w, &head, (long)w->done));
    return 0;
}

static int answer_stream(struct sock *s, struct waiter *w)
{
    uint32_t have = s->queued - s->head_offset;
    bool at_end = s->end_of_data || s->read_shut || s->error != 0;
    struct answer a = {.parts = 1};
    if ((w->flags & MSG_WAITALL) && !(w->flags & MSG_PEEK))
        return answer_whole(s, w);
    if (have == 0 && s->error != 0)
        return sock_take_error(s);
    if (have == 0 && !at_end && w->nbytes > 0)
        return s->connected ? EAGAIN : ENOTCONN;
    gather(s, &a, w->nbytes);
    int error = reply(w, &a, (long)a.bytes);
    if (error != 0)
        return failed(w, error);
    if (!(w->flags & MSG_PEEK) && a.bytes > 0)
        take_stream(s, a.bytes);
    return 0;
}

static int answer_datagram(struct sock *s, struct waiter *w)
{
    struct answer a = {.parts = 1};
    if (s->head == NULL && s->error != 0)
        return sock_take_error(s);
    if (s->head == NULL && !s->read_shut)
        return EAGAIN;
    if (s->head == NULL) {
        failed(w, reply(w, &a, 0));
        return 0;
    }
    uint32_t whole = s->head->p->tot_len;
    add_packet(&a, s->head, 0, w->nbytes);
    a.head.addr_len = (uint32_t)address_format(&s->head->from, s->domain, a.head.addr);
    if (whole > a.bytes)
        a.head.flags |= MSG_TRUNC;
    int error = reply(w, &a, (w->flags & MSG_TRUNC) ? (long)whole : (long)a.bytes);
    if (error != 0)
        return failed(w, error);
    if (!(w->flags & MSG_PEEK)) {
        drop_head(s);
        if (s->ops->taken != NULL)
            s->ops->taken(s, whole);
    }
    return 0;
}

int recv_answer(struct sock *s, struct waiter *w)
{
    return s->stream ? answer_stream(s, w) : answer_datagram(s, w);
}

uint32_t recv_available(const struct sock *s)
{
    if (s->stream)
        return s->queued - s->head_offset;
    return s->head != NULL ? s->head->p->tot_len : 0;
}
