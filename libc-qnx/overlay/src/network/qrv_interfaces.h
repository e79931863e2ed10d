/* SPDX-License-Identifier: Apache-2.0 */
/* The network interfaces, as io-net lists them. */
#pragma once
#include <abi/socket.h>
#include <features.h>

/* Fills list with the interfaces from the first-th on, QRV_INTERFACES at most; the count, or -1 with errno. */
#define QRV_INTERFACES 16
hidden int __qrv_interfaces(int fd, int first, struct _sock_if list[QRV_INTERFACES]);
