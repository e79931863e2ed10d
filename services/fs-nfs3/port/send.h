/* SPDX-License-Identifier: Apache-2.0 */
/* Included first into libnfs's socket source: our sockets block, for receive.c's sake, but sending does not, as that
 * happens with the lock held. */
#pragma once
#include <sys/types.h>
#include <sys/socket.h>
#define send(fd, bytes, n, flags) send(fd, bytes, n, (flags) | MSG_DONTWAIT)
