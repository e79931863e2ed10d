/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <semaphore.h> with Neutrino's addition. */
#pragma once
#include <musl/semaphore.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#if defined(_BSD_SOURCE) || defined(_GNU_SOURCE)
/* As sem_timedwait(), by CLOCK_MONOTONIC (s/sem_timedwait). */
int sem_timedwait_monotonic(sem_t *sem, const struct timespec *abs_timeout);
#endif

__END_DECLS
