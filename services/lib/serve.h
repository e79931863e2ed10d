/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a manager with one thread: receives and handles, for good. */
#pragma once
#include <errno.h>
#include <sys/dispatch.h>

/* Returns the errno of a receive that failed; a signal's EINTR is not one. */
static inline int serve_forever(dispatch_context_t *ctp)
{
    for (;;) {
        dispatch_context_t *next = dispatch_block(ctp);
        if (next == NULL && errno != EINTR)
            return errno;
        if (next == NULL)
            continue;
        ctp = next;
        dispatch_handler(ctp);
    }
}
