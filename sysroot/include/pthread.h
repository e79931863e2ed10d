/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <pthread.h> with Neutrino's additions. */
#pragma once
#include <musl/pthread.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#if defined(_BSD_SOURCE) || defined(_GNU_SOURCE)
#define PTHREAD_RECURSIVE_DISABLE 0
#define PTHREAD_RECURSIVE_ENABLE  1
#define PTHREAD_STACK_NOTLAZY     0
#define PTHREAD_STACK_LAZY        1

#define PTHREAD_WAKEUP_DISABLE    0
#define PTHREAD_WAKEUP_ENABLE     1

/* With PTHREAD_WAKEUP_ENABLE in the mutex, pthread_mutex_wakeup_np() ends waits for it: their locks return EINTR.
 * pid 0: tid names a thread of the caller (0: everybody who waits); of another process tid is its thread's number. */
int pthread_mutexattr_setwakeup_np(pthread_mutexattr_t *attr, int wakeup);
int pthread_mutexattr_getwakeup_np(const pthread_mutexattr_t *attr, int *wakeup);
int pthread_mutex_wakeup_np(pthread_mutex_t *mutex, pid_t pid, pthread_t tid);
int pthread_mutexattr_setrecursive(pthread_mutexattr_t *attr, int recursive);
int pthread_mutexattr_getrecursive(const pthread_mutexattr_t *attr, int *recursive);
int pthread_mutex_timedlock_monotonic(pthread_mutex_t *mutex, const struct timespec *abs_timeout);
/* As pthread_join(), but ETIMEDOUT at that time of CLOCK_REALTIME or CLOCK_MONOTONIC (p/pthread_timedjoin). */
int pthread_timedjoin(pthread_t thread, void **value, const struct timespec *abs_timeout);
int pthread_timedjoin_monotonic(pthread_t thread, void **value, const struct timespec *abs_timeout);
int pthread_attr_setstackaddr(pthread_attr_t *attr, void *addr);
int pthread_attr_getstackaddr(const pthread_attr_t *attr, void **addr);
int pthread_attr_setstacklazy(pthread_attr_t *attr, int lazy);
int pthread_attr_getstacklazy(const pthread_attr_t *attr, int *lazy);
int pthread_attr_setstackprealloc(pthread_attr_t *attr, size_t bytes);
int pthread_attr_getstackprealloc(const pthread_attr_t *attr, size_t *bytes);
#endif

__END_DECLS
