/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <abi/iomsg.h>
#include <abi/socket.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static int parse_v6(const uint8_t *sa, size_t len, struct net_addr *out)
{
    struct sockaddr_in6 in6;
    if (len < sizeof in6)
        return EINVAL;
    memcpy(&in6, sa, sizeof in6);
    out->port = be16((const uint8_t *)&in6.sin6_port);
    const uint8_t *ip = (const uint8_t *)&in6.sin6_addr;
    if (memcmp(ip, mapped, sizeof mapped) == 0) {
        out->family = NET_V4;
        memcpy(out->ip, ip + 12, 4);
        return 0;
    }
    out->family = NET_V6;
    out->scope = in6.sin6_scope_id;
    memcpy(out->ip, ip, 16);
    return 0;
}

static int parse_local(const uint8_t *sa, size_t len, struct net_addr *out)
{
    const size_t head = offsetof(struct sockaddr_un, sun_path);
    size_t n = len - head;
    if (len <= head || len > sizeof(struct sockaddr_un))
        return EINVAL;
    out->family = NET_LOCAL;
    memcpy(out->path, sa + head, n);
    n = strnlen(out->path, n);
    if (n == 0 || n == sizeof out->path)
        return EINVAL; /* no abstract names */
    out->path[n] = '\0';
    return 0;
}

int address_parse(const uint8_t *sa, size_t len, int domain, struct net_addr *out)
{
    sa_family_t family;
    *out = (struct net_addr){0};
    if (len < offsetof(struct sockaddr, sa_data))
        return EINVAL;
    memcpy(&family, sa, sizeof family);
    if (family == AF_UNSPEC)
        return 0; /* connect() ends a datagram socket's association with it */
    if (family != domain)
        return EAFNOSUPPORT;
    if (domain == AF_INET6)
        return parse_v6(sa, len, out);
    if (domain == AF_UNIX)
        return parse_local(sa, len, out);
    if (domain != AF_INET)
        return EAFNOSUPPORT;
    struct sockaddr_in in;
    if (len < sizeof in)
        return EINVAL;
    memcpy(&in, sa, sizeof in);
    out->family = NET_V4;
    out->port = be16((const uint8_t *)&in.sin_port);
    memcpy(out->ip, &in.sin_addr, 4);
    return 0;
}

size_t address_format(const struct net_addr *a, int domain, uint8_t *sa)
{
    if (domain == AF_UNIX) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        size_t n = a->family == NET_LOCAL ? strnlen(a->path, sizeof a->path - 1) : 0;
        memcpy(un.sun_path, a->path, n);
        n = offsetof(struct sockaddr_un, sun_path) + (n ? n + 1 : 0);
        memcpy(sa, &un, n);
        return n;
    }
    if (domain == AF_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        if (a->family == NET_V4)
            memcpy(&in.sin_addr, a->ip, 4);
        memcpy(sa, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope};
    if (a->family == NET_V4) {
        memcpy(&in6.sin6_addr, mapped, sizeof mapped);
        memcpy((uint8_t *)&in6.sin6_addr + 12, a->ip, 4);
    } else {
        memcpy(&in6.sin6_addr, a->ip, 16);
    }
    memcpy(sa, &in6, sizeof in6);
    return sizeof in6;
}

/* The data is text that ends in its last byte: where a local socket's name is to appear. */
static bool holds_path(const struct request *rq)
{
    return rq->data_len <= rq->data_here && rq->data[0] == '/' &&
           memchr(rq->data, '\0', rq->data_len) == rq->data + rq->data_len - 1;
}

int request_parse(const void *buf, size_t size, size_t whole, int domain, struct request *out)
{
    struct _sock_msg m;
    const uint8_t *at = buf;
    *out = (struct request){0};
    if (size < sizeof m || whole < size)
        return EBADMSG;
    memcpy(&m, buf, sizeof m);
    if (m.type != _IO_MSG || m.mgrid != _SOCK_MGRID)
        return ENOSYS;
    if (m.subtype < _SOCK_BIND || m.subtype > _SOCK_SETIF)
        return ENOSYS;
    if (m.addr_len > _SOCK_ADDR_MAX)
        return EINVAL;
    if (m.addr_len > size - sizeof m)
        return EBADMSG;
    if (m.data_len > _SOCK_DATA_MAX)
        return EINVAL;
    out->subtype = m.subtype;
    out->flags = m.flags;
    out->option = m.option;
    out->data_len = m.data_len;
    out->data_offset = sizeof m + m.addr_len;
    out->data = at + out->data_offset;
    out->data_here = size - out->data_offset;
    if (m.subtype == _SOCK_SEND && m.data_len > whole - out->data_offset)
        return EBADMSG; /* it promises more than it sent */
    if (m.subtype == _SOCK_SETOPT && (m.data_len > _SOCK_OPT_MAX || m.data_len > out->data_here))
        return m.data_len > _SOCK_OPT_MAX ? EINVAL : EBADMSG;
    if (m.subtype == _SOCK_BIND && m.data_len > 0 && !holds_path(out))
        return EBADMSG;
    if (m.subtype == _SOCK_SETIF && out->data_here < sizeof(struct _sock_if))
        return EBADMSG;
    bool needs = m.subtype == _SOCK_BIND || m.subtype == _SOCK_CONNECT;
    if (m.addr_len > 0 || needs)
        return address_parse(at + sizeof m, m.addr_len, domain, &out->addr);
    return 0;
}
