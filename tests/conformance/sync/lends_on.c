/* SPDX-License-Identifier: Apache-2.0 */
/* Priorities go on from a mutex' owner to what that owner waits for, over any number of owners and servers, and a deadlocked
 * ring of owners harms nobody else.
 * Pages: QNX Neutrino System Architecture, "Mutexes: mutual exclusion locks", "Priority inheritance and messages", "Server boost". */
#define _GNU_SOURCE
#include <semaphore.h>
#include "../rendezvous.h"
#include "prio.h"

#define CHAIN 40

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, chain[CHAIN + 1];
static sem_t go;

static void wait_go(void)
{
    while (sem_wait(&go) == -1)
        ;
}

static void *high(void *arg)
{
    set_prio(25);
    pthread_mutex_lock(arg);
    pthread_mutex_unlock(arg);
    return NULL;
}

/* A server that receives one message, then is busy until told to go on; next: where it sends to meanwhile, or -1. */
struct server {
    pthread_t thread;
    int chid, coid, next;
    volatile int tid;
};

static void *serve(void *arg)
{
    struct server *s = arg;
    char c;
    set_prio(8);
    s->tid = gettid();
    int rcvid = MsgReceive(s->chid, &c, 1, NULL);
    if (s->next >= 0)
        MsgSend(s->next, "x", 1, NULL, 0);
    else
        wait_go();
    MsgReply(rcvid, 0, NULL, 0);
    rcvid = MsgReceive(s->chid, &c, 1, NULL);
    if (rcvid > 0)
        MsgReply(rcvid, 0, NULL, 0);
    return NULL;
}

static void start_server(struct server *s, int next)
{
    s->chid = ChannelCreate(0);
    s->coid = ConnectAttach(0, 0, s->chid, _NTO_SIDE_CHANNEL, 0);
    s->next = next;
    s->tid = 0;
    pthread_create(&s->thread, NULL, serve, s);
    while (!s->tid)
        rv_sleep_ms(1);
    rv_sleep_ms(20);
}

static void stop_server(struct server *s)
{
    ChannelDestroy(s->chid);
    pthread_join(s->thread, NULL);
}

static volatile int owner_tid, send_coid;

static void *owner_sends(void *arg)
{
    (void)arg;
    set_prio(8);
    owner_tid = gettid();
    pthread_mutex_lock(&m);
    MsgSend(send_coid, "x", 1, NULL, 0);
    pthread_mutex_unlock(&m);
    return NULL;
}

/* before: a message of another client is worked on, so that the owner is SEND-blocked; otherwise it is REPLY-blocked. */
static void owner_in_a_message(int before)
{
    struct server s;
    struct rv_client first = {.prio = 8, .smsg = "x", .slen = 1};
    pthread_t o, h;
    start_server(&s, -1);
    first.coid = send_coid = s.coid;
    if (before) {
        rv_start(&first);
        rv_sleep_ms(20);
    }
    pthread_create(&o, NULL, owner_sends, NULL);
    rv_sleep_ms(20);
    is_int(prio_of(s.tid), 8, "a server works for an owner");
    pthread_create(&h, NULL, high, &m);
    rv_sleep_ms(20);
    is_int(prio_of(owner_tid), 25, "a waiter lends the owner its priority");
    is_int(prio_of(s.tid), 25, before ? "... and to the server, while its message still waits" : "... and the owner lends it on");
    sem_post(&go);
    pthread_join(h, NULL);
    pthread_join(o, NULL);
    if (before)
        rv_join(&first);
    stop_server(&s);
}

static void two_servers(void)
{
    struct server a, b;
    pthread_t o, h;
    start_server(&b, -1);
    start_server(&a, b.coid);
    send_coid = a.coid;
    pthread_create(&o, NULL, owner_sends, NULL);
    rv_sleep_ms(20);
    pthread_create(&h, NULL, high, &m);
    rv_sleep_ms(20);
    ok(prio_of(a.tid) == 25 && prio_of(b.tid) == 25, "from the owner to its server to that one's server");
    sem_post(&go);
    pthread_join(h, NULL);
    pthread_join(o, NULL);
    stop_server(&a);
    stop_server(&b);
}

static void client_is_raised(void)
{
    struct server s;
    struct rv_client cl = {.prio = 9, .smsg = "x", .slen = 1};
    struct sched_param sp = {.sched_priority = 27};
    start_server(&s, -1);
    cl.coid = s.coid;
    rv_start(&cl);
    rv_sleep_ms(20);
    is_int(prio_of(s.tid), 9, "a server runs at its client's priority");
    pthread_setschedparam(cl.thread, SCHED_RR, &sp);
    is_int(prio_of(s.tid), 27, "the client's new priority reaches it");
    sem_post(&go);
    rv_join(&cl);
    stop_server(&s);
}

static void pulse(void)
{
    struct server s;
    struct rv_client cl = {.prio = 9, .smsg = "x", .slen = 1};
    start_server(&s, -1);
    cl.coid = s.coid;
    rv_start(&cl);
    rv_sleep_ms(20);
    is_int(MsgSendPulse(s.coid, 26, 1, 0), 0, "a pulse to a busy server");
    is_int(prio_of(s.tid), 26, "... boosts it");
    sem_post(&go);
    rv_join(&cl);
    stop_server(&s);
}

static void fixed_priority(void)
{
    struct server s = {.next = -1, .chid = ChannelCreate(_NTO_CHF_FIXED_PRIORITY)};
    pthread_t o, h;
    s.coid = send_coid = ConnectAttach(0, 0, s.chid, _NTO_SIDE_CHANNEL, 0);
    pthread_create(&s.thread, NULL, serve, &s);
    while (!s.tid)
        rv_sleep_ms(1);
    pthread_create(&o, NULL, owner_sends, NULL);
    rv_sleep_ms(20);
    pthread_create(&h, NULL, high, &m);
    rv_sleep_ms(20);
    is_int(prio_of(s.tid), 8, "a channel with _NTO_CHF_FIXED_PRIORITY: no further");
    sem_post(&go);
    pthread_join(h, NULL);
    pthread_join(o, NULL);
    stop_server(&s);
}

static volatile int link_tid[CHAIN];

/* Owner of chain[n], waits for chain[n + 1]; the last one waits for the word to go on. */
static void *chain_link(void *arg)
{
    int n = (int)(intptr_t)arg;
    set_prio(8);
    pthread_mutex_lock(&chain[n]);
    link_tid[n] = gettid();
    if (n + 1 < CHAIN) {
        pthread_mutex_lock(&chain[n + 1]);
        pthread_mutex_unlock(&chain[n + 1]);
    } else {
        wait_go();
    }
    pthread_mutex_unlock(&chain[n]);
    return NULL;
}

static void long_chain(void)
{
    pthread_t t[CHAIN], h;
    int raised = 0;
    for (int i = 0; i <= CHAIN; i++)
        pthread_mutex_init(&chain[i], NULL);
    for (int i = CHAIN - 1; i >= 0; i--) {
        pthread_create(&t[i], NULL, chain_link, (void *)(intptr_t)i);
        while (!link_tid[i])
            rv_sleep_ms(1);
        rv_sleep_ms(5);
    }
    is_int(prio_of(link_tid[CHAIN - 1]), 8, "forty owners, each waits for the next");
    pthread_create(&h, NULL, high, &chain[0]);
    rv_sleep_ms(20);
    for (int i = 0; i < CHAIN; i++)
        raised += prio_of(link_tid[i]) == 25;
    is_int(raised, CHAIN, "a waiter for the first lends its priority to all of them");
    sem_post(&go);
    pthread_join(h, NULL);
    for (int i = 0; i < CHAIN; i++)
        pthread_join(t[i], NULL);
    ok(1, "and it comes apart again");
}

static volatile int ring_ready;

static void *ring_member(void *arg)
{
    int n = (int)(intptr_t)arg;
    struct timespec at;
    set_prio(8 + n);
    pthread_mutex_lock(&chain[n]);
    __atomic_add_fetch(&ring_ready, 1, __ATOMIC_SEQ_CST);
    while (ring_ready < 3)
        rv_sleep_ms(1);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 2;
    int rc = pthread_mutex_timedlock(&chain[(n + 1) % 3], &at);
    if (rc == 0)
        pthread_mutex_unlock(&chain[(n + 1) % 3]);
    pthread_mutex_unlock(&chain[n]);
    return (void *)(intptr_t)rc;
}

static void *ring_visitor(void *arg)
{
    struct timespec at;
    (void)arg;
    set_prio(25);
    for (int i = 0; i < 50; i++) { /* raises and lowers the ring */
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_nsec += 1000000;
        if (at.tv_nsec >= 1000000000)
            at.tv_sec++, at.tv_nsec -= 1000000000;
        if (pthread_mutex_timedlock(&chain[i % 3], &at) == 0)
            pthread_mutex_unlock(&chain[i % 3]);
    }
    return NULL;
}

static void deadlocked_ring(void)
{
    pthread_t t[3], v[2];
    void *rc;
    int timed_out = 0;
    ring_ready = 0;
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, ring_member, (void *)(intptr_t)i);
    while (ring_ready < 3)
        rv_sleep_ms(1);
    rv_sleep_ms(20);
    for (int i = 0; i < 2; i++)
        pthread_create(&v[i], NULL, ring_visitor, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(v[i], NULL);
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], &rc);
        timed_out += (intptr_t)rc == ETIMEDOUT;
    }
    ok(timed_out >= 1, "three owners in a ring: the system lives on, a deadline ends it");
}

int main(void)
{
    tap_plan(0);
    set_prio(40);
    sem_init(&go, 0, 0);
    owner_in_a_message(0);
    owner_in_a_message(1);
    two_servers();
    client_is_raised();
    pulse();
    fixed_priority();
    long_chain();
    deadlocked_ring();
    return done();
}
