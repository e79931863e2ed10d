/* SPDX-License-Identifier: Apache-2.0 */
/* Processes full of threads that wait for shared objects with deadlines and signals flying are
 * killed at random moments: the survivors can still use the objects, and no waiter, timer or page
 * is left behind in the kernel. Pages: QNX Neutrino Library Reference, SyncMutexLock(),
 * SyncCondvarWait(), TimerTimeout(), SignalKill(). */
#define _GNU_SOURCE
#include <abi/taskman.h>
#include <abi/tm.h>
#include <semaphore.h>
#include <sys/mman.h>
#include "../rendezvous.h"

#define CHILDREN 3
#define THREADS  6
#define ROUNDS   12

static struct {
    pthread_mutex_t robust;
    sem_t sem;
    pthread_mutex_t cond_mutex;
    pthread_cond_t cond;
    volatile long done;
} * sh;

static struct tm_kstat stats(void)
{
    struct tm_kstat k;
    struct tmsg_hdr h = {.type = TMSG_SYS, .subtype = TMSG_SYS_KSTAT};
    memset(&k, 0, sizeof(k));
    if (MsgSend(SYSMGR_COID, &h, sizeof(h), &k, sizeof(k)) == -1)
        bail_out("TMSG_SYS_KSTAT");
    return k;
}

static void on_usr1(int s)
{
    (void)s;
}

static struct timespec soon(unsigned *seed)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += (long)(rand_r(seed) % 3000000);
    if (at.tv_nsec >= 1000000000)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    return at;
}

static void leave(pthread_mutex_t *m, int r)
{
    if (r == EOWNERDEAD)
        pthread_mutex_consistent(m);
    if (r == 0 || r == EOWNERDEAD)
        pthread_mutex_unlock(m);
}

static void use_mutex(unsigned *seed)
{
    struct timespec at = soon(seed);
    int r = pthread_mutex_timedlock(&sh->robust, &at);
    if (r == 0 && rand_r(seed) % 4 == 0)
        sched_yield();
    leave(&sh->robust, r);
}

static void use_cond(unsigned *seed)
{
    struct timespec at = soon(seed);
    int r = pthread_mutex_timedlock(&sh->cond_mutex, &at);
    if (r == 0 || r == EOWNERDEAD) {
        if (r == EOWNERDEAD)
            pthread_mutex_consistent(&sh->cond_mutex);
        pthread_cond_broadcast(&sh->cond);
        at = soon(seed);
        r = pthread_cond_timedwait(&sh->cond, &sh->cond_mutex, &at);
        leave(&sh->cond_mutex, r == ETIMEDOUT ? 0 : r);
    }
}

static void use_sem(unsigned *seed)
{
    struct timespec at = soon(seed);
    if (sem_timedwait(&sh->sem, &at) == 0)
        sem_post(&sh->sem);
}

static pthread_t peers[THREADS];

static void *work(void *arg)
{
    unsigned seed = (unsigned)(intptr_t)arg * 7919 + (unsigned)getpid();
    for (;;) {
        switch (rand_r(&seed) % 4) {
        case 0:
            use_mutex(&seed);
            break;
        case 1:
            use_cond(&seed);
            break;
        case 2:
            use_sem(&seed);
            break;
        case 3:
            if (peers[seed % THREADS])
                pthread_kill(peers[seed % THREADS], SIGUSR1);
            break;
        }
        sh->done++;
    }
    return NULL;
}

static pid_t start(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < THREADS; i++)
            pthread_create(&peers[i], NULL, work, (void *)(intptr_t)(i + 1));
        for (;;)
            pause();
    }
    return pid;
}

static int usable(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 5;
    int r = pthread_mutex_timedlock(&sh->robust, &at),
        q = pthread_mutex_timedlock(&sh->cond_mutex, &at);
    leave(&sh->robust, r);
    leave(&sh->cond_mutex, q);
    if (r && r != EOWNERDEAD)
        diag("robust: %s", strerror(r));
    if (q && q != EOWNERDEAD)
        diag("condvar's: %s", strerror(q));
    return (r == 0 || r == EOWNERDEAD) && (q == 0 || q == EOWNERDEAD);
}

static void init(void)
{
    pthread_mutexattr_t a;
    pthread_condattr_t c;
    sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (sh == MAP_FAILED)
        bail_out("mmap");
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&sh->robust, &a);
    pthread_mutex_init(&sh->cond_mutex, &a);
    pthread_condattr_init(&c);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&sh->cond, &c);
    sem_init(&sh->sem, 1, 2);
}

int main(void)
{
    tap_plan(4);
    init();
    struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &sa, NULL);
    pid_t bystander = start();
    unsigned seed = 1;
    int good = 0, killed = 0;
    struct tm_kstat before = {0}, after;
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pid[CHILDREN];
        int status;
        for (int i = 0; i < CHILDREN; i++)
            pid[i] = start();
        rv_sleep_ms(20 + (long)(rand_r(&seed) % 60));
        for (int i = 0; i < CHILDREN; i++) {
            kill(pid[i], SIGKILL);
            killed += waitpid(pid[i], &status, 0) == pid[i] && WIFSIGNALED(status);
            rv_sleep_ms((long)(rand_r(&seed) % 10));
        }
        good += usable();
    }
    is_int(killed, ROUNDS * CHILDREN, "every child dies");
    is_int(good, ROUNDS, "the mutexes are usable after every massacre");
    ok(sh->done > ROUNDS * 20, "work was done (%ld)", sh->done);
    kill(bystander, SIGKILL);
    waitpid(bystander, NULL, 0);
    rv_sleep_ms(50);
    before = stats();
    pid_t pid = start();
    rv_sleep_ms(60);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    rv_sleep_ms(50);
    after = stats();
    ok(after.threads <= before.threads && after.timers <= before.timers, "no thread or timer is left (%u/%u)",
       after.threads, before.threads);
    return done();
}
