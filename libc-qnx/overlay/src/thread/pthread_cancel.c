/* SPDX-License-Identifier: Apache-2.0 */
/* Cancellation.  A request is a flag in the target and KC_THREAD_CANCEL, which ends a block at a
 * cancellation point with ECANCELED, at once or when the thread comes to one.  Only a thread in
 * asynchronous mode needs a signal. */
#include <string.h>
#include "../qrv/thread.h"

hidden long __cancel(void);
hidden long __syscall_cp_c(syscall_arg_t, syscall_arg_t, syscall_arg_t, syscall_arg_t,
                           syscall_arg_t, syscall_arg_t, syscall_arg_t);

/* Acts on a request; returns -ECANCELED only in musl's "masked" state. */
long __cancel(void)
{
    pthread_t self = __pthread_self();
    if (self->canceldisable == PTHREAD_CANCEL_ENABLE || self->cancelasync)
        pthread_exit(PTHREAD_CANCELED);
    self->canceldisable = PTHREAD_CANCEL_DISABLE;
    return -ECANCELED;
}

long __syscall_cp_c(syscall_arg_t nr, syscall_arg_t u, syscall_arg_t v, syscall_arg_t w,
                    syscall_arg_t x, syscall_arg_t y, syscall_arg_t z)
{
    pthread_t self = __pthread_self();
    int state = self->canceldisable;
    if (state == PTHREAD_CANCEL_DISABLE || (state && nr == SYS_close))
        return __qrv_syscall(nr, u, v, w, x, y, z);
    for (int stale = 0;; stale++) {
        if (self->cancel)
            return __cancel();
        long r = __qrv_syscall(nr | QRV_SYSCALL_CP, u, v, w, x, y, z);
        if ((r == -ECANCELED || (r == -EINTR && nr != SYS_close)) && self->cancel)
            return __cancel();
        if (r != -ECANCELED ||
            stale) /* once: the kernel's flag of a request that was already acted on */
            return r;
    }
}

void __testcancel(void)
{
    pthread_t self = __pthread_self();
    if (self->cancel && !self->canceldisable)
        __cancel();
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
    pthread_t self = __pthread_self();
    ucontext_t *uc = context;
    if (!self->cancel || self->canceldisable == PTHREAD_CANCEL_DISABLE || !self->cancelasync)
        return;
    uc->uc_sigmask.__bits[0] |= 1UL << (SIGCANCEL - 1);
    pthread_sigmask(SIG_SETMASK, &uc->uc_sigmask, 0);
    __cancel();
}

static void watch_signal(void)
{
    static volatile int done;
    struct sigaction sa = {.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK,
                           .sa_sigaction = on_signal};
    if (done)
        return;
    memset(&sa.sa_mask, -1, _NSIG / 8);
    __libc_sigaction(SIGCANCEL, &sa, 0);
    done = 1;
}

int pthread_cancel(pthread_t t)
{
    watch_signal();
    a_store(&t->cancel, 1);
    if (t == __pthread_self()) {
        if (t->canceldisable == PTHREAD_CANCEL_ENABLE && t->cancelasync)
            pthread_exit(PTHREAD_CANCELED);
        return 0;
    }
    if (t->cancelasync)
        return pthread_kill(t, SIGCANCEL);
    int tid = t->tid;
    if (tid > 0)
        __kercall1(KC_THREAD_CANCEL, tid); /* a thread that is gone needs no more */
    return 0;
}
