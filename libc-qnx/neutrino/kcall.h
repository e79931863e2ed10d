/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the kernel-call functions.  A kernel result is >= 0 or -errno; Foo() turns the latter
 * into errno and -1. The two conventions of Foo_r(): NEG keeps -errno (calls that return
 * something), POS gives EOK or a positive errno. */
#pragma once
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/neutrino.h>
#include <abi/kercall.h>
#include <abi/taskman.h>
#include "../qrv/kercall.h"

__attribute__((__visibility__("hidden"))) void __pthread_testcancel(void);
/* Acts on a pending cancellation; what it returns goes into MSG_SENDV's flags: KC_SEND_NC while
 * cancellation is off. */
__attribute__((__visibility__("hidden"))) unsigned __qrv_cancel_point(void);

static inline long __qrv_neg(long rc) /* Foo(): value or -1 */
{
    if (rc >= 0)
        return rc;
    errno = (int)-rc;
    return -1;
}
static inline int __qrv_pos(long rc) /* Foo_r() of the second kind */
{
    return rc < 0 ? (int)-rc : EOK;
}
static inline int __qrv_ok(long rc) /* Foo() that only succeeds or fails */
{
    return rc < 0 ? (int)__qrv_neg(rc) : 0;
}

/* Cancellation points other than sends: a cancellation that is not to be acted on is no reason to
 * end the wait. */
#define QRV_CP(rc, call)                                                                           \
    do {                                                                                           \
        __pthread_testcancel();                                                                    \
        rc = (call);                                                                               \
        if (rc == -ECANCELED)                                                                      \
            __pthread_testcancel();                                                                \
    } while (rc == -ECANCELED)
