/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel calls of interrupts and the I-cache.  Documentation followed: Library Reference
 * InterruptAttachEvent(), InterruptDetach(), InterruptMask(), InterruptUnmask(), InterruptWait().
 */
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/timer.h"

KC_HANDLER(intr_attach_event)
{
    struct _kc_sigevent ev;
    if (copy_from_user(&ev, UADDR(a[1]), sizeof(ev)))
        return -EFAULT;
    int err = event_check(t->proc, &ev);
    if (!err && (ev.notify & SIGEV_TYPE_MASK) == SIGEV_UNBLOCK)
        err = -EINVAL;
    if (err)
        return err;
    return a[0] > UINT32_MAX ? -EINVAL : intr_attach_event(t, (uint32_t)a[0], &ev, (uint32_t)a[2]);
}

KC_HANDLER(intr_detach)
{
    return intr_detach(t->proc, (int32_t)a[0]);
}

KC_HANDLER(intr_mask)
{
    return a[0] > UINT32_MAX ? -EINVAL : intr_mask(t->proc, (uint32_t)a[0], (int32_t)a[1]);
}

KC_HANDLER(intr_unmask)
{
    return a[0] > UINT32_MAX ? -EINVAL : intr_unmask(t->proc, (uint32_t)a[0], (int32_t)a[1]);
}

KC_HANDLER(intr_wait)
{
    if ((uint32_t)a[0] != 0 || a[1])
        return -ENOTSUP; /* reserved; a timeout comes from TimerTimeout() */
    return intr_wait(t);
}
