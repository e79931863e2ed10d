/* SPDX-License-Identifier: Apache-2.0 */
/* Only musl's Linux clone() is left to call this; threads and programs are started elsewhere. */
#include <errno.h>
#include "pthread_impl.h"

int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
    return -ENOSYS;
}
