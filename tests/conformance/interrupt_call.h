/* SPDX-License-Identifier: Apache-2.0 */
/* A signal that ends a blocking call of this thread. */
#pragma once
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static struct sigaction interrupt_old;

static inline void interrupt_handler(int signo)
{
    (void)signo;
}

/* SIGALRM, whose handler does nothing, in 50 ms and again each second: on a busy machine the first may come before the call. */
static inline void interrupt_soon(void)
{
    struct sigaction act = {.sa_handler = interrupt_handler};
    struct itimerval soon = {.it_value = {0, 50000}, .it_interval = {1, 0}};
    sigaction(SIGALRM, &act, &interrupt_old);
    setitimer(ITIMER_REAL, &soon, NULL);
}

/* After the call, whose errno stays. */
static inline void interrupt_no_more(void)
{
    struct itimerval none = {{0, 0}, {0, 0}};
    int e = errno;
    setitimer(ITIMER_REAL, &none, NULL);
    sigaction(SIGALRM, &interrupt_old, NULL);
    errno = e;
}
