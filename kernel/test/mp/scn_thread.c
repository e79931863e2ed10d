/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that come, go, are joined, detached, cancelled, destroyed and moved between harts; signals. */
#include "mp.h"

/* ---- life */

static void short_life(void *arg)
{
    for (unsigned i = 0; i < (unsigned)(uintptr_t)arg; i++)
        mp_pause();
}

static void long_wait(void *arg)
{
    (void)arg;
    mp_sleep(3 * MP_MSEC);
}

static void parent(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < mp_rounds(15); i++) {
        int64_t tid = u_thread(mp_chance(3) ? long_wait : short_life, (void *)(uintptr_t)mp_range(0, 3),
                               mp_chance(4) ? _KC_TC_DETACHED : 0, (int)mp_range(8, 12));
        if (tid < 0) {
            MP_ONE_OF(tid, -EAGAIN, -ESRCH); /* ESRCH: this process is being killed */
            mp_sleep(MP_MSEC);
            continue;
        }
        if (mp_chance(4))
            MP_ONE_OF(kc(KC_THREAD_CANCEL, tid), 0, -ESRCH);
        if (mp_chance(5))
            MP_ONE_OF(kc(KC_THREAD_DETACH, tid), 0, -EINVAL, -ESRCH);
        if (mp_chance(4))
            mp_timeout(_NTO_TIMEOUT_JOIN, mp_range(0, 300) * MP_USEC);
        /* Its number may be another parent's child by now: then two wait for the same, or it is detached. */
        int64_t r = kc(KC_THREAD_JOIN, tid, u_buf());
        MP_ONE_OF(r, 0, -ESRCH, -EINVAL, -EBUSY, -ETIMEDOUT, -EDEADLK);
    }
}

static void threads_main(void *arg)
{
    int64_t tid[3];
    for (int i = 0; i < 3; i++)
        tid[i] = mp_thread(parent, arg, 0, 10);
    for (int i = 0; i < 3; i++)
        MP_ONE_OF(kc(KC_THREAD_JOIN, tid[i], 0), 0, -ESRCH, -EINVAL, -EBUSY);
    mp_sleep(mp_range(0, 4) * MP_MSEC); /* some still live when the process ends */
}

void scn_threads(void)
{
    for (int i = 0; i < 2; i++)
        mp_spawn(threads_main, NULL);
    int32_t victim = mp_spawn(threads_main, NULL);
    mp_sleep(mp_range(10, 3000) * MP_USEC);
    mp_kill(victim);
}

/* ---- priorities, runmasks, yielding */

#define RUNNERS 6

static void runner(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < mp_rounds(40); i++) {
        int32_t param[2] = { (int32_t)mp_range(5, 15), 0 };
        switch (u_random() % 6) {
        case 0:
            u_write(u_buf(), param, sizeof(param));
            MP_ONE_OF(kc(KC_SCHED_SET, 0, mp_range(2, 1 + RUNNERS), mp_chance(2) ? _KC_SCHED_FIFO : _KC_SCHED_RR, u_buf()), 0,
                      -ESRCH);
            break;
        case 1:
            MP_ONE_OF(kc(KC_THREAD_CTL, _NTO_TCTL_RUNMASK, mp_range(1, (1U << sim_config.harts) - 1)), 0);
            break;
        case 2:
            MP_ONE_OF(kc(KC_THREAD_CTL, mp_chance(2) ? _NTO_TCTL_ONE_THREAD_HOLD : _NTO_TCTL_ONE_THREAD_CONT,
                         mp_range(2, 1 + RUNNERS)),
                      0, -ESRCH, -EINVAL);
            break;
        default:
            mp_pause();
        }
    }
}

static void keeper(void *arg)
{
    (void)arg;
    for (int i = 0; i < RUNNERS; i++)
        mp_thread(runner, NULL, 0, 10);
    for (int tid = 2; tid < 2 + RUNNERS; tid++)
        for (;;) { /* one that is held is let go */
            mp_timeout(_NTO_TIMEOUT_JOIN, MP_MSEC);
            int64_t r = kc(KC_THREAD_JOIN, tid, 0);
            if (r == 0)
                break;
            MP_ONE_OF(r, -ETIMEDOUT);
            MP_ONE_OF(kc(KC_THREAD_CTL, _NTO_TCTL_THREADS_CONT, 0), 0);
        }
}

void scn_priorities(void)
{
    for (int i = 0; i < 2; i++)
        mp_spawn(keeper, NULL);
}

/* ---- signals to threads that wait for them, and to those that do not */

static _Atomic uint32_t handled, sent;

static void on_signal(int signo)
{
    (void)signo;
    atomic_fetch_add(&handled, 1);
    if (mp_chance(6))
        mp_pause();
}

static void waiter(void *arg)
{
    (void)arg;
    /* Blocked but where they are waited for: a handler between TimerTimeout() and its call would use the timeout up. */
    uint64_t both = QRV_SIG_BIT(MP_SIGUSR1) | QRV_SIG_BIT(QRV_SIGRTMIN);
    u_write(u_buf(), &both, sizeof(both));
    kc(KC_SIGNAL_PROCMASK, 0, u_buf(), 0);
    for (unsigned i = 0; i < mp_rounds(15); i++) {
        uint64_t set = QRV_SIG_BIT(MP_SIGUSR1), none = 0;
        if (mp_chance(2)) {
            u_write(u_buf(), &none, sizeof(none));
            mp_timeout(_NTO_TIMEOUT_SIGSUSPEND, mp_range(10, 300) * MP_USEC);
            MP_ONE_OF(kc(KC_SIGNAL_SUSPEND, u_buf()), -EINTR, -ETIMEDOUT);
        } else {
            u_write(u_buf(), &set, sizeof(set));
            mp_timeout(_NTO_TIMEOUT_SIGWAITINFO, mp_range(10, 300) * MP_USEC);
            MP_ONE_OF(kc(KC_SIGNAL_WAITINFO, u_buf(), u_buf() + 64), MP_SIGUSR1, -EINTR, -ETIMEDOUT, -EAGAIN);
        }
    }
}

static void shooter(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < mp_rounds(40); i++) {
        int signo = mp_chance(3) ? QRV_SIGRTMIN : MP_SIGUSR1;
        int64_t r = kc(KC_SIGNAL_KILL, u_pid(), mp_chance(2) ? 0 : mp_range(2, 4), signo, 0, i, 0);
        MP_ONE_OF(r, 0, -ESRCH, -EAGAIN);
        if (r == 0 && signo == QRV_SIGRTMIN)
            atomic_fetch_add(&sent, 1);
        if (mp_chance(4))
            mp_pause();
    }
}

static void signals_main(void *arg)
{
    (void)arg;
    mp_handler(MP_SIGUSR1, on_signal, mp_chance(2) ? MP_SA_RESTART : 0);
    mp_handler(QRV_SIGRTMIN, on_signal, 0);
    for (int i = 0; i < 4; i++)
        mp_thread(i < 3 ? waiter : shooter, NULL, 0, 10);
    for (int tid = 2; tid < 6; tid++)
        while (kc(KC_THREAD_JOIN, tid, 0) == -EINTR)
            ;
}

void scn_signals(void)
{
    atomic_store(&handled, 0);
    atomic_store(&sent, 0);
    for (int i = 0; i < 2; i++)
        mp_spawn(signals_main, NULL);
}
