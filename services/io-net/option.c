/* SPDX-License-Identifier: Apache-2.0 */
/* getsockopt() and setsockopt(): what all sockets have; the rest is asked of the protocol. */
#include <abi/socket.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "iface.h"
#include "sock.h"

#define QUEUE_LIMIT (1024 * 1024)
#define SEND_BUFFER (64 * 1024) /* of lwIP: fixed */

static int answer(resmgr_context_t *ctp, const struct request *rq, const void *value, size_t bytes)
{
    size_t n = bytes < rq->data_len ? bytes : rq->data_len;
    MsgReply(ctp->rcvid, (long)n, value, n);
    return _RESMGR_NOREPLY;
}

/* SOL_SOCKET options that are numbers of ours.  ENOPROTOOPT: not one of them. */
static int own_number(struct sock *s, int option, int *value)
{
    switch (option) {
    case SO_ERROR:
        *value = sock_take_error(s);
        return 0;
    case SO_TYPE:
        *value = s->type;
        return 0;
    case SO_DOMAIN:
        *value = s->domain;
        return 0;
    case SO_PROTOCOL:
        *value = s->protocol;
        return 0;
    case SO_ACCEPTCONN:
        *value = s->listening;
        return 0;
    case SO_RCVBUF:
        *value = (int)s->queue_max;
        return 0;
    case SO_SNDBUF:
        *value = SEND_BUFFER;
        return 0;
    default:
        return ENOPROTOOPT;
    }
}

int option_get(resmgr_context_t *ctp, struct sock *s, const struct request *rq)
{
    int value = 0, error = ENOPROTOOPT;
    if (rq->flags == SOL_SOCKET) {
        if (rq->option == SO_RCVTIMEO || rq->option == SO_SNDTIMEO) {
            uint32_t ms = rq->option == SO_RCVTIMEO ? s->recv_timeout_ms : s->send_timeout_ms;
            struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
            return answer(ctp, rq, &tv, sizeof tv);
        }
        if (rq->option == SO_LINGER) {
            struct linger l = {.l_onoff = s->reset_on_close};
            return answer(ctp, rq, &l, sizeof l);
        }
        if (rq->option == SO_PEERCRED && s->domain == AF_UNIX) {
            struct sock_cred none = {.uid = UINT32_MAX, .gid = UINT32_MAX}; /* laid out as struct ucred */
            return answer(ctp, rq, s->connected && s->stream ? &s->peer_cred : &none, sizeof none);
        }
        error = own_number(s, rq->option, &value);
    }
    if (rq->flags == IPPROTO_IPV6 && rq->option == IPV6_V6ONLY && s->domain == AF_INET6) {
        value = s->v6only;
        error = 0;
    }
    if (error == ENOPROTOOPT)
        error = s->ops->option(s, false, rq->flags, rq->option, &value);
    return error != 0 ? error : answer(ctp, rq, &value, sizeof value);
}

static int set_timeout(struct sock *s, const struct request *rq)
{
    struct timeval tv;
    if (rq->data_len < sizeof tv)
        return EINVAL;
    memcpy(&tv, rq->data, sizeof tv);
    if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec > 999999)
        return EDOM;
    uint64_t ms = tv.tv_sec > 1000000 ? 1000000000u
                                      : (uint64_t)tv.tv_sec * 1000 + ((uint64_t)tv.tv_usec + 999) / 1000;
    if (rq->option == SO_RCVTIMEO)
        s->recv_timeout_ms = (uint32_t)ms;
    else
        s->send_timeout_ms = (uint32_t)ms;
    return EOK;
}

static int set_linger(struct sock *s, const struct request *rq)
{
    struct linger l;
    if (rq->data_len < sizeof l)
        return EINVAL;
    memcpy(&l, rq->data, sizeof l);
    s->reset_on_close = l.l_onoff && l.l_linger == 0;
    return EOK;
}

static int set_socket_level(struct sock *s, const struct request *rq, int value)
{
    switch (rq->option) {
    case SO_RCVBUF:
        s->queue_max = value < 2048 ? 2048 : value > QUEUE_LIMIT ? QUEUE_LIMIT : (uint32_t)value;
        return EOK;
    case SO_SNDBUF:
        return value < 0 ? EINVAL : EOK; /* a hint that is not taken */
    case SO_ERROR:
    case SO_TYPE:
    case SO_DOMAIN:
    case SO_PROTOCOL:
    case SO_ACCEPTCONN:
        return ENOPROTOOPT;
    default:
        return s->ops->option(s, true, SOL_SOCKET, rq->option, &value);
    }
}

int option_set(struct sock *s, const struct request *rq)
{
    int value = 0;
    if (rq->flags == SOL_SOCKET && (rq->option == SO_RCVTIMEO || rq->option == SO_SNDTIMEO))
        return set_timeout(s, rq);
    if (rq->flags == SOL_SOCKET && rq->option == SO_LINGER)
        return set_linger(s, rq);
    if (rq->flags == IPPROTO_IP && (rq->option == IP_ADD_MEMBERSHIP || rq->option == IP_DROP_MEMBERSHIP))
        return iface_membership(rq);
    if (rq->data_len == 1 && rq->flags == IPPROTO_IP)
        value = rq->data[0];
    else if (rq->data_len < sizeof value)
        return EINVAL;
    else
        memcpy(&value, rq->data, sizeof value);
    if (rq->flags == IPPROTO_IPV6 && rq->option == IPV6_V6ONLY && s->domain == AF_INET6) {
        if (s->bound || s->connected || s->connecting)
            return EINVAL;
        s->v6only = value != 0;
        s->ops->close(s); /* an unbound pcb of the other kind takes its place */
        return EOK;
    }
    if (rq->flags == SOL_SOCKET)
        return set_socket_level(s, rq, value);
    return s->ops->option(s, true, rq->flags, rq->option, &value);
}
