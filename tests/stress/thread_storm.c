/* SPDX-License-Identifier: Apache-2.0 */
/* Threads made, joined, detached, cancelled and destroyed in the middle of whatever they wait for, by several threads at once.
 * -n: threads. */
#include <pthread.h>
#include <semaphore.h>
#include "stress.h"

#define MAKERS 3

static int chid, coid;
static sem_t never;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static atomic_int detached; /* that have not said they are ending */
static uint64_t seed, each;

static void prepare(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, ChannelCreate(0), _NTO_SIDE_CHANNEL, 0);
    sem_init(&never, 0, 0);
}

static void *wait_receive(void *arg)
{
    char b[64];
    MsgReceive(chid, b, sizeof(b), NULL);
    return arg;
}

static void *wait_send(void *arg)
{
    char b[64] = "";
    MsgSend(coid, b, sizeof(b), b, sizeof(b));
    return arg;
}

static void *wait_semaphore(void *arg)
{
    sem_wait(&never);
    return arg;
}

static void unlock(void *arg)
{
    pthread_mutex_unlock(arg);
}

static void *wait_condition(void *arg)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, &lock);
    pthread_cond_wait(&condition, &lock);
    pthread_cleanup_pop(1);
    return arg;
}

static void *wait_sleep(void *arg)
{
    sleep(1000);
    return arg;
}

static void *wait_yield(void *arg)
{
    for (;;) {
        sched_yield();
        pthread_testcancel();
    }
    return arg;
}

static void *(*const waits[])(void *) = { wait_receive, wait_send, wait_semaphore, wait_condition, wait_sleep, wait_yield };
#define WAITS (sizeof(waits) / sizeof(waits[0]))

static void *ends(void *arg)
{
    return arg;
}

static void *ends_detached(void *arg)
{
    (void)arg;
    atomic_fetch_sub(&detached, 1);
    return NULL;
}

/* 1 when something went wrong. */
static int one(struct rng *r)
{
    pthread_t t;
    void *result = NULL;
    int kind = (int)rng_below(r, WAITS + 3);
    if (kind == WAITS) {
        atomic_fetch_add(&detached, 1);
        if (pthread_create(&t, NULL, ends_detached, NULL) != 0)
            return 1;
        return pthread_detach(t) != 0;
    }
    if (kind > (int)WAITS)
        return pthread_create(&t, NULL, ends, r) != 0 || pthread_join(t, &result) != 0 || result != r;
    if (pthread_create(&t, NULL, waits[kind], NULL) != 0)
        return 1;
    for (uint32_t n = rng_below(r, 4); n; n--)
        sched_yield();
    return pthread_cancel(t) != 0 || pthread_join(t, &result) != 0 || result != PTHREAD_CANCELED;
}

static void *maker(void *arg)
{
    struct rng r = rng_of(seed, (uint64_t)(uintptr_t)arg);
    intptr_t bad = 0;
    for (uint64_t i = 0; i < each; i++)
        bad += one(&r);
    return (void *)bad;
}

/* A process whose threads are destroyed by the kernel in the middle of their waits, with ThreadDestroy(), or by its end. */
static int destroyer(struct rng *r)
{
    pthread_t t;
    prepare();
    for (unsigned i = 0; i < 24; i++)
        pthread_create(&t, NULL, waits[i % WAITS], NULL);
    for (int tid = 2; tid < 26; tid++)
        if (rng_below(r, 2))
            ThreadDestroy(tid, -1, NULL);
    if (rng_below(r, 2))
        ThreadDestroy(-1, -1, NULL);
    return 7;
}

static int destroyed(uint64_t rounds, struct rng *r)
{
    int bad = 0, status;
    for (uint64_t i = 0; i < rounds; i++) {
        rng_next(r);
        pid_t p = fork();
        if (p == 0)
            _exit(destroyer(r));
        status = -1;
        for (uint64_t until = now_ms() + 20000; now_ms() < until && waitpid(p, &status, WNOHANG) == 0;)
            sleep_ms(1);
        if (status == -1)
            end_child(p, &status);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) {
            diag("round %lu: status 0x%x", (unsigned long)i, (unsigned)status);
            bad++;
        }
    }
    return bad;
}

static int storm(uint64_t threads)
{
    pthread_t t[MAKERS];
    int bad = 0;
    prepare();
    each = threads / MAKERS;
    for (int i = 0; i < MAKERS; i++)
        if (pthread_create(&t[i], NULL, maker, (void *)(uintptr_t)(seed + (unsigned)i)) != 0)
            bail_out("pthread_create");
    for (int i = 0; i < MAKERS; i++) {
        void *result;
        pthread_join(t[i], &result);
        bad += (int)(intptr_t)result;
    }
    if (bad)
        diag("%d went wrong", bad);
    for (uint64_t until = now_ms() + 20000; atomic_load(&detached) && now_ms() < until;)
        sleep_ms(5);
    return bad + atomic_load(&detached);
}

/* In a process of its own, whose stacks and heap are nobody's leak. */
static int storm_apart(uint64_t threads)
{
    int status = -1;
    pid_t p = fork();
    if (p == 0)
        _exit(storm(threads) ? 1 : 7);
    return waitpid(p, &status, 0) != p || !WIFEXITED(status) || WEXITSTATUS(status) != 7;
}

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv, 3000);
    struct rng r = rng_of(o.seed, 99);
    seed = o.seed;
    storm_apart(300);
    destroyed(3, &r);
    struct holdings before = holdings_now();
    is_int(storm_apart(o.amount), 0, "threads are made, joined, detached and cancelled");
    is_int(destroyed(o.amount / 100 + 2, &r), 0, "a process whose threads are destroyed ends as it wants to");
    check_holdings(&before);
    return done();
}
