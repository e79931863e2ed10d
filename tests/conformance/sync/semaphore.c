/* SPDX-License-Identifier: Apache-2.0 */
/* Semaphores: counting, waiting by priority, signals, timeouts, several processes.
 * Pages: QNX Neutrino Library Reference, SyncSemWait(), SyncSemPost(), sem_wait(), sem_post(),
 * sem_timedwait(). */
#include <limits.h>
#include <semaphore.h>
#include <sys/mman.h>
#include "../rendezvous.h"

static sem_t s;
static int order[2], n;

static void on_usr1(int sig)
{
    (void)sig;
}

static void *waiter(void *arg)
{
    struct sched_param sp = {.sched_priority = (int)(intptr_t)arg};
    SchedSet(0, 0, SCHED_RR, &sp);
    sem_wait(&s);
    order[n++] = sp.sched_priority;
    sem_post(&s);
    return NULL;
}

static void *interrupted(void *arg)
{
    int r = sem_wait(arg);
    return (void *)(intptr_t)(r == 0 ? 0 : errno);
}

static void signals(void)
{
    pthread_t t;
    void *r;
    struct sigaction sa = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &sa, NULL);
    pthread_create(&t, NULL, interrupted, &s);
    rv_sleep_ms(20);
    pthread_kill(t, SIGUSR1);
    pthread_join(t, &r);
    is_int((intptr_t)r, EINTR, "a handler ends sem_wait: EINTR");
    sa.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &sa, NULL);
    pthread_create(&t, NULL, interrupted, &s);
    rv_sleep_ms(20);
    pthread_kill(t, SIGUSR1);
    rv_sleep_ms(20);
    sem_post(&s);
    pthread_join(t, &r);
    is_int((intptr_t)r, 0, "with SA_RESTART it goes on");
}

static void shared(void)
{
    sem_t *x = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    sem_init(&x[0], 1, 0);
    sem_init(&x[1], 1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 200; i++) {
            sem_wait(&x[0]);
            sem_post(&x[1]);
        }
        _exit(7);
    }
    for (int i = 0; i < 200; i++) {
        sem_post(&x[0]);
        sem_wait(&x[1]);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "two processes take turns 200 times");
}

int main(void)
{
    pthread_t t[2];
    struct timespec at;
    tap_plan(16);
    sem_init(&s, 0, 2);
    ok(sem_wait(&s) == 0 && sem_trywait(&s) == 0, "two can be taken");
    ok(sem_trywait(&s) == -1 && errno == EAGAIN, "a third cannot: EAGAIN");
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 20000000;
    if (at.tv_nsec >= 1000000000)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    ok(sem_timedwait(&s, &at) == -1 && errno == ETIMEDOUT, "a timed wait: ETIMEDOUT");
    pthread_create(&t[0], NULL, waiter, (void *)12);
    rv_sleep_ms(15);
    pthread_create(&t[1], NULL, waiter, (void *)30);
    rv_sleep_ms(15);
    sem_post(&s);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    ok(order[0] == 30 && order[1] == 12, "the more important waiter is first");
    is_int(sem_trywait(&s), 0, "and one post is left");
    signals();
    shared();

    sync_t k = {0, 0};
    struct _sync_attr a = {.__flags = 1};
    is_int(SyncTypeCreate_r(_NTO_SYNC_SEM, &k, &a), 0, "SyncTypeCreate makes a semaphore");
    is_int(SyncSemWait_r(&k, 0), 0, "SyncSemWait takes it");
    is_int(SyncSemWait_r(&k, 1), EAGAIN, "trying again: EAGAIN");
    is_int(SyncSemPost_r(&k), 0, "SyncSemPost");
    is_int(SyncSemWait_r(&k, 1), 0, "... lets one in");
    uint64_t ns = 2000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEM, NULL, &ns, NULL);
    is_int(SyncSemWait_r(&k, 0), ETIMEDOUT, "TimerTimeout ends SyncSemWait");
    k.__count = INT_MAX;
    is_int(SyncSemPost_r(&k), EOVERFLOW, "a full semaphore: EOVERFLOW");
    is_int(SyncSemWait_r((sync_t *)16, 0), EFAULT, "a semaphore nowhere: EFAULT");
    return done();
}
