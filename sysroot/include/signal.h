/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <signal.h> with Neutrino's struct sigevent in place of its own, signal numbers of
 * abi/signal.h and the SIGEV_*_INIT macros.  Documentation followed: Library Reference sigevent. */
#pragma once

/* musl's definitions of these names step aside. */
#define sigevent __musl_sigevent
#include <musl/signal.h>
#undef sigevent
#undef SIGEV_THREAD_ID
#undef sigev_notify_thread_id
#undef sigev_notify_function
#undef sigev_notify_attributes
#undef SIGRTMIN
#undef SIGRTMAX
#undef SIGSTKFLT

#include <abi/sigevent.h>
#include <abi/signal.h>
#include <bits/alltypes.h>
#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#define SIGRTMIN  QRV_SIGRTMIN
#define SIGRTMAX  QRV_SIGRTMAX
#define SIGEMT    16
#define SIGDEADLK SIGEMT
#define SIGCLD    SIGCHLD
#define SIGSELECT (SIGRTMAX + 1)
#define SIGPHOTON (SIGRTMAX + 2)

/* si_code values a program may choose for itself. */
#define SI_MINAVAIL 256
#define SI_MAXAVAIL 32767

#if defined(_POSIX_SOURCE) || defined(_POSIX_C_SOURCE) || defined(_XOPEN_SOURCE) ||                \
    defined(_GNU_SOURCE) || defined(_BSD_SOURCE)

/* The 32 bytes of struct _kc_sigevent.  sigev_notify carries flag bits above its type: set it with
 * the macros below, read it with SIGEV_GET_TYPE(). */
struct sigevent {
    int sigev_notify;
    union {
        int sigev_signo;
        int sigev_coid;
        int sigev_id;
        int sigev_memop;
    };
    union sigval sigev_value;
    union {
        struct {
            short sigev_code;
            short sigev_priority;
            int __sigev_pad;
        };
        void (*sigev_notify_function)(union sigval);
    };
    union {
        pthread_attr_t *sigev_notify_attributes;
        void *sigev_addr;
    };
};
#ifdef __cplusplus
static_assert(sizeof(struct sigevent) == 32, "kernel ABI");
#else
_Static_assert(sizeof(struct sigevent) == sizeof(struct _kc_sigevent), "kernel ABI");
#endif

#define SIGEV_GET_TYPE(e)        ((e)->sigev_notify & SIGEV_TYPE_MASK)
#define SIGEV_MAKE_CRITICAL(e)   ((void)((e)->sigev_notify |= SIGEV_FLAG_CRITICAL))
#define SIGEV_CLEAR_CRITICAL(e)  ((void)((e)->sigev_notify &= ~SIGEV_FLAG_CRITICAL))
#define SIGEV_MAKE_UPDATEABLE(e) ((void)((e)->sigev_notify |= SIGEV_FLAG_UPDATEABLE))

#define __SIGEV_PTR(v)        ((void *)(intptr_t)(v))
#define SIGEV_NONE_INIT(e)    ((void)((e)->sigev_notify = SIGEV_NONE))
#define SIGEV_UNBLOCK_INIT(e) ((void)((e)->sigev_notify = SIGEV_UNBLOCK))
#define SIGEV_INTR_INIT(e)    ((void)((e)->sigev_notify = SIGEV_INTR))
#define SIGEV_SIGNAL_INIT(e, signo)                                                                \
    ((void)((e)->sigev_notify = SIGEV_SIGNAL, (e)->sigev_signo = (signo),                          \
            (e)->sigev_value.sival_ptr = 0))
#define SIGEV_SIGNAL_VALUE_INIT(e, signo, value)                                                   \
    ((void)((e)->sigev_notify = SIGEV_SIGNAL, (e)->sigev_signo = (signo),                          \
            (e)->sigev_value.sival_ptr = __SIGEV_PTR(value)))
#define __SIGEV_CODE_INIT(e, type, signo, value, code)                                             \
    ((void)((e)->sigev_notify = (type), (e)->sigev_signo = (signo),                                \
            (e)->sigev_value.sival_ptr = __SIGEV_PTR(value), (e)->sigev_code = (short)(code)))
#define SIGEV_SIGNAL_CODE_INIT(e, signo, value, code)                                              \
    __SIGEV_CODE_INIT(e, SIGEV_SIGNAL_CODE, signo, value, code)
#define SIGEV_SIGNAL_THREAD_INIT(e, signo, value, code)                                            \
    __SIGEV_CODE_INIT(e, SIGEV_SIGNAL_THREAD, signo, value, code)
#define SIGEV_PULSE_INIT(e, coid, prio, code, value)                                               \
    ((void)((e)->sigev_notify = SIGEV_PULSE, (e)->sigev_coid = (coid),                             \
            (e)->sigev_priority = (short)(prio), (e)->sigev_code = (short)(code),                  \
            (e)->sigev_value.sival_ptr = __SIGEV_PTR(value)))
#define SIGEV_PULSE_PTR_INIT(e, coid, prio, code, value)                                           \
    SIGEV_PULSE_INIT(e, coid, prio, code, value)
#define SIGEV_PULSE_INT_INIT(e, coid, prio, code, value)                                           \
    SIGEV_PULSE_INIT(e, coid, prio, code, value)
#define SIGEV_THREAD_INIT(e, fn, value, attr)                                                      \
    ((void)((e)->sigev_notify = SIGEV_THREAD, (e)->sigev_notify_function = (fn),                   \
            (e)->sigev_value.sival_ptr = __SIGEV_PTR(value),                                       \
            (e)->sigev_notify_attributes = (attr)))
#define SIGEV_SEM_INIT(e, sem)                                                                     \
    ((void)((e)->sigev_notify = SIGEV_SEM, (e)->sigev_value.sival_ptr = (void *)(sem)))
/* An atomic operation (SIGEV_MEM_*) on an aligned unsigned in the process that the event goes to. */
#define SIGEV_MEMORY_INIT(e, addr, op, value)                                                      \
    ((void)((e)->sigev_notify = SIGEV_MEMORY, (e)->sigev_addr = (void *)(addr),                    \
            (e)->sigev_memop = (op), (e)->sigev_value.sival_ptr = __SIGEV_PTR(value)))
#endif

__END_DECLS
