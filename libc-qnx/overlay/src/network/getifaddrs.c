/* SPDX-License-Identifier: Apache-2.0 */
/* Instead of musl's, which asks netlink: one record per interface and address family, from io-net. */
#define _GNU_SOURCE
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qrv_interfaces.h"

union address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_ll ll;
};

struct record {
    struct ifaddrs ifa; /* first */
    union address addr, mask, broadcast;
    char name[IF_NAMESIZE];
};

void freeifaddrs(struct ifaddrs *ifa)
{
    while (ifa != NULL) {
        struct ifaddrs *next = ifa->ifa_next;
        free(ifa);
        ifa = next;
    }
}

static struct record *add(const struct _sock_if *f, struct ifaddrs ***tail)
{
    struct record *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    strncpy(r->name, f->name, sizeof r->name - 1);
    r->ifa.ifa_name = r->name;
    r->ifa.ifa_flags = f->flags;
    **tail = &r->ifa;
    *tail = &r->ifa.ifa_next;
    return r;
}

static int add_link(const struct _sock_if *f, struct ifaddrs ***tail)
{
    struct record *r = add(f, tail);
    if (r == NULL)
        return -1;
    r->addr.ll = (struct sockaddr_ll){.sll_family = AF_PACKET,
                                      .sll_ifindex = (int)f->index,
                                      .sll_hatype = f->flags & IFF_LOOPBACK ? 772 : 1, /* of Linux's ARPHRD_* */
                                      .sll_halen = 6};
    memcpy(r->addr.ll.sll_addr, f->mac, 6);
    r->ifa.ifa_addr = &r->addr.sa;
    return 0;
}

static int add_v4(const struct _sock_if *f, struct ifaddrs ***tail)
{
    struct record *r = f->addr != 0 ? add(f, tail) : NULL;
    if (r == NULL)
        return f->addr != 0 ? -1 : 0;
    r->addr.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = f->addr};
    r->mask.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = f->mask};
    r->ifa.ifa_addr = &r->addr.sa;
    r->ifa.ifa_netmask = &r->mask.sa;
    if (!(f->flags & IFF_BROADCAST))
        return 0;
    r->broadcast.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = f->addr | ~f->mask};
    r->ifa.ifa_broadaddr = &r->broadcast.sa;
    return 0;
}

static int add_v6(const struct _sock_if *f, int which, struct ifaddrs ***tail)
{
    struct record *r = f->v6_prefix[which] != 0 ? add(f, tail) : NULL;
    if (r == NULL)
        return f->v6_prefix[which] != 0 ? -1 : 0;
    r->addr.in6.sin6_family = r->mask.in6.sin6_family = AF_INET6;
    memcpy(&r->addr.in6.sin6_addr, f->v6[which], 16);
    if (IN6_IS_ADDR_LINKLOCAL(&r->addr.in6.sin6_addr))
        r->addr.in6.sin6_scope_id = f->index;
    for (int bit = 0; bit < f->v6_prefix[which] && bit < 128; bit++)
        r->mask.in6.sin6_addr.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    r->ifa.ifa_addr = &r->addr.sa;
    r->ifa.ifa_netmask = &r->mask.sa;
    return 0;
}

static int add_all(const struct _sock_if *f, struct ifaddrs ***tail)
{
    int rc = add_link(f, tail);
    if (rc == 0)
        rc = add_v4(f, tail);
    for (int i = 0; rc == 0 && i < _SOCK_IF_V6; i++)
        rc = add_v6(f, i, tail);
    return rc;
}

int getifaddrs(struct ifaddrs **out)
{
    struct _sock_if list[QRV_INTERFACES];
    struct ifaddrs *first = NULL, **tail = &first;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), at = 0, n = -1;
    if (fd == -1)
        return -1;
    while ((n = __qrv_interfaces(fd, at, list)) > 0) {
        for (int i = 0; i < n; i++) {
            if (add_all(&list[i], &tail) == 0)
                continue;
            errno = ENOMEM;
            n = -1;
            goto end;
        }
        at += n;
    }
end:;
    int error = errno;
    close(fd);
    errno = error;
    if (n == -1) {
        freeifaddrs(first);
        return -1;
    }
    *out = first;
    return 0;
}
