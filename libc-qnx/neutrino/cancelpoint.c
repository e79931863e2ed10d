/* SPDX-License-Identifier: Apache-2.0 */
#include "kcall.h"
#include "pthread_impl.h"

unsigned __qrv_cancel_point(void)
{
    struct __pthread *self = __pthread_self();
    if (self->canceldisable)
        return KC_SEND_NC;
    __pthread_testcancel();
    return 0;
}
