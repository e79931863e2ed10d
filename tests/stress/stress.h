/* SPDX-License-Identifier: Apache-2.0 */
/* What the stress programs share: options, a generator that can be run again from its seed, and the comparison of what kernel and
 * taskman hold before and after (TMSG_SYS_KSTAT).  A program does its work once as a warm-up, so that tables reach their size. */
#pragma once
#include <abi/taskman.h>
#include <abi/tm.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include "../conformance/tap.h"

/* ---- options: -n AMOUNT, -s SEED */
struct options {
    uint64_t amount, seed;
};

static inline struct options options_parse(int argc, char **argv, uint64_t amount)
{
    struct options o = { .amount = amount };
    struct timespec now;
    int c;
    clock_gettime(CLOCK_MONOTONIC, &now);
    o.seed = (uint64_t)now.tv_nsec * 2654435761U + 1;
    while ((c = getopt(argc, argv, "n:s:")) != -1) {
        if (c == 'n')
            o.amount = strtoull(optarg, NULL, 0);
        else if (c == 's')
            o.seed = strtoull(optarg, NULL, 0);
        else
            exit(2);
    }
    diag("amount %llu, seed %llu: repeat with -n and -s", (unsigned long long)o.amount, (unsigned long long)o.seed);
    return o;
}

/* ---- random numbers (xorshift; the state is never 0) */
struct rng {
    uint64_t state;
};

static inline struct rng rng_of(uint64_t seed, uint64_t stream)
{
    struct rng r = { (seed + 1) * 0x9e3779b97f4a7c15UL ^ (stream + 1) * 0xbf58476d1ce4e5b9UL };
    r.state |= 1;
    return r;
}

static inline uint64_t rng_next(struct rng *r)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return r->state;
}

static inline uint32_t rng_below(struct rng *r, uint32_t below)
{
    return (uint32_t)(rng_next(r) >> 32) % below;
}

/* ---- time */
static inline void sleep_ms(long ms)
{
    struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };
    while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
        ;
}

static inline uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Ends a child, which has to be gone within half a minute: 0, or -1 when it is not. */
static inline int end_child(pid_t pid, int *status)
{
    kill(pid, SIGKILL);
    for (uint64_t until = now_ms() + 30000; now_ms() < until; sleep_ms(2)) {
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid)
            return 0;
        if (got == -1 && errno != EINTR)
            return -1;
    }
    return -1;
}

/* ---- what kernel and taskman hold */
struct holdings {
    struct tm_kstat k;
    struct taskman_stat t;
};

static inline struct holdings holdings(void)
{
    struct holdings s;
    struct tmsg_hdr h = { .type = TMSG_SYS, .subtype = TMSG_SYS_KSTAT };
    memset(&s, 0, sizeof(s));
    if (MsgSend(SYSMGR_COID, &h, sizeof(h), &s, sizeof(s)) == -1)
        bail_out("TMSG_SYS_KSTAT: %s", strerror(errno));
    return s;
}

/* Pages in anybody's hands, less those that kernel and taskman keep for the next object of a kind. */
static inline uint64_t pages_taken(const struct holdings *s)
{
    return 0 - s->k.free_pages - s->k.slab_pages - s->t.heap_pages;
}

static inline int same_objects(const struct holdings *a, const struct holdings *b)
{
    return a->k.processes == b->k.processes && a->k.threads == b->k.threads && a->k.channels == b->k.channels &&
           a->k.connections == b->k.connections && a->k.sconns == b->k.sconns && a->k.timers == b->k.timers &&
           a->k.interrupts == b->k.interrupts && a->k.objects == b->k.objects && a->k.pulses == b->k.pulses &&
           a->t.processes == b->t.processes && a->t.regions == b->t.regions && a->t.ocbs == b->t.ocbs &&
           a->t.path_nodes == b->t.path_nodes && a->t.links == b->t.links && a->t.waiters == b->t.waiters &&
           a->t.shm_objects == b->t.shm_objects;
}

/* Page tables of long-lived processes come and go with where things are placed; nothing else may differ. */
#define PAGES_SLACK 16

static inline int64_t pages_more(const struct holdings *before, const struct holdings *after)
{
    return (int64_t)(pages_taken(after) - pages_taken(before));
}

/* What the dead leave is cleaned up behind them: waits for it, half a minute at most. */
static inline struct holdings holdings_settled(const struct holdings *want)
{
    struct holdings s = holdings();
    for (uint64_t until = now_ms() + 30000; now_ms() < until; s = holdings()) {
        if (same_objects(want, &s) && pages_more(want, &s) <= PAGES_SLACK)
            break;
        sleep_ms(20);
    }
    return s;
}

/* A server's table of clients, 9 KiB, comes with the first one and stays: a storm, or what a process does that has jumped into the
 * wild, may be the first to open /dev/slog. The servers of the image have small numbers. */
static inline void visit_servers(void)
{
    for (pid_t pid = 1; pid < 100; pid++)
        for (int chid = 1; chid < 10; chid++) {
            int coid = ConnectAttach(0, pid, chid, _NTO_SIDE_CHANNEL, 0);
            if (coid != -1)
                ConnectDetach(coid);
        }
}

/* Before the storm: when two looks in a row agree. */
static inline struct holdings holdings_now(void)
{
    visit_servers();
    sleep_ms(100);
    for (;;) {
        struct holdings a = holdings();
        sleep_ms(100);
        struct holdings b = holdings();
        if (same_objects(&a, &b) && a.k.free_pages == b.k.free_pages)
            return b;
    }
}

#define STRESS_SAME(field)                                                                                         \
    ok(before->field == after.field, #field ": %lu before, %lu after", (unsigned long)before->field, \
       (unsigned long)after.field)

static inline void check_holdings(const struct holdings *before)
{
    struct holdings after = holdings_settled(before);
    STRESS_SAME(k.processes);
    STRESS_SAME(k.threads);
    STRESS_SAME(k.channels);
    STRESS_SAME(k.connections);
    STRESS_SAME(k.sconns);
    STRESS_SAME(k.timers);
    STRESS_SAME(k.interrupts);
    STRESS_SAME(k.objects);
    STRESS_SAME(k.pulses);
    STRESS_SAME(t.processes);
    STRESS_SAME(t.regions);
    STRESS_SAME(t.ocbs);
    STRESS_SAME(t.path_nodes);
    STRESS_SAME(t.links);
    STRESS_SAME(t.waiters);
    STRESS_SAME(t.shm_objects);
    int64_t more = pages_more(before, &after);
    ok(more <= PAGES_SLACK, "no page is lost: %ld more in use than before", (long)more);
    long heap = (long)(after.t.heap_bytes - before->t.heap_bytes);
    ok(heap <= 4096, "taskman's heap: %ld bytes more than before", heap);
    heap = (long)(after.k.kernel_heap_bytes - before->k.kernel_heap_bytes);
    ok(heap <= 8192, "the kernel's heap: %ld bytes more than before", heap);
}
