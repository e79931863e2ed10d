/* SPDX-License-Identifier: Apache-2.0 */
/* Threads and signals: masks are per thread, a signal to the process goes to one that has it
 * unblocked. Pages: QNX Neutrino System Architecture, "Signals"; Library Reference,
 * SignalProcmask(), SignalKill(), pthread_kill(). */
#define _GNU_SOURCE
#include <semaphore.h>
#include "../rendezvous.h"

#define N 4
static volatile sig_atomic_t hits[N + 1];
static __thread int me;
static sem_t ready;
static volatile int stop, open_to = -1;

static void on_usr1(int s)
{
    (void)s;
    hits[me]++;
}

static void *worker(void *arg)
{
    sigset_t set;
    me = (int)(intptr_t)arg;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(me == 2 ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
    sem_post(&ready);
    while (!stop) {
        if (open_to == me) {
            pthread_sigmask(SIG_UNBLOCK, &set, NULL);
            open_to = -1;
        }
        rv_sleep_ms(1);
    }
    return NULL;
}

static void wait_hit(int i, int n)
{
    for (int k = 0; k < 500 && hits[i] < n; k++)
        rv_sleep_ms(2);
}

int main(void)
{
    pthread_t t[N];
    sigset_t set, pend;
    tap_plan(7);
    me = N;
    sem_init(&ready, 0, 0);
    signal(SIGUSR1, on_usr1);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < N; i++)
        pthread_create(&t[i], NULL, worker, (void *)(intptr_t)i);
    for (int i = 0; i < N; i++)
        while (sem_wait(&ready) == -1)
            ;
    for (int i = 1; i <= 10; i++) {
        kill(getpid(), SIGUSR1);
        wait_hit(2, i);
    }
    is_int(hits[2], 10, "the thread that has it open gets every signal of the process");
    is_int(hits[0] + hits[1] + hits[3] + hits[4], 0, "the others none");
    pthread_kill(t[1], SIGUSR1);
    rv_sleep_ms(30);
    is_int(hits[1], 0, "one to a thread that blocks it waits there");
    sigpending(&pend);
    is_int(sigismember(&pend, SIGUSR1), 0, "and is nobody else's");
    open_to = 1;
    wait_hit(1, 1);
    is_int(hits[1], 1, "unblocked, it comes");
    raise(SIGUSR1);
    sigpending(&pend);
    is_int(sigismember(&pend, SIGUSR1), 1, "one to ourselves is pending here");
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    is_int(hits[N], 1, "and delivered before the unblocking returns");
    stop = 1;
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    return done();
}
