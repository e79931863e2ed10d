/* SPDX-License-Identifier: Apache-2.0 */
/* Owners that die: robust mutexes, dead mutexes in shared memory, the event and the revival.
 * Pages: QNX Neutrino Library Reference, SyncMutexEvent(), SyncMutexRevive(); POSIX
 * pthread_mutexattr_setrobust(). */
#include <sys/mman.h>
#include "../rendezvous.h"

struct shared {
    pthread_mutex_t robust, plain;
    volatile int ready;
};
static struct shared *sh;
static pthread_mutex_t local;

static void *hold_and_end(void *arg)
{
    pthread_mutex_lock(arg);
    rv_sleep_ms(40);
    return NULL;
}

static void threads(void)
{
    pthread_t t;
    pthread_create(&t, NULL, hold_and_end, &local);
    rv_sleep_ms(10);
    is_int(pthread_mutex_lock(&local), EOWNERDEAD,
           "a waiter gets a robust mutex whose owner ends: EOWNERDEAD");
    is_int(pthread_mutex_consistent(&local), 0, "it is made consistent");
    is_int(pthread_mutex_unlock(&local), 0, "unlocked");
    is_int(pthread_mutex_lock(&local), 0, "and works again");
    pthread_mutex_unlock(&local);
    pthread_join(t, NULL);
    pthread_create(&t, NULL, hold_and_end, &local);
    pthread_join(t, NULL);
    is_int(pthread_mutex_lock(&local), EOWNERDEAD,
           "the owner ended before anybody waited: EOWNERDEAD");
    pthread_mutex_consistent(&local);
    pthread_mutex_unlock(&local);
}

/* A child that takes both shared mutexes and dies with them. */
static pid_t doomed_child(long ms)
{
    sh->ready = 0;
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(&sh->robust);
        SyncMutexLock((sync_t *)&sh->plain);
        sh->ready = 1;
        rv_sleep_ms(ms);
        _exit(0);
    }
    while (!sh->ready)
        rv_sleep_ms(1);
    return pid;
}

static void processes(void)
{
    pid_t pid = doomed_child(60);
    is_int(pthread_mutex_lock(&sh->robust), EOWNERDEAD, "the owner's process dies: EOWNERDEAD");
    pthread_mutex_consistent(&sh->robust);
    pthread_mutex_unlock(&sh->robust);
    waitpid(pid, NULL, 0);
    uint64_t ns = 20000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_MUTEX, NULL, &ns, NULL);
    is_int(SyncMutexLock_r((sync_t *)&sh->plain), ETIMEDOUT,
           "a plain one is dead: a timed lock times out");
    is_int(SyncMutexRevive_r((sync_t *)&sh->plain), 0,
           "SyncMutexRevive makes the caller its owner");
    is_int(SyncMutexUnlock_r((sync_t *)&sh->plain), 0, "... who unlocks it");
    is_int(SyncMutexRevive_r((sync_t *)&sh->plain), EINVAL, "reviving a live mutex: EINVAL");
}

/* No event is registered: who waits without a deadline gets SIGDEADLK. */
static void deadlk(void)
{
    int status = 0;
    pid_t waiter, pid = doomed_child(60);
    waiter = fork();
    if (waiter == 0) {
        SyncMutexLock((sync_t *)&sh->plain);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    waitpid(waiter, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGDEADLK,
       "a waiter gets SIGDEADLK when the owner dies (%#x)", status);
    waiter = fork();
    if (waiter == 0) {
        SyncMutexLock((sync_t *)&sh->plain);
        _exit(0);
    }
    waitpid(waiter, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGDEADLK, "one who comes later, too (%#x)",
       status);
    SyncMutexRevive((sync_t *)&sh->plain);
    SyncMutexUnlock((sync_t *)&sh->plain);
    pthread_mutex_trylock(&sh->robust);
    pthread_mutex_consistent(&sh->robust);
    pthread_mutex_unlock(&sh->robust);
}

static void event(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    struct sigevent ev;
    struct _pulse p;
    SIGEV_PULSE_INIT(&ev, coid, 10, 3, 77);
    is_int(SyncMutexEvent_r((sync_t *)&sh->plain, &ev), 0, "SyncMutexEvent");
    pid_t pid = doomed_child(30);
    int late = 0, got = -1, locked = ETIMEDOUT;
    /* The owner takes its time to die on a busy machine: who asks again finds out. */
    while (locked == ETIMEDOUT && got == -1 && late++ < 50) {
        uint64_t ns = 100000000;
        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_MUTEX, NULL, &ns, NULL);
        locked = SyncMutexLock_r((sync_t *)&sh->plain);
        rv_receive_timeout(1);
        got = MsgReceive(chid, &p, sizeof(p), NULL);
    }
    is_int(locked, ETIMEDOUT, "waits while the owner dies");
    is_int(got, 0, "the event comes");
    covers("semantic:20");
    ok(p.code == 3 && p.value.sival_int == 77, "... as registered");
    waitpid(pid, NULL, 0);
    SyncMutexRevive((sync_t *)&sh->plain);
    SyncMutexUnlock((sync_t *)&sh->plain);
    SIGEV_PULSE_INIT(&ev, 12345, 10, 3, 77);
    is_int(SyncMutexEvent_r((sync_t *)&sh->plain, &ev), EBADF, "an event on no connection: EBADF");
}

/* Nobody waits for the mutex when its owner dies: the event comes all the same, once. */
static void event_unwaited(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    struct sigevent ev;
    struct _pulse p;
    SIGEV_PULSE_INIT(&ev, coid, 10, 4, 78);
    SyncMutexEvent((sync_t *)&sh->plain, &ev);
    pid_t pid = doomed_child(1);
    ok(rv_receive(chid, &p, sizeof(p), NULL) == 0 && p.code == 4 && p.value.sival_int == 78, "an event without a waiter");
    waitpid(pid, NULL, 0);
    uint64_t ns = 20000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_MUTEX, NULL, &ns, NULL);
    is_int(SyncMutexLock_r((sync_t *)&sh->plain), ETIMEDOUT, "the mutex is dead");
    rv_receive_timeout(1);
    is_int(MsgReceive(chid, &p, sizeof(p), NULL), -1, "which is not told again");
    is_int(SyncMutexRevive_r((sync_t *)&sh->plain), 0, "and can be revived");
    SyncMutexUnlock((sync_t *)&sh->plain);

    pid = doomed_child(10000);
    kill(pid, SIGKILL);
    ok(rv_receive(chid, &p, sizeof(p), NULL) == 0 && p.code == 4, "an owner that is killed");
    waitpid(pid, NULL, 0);
    SyncMutexRevive((sync_t *)&sh->plain);
    SyncMutexUnlock((sync_t *)&sh->plain);

    pid = fork();
    if (pid == 0)
        _exit(SyncMutexLock_r((sync_t *)&sh->plain) || SyncMutexUnlock_r((sync_t *)&sh->plain));
    waitpid(pid, NULL, 0);
    rv_receive_timeout(20);
    is_int(MsgReceive(chid, &p, sizeof(p), NULL), -1, "one that has unlocked it is none");
    SyncMutexEvent((sync_t *)&sh->plain, NULL);
}

int main(void)
{
    pthread_mutexattr_t a;
    tap_plan(23);
    sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (sh == MAP_FAILED)
        bail_out("mmap");
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&local, &a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&sh->robust, &a);
    threads();
    processes();
    deadlk();
    event();
    event_unwaited();
    return done();
}
