/* SPDX-License-Identifier: Apache-2.0 */
/* A thread more important than what it disturbs, on the same processor, which a timer wakes again and again. */
#pragma once
#include <sys/mman.h>
#include "../rendezvous.h"

#define BIG (16 << 20)
#define TICK_NS 50000

enum { IDLE, COPYING, COPIED };

/* In memory that both processes of a test see. */
struct stage {
    atomic_int state;  /* what the disturbed one is at */
    atomic_int during; /* ticks while it was COPYING, since that was set to 0 */
    atomic_int stop, runs;
};

struct ticker {
    struct stage *stage;
    int at;               /* so many ticks after the copy has begun ... */
    void (*act)(void *);  /* ... this is done, once */
    void *arg;
    pthread_t thread;
};

static inline void pin(int prio)
{
    struct sched_param sp = {.sched_priority = prio};
    if (ThreadCtl(_NTO_TCTL_RUNMASK, (void *)1) == -1 || SchedSet(0, 0, SCHED_FIFO, &sp) == -1)
        bail_out("pin to the first processor");
}

static inline void *ticker_main(void *arg)
{
    struct ticker *t = arg;
    pin(40);
    atomic_store(&t->stage->runs, 1);
    while (!atomic_load(&t->stage->stop)) {
        nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
        if (atomic_load(&t->stage->state) != COPYING)
            continue;
        if (atomic_fetch_add(&t->stage->during, 1) + 1 == t->at && t->act)
            t->act(t->arg);
    }
    return NULL;
}

static inline struct stage *stage_new(void)
{
    struct stage *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (s == MAP_FAILED)
        bail_out("mmap");
    return s;
}

static inline void ticker_start(struct ticker *t)
{
    if (pthread_create(&t->thread, NULL, ticker_main, t) != 0)
        bail_out("pthread_create");
    while (!atomic_load(&t->stage->runs))
        rv_sleep_ms(1);
}

static inline void ticker_end(struct ticker *t)
{
    atomic_store(&t->stage->stop, 1);
    pthread_join(t->thread, NULL);
    atomic_store(&t->stage->stop, 0);
    atomic_store(&t->stage->runs, 0);
    atomic_store(&t->stage->during, 0);
    atomic_store(&t->stage->state, IDLE);
}

static inline uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 131 + (i >> 8) * 7);
}

static inline uint8_t *big_new(int filled)
{
    uint8_t *p = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (p == MAP_FAILED)
        bail_out("mmap");
    for (size_t i = 0; filled && i < BIG; i++)
        p[i] = pattern(i);
    return p;
}

static inline int big_is_right(const uint8_t *p)
{
    for (size_t i = 0; i < BIG; i++)
        if (p[i] != pattern(i))
            return 0;
    return 1;
}
