/* SPDX-License-Identifier: Apache-2.0 */
#include <threads.h>
#include "../qrv/thread.h"

static int detach(pthread_t t)
{
    int tid = (int)t->sysinfo, cs;
    switch (a_cas(&t->detach_state, DT_JOINABLE, DT_DETACHED)) {
    case DT_JOINABLE:
        __kercall1(KC_THREAD_DETACH, tid);
        return 0;
    case DT_DETACHED:
        return EINVAL;
    }
    /* It is ending: wait for it, as nobody else will. */
    __pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cs);
    __pthread_join(t, 0);
    __pthread_setcancelstate(cs, 0);
    return 0;
}

weak_alias(detach, pthread_detach);
weak_alias(detach, thrd_detach);
