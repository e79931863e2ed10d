/* SPDX-License-Identifier: Apache-2.0 */
/* Thread pools: between lo_water and hi_water threads wait in block_func, never more than maximum
 * exist. Counts are under pool.lock; the pool is freed by thread_pool_destroy() once its last
 * thread has left. */
#define THREAD_POOL_PARAM_T  void
#define THREAD_POOL_HANDLE_T void
#include <errno.h>
#include <stdlib.h>
#include <stdbool.h>
#include <sys/dispatch.h>
#include <sys/neutrino.h>

struct member {
    struct member *next;
    void *ctp;
    bool blocked;
    bool stays; /* POOL_FLAG_USE_SELF: its owner does not expect it back */
};

struct _thread_pool {
    thread_pool_attr_t attr;
    unsigned flags;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned created, waiting;
    bool stopping, started;
    struct member *members;
};

static int fail(int error)
{
    errno = error;
    return -1;
}

static bool limits_ok(const thread_pool_attr_t *a)
{
    return a->maximum > 0 && a->hi_water > 0 && a->increment > 0 && a->lo_water <= a->hi_water &&
           a->hi_water <= a->maximum && a->increment <= a->maximum;
}

thread_pool_t *thread_pool_create(thread_pool_attr_t *attr, unsigned flags)
{
    thread_pool_t *pool;

    if (attr == NULL || attr->block_func == NULL || attr->handler_func == NULL ||
        attr->context_alloc == NULL || !limits_ok(attr) ||
        ((flags & POOL_FLAG_EXIT_SELF) && (flags & POOL_FLAG_USE_SELF))) {
        errno = EINVAL;
        return NULL;
    }
    pool = calloc(1, sizeof(*pool));
    if (pool == NULL)
        return NULL;
    pool->attr = *attr;
    pool->flags = flags;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    return pool;
}

static void *run(void *arg);

/* Called with the lock, which is released while the thread is made. */
static int spawn_one(thread_pool_t *pool)
{
    pthread_attr_t detached, *attr = pool->attr.attr;
    pthread_t thread;
    int rc;

    pool->created++;
    pthread_mutex_unlock(&pool->lock);
    if (attr == NULL) {
        pthread_attr_init(&detached);
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        attr = &detached;
    }
    rc = pthread_create(&thread, attr, run, pool);
    if (rc == 0 && attr != &detached) {
        int state = PTHREAD_CREATE_JOINABLE;

        pthread_attr_getdetachstate(attr, &state);
        if (state != PTHREAD_CREATE_DETACHED)
            pthread_detach(thread);
    }
    pthread_mutex_lock(&pool->lock);
    if (rc != 0) {
        pool->created--;
        pthread_cond_broadcast(&pool->changed);
    }
    return rc;
}

/* Called with the lock: keeps lo_water threads waiting, increment at a time. */
static void grow(thread_pool_t *pool)
{
    if (pool->stopping || pool->waiting >= pool->attr.lo_water)
        return;
    for (unsigned i = 0; i < pool->attr.increment && pool->created < pool->attr.maximum; i++)
        if (spawn_one(pool) != 0)
            return;
}

static void enlist(thread_pool_t *pool, struct member *me)
{
    me->next = pool->members;
    pool->members = me;
}

static void delist(thread_pool_t *pool, struct member *me)
{
    struct member **pp = &pool->members;

    while (*pp != me)
        pp = &(*pp)->next;
    *pp = me->next;
}

/* Called with the lock. */
static bool surplus(const thread_pool_t *pool)
{
    return pool->waiting >= pool->attr.hi_water || pool->created > pool->attr.maximum;
}

/* Waits for one event and handles it; false: this thread is to leave.  Called with the lock. */
static bool serve(thread_pool_t *pool, struct member *me)
{
    void *ctp;
    bool failed;

    if (pool->stopping || (!me->stays && surplus(pool)))
        return false;
    pool->waiting++;
    me->blocked = true;
    pthread_mutex_unlock(&pool->lock);
    ctp = pool->attr.block_func(me->ctp);
    failed = ctp == NULL && errno != EINTR;
    pthread_mutex_lock(&pool->lock);
    me->blocked = false;
    pool->waiting--;
    if (ctp == NULL)
        return !failed;
    me->ctp = ctp;
    grow(pool);
    pthread_mutex_unlock(&pool->lock);
    pool->attr.handler_func(ctp);
    pthread_mutex_lock(&pool->lock);
    return true;
}

static void work(thread_pool_t *pool, bool stays)
{
    struct member me = {.ctp = pool->attr.context_alloc(pool->attr.handle), .stays = stays};

    pthread_mutex_lock(&pool->lock);
    enlist(pool, &me);
    while (me.ctp != NULL && serve(pool, &me))
        continue;
    delist(pool, &me);
    pthread_mutex_unlock(&pool->lock);
    if (me.ctp != NULL && pool->attr.context_free != NULL)
        pool->attr.context_free(me.ctp);
    /* The last look at the pool: thread_pool_destroy() may free it as soon as the lock is open. */
    pthread_mutex_lock(&pool->lock);
    pool->created--;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

static void *run(void *arg)
{
    work(arg, false);
    return NULL;
}

int thread_pool_start(void *arg)
{
    thread_pool_t *pool = arg;
    unsigned want;
    int rc = 0;

    if (pool == NULL)
        return fail(EINVAL);
    pthread_mutex_lock(&pool->lock);
    if (pool->started) {
        pthread_mutex_unlock(&pool->lock);
        return fail(EINVAL);
    }
    pool->started = true;
    if (pool->flags & POOL_FLAG_USE_SELF)
        pool->created++;
    want = pool->attr.lo_water > 0 ? pool->attr.lo_water : 1;
    while (rc == 0 && pool->created < want)
        rc = spawn_one(pool);
    want = pool->created;
    pthread_mutex_unlock(&pool->lock);
    if (rc != 0 && want == 0)
        return fail(rc);
    if (pool->flags & POOL_FLAG_USE_SELF)
        work(pool, true);
    else if (pool->flags & POOL_FLAG_EXIT_SELF)
        pthread_exit(NULL);
    return 0;
}

/* Called with the lock: gets n blocked threads to look at the limits again. */
static void nudge(thread_pool_t *pool, unsigned n)
{
    for (struct member *m = pool->members; m != NULL && n > 0; m = m->next) {
        if (m->blocked && pool->attr.unblock_func != NULL) {
            pool->attr.unblock_func(m->ctp);
            n--;
        }
    }
}

int thread_pool_destroy(thread_pool_t *pool)
{
    if (pool == NULL)
        return fail(EINVAL);
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    while (pool->created > 0) {
        struct timespec ts;

        nudge(pool, pool->waiting);
        clock_gettime(CLOCK_REALTIME, &ts);
        ts.tv_nsec += 50 * 1000 * 1000; /* a thread may have been on its way into block_func */
        if (ts.tv_nsec >= 1000000000L) {
            ts.tv_nsec -= 1000000000L;
            ts.tv_sec++;
        }
        pthread_cond_timedwait(&pool->changed, &pool->lock, &ts);
    }
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
    return 0;
}

int thread_pool_control(thread_pool_t *pool, thread_pool_attr_t *attr, uint16_t lower,
                        uint16_t upper, unsigned flags)
{
    thread_pool_attr_t next;

    if (pool == NULL || attr == NULL)
        return fail(EINVAL);
    pthread_mutex_lock(&pool->lock);
    next = pool->attr;
    if (flags & THREAD_POOL_CONTROL_HIWATER)
        next.hi_water = attr->hi_water;
    if (flags & THREAD_POOL_CONTROL_INCREMENT)
        next.increment = attr->increment;
    if (flags & THREAD_POOL_CONTROL_LOWATER)
        next.lo_water = attr->lo_water;
    if (flags & THREAD_POOL_CONTROL_MAXIMUM)
        next.maximum = attr->maximum;
    if (!limits_ok(&next) || lower > upper) {
        pthread_mutex_unlock(&pool->lock);
        return fail(EINVAL);
    }
    pool->attr = next;
    if (pool->waiting > next.hi_water)
        nudge(pool, pool->waiting - next.hi_water);
    if (pool->started)
        grow(pool);
    if (!(flags & THREAD_POOL_CONTROL_NONBLOCK) && upper > 0)
        while (pool->created < lower || pool->created > upper)
            pthread_cond_wait(&pool->changed, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return 0;
}

int thread_pool_limits(thread_pool_t *pool, int lo_water, int hi_water, int maximum, int increment,
                       unsigned flags)
{
    thread_pool_attr_t attr = {.lo_water = (unsigned short)lo_water,
                               .hi_water = (unsigned short)hi_water,
                               .maximum = (unsigned short)maximum,
                               .increment = (unsigned short)increment};

    if (lo_water >= 0)
        flags |= THREAD_POOL_CONTROL_LOWATER;
    if (hi_water >= 0)
        flags |= THREAD_POOL_CONTROL_HIWATER;
    if (maximum >= 0)
        flags |= THREAD_POOL_CONTROL_MAXIMUM;
    if (increment >= 0)
        flags |= THREAD_POOL_CONTROL_INCREMENT;
    return thread_pool_control(pool, &attr, 0, 0, flags | THREAD_POOL_CONTROL_NONBLOCK);
}
