/* SPDX-License-Identifier: Apache-2.0 */
/* What the network commands share: asking io-net (abi/socket.h). */
#pragma once
#include <abi/socket.h>
#include <stddef.h>

/* All records of that kind (_SOCK_LIST_*), each `size` bytes, malloc()ed; NULL with errno.  *count: how many. */
void *netinfo_list(int kind, size_t size, size_t *count);
/* Sets the members of the interface that `what` names (_SOCK_SET_*).  0, or -1 with errno. */
int netinfo_set(const struct _sock_if *values, int what);
/* "10.0.2.15", "::1"; port 0 is left out, -1 is shown as "*".  The wildcard address is "*". */
const char *netinfo_address(const unsigned char *ip, int is_v6, int port, char text[64]);
