/* SPDX-License-Identifier: Apache-2.0 */
/* What the synchronisation calls refuse.  Pages: QNX Neutrino Library Reference, SyncTypeCreate(),
 * SyncDestroy(), SyncCtl(), SyncMutexLock(), SyncMutexRevive(). */
#include <sys/mman.h>
#include "../rendezvous.h"

int main(void)
{
    static const char text[16] = "read-only memory";
    sync_t s = {0, 0};
    struct _sync_attr a = {0};
    tap_plan(16);
    is_int(SyncTypeCreate_r(99, &s, NULL), EINVAL, "unknown type: EINVAL");
    is_int(SyncTypeCreate_r(_NTO_SYNC_MUTEX_FREE, (sync_t *)4, NULL), EFAULT,
           "object nowhere: EFAULT");
    is_int(SyncTypeCreate_r(_NTO_SYNC_MUTEX_FREE, &s, (void *)4), EFAULT,
           "attributes nowhere: EFAULT");
    a.__protocol = 9;
    is_int(SyncTypeCreate_r(_NTO_SYNC_MUTEX_FREE, &s, &a), EINVAL, "unknown protocol: EINVAL");
    a = (struct _sync_attr){.__flags = -1};
    is_int(SyncTypeCreate_r(_NTO_SYNC_SEM, &s, &a), EINVAL, "negative start value: EINVAL");
    a = (struct _sync_attr){.__clockid = 5};
    is_int(SyncTypeCreate_r(_NTO_SYNC_COND, &s, &a), EINVAL, "unusable condvar clock: EINVAL");
    is_int(SyncMutexLock_r(NULL), EFAULT, "lock of NULL: EFAULT");
    is_int(SyncMutexLock_r((sync_t *)0xffffffff80000000UL), EFAULT,
           "lock of a kernel address: EFAULT");
    is_int(SyncMutexLock_r((sync_t *)((char *)&s + 1)), EINVAL,
           "lock of a crooked address: EINVAL");
    is_int(SyncMutexLock_r((sync_t *)(uintptr_t)text), EFAULT, "lock of read-only memory: EFAULT");
    is_int(SyncMutexUnlock_r((sync_t *)8), EFAULT, "unlock nowhere: EFAULT");
    is_int(SyncMutexRevive_r(&s), EINVAL, "revive of a free mutex: EINVAL");
    is_int(SyncCtl_r(1234, &s, NULL), EINVAL, "SyncCtl, unknown command: EINVAL");
    is_int(SyncDestroy_r(&s), 0, "destroy");
    is_int(SyncDestroy_r(&s), EINVAL, "destroy again: EINVAL");
    /* A word that names nobody: the lock must wait (and be killable), not crash. */
    sync_t bogus = {0, 0x7ffe0fff};
    uint64_t ns = 5000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_MUTEX, NULL, &ns, NULL);
    is_int(SyncMutexLock_r(&bogus), ETIMEDOUT, "an owner that never was: the wait times out");
    return done();
}
