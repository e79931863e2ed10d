/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <errno.h> with Neutrino's names.  Numbers above 300 are in no Linux list; the kernel has
 * the same ones. */
#pragma once
#include <musl/errno.h>

#define EOK        0
#define ESRVRFAULT 312 /* the server's message buffers are bad */
#define EENDIAN    313
#define ECTRLTERM  314
#undef ERESTART
#define ERESTART  316 /* MsgError() with it makes the client send again */
#define ENOREMOTE 317
