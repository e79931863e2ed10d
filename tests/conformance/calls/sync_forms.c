/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Synchronisation objects in both forms: every errno, every pointer, every wait disturbed.
 * Page: QNX Neutrino Library Reference, SyncTypeCreate(), SyncDestroy(), SyncMutexLock(), SyncMutexUnlock(), SyncMutexEvent(),
 * SyncMutexRevive(), SyncCondvarWait(), SyncCondvarSignal(), SyncSemPost(), SyncSemWait(), SyncCtl().
 */
#include <limits.h>
#include <sys/mman.h>
#include "../blocked.h"

#define CROOKED(s) ((sync_t *)((char *)(s) + 1))

static sync_t mutex, cond, sem;

static void init(unsigned type, sync_t *s)
{
    memset(s, 0, sizeof *s);
    if (SyncTypeCreate_r(type, s, NULL) != EOK)
        bail_out("SyncTypeCreate");
}

static void creating(void)
{
    sync_t s = {0, 0};
    struct _sync_attr a = {0};
    works(SyncTypeCreate, _NTO_SYNC_MUTEX_FREE, &s, NULL);
    works(SyncTypeCreate, _NTO_SYNC_SEM, &s, &a);
    works(SyncTypeCreate, _NTO_SYNC_COND, &s, &a);
    fails_status(SyncTypeCreate, EINVAL, "unknown type", 99, &s, NULL);
    bad_status(SyncTypeCreate, sync, _NTO_SYNC_SEM, BAD, NULL);
    bad_status(SyncTypeCreate, sync, _NTO_SYNC_SEM, IN_KERNEL, NULL);
    bad_status(SyncTypeCreate, attr, _NTO_SYNC_SEM, &s, BAD);
    sync_t t = {0, 0};
    int rc = SyncDestroy(&s);
    errno = UNTOUCHED;
    int rr = SyncDestroy_r(&t);
    covers("SyncDestroy:ok SyncDestroy_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED, "SyncDestroy");
    fails_status(SyncDestroy, EINVAL, "again", &s);
    bad_status(SyncDestroy, sync, BAD);
    bad_status(SyncDestroy, sync, IN_KERNEL);
    fails_status(SyncMutexLock, EINVAL, "destroyed", &s);
    fails_status(SyncMutexUnlock, EINVAL, "destroyed", &s);
    fails_status(SyncCondvarSignal, EINVAL, "destroyed", &s, 1);
    fails_status(SyncSemPost, EINVAL, "destroyed", &s);
    fails_status(SyncSemWait, EINVAL, "destroyed", &s, 0);
    init(_NTO_SYNC_MUTEX_FREE, &t);
    SyncMutexLock(&t);
    fails_status(SyncCondvarWait, EINVAL, "destroyed", &s, &t);
}

/* ---- mutexes */

static long lock_form(void *arg)
{
    int r = *(int *)arg;
    long got = r ? R_STATUS(SyncMutexLock_r(&mutex)) : PLAIN(SyncMutexLock(&mutex));
    if (got == 0)
        SyncMutexUnlock(&mutex);
    return got;
}

static void locking(void)
{
    sync_t full = {QRV_MUTEX_RECURSIVE | 0xffff, 0};
    init(_NTO_SYNC_MUTEX_FREE, &mutex);
    int rc = SyncMutexLock(&mutex), mine = mutex.__owner != 0;
    int ru = SyncMutexUnlock(&mutex);
    errno = UNTOUCHED;
    int rr = SyncMutexLock_r(&mutex), rur = SyncMutexUnlock_r(&mutex);
    covers("SyncMutexLock:ok SyncMutexLock_r:ok SyncMutexUnlock:ok SyncMutexUnlock_r:ok");
    ok(rc == 0 && mine && ru == 0 && rr == EOK && rur == EOK && errno == UNTOUCHED && mutex.__owner == 0,
       "locked and unlocked");
    SyncMutexLock(&mutex);
    fails_status(SyncMutexLock, EDEADLK, "it is ours", &mutex);
    full.__owner = mutex.__owner;
    fails_status(SyncMutexLock, EAGAIN, "recursion has an end", &full);
    SyncMutexUnlock(&mutex);
    fails_status(SyncMutexUnlock, EINVAL, "not ours", &mutex);
    fails_status(SyncMutexLock, EINVAL, "a crooked address", CROOKED(&mutex));
    bad_status(SyncMutexLock, sync, BAD);
    bad_status(SyncMutexLock, sync, IN_KERNEL);
    bad_status(SyncMutexUnlock, sync, BAD);
    bad_status(SyncMutexUnlock, sync, IN_KERNEL);
}

/* Waiting for a mutex is neither ended by a handler nor a cancellation point. */
static void lock_goes_on(int form, const char *name)
{
    struct blocked b = {.call = lock_form, .arg = &form};
    void *status = PTHREAD_CANCELED;
    int before = blocked_handled, there = blocked_enter(&b, STATE_MUTEX);
    pthread_kill(b.thread, SIGUSR1);
    while (blocked_handled == before)
        rv_sleep_ms(1);
    there &= blocked_wait_state(getpid(), b.tid, STATE_MUTEX);
    SyncMutexUnlock(&mutex);
    long got = blocked_join(&b);
    SyncMutexLock(&mutex);
    covers("%s:signal", name);
    ok(there && got == 0, "%s: a handler runs, then the wait goes on (%ld)", name, got);
    there = blocked_enter(&b, STATE_MUTEX);
    pthread_cancel(b.thread);
    rv_sleep_ms(5);
    there &= blocked_state(getpid(), b.tid) == STATE_MUTEX;
    SyncMutexUnlock(&mutex);
    pthread_join(b.thread, &status);
    SyncMutexLock(&mutex);
    covers("%s:cancel", name);
    ok(there && status == NULL && b.result == 0, "%s: no cancellation point", name);
}

static long lock_shared(void *arg)
{
    int *form_and = arg;
    sync_t *s = *(sync_t **)(form_and + 2);
    return form_and[0] ? R_STATUS(SyncMutexLock_r(s)) : PLAIN(SyncMutexLock(s));
}

/* The process that holds a shared mutex is killed: a robust one comes with EOWNERDEAD, another gives SIGDEADLK. */
static void owner_dies(int form, const char *name)
{
    sync_t *sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    struct {
        int form, pad;
        sync_t *s;
    } f = {form, 0, &sh[0]};
    sh[0].__count = QRV_MUTEX_ROBUST;
    int status = 0, fd[2];
    char c;
    if (pipe(fd) != 0)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        SyncMutexLock(&sh[0]);
        SyncMutexLock(&sh[1]);
        (void)!write(fd[1], "x", 1);
        for (;;)
            pause();
    }
    (void)!read(fd[0], &c, 1);
    struct blocked b = {.call = lock_shared, .arg = &f};
    int there = blocked_enter(&b, STATE_MUTEX);
    pid_t other = fork();
    if (other == 0) {
        f.s = &sh[1];
        lock_shared(&f);
        _exit(0);
    }
    there &= blocked_wait_state(other, 1, STATE_MUTEX);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    waitpid(other, &status, 0);
    long got = blocked_join(&b);
    covers("%s:death", name);
    ok(there && got == -EOWNERDEAD && WIFSIGNALED(status) && WTERMSIG(status) == SIGDEADLK,
       "%s: the owner's process is killed: EOWNERDEAD, or SIGDEADLK (%ld, %#x)", name, got, status);
    munmap(sh, 4096);
    close(fd[0]);
    close(fd[1]);
}

static long lock_own(void *arg)
{
    int r = *(int *)arg;
    sync_t m = {QRV_MUTEX_NOERROR, 0};
    SyncMutexLock(&m);
    return r ? R_STATUS(SyncMutexLock_r(&m)) : PLAIN(SyncMutexLock(&m));
}

static void lock_disturbed(int form)
{
    static const char *const names[] = {"SyncMutexLock", "SyncMutexLock_r"};
    SyncMutexLock(&mutex);
    blocked_times_out(names[form], lock_form, &form, _NTO_TIMEOUT_MUTEX);
    lock_goes_on(form, names[form]);
    blocked_is_killed(names[form], lock_own, &form, STATE_MUTEX);
    struct blocked b = {.call = lock_form, .arg = &form};
    int there = blocked_enter(&b, STATE_MUTEX);
    SyncMutexUnlock(&mutex);
    ok(there && blocked_join(&b) == 0, "%s: handed over by the unlock", names[form]);
    owner_dies(form, names[form]);
}

static void *hold_cond_mutex(void *arg)
{
    sync_t *m = arg;
    SyncMutexLock(m);
    SyncCondvarWait(&cond, m);
    SyncMutexUnlock(m);
    return NULL;
}

static void busy(void)
{
    static sync_t m;
    init(_NTO_SYNC_MUTEX_FREE, &m);
    init(_NTO_SYNC_COND, &cond);
    pthread_t t;
    pthread_create(&t, NULL, hold_cond_mutex, &m);
    while (!(cond.__owner & QRV_SYNC_WAITERS))
        rv_sleep_ms(1);
    fails_status(SyncDestroy, EBUSY, "a condvar somebody waits for", &cond);
    works(SyncCondvarSignal, &cond, 0);
    works(SyncCondvarSignal, &cond, 1);
    pthread_join(t, NULL);
    bad_status(SyncCondvarSignal, sync, BAD, 0);
    bad_status(SyncCondvarSignal, sync, IN_KERNEL, 1);
}

static void events(void)
{
    struct sigevent ev, wrong;
    static sync_t m;
    init(_NTO_SYNC_MUTEX_FREE, &m);
    SIGEV_SIGNAL_INIT(&ev, SIGUSR2);
    SIGEV_SIGNAL_INIT(&wrong, 99);
    works(SyncMutexEvent, &m, &ev);
    works(SyncMutexEvent, &m, NULL);
    fails_status(SyncMutexEvent, EINVAL, "an event of no signal", &m, &wrong);
    bad_status(SyncMutexEvent, sync, BAD, &ev);
    bad_status(SyncMutexEvent, event, &m, BAD);
    works(SyncCtl, _NTO_SCTL_SETEVENT, &m, &ev);
    works(SyncCtl, _NTO_SCTL_SETEVENT, &m, NULL);
    fails_status(SyncCtl, EINVAL, "unknown command", 1234, &m, &ev);
    bad_status(SyncCtl, sync, _NTO_SCTL_SETEVENT, BAD, &ev);
    bad_status(SyncCtl, data, _NTO_SCTL_SETEVENT, &m, BAD);
    fails_status(SyncMutexRevive, EINVAL, "a live mutex", &m);
    bad_status(SyncMutexRevive, sync, BAD);
    sync_t dead = {0, QRV_SYNC_DEAD}, dead_too = dead;
    int rc = SyncMutexRevive(&dead);
    errno = UNTOUCHED;
    int rr = SyncMutexRevive_r(&dead_too);
    covers("SyncMutexRevive:ok SyncMutexRevive_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED && SyncMutexUnlock(&dead) == 0 && SyncMutexUnlock(&dead_too) == 0,
       "revived, we own them");
    covers("SyncMutexEvent:EAGAIN SyncMutexEvent_r:EAGAIN SyncCtl:EAGAIN SyncCtl_r:EAGAIN");
    ok(unprivileged(({
           sync_t *all = calloc(10000, sizeof *all);
           int n = 0;
           while (n < 9999 && SyncMutexEvent_r(&all[n], &ev) == EOK)
               n++;
           n > 100 && FAIL_BOTH_STATUS(SyncMutexEvent, EAGAIN, &all[9999], &ev) &&
               FAIL_BOTH_STATUS(SyncCtl, EAGAIN, _NTO_SCTL_SETEVENT, &all[9999], &ev);
       })),
       "events are bounded: EAGAIN");
}

static void ceilings(void)
{
    struct _sync_attr a = {.__protocol = PTHREAD_PRIO_PROTECT, .__prioceiling = 20}, high = a, none = a;
    static sync_t m;
    int prio = 25, too_high = 64, zero = 0;
    high.__prioceiling = 64;
    none.__prioceiling = 0;
    works(SyncTypeCreate, _NTO_SYNC_MUTEX_FREE, &m, &a);
    fails_status(SyncTypeCreate, EINVAL, "ceiling 0", _NTO_SYNC_MUTEX_FREE, &m, &none);
    covers("SyncTypeCreate:EPERM SyncTypeCreate_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(SyncTypeCreate, EPERM, _NTO_SYNC_MUTEX_FREE, &m, &high)),
       "a ceiling of 64 without the ability: EPERM");
    works(SyncCtl, _NTO_SCTL_GETPRIOCEILING, &m, &prio);
    is_int(prio, 20, "the ceiling");
    fails_status(SyncCtl, EINVAL, "ceiling 0", _NTO_SCTL_SETPRIOCEILING, &m, &zero);
    bad_status(SyncCtl, data, _NTO_SCTL_GETPRIOCEILING, &m, IN_KERNEL);
    bad_status(SyncCtl, data, _NTO_SCTL_SETPRIOCEILING, &m, BAD);
    bad_status(SyncCtl, data, _NTO_SCTL_MUTEX_WAKEUP, &m, BAD);
    covers("SyncCtl:EPERM SyncCtl_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(SyncCtl, EPERM, _NTO_SCTL_SETPRIOCEILING, &m, &too_high)),
       "a new ceiling of 64 without the ability: EPERM");
}

/* ---- condition variables: the mutex is held again in every outcome */

static sync_t cmutex;
static volatile int held_after;

static long wait_form(void *arg)
{
    int r = *(int *)arg;
    SyncMutexLock(&cmutex);
    long got = r ? R_STATUS(SyncCondvarWait_r(&cond, &cmutex)) : PLAIN(SyncCondvarWait(&cond, &cmutex));
    held_after = SyncMutexUnlock(&cmutex) == 0;
    return got;
}

static void unlock_it(void *m)
{
    held_after = SyncMutexUnlock(m) == 0;
}

static long wait_cancelled(void *arg)
{
    int r = *(int *)arg;
    long got = 0;
    SyncMutexLock(&cmutex);
    pthread_cleanup_push(unlock_it, &cmutex);
    got = r ? R_STATUS(SyncCondvarWait_r(&cond, &cmutex)) : PLAIN(SyncCondvarWait(&cond, &cmutex));
    pthread_cleanup_pop(1);
    return got;
}

static void condvars(int form)
{
    static const char *const names[] = {"SyncCondvarWait", "SyncCondvarWait_r"};
    /* The timeout is for the next kernel call, and an uncontended lock is one: armed just before the wait. */
    uint64_t ns = 10000000;
    SyncMutexLock(&cmutex);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_CONDVAR, NULL, &ns, NULL);
    long got = form ? R_STATUS(SyncCondvarWait_r(&cond, &cmutex)) : PLAIN(SyncCondvarWait(&cond, &cmutex));
    int held = SyncMutexUnlock(&cmutex) == 0;
    covers("%s:timeout %s:ETIMEDOUT", names[form], names[form]);
    ok(got == -ETIMEDOUT && held, "%s: a kernel timeout ends it, with the mutex (%ld)", names[form], got);
    struct blocked b = {.call = wait_form, .arg = &form};
    int there = blocked_enter(&b, STATE_CONDVAR);
    SyncCondvarSignal(&cond, 0);
    got = blocked_join(&b);
    covers("%s:ok", names[form]);
    ok(there && got == 0 && held_after, "%s: signalled, with the mutex (%ld)", names[form], got);
    int before = blocked_handled;
    there = blocked_enter(&b, STATE_CONDVAR);
    pthread_kill(b.thread, SIGUSR1);
    got = blocked_join(&b);
    covers("%s:signal", names[form]);
    ok(there && (got == 0 || got == -EINTR) && held_after && blocked_handled == before + 1,
       "%s: a handler ends it, with the mutex (%ld)", names[form], got);
    held_after = 0;
    blocked_is_cancelled(names[form], wait_cancelled, &form, STATE_CONDVAR);
    ok(held_after, "... and the cleanup handler has the mutex");
    blocked_is_killed(names[form], wait_form, &form, STATE_CONDVAR);
}

static void condvar_errors(void)
{
    SyncMutexLock(&cmutex);
    bad_status(SyncCondvarWait, sync, BAD, &cmutex);
    bad_status(SyncCondvarWait, sync, IN_KERNEL, &cmutex);
    bad_status(SyncCondvarWait, mutex, &cond, BAD);
    SyncMutexUnlock(&cmutex);
    fails_status(SyncCondvarWait, EPERM, "the mutex is not ours", &cond, &cmutex);
}

/* ---- semaphores */

static long sem_form(void *arg)
{
    return *(int *)arg ? R_STATUS(SyncSemWait_r(&sem, 0)) : PLAIN(SyncSemWait(&sem, 0));
}

static void semaphores(void)
{
    static const char *const names[] = {"SyncSemWait", "SyncSemWait_r"};
    init(_NTO_SYNC_SEM, &sem);
    works(SyncSemPost, &sem);
    works(SyncSemWait, &sem, 0);
    fails_status(SyncSemWait, EAGAIN, "nothing to take, and trying only", &sem, 1);
    bad_status(SyncSemPost, sync, BAD);
    bad_status(SyncSemPost, sync, IN_KERNEL);
    bad_status(SyncSemWait, sync, BAD, 0);
    bad_status(SyncSemWait, sync, IN_KERNEL, 1);
    fails_status(SyncSemPost, EINVAL, "a crooked address", CROOKED(&sem));
    fails_status(SyncSemWait, EINVAL, "a crooked address", CROOKED(&sem), 0);
    sync_t full = {INT_MAX, 0};
    fails_status(SyncSemPost, EOVERFLOW, "it counts no further", &full);
    for (int form = 0; form < 2; form++) {
        blocked_times_out(names[form], sem_form, &form, _NTO_TIMEOUT_SEM);
        blocked_is_interrupted(names[form], sem_form, &form, STATE_SEM);
        blocked_is_cancelled(names[form], sem_form, &form, STATE_SEM);
        blocked_is_killed(names[form], sem_form, &form, STATE_SEM);
        struct blocked b = {.call = sem_form, .arg = &form};
        int there = blocked_enter(&b, STATE_SEM);
        SyncSemPost(&sem);
        ok(there && blocked_join(&b) == 0, "%s: a post lets it through", names[form]);
    }
}

int main(void)
{
    blocked_handle(SIGUSR1);
    creating();
    locking();
    lock_disturbed(0);
    lock_disturbed(1);
    busy();
    events();
    ceilings();
    init(_NTO_SYNC_MUTEX_FREE, &cmutex);
    init(_NTO_SYNC_COND, &cond);
    condvars(0);
    condvars(1);
    condvar_errors();
    semaphores();
    return done();
}
