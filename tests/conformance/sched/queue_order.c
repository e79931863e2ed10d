/* SPDX-License-Identifier: Apache-2.0 */
/* SCHED_ADJTOHEAD and SCHED_ADJTOTAIL move a READY thread in its queue.
 * Pages: QNX Neutrino Library Reference, SchedSet(). */
#define _GNU_SOURCE
#include <semaphore.h>
#include "../rendezvous.h"

static sem_t go[3];
static volatile int tids[3], order[3];
static atomic_int place;

static void *worker(void *arg)
{
    int n = (int)(intptr_t)arg;
    tids[n] = gettid();
    while (sem_wait(&go[n]) == -1)
        ;
    order[atomic_fetch_add(&place, 1)] = n;
    return NULL;
}

static void set_prio(int policy, int prio)
{
    struct sched_param sp = {.sched_priority = prio};
    SchedSet(0, 0, policy, &sp);
}

/* Three threads of one priority become READY in order; then one is moved while this thread, more important, has their hart. */
static void round_of(int moved, int how, int want, const char *name)
{
    pthread_t t[3];
    int rc = 0;
    place = 0;
    for (int i = 0; i < 3; i++) {
        tids[i] = 0;
        set_prio(SCHED_FIFO, 9);
        pthread_create(&t[i], NULL, worker, (void *)(intptr_t)i);
        set_prio(SCHED_FIFO, 12);
        while (!tids[i])
            rv_sleep_ms(1);
    }
    rv_sleep_ms(20);
    for (int i = 0; i < 3; i++)
        sem_post(&go[i]);
    if (moved >= 0)
        rc = SchedSet(0, tids[moved], how, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    int got = order[0] * 100 + order[1] * 10 + order[2];
    ok(rc == 0 && got == want, "%s (%03d)", name, got);
}

int main(void)
{
    struct _thread_runmask one = {1, {1, 1}};
    tap_plan(0);
    for (int i = 0; i < 3; i++)
        sem_init(&go[i], 0, 0);
    if (ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &one) == -1)
        bail_out("runmask");
    round_of(-1, 0, 12, "READY threads run in the order in which they became so");
    round_of(2, SCHED_ADJTOHEAD, 201, "the last one put at the head runs first");
    round_of(0, SCHED_ADJTOTAIL, 120, "the first one put at the tail runs last");
    is_int(SchedSet(0, 0, SCHED_ADJTOTAIL, NULL), 0, "a thread that is not READY stays where it is");
    is_int(SchedSet_r(0, 3000, SCHED_ADJTOHEAD, NULL), ESRCH, "no such thread: ESRCH");
    is_int(SchedSet_r(32000, 1, SCHED_ADJTOHEAD, NULL), ESRCH, "no such process: ESRCH");
    return done();
}
