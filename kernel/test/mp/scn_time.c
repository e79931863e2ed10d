/* SPDX-License-Identifier: Apache-2.0 */
/* Timers that are set, read and destroyed while they fire; interrupts. */
#include <abi/intr.h>
#include "mp.h"

void host_raise(uint32_t vector);

/* ---- timers */

static _Atomic uint32_t ticks;

static void on_timer(int signo)
{
    (void)signo;
    atomic_fetch_add(&ticks, 1);
}

static void set_timer(int64_t id, uint64_t ns, uint64_t interval)
{
    struct _itimer it = { ns, interval };
    u_write(u_buf(), &it, sizeof(it));
    MP_ONE_OF(kc(KC_TIMER_SETTIME, id, 0, u_buf(), mp_chance(2) ? u_buf() + 64 : 0), 0, -EINVAL);
}

static void timer_user(void *arg)
{
    int64_t coid = (int64_t)(intptr_t)arg;
    for (unsigned i = 0; i < mp_rounds(10); i++) {
        struct _kc_sigevent ev = { .notify = SIGEV_PULSE, .id = (int32_t)coid, .code = 3, .priority = 10 };
        if (mp_chance(2))
            ev = (struct _kc_sigevent){ .notify = SIGEV_SIGNAL, .id = MP_SIGUSR1 };
        u_write(u_buf(), &ev, sizeof(ev));
        int64_t id = kc(KC_TIMER_CREATE, _KC_CLOCK_MONOTONIC, u_buf());
        MP_CHECK(id >= 0);
        set_timer(id, mp_range(1, 300) * MP_USEC, mp_chance(2) ? mp_range(20, 200) * MP_USEC : 0);
        mp_sleep(mp_range(1, 400) * MP_USEC);
        if (mp_chance(3))
            set_timer(mp_chance(2) ? id : (int64_t)mp_range(0, 3), mp_range(0, 100) * MP_USEC, 0);
        if (mp_chance(4))
            MP_ONE_OF(kc(KC_TIMER_DESTROY, mp_range(0, 3)), 0, -EINVAL);
        if (mp_chance(2))
            MP_ONE_OF(kc(KC_TIMER_DESTROY, id), 0, -EINVAL);
    }
}

static void timers_main(void *arg)
{
    (void)arg;
    mp_handler(MP_SIGUSR1, on_timer, MP_SA_RESTART);
    int64_t chid = kc(KC_CHANNEL_CREATE, 0);
    int64_t coid = kc(KC_CONNECT_ATTACH, 0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    MP_CHECK(chid > 0 && coid >= 0);
    for (int i = 0; i < 3; i++)
        mp_thread(timer_user, (void *)(intptr_t)coid, 0, 10);
    for (unsigned i = 0; i < mp_rounds(40); i++) {
        mp_timeout(_NTO_TIMEOUT_RECEIVE, 500 * MP_USEC);
        MP_ONE_OF(mp_receive(chid, u_buf(), 64L, 0), 0, -ETIMEDOUT, -EINTR);
    }
    if (mp_chance(2)) /* else the process ends under them */
        for (int tid = 2; tid < 5; tid++)
            MP_ONE_OF(kc(KC_THREAD_JOIN, tid, 0), 0, -EINTR);
}

void scn_timers(void)
{
    for (int i = 0; i < 2; i++)
        mp_spawn(timers_main, NULL);
}

/* ---- interrupts */

static _Atomic bool stop;
static _Atomic uint32_t served;

static void driver(void *arg)
{
    uint32_t vector = (uint32_t)(uintptr_t)arg;
    struct _kc_sigevent ev = { .notify = SIGEV_INTR };
    for (unsigned i = 0; i < mp_rounds(4); i++) {
        u_write(u_buf(), &ev, sizeof(ev));
        int64_t id = kc(KC_INTR_ATTACH_EVENT, vector, u_buf(), _NTO_INTR_FLAGS_TRK_MSK);
        MP_ONE_OF(id, 0, 1, 2, 3, 4, 5, 6, 7);
        for (unsigned n = 0; n < 8; n++) {
            mp_timeout(_NTO_TIMEOUT_INTR, mp_range(50, 500) * MP_USEC);
            int64_t r = kc(KC_INTR_WAIT, 0, 0);
            MP_ONE_OF(r, 0, -ETIMEDOUT);
            if (r != 0)
                continue;
            atomic_fetch_add(&served, 1);
            MP_CHECK(kc(KC_INTR_UNMASK, vector, id) >= 0);
        }
        if (mp_chance(3))
            return; /* with its attachment */
        MP_ONE_OF(kc(KC_INTR_DETACH, id), 0);
    }
}

static void driver_main(void *arg)
{
    for (int i = 0; i < 2; i++)
        mp_thread(driver, (void *)(uintptr_t)mp_range(1, 3), 0, 12);
    if (arg)
        mp_sleep(mp_range(100, 2000) * MP_USEC);
    else
        for (int tid = 2; tid < 4; tid++)
            MP_CHECK(kc(KC_THREAD_JOIN, tid, 0) == 0);
}

static void device(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        host_raise((uint32_t)mp_range(1, 3));
        mp_sleep(mp_range(5, 100) * MP_USEC);
    }
}

void scn_interrupts(void)
{
    atomic_store(&stop, false);
    atomic_store(&served, 0);
    int32_t pid[3];
    mp_spawn(device, NULL);
    for (int i = 0; i < 3; i++)
        pid[i] = mp_spawn(driver_main, i == 2 ? (void *)1 : NULL);
    for (int i = 0; i < 3; i++)
        while (kc(KC_SIGNAL_KILL, pid[i], 0, 0, 0, 0, 0) == 0)
            mp_sleep(300 * MP_USEC);
    MP_CHECK(atomic_load(&served) > 0);
    atomic_store(&stop, true);
}
