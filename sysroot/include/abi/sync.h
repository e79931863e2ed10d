/* SPDX-License-Identifier: Apache-2.0 */
/* Synchronisation objects in user memory.  Documentation followed: Library Reference SyncTypeCreate(), SyncMutexLock().
 *
 * sync_t is two 32-bit words; pthread_mutex_t, pthread_cond_t and sem_t start with it.
 *   mutex:  owner  0 free, else pid << 16 | tid of the holder, with QRV_SYNC_WAITERS when the kernel has waiters queued
 *           or the holder died (QRV_SYNC_DEAD).  count: low 16 bits recursion depth - 1, high bits QRV_MUTEX_*.
 *           Lock fast path: CAS owner 0 -> me.  Unlock fast path: CAS owner me -> 0.  Anything else: kernel.
 *           A mutex with a priority ceiling keeps QRV_SYNC_WAITERS always, which sends every lock and unlock into the kernel;
 *           its ceiling is the top byte of count.
 *   sem:    count  value (>= 0); owner  QRV_SYNC_WAITERS when threads wait.
 *   cond:   count  unused, owner  QRV_SYNC_WAITERS when threads wait (signal may skip the kernel when it is clear).
 */
#pragma once
#include <stdint.h>

typedef struct _sync {
    int32_t __count;
    int32_t __owner;
} sync_t;

#define QRV_SYNC_WAITERS   ((int32_t)0x80000000)
#define QRV_SYNC_DEAD      0x7fffffff /* owner word (no waiters bit): holder died, SyncMutexRevive() makes it usable */
#define QRV_SYNC_DESTROYED 0x7ffffffe
#define QRV_MUTEX_RECURSIVE  0x00010000
#define QRV_MUTEX_ERRORCHECK 0x00020000
#define QRV_MUTEX_NOINHERIT  0x00040000 /* PTHREAD_PRIO_NONE */
#define QRV_MUTEX_ROBUST     0x00080000
#define QRV_MUTEX_NOERROR    0x00100000 /* PTHREAD_MUTEX_NORMAL: relock deadlocks */
#define QRV_MUTEX_PROTECT    0x00200000 /* PTHREAD_PRIO_PROTECT */
#define QRV_MUTEX_WAKEUP     0x00400000 /* PTHREAD_WAKEUP_ENABLE: _NTO_SCTL_MUTEX_WAKEUP is allowed */
#define QRV_MUTEX_CEILING_SHIFT 24

#define _NTO_SYNC_MUTEX_FREE 0
#define _NTO_SYNC_SEM        1
#define _NTO_SYNC_COND       2
#define _NTO_SCTL_SETPRIOCEILING 1
#define _NTO_SCTL_GETPRIOCEILING 2
#define _NTO_SCTL_SETEVENT       3
#define _NTO_SCTL_MUTEX_WAKEUP   4
#define _KC_SCTL_LOCK            5 /* libc: takes the mutex whatever its ceiling says */

/* Data of _NTO_SCTL_MUTEX_WAKEUP: pid 0 the caller's process (with a tid) or every process; tid 0 every thread. */
struct _sync_wakeup {
    int32_t pid;
    int32_t tid;
};

struct _sync_attr {
    int32_t __protocol;    /* PTHREAD_PRIO_* */
    int32_t __flags;       /* QRV_MUTEX_*; for a semaphore the start value */
    int32_t __prioceiling;
    int32_t __clockid;     /* condvar */
    int32_t __reserved[4];
};
