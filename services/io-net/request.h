/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of clients, checked: pure code over bytes that are not trusted.  tests/fuzz runs it on the build
 * machine. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address without padding and families: what io-net passes around. */
struct net_addr {
    uint8_t family; /* 0: none; 4, 6: IP; 1: local, named by path */
    uint16_t port;  /* host byte order */
    uint32_t scope; /* interface of a link-local address; of a local one the inode that the client found */
    uint8_t ip[16];
    char path[108];
};
enum { NET_NONE = 0, NET_LOCAL = 1, NET_V4 = 4, NET_V6 = 6 };

struct request {
    unsigned subtype;
    int flags, option;
    struct net_addr addr; /* family NET_NONE: none was given */
    uint32_t data_len;
    size_t data_offset;   /* of the data behind the address, from the message's start */
    const uint8_t *data;  /* what of it has arrived already */
    size_t data_here;
};

/* buf: `size` bytes that arrived of a message of `whole` bytes; domain: the socket's (AF_*).  0 or an errno
 * value. */
int request_parse(const void *buf, size_t size, size_t whole, int domain, struct request *out);
/* struct sockaddr of `len` bytes.  A socket of domain AF_INET6 takes IPv4 only as a mapped address.  0 or an
 * errno value. */
int address_parse(const uint8_t *sa, size_t len, int domain, struct net_addr *out);
/* The other way: returns the length, at most 110; 0 for no address. */
size_t address_format(const struct net_addr *a, int domain, uint8_t *sa);
