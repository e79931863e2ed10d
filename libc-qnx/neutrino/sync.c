/* SPDX-License-Identifier: Apache-2.0 */
/* Synchronisation objects by sync_t, the same words that pthread_mutex_t, pthread_cond_t and sem_t
 * begin with. */
#include <pthread.h>
#include <semaphore.h>
#include "kcall.h"

_Static_assert(sizeof(sync_t) <= sizeof(pthread_mutex_t) && sizeof(sync_t) <= sizeof(sem_t),
               "sync_t fits");

int SyncTypeCreate_r(unsigned type, sync_t *sync, const struct _sync_attr *attr)
{
    return __qrv_pos(__kercall3(KC_SYNC_TYPE_CREATE, type, (long)sync, (long)attr));
}

int SyncTypeCreate(unsigned type, sync_t *sync, const struct _sync_attr *attr)
{
    return __qrv_ok(__kercall3(KC_SYNC_TYPE_CREATE, type, (long)sync, (long)attr));
}

int SyncDestroy_r(sync_t *sync)
{
    return __qrv_pos(__kercall1(KC_SYNC_DESTROY, (long)sync));
}

int SyncDestroy(sync_t *sync)
{
    return __qrv_ok(__kercall1(KC_SYNC_DESTROY, (long)sync));
}

/* With a deadline a signal ends the wait (ERESTART to libc's own callers, which set it again). */
int SyncMutexLock_r(sync_t *sync)
{
    long rc = __kercall1(KC_SYNC_MUTEX_LOCK, (long)sync);
    return __qrv_pos(rc == -ERESTART ? -EINTR : rc);
}

int SyncMutexLock(sync_t *sync)
{
    return __qrv_ok(-(long)SyncMutexLock_r(sync));
}

/* The page has EINVAL for a mutex of somebody else's; EPERM is pthread_mutex_unlock()'s. */
int SyncMutexUnlock_r(sync_t *sync)
{
    int rc = __qrv_pos(__kercall1(KC_SYNC_MUTEX_UNLOCK, (long)sync));
    return rc == EPERM ? EINVAL : rc;
}

int SyncMutexUnlock(sync_t *sync)
{
    return __qrv_ok(-(long)SyncMutexUnlock_r(sync));
}

int SyncMutexEvent_r(sync_t *sync, const struct sigevent *event)
{
    return __qrv_pos(__kercall2(KC_SYNC_MUTEX_EVENT, (long)sync, (long)event));
}

int SyncMutexEvent(sync_t *sync, const struct sigevent *event)
{
    return __qrv_ok(__kercall2(KC_SYNC_MUTEX_EVENT, (long)sync, (long)event));
}

int SyncMutexRevive_r(sync_t *sync)
{
    return __qrv_pos(__kercall1(KC_SYNC_MUTEX_REVIVE, (long)sync));
}

int SyncMutexRevive(sync_t *sync)
{
    return __qrv_ok(__kercall1(KC_SYNC_MUTEX_REVIVE, (long)sync));
}

/* The mutex is held again in every outcome; a cancellation is acted on with it held. */
int SyncCondvarWait_r(sync_t *sync, sync_t *mutex)
{
    __pthread_testcancel();
    long rc = __kercall2(KC_SYNC_COND_WAIT, (long)sync, (long)mutex);
    if (rc == -ECANCELED) {
        __pthread_testcancel();
        rc = -EINTR;
    }
    return __qrv_pos(rc);
}

int SyncCondvarWait(sync_t *sync, sync_t *mutex)
{
    return __qrv_ok(-(long)SyncCondvarWait_r(sync, mutex));
}

int SyncCondvarSignal_r(sync_t *sync, int all)
{
    return __qrv_pos(__kercall2(KC_SYNC_COND_SIGNAL, (long)sync, all));
}

int SyncCondvarSignal(sync_t *sync, int all)
{
    return __qrv_ok(__kercall2(KC_SYNC_COND_SIGNAL, (long)sync, all));
}

int SyncSemPost_r(sync_t *sync)
{
    return __qrv_pos(__kercall1(KC_SYNC_SEM_POST, (long)sync));
}

int SyncSemPost(sync_t *sync)
{
    return __qrv_ok(__kercall1(KC_SYNC_SEM_POST, (long)sync));
}

int SyncSemWait_r(sync_t *sync, int try_only)
{
    long rc;
    QRV_CP(rc, __kercall2(KC_SYNC_SEM_WAIT, (long)sync, try_only));
    return __qrv_pos(rc);
}

int SyncSemWait(sync_t *sync, int try_only)
{
    return __qrv_ok(-(long)SyncSemWait_r(sync, try_only));
}

int SyncCtl_r(int cmd, sync_t *sync, void *data)
{
    return __qrv_pos(__kercall3(KC_SYNC_CTL, cmd, (long)sync, (long)data));
}

/* _NTO_SCTL_SETPRIOCEILING: the ceiling that was. */
int SyncCtl(int cmd, sync_t *sync, void *data)
{
    return (int)__qrv_neg(__kercall3(KC_SYNC_CTL, cmd, (long)sync, (long)data));
}
