/* SPDX-License-Identifier: Apache-2.0 */
/* Harts as stacks that take turns, or as threads; see sim.h. */
#define _GNU_SOURCE
#include "sim.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if SIM_TSAN
#include <sanitizer/tsan_interface.h>
void AnnotateIgnoreReadsBegin(const char *file, int line), AnnotateIgnoreReadsEnd(const char *file, int line);
#endif

#define HART_STACK (512UL * 1024)
#define USER_STACK (64UL * 1024)
#define CONTEXTS_MAX 3000
#define NS_PER_POINT 25

struct context {
    ucontext_t uc;
    void *fiber;             /* ThreadSanitizer's, kernel stacks only */
    void *fake;              /* AddressSanitizer's */
    const void *stack;       /* lowest address */
    size_t bytes;
    void (*entry)(void *);
    void *arg;
    void (*start)(void);     /* kernel stacks */
    struct context *next_free;
};

struct vhart {
    struct context self; /* taking turns: suspended here while another hart runs */
    struct context loop; /* the hart's own code while a user context runs */
    struct context *user;
    struct context *kernel;  /* the kernel stack that the hart is on */
    uint64_t random;
    uint64_t timer;
    uint64_t stalled;    /* turns: nobody wakes it before, if others can run */
    bool idle;
    uint32_t ipi, word;  /* word: futex of an idle hart */
    uint32_t rests;      /* free running: how often it has gone idle or come back: odd while it is */
    int64_t countdown;
};

struct sim_config sim_config = { .harts = 4, .seed = 1, .pace = 12 };
void (*sim_report)(void);
static struct vhart vharts[SIM_HARTS_MAX];
static void (*hart_entry)(unsigned);
static __thread unsigned self;
static bool running;
static uint64_t now, turns, random_state;
static uint32_t external;

static __attribute__((noinline)) struct vhart *me(void)
{
    return &vharts[self];
}

unsigned sim_self(void)
{
    return self;
}

void sim_fail(const char *why)
{
#if SIM_TSAN
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__); /* the report looks at what others write */
#endif
    running = false;
    fprintf(stderr, "FAILED: %s (seed %lu, %s, %u harts; after %lu turns)\n", why, sim_config.seed,
            sim_config.free_running ? "free running" : "taking turns", sim_config.harts, turns);
    if (sim_report)
        sim_report();
#if SIM_TSAN
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#endif
    _exit(3);
}

/* ---- when nothing goes on any more */

#define LOOKS_PER_SECOND 20

/* Free running: how often harts have gone idle so far, if all of them are and nobody will wake them; else 0. */
static uint64_t all_rest(void)
{
    uint64_t sum = 0;
    if (!sim_config.free_running || !running || sim_external())
        return 0;
    for (unsigned i = 0; i < sim_config.harts; i++) {
        const struct vhart *v = &vharts[i];
        uint32_t rests = __atomic_load_n(&v->rests, __ATOMIC_SEQ_CST);
        if (!(rests & 1) || __atomic_load_n(&v->ipi, __ATOMIC_SEQ_CST) || __atomic_load_n(&v->timer, __ATOMIC_SEQ_CST) < SIM_NEVER / 2)
            return 0;
        sum += rests;
    }
    return sum;
}

/* A thread of its own: ThreadSanitizer keeps a signal back until its thread calls the C library, which an idle hart never does. */
static void *watch(void *arg)
{
    unsigned left = (unsigned)(uintptr_t)arg * LOOKS_PER_SECOND, same = 0;
    uint64_t before = 0;
    for (; left > 0; left--) {
        struct timespec ts = { .tv_nsec = 1000000000L / LOOKS_PER_SECOND };
        syscall(SYS_nanosleep, &ts, NULL);
        uint64_t rest = all_rest();
        same = rest != 0 && rest == before ? same + 1 : 0;
        before = rest;
        if (same == LOOKS_PER_SECOND)
            sim_fail("every hart idles and no timer is set");
    }
    sim_fail("no end in the time allowed");
}

void sim_watchdog(unsigned seconds)
{
    pthread_t th;
    if (pthread_create(&th, NULL, watch, (void *)(uintptr_t)seconds) != 0)
        sim_fail("no thread to watch");
}

/* ---- random numbers */

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s * 0x2545f4914f6cdd1dUL >> 11;
}

uint64_t sim_random(void)
{
    return next_random(sim_config.free_running ? &me()->random : &random_state);
}

bool host_sc_fails(void)
{
    return running && sim_random() % 16 == 0;
}

void host_fence(int order)
{
    host_point();
    __atomic_thread_fence(order);
}

/* ---- switching stacks */

static void finish_switch(void *fake, struct context *left)
{
#if SIM_ASAN
    __sanitizer_finish_switch_fiber(fake, left ? &left->stack : NULL, left ? &left->bytes : NULL);
#else
    (void)fake;
    (void)left;
#endif
}

static void switch_to(struct context *from, struct context *to)
{
#if SIM_ASAN
    __sanitizer_start_switch_fiber(&from->fake, to->stack, to->bytes);
#endif
#if SIM_TSAN
    if (to->fiber)
        __tsan_switch_to_fiber(to->fiber, __tsan_switch_to_fiber_no_sync);
#endif
    swapcontext(&from->uc, &to->uc);
}

static void *stack_new(size_t bytes)
{
    char *p = mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p, 4096, PROT_NONE) != 0)
        sim_fail("no memory for stacks");
    return p + 4096;
}

static void context_make(struct context *c, void *stack, size_t bytes, void (*start)(void))
{
    getcontext(&c->uc);
#if SIM_ASAN
    __asan_unpoison_memory_region(stack, bytes); /* who was on it before has not returned from where it was */
#endif
    c->stack = c->uc.uc_stack.ss_sp = stack;
    c->bytes = c->uc.uc_stack.ss_size = bytes;
    c->uc.uc_link = NULL;
    makecontext(&c->uc, start, 0);
}

/* ---- user contexts */

static struct context contexts[CONTEXTS_MAX], *free_contexts;
static unsigned contexts_made;
static uint32_t contexts_lock;

static void user_start(void)
{
    struct vhart *v = me();
    finish_switch(NULL, &v->loop);
    v->user->entry(v->user->arg);
    sim_fail("a user thread returned from its start");
}

struct context *sim_context(void (*entry)(void *), void *arg)
{
    while (__atomic_exchange_n(&contexts_lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
    struct context *c = free_contexts;
    if (c)
        free_contexts = c->next_free;
    else if (contexts_made < CONTEXTS_MAX)
        c = &contexts[contexts_made++];
    __atomic_store_n(&contexts_lock, 0, __ATOMIC_RELEASE);
    if (!c)
        return NULL;
    context_make(c, c->stack ? (void *)(uintptr_t)c->stack : stack_new(USER_STACK), USER_STACK, user_start);
    c->entry = entry;
    c->arg = arg;
    return c;
}

void sim_context_free(struct context *c)
{
    while (__atomic_exchange_n(&contexts_lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
    c->next_free = free_contexts;
    free_contexts = c;
    __atomic_store_n(&contexts_lock, 0, __ATOMIC_RELEASE);
}

void sim_enter(struct context *c)
{
    struct vhart *v = me();
    v->user = c;
    switch_to(&v->loop, c);
    finish_switch(v->loop.fake, NULL);
    v->user = NULL;
}

void sim_leave(void)
{
    struct vhart *v = me();
    struct context *c = v->user;
    switch_to(c, &v->loop);
    finish_switch(c->fake, &me()->loop); /* perhaps on another hart by now */
}

/* ---- kernel stacks: a fiber each.  What runs on one hart is in order, across its stacks, too. */

static void stack_switch(struct context *from, struct context *to, bool dies)
{
    struct vhart *v = me();
    v->kernel = to;
    v->self.fiber = to->fiber;
#if SIM_ASAN
    __sanitizer_start_switch_fiber(dies ? NULL : &from->fake, to->stack, to->bytes);
#else
    (void)dies;
#endif
#if SIM_TSAN
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
    swapcontext(&from->uc, &to->uc);
}

struct context *sim_stack(void)
{
    return me()->kernel;
}

struct context *sim_stack_new(void)
{
    struct context *c = calloc(1, sizeof(*c));
    if (!c)
        sim_fail("no memory for a kernel stack");
    c->stack = stack_new(HART_STACK);
    return c;
}

static void stack_start(void)
{
    finish_switch(NULL, NULL);
    me()->kernel->start();
    sim_fail("a hart came to an end");
}

void sim_stack_leave(struct context *fresh, void (*start)(void))
{
    struct context *from = me()->kernel;
    context_make(fresh, (void *)(uintptr_t)fresh->stack, HART_STACK, stack_start);
    fresh->start = start;
#if SIM_TSAN
    if (fresh->fiber) /* the old one is still somewhere in the middle of functions */
        __tsan_destroy_fiber(fresh->fiber);
    fresh->fiber = __tsan_create_fiber(0);
#endif
    stack_switch(from, fresh, false);
    finish_switch(from->fake, NULL);
}

void sim_stack_return(struct context *c)
{
    stack_switch(me()->kernel, c, true);
    abort();
}

/* ---- taking turns */

static bool has_interrupt(const struct vhart *v)
{
    return v->ipi || v->timer <= now || external;
}

static bool can_run(const struct vhart *v)
{
    return !v->idle || has_interrupt(v);
}

static unsigned candidates(unsigned *list, bool not_me, bool even_stalled)
{
    unsigned n = 0;
    for (unsigned i = 0; i < sim_config.harts; i++)
        if (!(not_me && i == self) && can_run(&vharts[i]) && (even_stalled || vharts[i].stalled <= turns))
            list[n++] = i;
    return n;
}

/* Nobody has anything to do: time passes. */
static void skip_time(void)
{
    uint64_t next = SIM_NEVER;
    for (unsigned i = 0; i < sim_config.harts; i++)
        if (vharts[i].timer < next)
            next = vharts[i].timer;
    if (next >= SIM_NEVER / 2)
        sim_fail("every hart idles and no timer is set");
    if (next > now)
        now = next;
}

static void turn(bool not_me)
{
    unsigned list[SIM_HARTS_MAX], n;
    turns++;
    uint64_t r = sim_random();
    if (r % 128 == 0) /* a hart that the host does not run for a while, or a long while */
        vharts[r / 128 % sim_config.harts].stalled = turns + (r / 1024 % 16 == 0 ? 20000 : 200);
    while ((n = candidates(list, not_me, false)) == 0 && (n = candidates(list, not_me, true)) == 0) {
        if (not_me && can_run(me()))
            return;
        skip_time();
    }
    unsigned next = list[sim_random() % n];
    if (next == self)
        return;
    struct vhart *from = me(), *to = &vharts[next];
    self = next;
    host_hart_is(next);
    const struct context *on = from->user ? from->user : from->kernel;
    from->self.stack = on->stack;
    from->self.bytes = on->bytes;
    switch_to(&from->self, &to->self);
    finish_switch(from->self.fake, NULL);
}

/* ---- free running */

static long futex(uint32_t *word, int op, uint32_t v, const struct timespec *t)
{
    return syscall(SYS_futex, word, op, v, t, NULL, 0);
}

static void free_point(void)
{
    struct vhart *v = me();
    if (--v->countdown > 0)
        return;
    uint64_t r = next_random(&v->random);
    v->countdown = (int64_t)(1 + r % (sim_config.pace * 8));
    r >>= 20;
    if (r % 256 == 0)
        usleep(r / 256 % 200);
    else if (r % 8 == 0)
        sched_yield();
    else
        for (unsigned i = 0; i < r / 8 % 200; i++)
            __asm__ volatile("" ::: "memory");
}

static void free_wait(struct vhart *v)
{
    for (;;) {
        uint32_t w = __atomic_load_n(&v->word, __ATOMIC_SEQ_CST);
        uint64_t t = sim_now();
        if (__atomic_load_n(&v->ipi, __ATOMIC_SEQ_CST) || v->timer <= t || __atomic_load_n(&external, __ATOMIC_SEQ_CST))
            return;
        uint64_t ns = v->timer - t < 20000000 ? v->timer - t : 20000000;
        struct timespec ts = { .tv_nsec = (long)ns };
        futex(&v->word, FUTEX_WAIT_PRIVATE, w, &ts);
    }
}

/* ---- the interface */

void host_point(void)
{
    if (!running)
        return;
    if (sim_config.free_running) {
        free_point();
        return;
    }
    now += NS_PER_POINT;
    struct vhart *v = &vharts[0]; /* one countdown for all */
    if (--v->countdown > 0)
        return;
    v->countdown = (int64_t)(1 + sim_random() % (2 * sim_config.pace));
    turn(false);
}

void sim_relax(void)
{
    if (!running)
        return;
    if (sim_config.free_running) {
        sched_yield();
    } else {
        now += NS_PER_POINT;
        turn(true);
    }
}

/* Asked directly: ThreadSanitizer sees what the C library's function writes, and a user thread's stack goes from one host thread to another. */
uint64_t sim_now(void)
{
    struct timespec t;
    if (!sim_config.free_running)
        return now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000UL + (uint64_t)t.tv_nsec - now;
}

void sim_timer_set(uint64_t when)
{
    me()->timer = when;
}

bool sim_timer_due(void)
{
    return me()->timer <= sim_now();
}

static void wake(struct vhart *v)
{
    if (sim_config.free_running) {
        __atomic_fetch_add(&v->word, 1, __ATOMIC_SEQ_CST);
        futex(&v->word, FUTEX_WAKE_PRIVATE, 1, NULL);
    }
}

void sim_kick(unsigned index)
{
    __atomic_store_n(&vharts[index].ipi, 1, __ATOMIC_SEQ_CST);
    wake(&vharts[index]);
}

bool sim_take_ipi(void)
{
    return __atomic_exchange_n(&me()->ipi, 0, __ATOMIC_SEQ_CST) != 0;
}

bool sim_interrupted(void)
{
    return __atomic_load_n(&me()->ipi, __ATOMIC_RELAXED) || sim_timer_due() || sim_external();
}

void sim_raise_external(void)
{
    __atomic_store_n(&external, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < sim_config.harts; i++)
        wake(&vharts[i]);
}

bool sim_external(void)
{
    return __atomic_load_n(&external, __ATOMIC_SEQ_CST) != 0;
}

void sim_clear_external(void)
{
    __atomic_store_n(&external, 0, __ATOMIC_SEQ_CST);
}

void sim_idle(void)
{
    struct vhart *v = me();
    if (sim_config.free_running) {
        __atomic_add_fetch(&v->rests, 1, __ATOMIC_SEQ_CST);
        free_wait(v);
        __atomic_add_fetch(&v->rests, 1, __ATOMIC_SEQ_CST);
        return;
    }
    v->idle = true;
    while (!has_interrupt(v))
        turn(true);
    v->idle = false;
}

static void hart_start(void)
{
    finish_switch(NULL, NULL);
    hart_entry(self);
    sim_fail("a hart came to an end");
}

/* This hart's first kernel stack, on which it begins. */
static void hart_make(struct vhart *v)
{
    v->kernel = sim_stack_new();
    context_make(&v->self, (void *)(uintptr_t)v->kernel->stack, HART_STACK, hart_start);
    v->kernel->bytes = HART_STACK;
#if SIM_TSAN
    v->self.fiber = v->kernel->fiber = __tsan_create_fiber(0);
#endif
}

static void *hart_thread(void *arg)
{
    struct context boot; /* never resumed */
    self = (unsigned)(uintptr_t)arg;
    host_hart_is(self);
    switch_to(&boot, &me()->self);
    abort();
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15UL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
    return (x ^ x >> 31) | 1;
}

static _Noreturn void run_freely(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    now = (uint64_t)t.tv_sec * 1000000000UL + (uint64_t)t.tv_nsec - 1000000; /* the epoch */
    running = true;
    for (unsigned i = 1; i < sim_config.harts; i++) {
        pthread_t th;
        if (pthread_create(&th, NULL, hart_thread, (void *)(uintptr_t)i) != 0)
            sim_fail("no thread for a hart");
    }
    hart_thread(NULL);
    __builtin_unreachable();
}

void sim_run(void (*hart_main)(unsigned index))
{
    hart_entry = hart_main;
    random_state = mix(sim_config.seed);
    for (unsigned i = 0; i < sim_config.harts; i++) {
        struct vhart *v = &vharts[i];
        v->random = mix(sim_config.seed * 64 + i);
        v->timer = SIM_NEVER;
        v->countdown = 1;
        hart_make(v);
    }
    if (sim_config.free_running)
        run_freely();
    now = 1000000;
    running = true;
    static struct context boot;
    host_hart_is(0);
    switch_to(&boot, &vharts[0].self);
    abort();
}
