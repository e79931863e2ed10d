/* SPDX-License-Identifier: Apache-2.0 */
/* Priority inheritance, also along a chain of owners, and its end.
 * Pages: QNX Neutrino System Architecture, "Mutexes: mutual exclusion locks" (priority
 * inheritance); Library Reference, SchedGet(). */
#define _GNU_SOURCE
#include <semaphore.h>
#include "../rendezvous.h"
#include "prio.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER, none;
static sem_t go;
static volatile int low_tid;

static void *low(void *arg)
{
    pthread_mutex_t *m = arg;
    set_prio(8);
    pthread_mutex_lock(m);
    low_tid = gettid();
    while (sem_wait(&go) == -1)
        ;
    pthread_mutex_unlock(m);
    while (sem_wait(&go) == -1)
        ;
    return NULL;
}

static void *middle(void *arg)
{
    (void)arg;
    set_prio(12);
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    return NULL;
}

static void *high(void *arg)
{
    set_prio(25);
    pthread_mutex_lock(arg);
    pthread_mutex_unlock(arg);
    return NULL;
}

static void *high_timed(void *arg)
{
    struct timespec at;
    set_prio(30);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 500000000; /* a busy build machine stands still for longer than one thinks */
    if (at.tv_nsec >= 1000000000)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    return (void *)(intptr_t)pthread_mutex_timedlock(arg, &at);
}

static void simple(void)
{
    pthread_t l, h, timed;
    void *result;
    low_tid = 0;
    pthread_create(&l, NULL, low, &a);
    rv_sleep_ms(20);
    is_int(prio_of(low_tid), 8, "the owner runs at its own priority");
    pthread_create(&timed, NULL, high_timed, &a);
    rv_sleep_ms(20);
    is_int(prio_of(low_tid), 30, "a waiter lends its priority");
    pthread_create(&h, NULL, high, &a);
    pthread_join(timed, &result);
    is_int((intptr_t)result, ETIMEDOUT, "the first waiter gives up");
    is_int(prio_of(low_tid), 25, "... and takes its priority along: the other's remains");
    sem_post(&go);
    pthread_join(h, NULL);
    is_int(prio_of(low_tid), 8, "unlocking ends it");
    sem_post(&go);
    pthread_join(l, NULL);
}

static void chain(void)
{
    pthread_t l, mid, h;
    low_tid = 0;
    pthread_create(&l, NULL, low, &a);
    rv_sleep_ms(20);
    pthread_create(&mid, NULL, middle, NULL);
    rv_sleep_ms(20);
    is_int(prio_of(low_tid), 12, "one hop");
    pthread_create(&h, NULL, high, &b);
    rv_sleep_ms(20);
    is_int(prio_of(low_tid), 25, "two hops");
    sem_post(&go);
    pthread_join(mid, NULL);
    pthread_join(h, NULL);
    is_int(prio_of(low_tid), 8, "back to its own");
    sem_post(&go);
    pthread_join(l, NULL);
}

static void prio_none(void)
{
    pthread_mutexattr_t at;
    pthread_t l, h;
    pthread_mutexattr_init(&at);
    pthread_mutexattr_setprotocol(&at, PTHREAD_PRIO_NONE);
    pthread_mutex_init(&none, &at);
    low_tid = 0;
    pthread_create(&l, NULL, low, &none);
    rv_sleep_ms(20);
    pthread_create(&h, NULL, high, &none);
    rv_sleep_ms(20);
    is_int(prio_of(low_tid), 8, "PTHREAD_PRIO_NONE lends nothing");
    sem_post(&go);
    pthread_join(h, NULL);
    sem_post(&go);
    pthread_join(l, NULL);
}

static void raised_while_waiting(void)
{
    pthread_t l, mid;
    struct sched_param sp = {.sched_priority = 33};
    low_tid = 0;
    pthread_create(&l, NULL, low, &a);
    rv_sleep_ms(20);
    pthread_create(&mid, NULL, middle, NULL);
    rv_sleep_ms(20);
    pthread_setschedparam(mid, SCHED_RR, &sp);
    is_int(prio_of(low_tid), 33, "a waiter whose priority is raised lends the new one");
    sem_post(&go);
    pthread_join(mid, NULL);
    is_int(prio_of(low_tid), 8, "over");
    sem_post(&go);
    pthread_join(l, NULL);
}

static int chid, coid;

static void *server(void *arg)
{
    (void)arg;
    char c;
    set_prio(9);
    int rcvid = MsgReceive(chid, &c, 1, NULL);
    MsgReply(rcvid, 0, NULL, 0);
    pthread_mutex_lock(&a); /* busy: waits for the mutex of the low thread */
    pthread_mutex_unlock(&a);
    rcvid = MsgReceive(chid, &c, 1, NULL);
    MsgReply(rcvid, 0, NULL, 0);
    return NULL;
}

static void through_a_server(void)
{
    pthread_t l, s;
    struct rv_client cl = {.prio = 28, .smsg = "x", .slen = 1};
    chid = ChannelCreate(0);
    coid = cl.coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    low_tid = 0;
    pthread_create(&l, NULL, low, &a);
    rv_sleep_ms(20);
    pthread_create(&s, NULL, server, NULL);
    set_prio(9);
    MsgSend(coid, "x", 1, NULL, 0);
    set_prio(40);
    rv_sleep_ms(20);
    is_int(prio_of(low_tid), 9, "a server waits for the mutex");
    rv_start(&cl);
    rv_sleep_ms(20);
    is_int(prio_of(low_tid), 28, "its client's priority goes through to the owner");
    sem_post(&go);
    rv_join(&cl);
    pthread_join(s, NULL);
    is_int(prio_of(low_tid), 8, "and ends");
    sem_post(&go);
    pthread_join(l, NULL);
}

int main(void)
{
    tap_plan(14);
    set_prio(40);
    sem_init(&go, 0, 0);
    simple();
    chain();
    prio_none();
    raised_while_waiting();
    through_a_server();
    return done();
}
