/* SPDX-License-Identifier: Apache-2.0 */
/* A READY thread is taken by another processor as soon as it may run there: it was preempted where it ran, or its priority was raised.
 * Pages: QNX Neutrino System Architecture, "Multicore Processing" and "Thread scheduling" (the most important READY thread runs);
 * Library Reference, ThreadCtl() (runmask). */
#define _GNU_SOURCE
#include <semaphore.h>
#include <sys/syspage.h>
#include "../rendezvous.h"

struct spinner {
    unsigned mask;
    int prio;
    sem_t go;
    volatile int stop;
    volatile unsigned long count; /* grows while it runs */
    pthread_t thread;
};

static void set_prio(int prio)
{
    struct sched_param sp = {.sched_priority = prio};
    SchedSet(0, 0, SCHED_FIFO, &sp);
}

static void *spin(void *arg)
{
    struct spinner *s = arg;
    ThreadCtl(_NTO_TCTL_RUNMASK, (void *)(uintptr_t)s->mask);
    set_prio(s->prio);
    while (sem_wait(&s->go) == -1)
        ;
    while (!s->stop)
        s->count++;
    return NULL;
}

static void start(struct spinner *s, unsigned mask, int prio)
{
    *s = (struct spinner){.mask = mask, .prio = prio};
    sem_init(&s->go, 0, 0);
    if (pthread_create(&s->thread, NULL, spin, s) != 0)
        bail_out("pthread_create");
}

static void stop(struct spinner *s)
{
    s->stop = 1;
    sem_post(&s->go);
    pthread_join(s->thread, NULL);
}

/* It is running, or comes to within many seconds. */
static int runs(struct spinner *s)
{
    unsigned long before = s->count;
    for (int i = 0; i < 4000 && s->count == before; i++)
        rv_sleep_ms(1);
    return s->count != before;
}

/* x may run on the last two processors, runs on one, and is preempted there: the other takes it, though one that may not is idle too. */
static void preempted(int last)
{
    struct spinner x, above;
    start(&x, 1U << (last - 1) | 1U << last, 20);
    sem_post(&x.go);
    int went = runs(&x);
    start(&above, 1U << (last - 1), 30);
    sem_post(&above.go);
    went = went && runs(&above) && runs(&x);
    ok(went, "a preempted thread goes on where it may and nobody runs");
    stop(&above);
    start(&above, 1U << last, 30);
    sem_post(&above.go);
    went = runs(&above) && runs(&x);
    ok(went, "and comes back");
    stop(&above);
    stop(&x);
}

/* r waits behind something more important on the first processor; raised, it is less so than that, but more than what the last runs. */
static void raised(int last)
{
    struct spinner low, r, high;
    start(&low, 1U << last, 12);
    sem_post(&low.go);
    int ready = runs(&low);
    start(&r, 1U | 1U << last, 11);
    sem_post(&r.go);
    ready = ready && runs(&r);
    start(&high, 1, 30);
    sem_post(&high.go);
    ready = ready && runs(&high);
    unsigned long before = r.count;
    rv_sleep_ms(20);
    ok(ready && r.count == before, "a thread waits behind more important ones everywhere");
    struct sched_param sp = {.sched_priority = 20};
    pthread_setschedparam(r.thread, SCHED_FIFO, &sp);
    ok(runs(&r), "raised, it runs on the processor whose thread is less important now");
    before = low.count;
    rv_sleep_ms(20);
    is_int((long)low.count, (long)before, "whose thread waits");
    r.stop = 1;
    ok(runs(&low), "until it is through");
    stop(&high);
    stop(&r);
    stop(&low);
}

int main(void)
{
    int last = _syspage_ptr->num_cpu - 1;
    tap_plan(0);
    if (last < 1) {
        skip("one processor");
        return done();
    }
    ThreadCtl(_NTO_TCTL_RUNMASK, (void *)1);
    set_prio(40);
    raised(last);
    if (last >= 3)
        preempted(last);
    else
        skip("fewer than four processors");
    return done();
}
