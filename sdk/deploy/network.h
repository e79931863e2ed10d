/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of TCP, made with a time limit. */
#pragma once

/* where: HOST[:PORT], the host a name, an IPv4 address or [an IPv6 address]; default_port 0: the port
 * is needed. A descriptor that blocks, or -1 and *why (heap). */
int network_connect(const char *where, long default_port, char **why);
