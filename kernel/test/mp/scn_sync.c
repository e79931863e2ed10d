/* SPDX-License-Identifier: Apache-2.0 */
/* Mutexes with priority inheritance, robust ones, condition variables, semaphores.  The fast paths are those of libc: a compare-and-swap on
 * the owner word, the kernel for the rest. */
#include "mp.h"

#define THREADS 5
#define MUTEXES 3

/* In the shared part of a process: objects of eight bytes, some of them across two pages. */
static uint64_t object(unsigned i)
{
    return USER_BASE + 4096 * (i + 1) - (i % 2 ? 4 : 8);
}

static int64_t my_tid(void)
{
    return kc(KC_GETTID);
}

static uint32_t my_word(int64_t tid)
{
    return (uint32_t)u_pid() << 16 | (uint32_t)tid;
}

static void make(uint32_t type, uint64_t va, int32_t flags)
{
    struct _sync_attr attr = { .__flags = flags };
    u_write(u_buf(), &attr, sizeof(attr));
    MP_CHECK(kc(KC_SYNC_TYPE_CREATE, type, va, u_buf()) == 0);
}

static int64_t lock(uint64_t va, uint32_t me)
{
    uint32_t none = 0;
    u_poll();
    if (atomic_compare_exchange_strong(u_word(va + 4), &none, me))
        return 0;
    return kc(KC_SYNC_MUTEX_LOCK, va);
}

static void unlock(uint64_t va, uint32_t me)
{
    uint32_t mine = me;
    u_poll();
    if (!atomic_compare_exchange_strong(u_word(va + 4), &mine, 0))
        MP_CHECK(kc(KC_SYNC_MUTEX_UNLOCK, va) == 0);
}

static void join_from_2(unsigned n)
{
    for (unsigned tid = 2; tid < 2 + n; tid++)
        MP_CHECK(kc(KC_THREAD_JOIN, tid, 0) == 0);
}

static void set_priority(int64_t tid, int priority)
{
    int32_t param[2] = { priority, 0 };
    u_write(u_buf(), param, sizeof(param));
    MP_ONE_OF(kc(KC_SCHED_SET, 0, tid, _KC_SCHED_NOCHANGE, u_buf()), 0, -ESRCH);
}

/* ---- mutexes */

static _Atomic uint32_t inside[MUTEXES], entered[MUTEXES];

static void on_usr1(int signo)
{
    (void)signo;
}

static void hold(unsigned m, uint32_t me)
{
    MP_CHECK(atomic_fetch_add(&inside[m], 1) == 0);
    atomic_fetch_add(&entered[m], 1);
    if (mp_chance(3))
        mp_pause();
    MP_CHECK(atomic_fetch_sub(&inside[m], 1) == 1);
    unlock(object(m), me);
}

static void locker(void *arg)
{
    int64_t tid = my_tid();
    uint32_t me = my_word(tid);
    (void)arg;
    for (unsigned i = 0; i < mp_rounds(30); i++) {
        unsigned m = (unsigned)mp_range(0, MUTEXES - 1);
        bool timed = mp_chance(4);
        if (timed)
            mp_timeout(_NTO_TIMEOUT_MUTEX, mp_range(0, 200) * MP_USEC);
        int64_t r = timed ? kc(KC_SYNC_MUTEX_LOCK, object(m)) : lock(object(m), me);
        if (r != 0) {
            MP_ONE_OF(r, -ETIMEDOUT, -EINTR, -MP_ERESTART);
            continue;
        }
        if (m + 1 < MUTEXES && mp_chance(3) && lock(object(m + 1), me) == 0) /* chains, in one order */
            hold(m + 1, me);
        hold(m, me);
        switch (u_random() % 8) {
        case 0:
            set_priority(0, (int)mp_range(5, 20));
            break;
        case 1:
            MP_ONE_OF(kc(KC_SIGNAL_KILL, 0, mp_range(2, 1 + THREADS), MP_SIGUSR1, 0, 0, 0), 0, -ESRCH, -EAGAIN);
            break;
        default:
            break;
        }
    }
    set_priority(0, 10);
    struct _kc_sched_param sp;
    MP_CHECK(kc(KC_SCHED_GET, 0, 0, u_buf()) == _KC_SCHED_RR);
    u_read(&sp, u_buf(), sizeof(sp));
    MP_CHECK(sp.sched_priority == 10 && sp.sched_curpriority == 10); /* nothing inherited is left */
}

static void mutex_main(void *arg)
{
    (void)arg;
    mp_handler(MP_SIGUSR1, on_usr1, 0);
    for (unsigned m = 0; m < MUTEXES; m++)
        make(_NTO_SYNC_MUTEX_FREE, object(m), 0);
    for (int i = 0; i < THREADS; i++)
        mp_thread(locker, NULL, 0, (int)mp_range(5, 15));
    join_from_2(THREADS);
    for (unsigned m = 0; m < MUTEXES; m++) {
        MP_CHECK(atomic_load(u_word(object(m) + 4)) == 0);
        MP_CHECK(kc(KC_SYNC_DESTROY, object(m)) == 0);
    }
}

void scn_mutex(void)
{
    for (int m = 0; m < MUTEXES; m++)
        atomic_store(&inside[m], 0);
    mp_spawn(mutex_main, NULL);
}

/* ---- owners that end */

static _Atomic uint32_t robust_inside, deaths, inherited;

static void mortal(void *arg)
{
    int64_t tid = my_tid();
    uint32_t me = my_word(tid);
    (void)arg;
    for (unsigned i = 0; i < 6; i++) {
        int64_t r = lock(object(0), me);
        MP_ONE_OF(r, 0, -EOWNERDEAD);
        if (r == -EOWNERDEAD) {
            atomic_fetch_add(&inherited, 1);
            atomic_store(&robust_inside, 0);
            MP_CHECK(kc(KC_SYNC_MUTEX_REVIVE, object(0)) == 0);
        }
        MP_CHECK(atomic_fetch_add(&robust_inside, 1) == 0);
        if (mp_chance(2))
            mp_pause();
        if (mp_chance(6)) { /* ends inside */
            atomic_fetch_add(&deaths, 1);
            return;
        }
        MP_CHECK(atomic_fetch_sub(&robust_inside, 1) == 1);
        unlock(object(0), me);
    }
}

static void robust_main(void *arg)
{
    (void)arg;
    make(_NTO_SYNC_MUTEX_FREE, object(0), QRV_MUTEX_ROBUST);
    for (unsigned round = 0; round < mp_rounds(4); round++) {
        int64_t tid[THREADS];
        for (int i = 0; i < THREADS; i++)
            tid[i] = mp_thread(mortal, NULL, 0, (int)mp_range(5, 15));
        for (int i = 0; i < THREADS; i++)
            MP_CHECK(kc(KC_THREAD_JOIN, tid[i], 0) == 0);
        int64_t r = lock(object(0), my_word(1)); /* before another thread gets the number of the dead owner */
        MP_ONE_OF(r, 0, -EOWNERDEAD);
        if (r != 0) {
            atomic_fetch_add(&inherited, 1);
            atomic_store(&robust_inside, 0);
        }
        unlock(object(0), my_word(1));
    }
    MP_CHECK(atomic_load(&inherited) == atomic_load(&deaths)); /* every death is told once */
}

void scn_robust(void)
{
    atomic_store(&robust_inside, 0);
    atomic_store(&deaths, 0);
    atomic_store(&inherited, 0);
    mp_spawn(robust_main, NULL);
}

/* ---- condition variables: a queue of two places */

#define MUTEX object(0)
#define NOT_EMPTY object(1)
#define NOT_FULL object(2)
#define ITEMS 20

static int queue_length; /* the mutex */
static _Atomic uint32_t produced, consumed;

static void wait_for(uint64_t cond, uint32_t me)
{
    if (mp_chance(3))
        mp_timeout(_NTO_TIMEOUT_CONDVAR, mp_range(1, 300) * MP_USEC);
    MP_ONE_OF(kc(KC_SYNC_COND_WAIT, cond, MUTEX), 0, -ETIMEDOUT);
    MP_CHECK((atomic_load(u_word(MUTEX + 4)) & 0x7fffffff) == me);
}

static void producer(void *arg)
{
    uint32_t me = my_word(my_tid());
    (void)arg;
    for (unsigned i = 0; i < ITEMS; i++) {
        MP_CHECK(lock(MUTEX, me) == 0);
        while (queue_length == 2)
            wait_for(NOT_FULL, me);
        queue_length++;
        atomic_fetch_add(&produced, 1);
        MP_CHECK(kc(KC_SYNC_COND_SIGNAL, NOT_EMPTY, mp_chance(4)) == 0);
        unlock(MUTEX, me);
        if (mp_chance(4))
            mp_pause();
    }
}

static void consumer(void *arg)
{
    uint32_t me = my_word(my_tid());
    (void)arg;
    for (unsigned i = 0; i < ITEMS; i++) {
        MP_CHECK(lock(MUTEX, me) == 0);
        while (queue_length == 0)
            wait_for(NOT_EMPTY, me);
        MP_CHECK(queue_length > 0 && queue_length <= 2);
        queue_length--;
        atomic_fetch_add(&consumed, 1);
        unlock(MUTEX, me);
        MP_CHECK(kc(KC_SYNC_COND_SIGNAL, NOT_FULL, mp_chance(4)) == 0);
        if (mp_chance(5))
            MP_ONE_OF(kc(KC_SIGNAL_KILL, 0, mp_range(2, 5), MP_SIGUSR1, 0, 0, 0), 0, -ESRCH, -EAGAIN);
    }
}

static void condvar_main(void *arg)
{
    (void)arg;
    mp_handler(MP_SIGUSR1, on_usr1, 0);
    queue_length = 0;
    make(_NTO_SYNC_MUTEX_FREE, MUTEX, 0);
    make(_NTO_SYNC_COND, NOT_EMPTY, 0);
    make(_NTO_SYNC_COND, NOT_FULL, 0);
    for (int i = 0; i < 4; i++)
        mp_thread(i % 2 ? producer : consumer, NULL, 0, (int)mp_range(8, 12));
    join_from_2(4);
    MP_CHECK(queue_length == 0 && atomic_load(&produced) == atomic_load(&consumed));
}

void scn_condvar(void)
{
    atomic_store(&produced, 0);
    atomic_store(&consumed, 0);
    mp_spawn(condvar_main, NULL);
}

/* ---- semaphores */

static _Atomic uint32_t posted, got;

static void poster(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 40; i++) {
        atomic_fetch_add(&posted, 1);
        MP_CHECK(kc(KC_SYNC_SEM_POST, object(0)) == 0);
        if (mp_chance(3))
            mp_pause();
    }
}

static void taker(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 40; i++) {
        bool try = mp_chance(4);
        if (!try && mp_chance(3))
            mp_timeout(_NTO_TIMEOUT_SEM, mp_range(0, 200) * MP_USEC);
        int64_t r = kc(KC_SYNC_SEM_WAIT, object(0), try);
        if (r == 0)
            atomic_fetch_add(&got, 1);
        else
            MP_ONE_OF(r, -EAGAIN, -ETIMEDOUT, -EINTR);
        if (r != 0)
            i--;
    }
}

static void semaphore_main(void *arg)
{
    (void)arg;
    mp_handler(MP_SIGUSR1, on_usr1, 0);
    make(_NTO_SYNC_SEM, object(0), 0);
    for (int i = 0; i < 4; i++)
        mp_thread(i % 2 ? poster : taker, NULL, 0, (int)mp_range(8, 12));
    for (unsigned i = 0; i < mp_rounds(10); i++) {
        MP_ONE_OF(kc(KC_SIGNAL_KILL, 0, mp_range(2, 5), MP_SIGUSR1, 0, 0, 0), 0, -ESRCH, -EAGAIN);
        mp_sleep(mp_range(1, 50) * MP_USEC);
    }
    join_from_2(4);
    MP_CHECK(atomic_load(&posted) == atomic_load(&got) && atomic_load(u_word(object(0))) == 0);
}

void scn_semaphore(void)
{
    atomic_store(&posted, 0);
    atomic_store(&got, 0);
    mp_spawn(semaphore_main, NULL);
}

/* ---- a thread's flag word, written by its owner and by another thread at once */

static _Atomic bool empty;

/* A timeout that a call has used up ends no later wait: not even when the mark that it was used comes while another flag is set. */
static void owner(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < mp_rounds(100); i++) {
        mp_timeout(_NTO_TIMEOUT_SEM, 0);
        MP_CHECK(kc(KC_SCHED_YIELD) == 0);
        atomic_store(&empty, true);
        MP_CHECK(kc(KC_SYNC_SEM_WAIT, object(0), false) == 0);
    }
}

static void other(void *arg)
{
    (void)arg;
    while (kc(KC_THREAD_CTL, _NTO_TCTL_ONE_THREAD_HOLD, 2) == 0) {
        MP_ONE_OF(kc(KC_THREAD_CTL, _NTO_TCTL_ONE_THREAD_CONT, 2), 0, -ESRCH);
        if (atomic_exchange(&empty, false))
            MP_CHECK(kc(KC_SYNC_SEM_POST, object(0)) == 0);
    }
}

static void flags_main(void *arg)
{
    (void)arg;
    make(_NTO_SYNC_SEM, object(0), 0);
    mp_thread(owner, NULL, 0, 10);
    mp_thread(other, NULL, 0, 10);
    join_from_2(2);
}

void scn_flags(void)
{
    atomic_store(&empty, false);
    mp_spawn(flags_main, NULL);
}
