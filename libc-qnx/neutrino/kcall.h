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
#include "pthread_impl.h"

#define QRV_HIDDEN __attribute__((__visibility__("hidden")))
QRV_HIDDEN void __pthread_testcancel(void);
/* Acts on a pending cancellation, and tells whether cancellation is off. */
static inline int __qrv_cancel_point(void)
{
    struct __pthread *self = __pthread_self();
    if (self->canceldisable)
        return 1;
    if (self->cancel)
        __pthread_testcancel();
    return 0;
}
/* The kernel has ended a call for a cancellation, or a server says ECANCELED for reasons of its own. */
QRV_HIDDEN long __qrv_canceled(void);
/* Sets errno; -1. */
QRV_HIDDEN long __qrv_fail(long rc);

static inline long __qrv_neg(long rc) /* Foo(): value or -1 */
{
    return __builtin_expect(rc < 0, 0) ? __qrv_fail(rc) : rc;
}
static inline int __qrv_pos(long rc) /* Foo_r() of the second kind */
{
    return rc < 0 ? (int)-rc : EOK;
}
static inline int __qrv_ok(long rc) /* Foo() that only succeeds or fails */
{
    return __builtin_expect(rc < 0, 0) ? (int)__qrv_fail(rc) : 0;
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
