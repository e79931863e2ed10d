/* SPDX-License-Identifier: Apache-2.0 */
/* A manager with a thread pool: several clients in handlers at once, growth up to maximum,
 * shrinking to hi_water.  Library Reference thread_pool_create(), thread_pool_start(),
 * thread_pool_control(); "Getting Started", "Thread pools". */
#define THREAD_POOL_PARAM_T dispatch_context_t
#include "server.h"

#include <devctl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/dcmd_misc.h>

#define PATH "/dev/test-pool"
enum { LO = 2, INCREMENT = 1, HI = 4, MAXIMUM = 8, CLIENTS = 16 };

struct usage {
    int peak, threads, handled;
};
#define GET_USAGE __DIOF(_DCMD_MISC, 1, struct usage)

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;
static atomic_int inside, peak, handled;

/* Takes a while without the attribute lock, as a driver that waits for its device does. */
static int slow_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    iofunc_attr_unlock(ocb->attr);
    int now = atomic_fetch_add(&inside, 1) + 1, seen = peak;
    while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
        continue;
    pause_ms(100);
    atomic_fetch_sub(&inside, 1);
    atomic_fetch_add(&handled, 1);
    iofunc_attr_lock(ocb->attr);
    _IO_SET_READ_NBYTES(ctp, 0);
    return _RESMGR_NPARTS(0);
}

static int count_threads(void)
{
    int n = 0;
    for (int tid = 1; tid < 64; tid++) {
        struct sched_param sp;
        n += SchedGet(0, tid, &sp) != -1;
    }
    return n;
}

static int usage_devctl(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    if (msg->i.dcmd != GET_USAGE)
        return iofunc_devctl_default(ctp, msg, ocb);
    struct usage u = {peak, count_threads(), handled};
    memset(&msg->o, 0, sizeof msg->o);
    memcpy(_DEVCTL_DATA(msg->o), &u, sizeof u);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof u);
}

static int serve(void)
{
    thread_pool_attr_t pool_attr;
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = slow_read;
    io_funcs.devctl = usage_devctl;
    iofunc_attr_init(&attr, S_IFCHR | 0666, NULL, NULL);
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    memset(&pool_attr, 0, sizeof pool_attr);
    pool_attr.handle = dpp;
    pool_attr.context_alloc = dispatch_context_alloc;
    pool_attr.block_func = dispatch_block;
    pool_attr.unblock_func = dispatch_unblock;
    pool_attr.handler_func = dispatch_handler;
    pool_attr.context_free = dispatch_context_free;
    pool_attr.lo_water = LO;
    pool_attr.increment = INCREMENT;
    pool_attr.hi_water = HI;
    pool_attr.maximum = MAXIMUM;
    thread_pool_t *pool = thread_pool_create(&pool_attr, POOL_FLAG_EXIT_SELF);
    if (pool == NULL)
        return 2;
    thread_pool_start(pool);
    return 3;
}

static void *reader(void *arg)
{
    char c;
    int fd = open(PATH, O_RDONLY);
    ssize_t n = read(fd, &c, 1);
    close(fd);
    *(int *)arg = n == 0;
    return NULL;
}

static void refusals(void)
{
    thread_pool_attr_t a = {.block_func = dispatch_block,
                            .handler_func = dispatch_handler,
                            .context_alloc = dispatch_context_alloc,
                            .context_free = dispatch_context_free,
                            .lo_water = 5,
                            .increment = 1,
                            .hi_water = 4,
                            .maximum = 8};
    ok(thread_pool_create(&a, 0) == NULL && errno == EINVAL, "lo_water above hi_water is refused");
    a.lo_water = 1;
    a.maximum = 3;
    ok(thread_pool_create(&a, 0) == NULL && errno == EINVAL, "hi_water above maximum is refused");
    a.maximum = 8;
    a.block_func = NULL;
    ok(thread_pool_create(&a, 0) == NULL && errno == EINVAL,
       "a pool without block_func is refused");
}

/* A pool in this process: start returns, destroy ends all threads. */
static void local_pool(void)
{
    dispatch_t *dpp = dispatch_create_channel(-1, DISPATCH_FLAG_NOLOCK);
    thread_pool_attr_t a = {.handle = dpp,
                            .block_func = dispatch_block,
                            .unblock_func = dispatch_unblock,
                            .handler_func = dispatch_handler,
                            .context_alloc = dispatch_context_alloc,
                            .context_free = dispatch_context_free,
                            .lo_water = 3,
                            .increment = 1,
                            .hi_water = 3,
                            .maximum = 5};
    int before = count_threads();
    thread_pool_t *pool = thread_pool_create(&a, 0);
    ok(pool != NULL, "thread_pool_create");
    is_int(thread_pool_start(pool), 0, "thread_pool_start returns to its caller");
    for (int i = 0; i < 1000 && count_threads() < before + 3; i++)
        pause_ms(10);
    is_int(count_threads(), before + 3, "... with lo_water threads waiting");
    is_int(thread_pool_limits(pool, 1, 1, -1, -1, 0), 0, "thread_pool_limits");
    for (int i = 0; i < 100 && count_threads() > before + 1; i++)
        pause_ms(10);
    is_int(count_threads(), before + 1, "... shrinks the pool to the new hi_water");
    is_int(thread_pool_destroy(pool), 0, "thread_pool_destroy");
    for (int i = 0; i < 100 && count_threads() > before; i++)
        pause_ms(10);
    is_int(count_threads(), before, "... ends its threads");
    dispatch_destroy(dpp);
}

int main(void)
{
    pthread_t threads[CLIENTS];
    int good[CLIENTS], all = 0;
    struct usage u;
    tap_plan(0);
    pid_t server = server_start(serve, PATH);
    int fd = open(PATH, O_RDONLY);
    for (int i = 0; i < CLIENTS; i++)
        pthread_create(&threads[i], NULL, reader, &good[i]);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        all += good[i];
    }
    is_int(all, CLIENTS, "every client was served");
    is_int(devctl(fd, GET_USAGE, &u, sizeof u, NULL), EOK, "the server tells how");
    is_int(u.handled, CLIENTS, "... each once");
    ok(u.peak >= LO && u.peak <= MAXIMUM, "... up to %d at once", u.peak);
    ok(u.peak > 2, "the pool grew");
    for (int i = 0; i < 100; i++) {
        devctl(fd, GET_USAGE, &u, sizeof u, NULL);
        if (u.threads <= HI + 1)
            break;
        pause_ms(10);
    }
    ok(u.threads <= HI + 1, "with nothing to do it has %d threads", u.threads);
    refusals();
    local_pool();
    ok(server_stop(server), "the server lived to the end");
    return done();
}
