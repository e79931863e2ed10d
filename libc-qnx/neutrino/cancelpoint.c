/* SPDX-License-Identifier: Apache-2.0 */
/* The rare ends of a kernel call. */
#include "kcall.h"

long __qrv_fail(long rc)
{
    errno = (int)-rc;
    return -1;
}

long __qrv_canceled(void)
{
    __pthread_testcancel();
    return -ECANCELED;
}
