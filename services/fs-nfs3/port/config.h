/* SPDX-License-Identifier: Apache-2.0 */
/* What libnfs asks about the system. No threads of its own: fs-nfs3 has one lock around all of it. */
#pragma once
#define HAVE_ARPA_INET_H      1
#define HAVE_FCNTL_H          1
#define HAVE_NETDB_H          1
#define HAVE_NET_IF_H         1
#define HAVE_NETINET_IN_H     1
#define HAVE_NETINET_TCP_H    1
#define HAVE_POLL_H           1
#define HAVE_SOCKADDR_STORAGE 1
#define HAVE_STDINT_H         1
#define HAVE_STDLIB_H         1
#define HAVE_STRING_H         1
#define HAVE_SYS_IOCTL_H      1
#define HAVE_SYS_SOCKET_H     1
#define HAVE_SYS_STAT_H       1
#define HAVE_SYS_TIME_H       1
#define HAVE_SYS_TYPES_H      1
#define HAVE_UNISTD_H         1
#define _U_                   __attribute__((unused))
