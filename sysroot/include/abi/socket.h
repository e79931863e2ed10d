/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between libc's socket functions and io-net (services/io-net/README.md).
 *
 * socket() opens /dev/socket with struct _sock_open as the extra data of the connect message.  accept() and
 * socketpair() make their second descriptor with _IO_OPENFD on the first: xtype says which.  read(), write(),
 * close(), fcntl(), ionotify() and fstat() are the I/O messages of every file; the rest is struct _sock_msg, an
 * _IO_MSG with manager id _IOMGR_NET.  Addresses travel as libc's struct sockaddr. */
#pragma once
#include <stdint.h>

#define _SOCK_MGRID     4 /* _IOMGR_NET */
#define _SOCK_ADDR_MAX  112
#define _SOCK_OPT_MAX   64
#define _SOCK_PATH_MAX  1024 /* of a local socket's name, with NUL */
#define _SOCK_DATA_MAX  0x7fff0000U

/* xtype of struct _io_openfd */
#define _SOCK_OPENFD_ACCEPT 0x101 /* EAGAIN: nobody has connected */
#define _SOCK_OPENFD_PAIR   0x102

struct _sock_open {
    int32_t domain, type, protocol;
};

/* subtypes of struct _sock_msg: what follows it, what is answered */
/* A local socket's address comes with what libc made of it: where it is bound, the absolute path as data and the
 * mode in flags; elsewhere the inode of the name in option.  ENOLINK: it came without. */
#define _SOCK_BIND     1  /* address */
#define _SOCK_CONNECT  2  /* address */
#define _SOCK_LISTEN   3  /* flags: backlog */
#define _SOCK_WAIT     4  /* accept() waits here until _SOCK_OPENFD_ACCEPT may succeed; EAGAIN with O_NONBLOCK */
#define _SOCK_SEND     5  /* flags: MSG_*; address, data_len bytes of data; status: bytes taken */
#define _SOCK_RECV     6  /* flags: MSG_*; answer: struct _sock_reply, data_len bytes at most; status: bytes */
#define _SOCK_NAME     7  /* answer: struct _sock_reply */
#define _SOCK_PEER     8  /* answer: struct _sock_reply */
#define _SOCK_GETOPT   9  /* flags: level, option; data_len: room; answer: the value; status: its bytes */
#define _SOCK_SETOPT   10 /* flags: level, option; data_len bytes of value */
#define _SOCK_SHUTDOWN 11 /* flags: SHUT_* */
#define _SOCK_LIST     12 /* option: _SOCK_LIST_*; answer: records up to data_len bytes; status: bytes */
#define _SOCK_SETIF    13 /* struct _sock_if, of which `option` names the members; user 0 only */

struct _sock_msg {
    uint16_t type, combine_len;
    uint16_t mgrid, subtype;
    int32_t flags, option;
    uint32_t addr_len, data_len;
};

struct _sock_reply {
    uint32_t addr_len; /* 0: there is no address */
    uint32_t flags;    /* MSG_TRUNC */
    uint8_t addr[_SOCK_ADDR_MAX];
};

#define _SOCK_LIST_IF      1
#define _SOCK_LIST_SOCKETS 2

/* An interface.  Addresses are in network byte order. */
#define _SOCK_IF_NAME 16
#define _SOCK_IF_V6   6
struct _sock_if {
    char name[_SOCK_IF_NAME];
    uint32_t index, mtu;
    uint32_t flags;             /* IFF_* */
    uint32_t addr, mask, gateway;
    uint8_t mac[8];             /* 6 bytes and two of zero */
    uint8_t v6[_SOCK_IF_V6][16];
    uint8_t v6_prefix[8];       /* bits of each; 0: not in use */
    uint32_t dns[2];
    uint32_t dhcp, is_default;
    uint64_t in_packets, out_packets, in_bytes, out_bytes, in_dropped, out_dropped;
};
#define _SOCK_SET_ADDR    0x01
#define _SOCK_SET_MASK    0x02
#define _SOCK_SET_GATEWAY 0x04
#define _SOCK_SET_UP      0x08 /* IFF_UP of flags */
#define _SOCK_SET_DHCP    0x10 /* dhcp: start or stop */
#define _SOCK_SET_DNS     0x20

/* An end point, for netstat */
struct _sock_info {
    uint8_t domain, type, protocol, state; /* state: of TCP, as in RFC 793: 0 closed ... 10 time-wait */
    uint32_t received, unsent;             /* bytes that wait */
    uint16_t local_port, remote_port;
    uint8_t is_v6, zero[3];
    uint8_t local[16], remote[16]; /* an IPv4 address is in the first 4 bytes */
};
