/* SPDX-License-Identifier: Apache-2.0 */
/* SCHED_SPORADIC: normal priority while the budget lasts, the low one until it is replenished.  Only lower bounds of times are
 * asserted: a busy build machine makes everything later, nothing earlier.
 * Pages: QNX Neutrino System Architecture, "Sporadic scheduling"; Library Reference, SchedSet(), SchedGet(), SchedInfo(),
 * pthread_setschedparam(). */
#define _GNU_SOURCE
#include "../rendezvous.h"

#define MS 1000000L

static long long clock_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int prio_of(int tid)
{
    struct sched_param sp = {0};
    SchedGet(0, tid, &sp);
    return sp.sched_curpriority;
}

static struct sched_param server(int prio, int low, int repl, long period_ms, long budget_ms)
{
    return (struct sched_param){.sched_priority = prio,
                                .sched_ss_low_priority = low,
                                .sched_ss_max_repl = repl,
                                .sched_ss_repl_period = {period_ms / 1000, period_ms % 1000 * MS},
                                .sched_ss_init_budget = {budget_ms / 1000, budget_ms % 1000 * MS}};
}

/* Computes until the own priority is prio; false after ten seconds. */
static int spin_until(int prio)
{
    long long limit = clock_ns(CLOCK_MONOTONIC) + 10000 * MS;
    while (prio_of(0) != prio)
        if (clock_ns(CLOCK_MONOTONIC) > limit)
            return 0;
    return 1;
}

static void back_to(int policy, int prio)
{
    struct sched_param sp = {.sched_priority = prio};
    SchedSet(0, 0, policy, &sp);
}

static void parameters(void)
{
    struct sched_param sp = server(20, 9, 700, 62500, 60500), got = {0}; /* each line printed is a replenishment */
    struct _sched_info info;
    is_int(SchedSet(0, 0, SCHED_SPORADIC, &sp), 0, "SchedSet()");
    is_int(SchedGet(0, 0, &got), SCHED_SPORADIC, "SchedGet() tells the policy");
    ok(got.sched_priority == 20 && got.sched_curpriority == 20 && got.sched_ss_low_priority == 9 &&
           got.sched_ss_max_repl == 700 && got.sched_ss_repl_period.tv_sec == 62 &&
           got.sched_ss_repl_period.tv_nsec == 500 * MS && got.sched_ss_init_budget.tv_sec == 60 &&
           got.sched_ss_init_budget.tv_nsec == 500 * MS,
       "... and the parameters");
    is_int(sched_getscheduler(0), SCHED_SPORADIC, "sched_getscheduler()");
    is_int(pthread_setschedprio(pthread_self(), 21), 0, "pthread_setschedprio()");
    is_int(prio_of(0), 21, "... changes the normal priority");
    SchedGet(0, 0, &got);
    is_int(got.sched_ss_low_priority, 9, "... and nothing else");
    is_int(SchedInfo(0, SCHED_SPORADIC, &info), 0, "SchedInfo() knows the policy");
    is_int(sched_get_priority_max(SCHED_SPORADIC), info.priority_max, "sched_get_priority_max(), too");
    back_to(SCHED_RR, 10);
    is_int(SchedGet(0, 0, &got), SCHED_RR, "and back");
    is_int(got.sched_ss_max_repl, 0, "nothing of it is left");
}

static void refused(struct sched_param sp, const char *name)
{
    int rc = SchedSet_r(0, 0, SCHED_SPORADIC, &sp);
    is_int(rc, EINVAL, name);
}

static int unprivileged(void)
{
    struct sched_param sp = server(64, 9, 3, 2000, 500);
    if (setuid(1000) != 0)
        return 1;
    if (SchedSet_r(0, 0, SCHED_SPORADIC, &sp) != EPERM)
        return 2;
    sp.sched_priority = 63;
    return SchedSet_r(0, 0, SCHED_SPORADIC, &sp) == EOK ? 0 : 3;
}

static void errors(void)
{
    struct sched_param sp;
    int status = -1;
    refused(server(20, 20, 3, 200, 50), "low priority not below the normal one: EINVAL");
    refused(server(20, 0, 3, 200, 50), "low priority 0: EINVAL");
    refused(server(256, 10, 3, 200, 50), "priority 256: EINVAL");
    refused(server(20, 10, 0, 200, 50), "no replenishment: EINVAL");
    refused(server(20, 10, SS_REPL_MAX + 1, 200, 50), "more than SS_REPL_MAX: EINVAL");
    refused(server(20, 10, 3, 200, 201), "budget above the period: EINVAL");
    refused(server(20, 10, 3, 200, 0), "no budget: EINVAL");
    sp = server(20, 10, 3, 200, 50);
    sp.sched_ss_init_budget.tv_nsec = 1000000000;
    refused(sp, "nanoseconds out of range: EINVAL");
    sp = server(20, 10, 3, 200, 50);
    sp.sched_ss_repl_period.tv_sec = -1;
    refused(sp, "negative period: EINVAL");
    sp = server(20, 10, 3, 200, 50);
    is_int(SchedSet_r(0, 3000, SCHED_SPORADIC, &sp), ESRCH, "no such thread: ESRCH");
    is_int(SchedSet_r(32000, 1, SCHED_SPORADIC, &sp), ESRCH, "no such process: ESRCH");
    is_int(SchedSet_r(0, 0, SCHED_SPORADIC, NULL), EFAULT, "parameters nowhere: EFAULT");
    pid_t child = fork();
    if (child == 0)
        _exit(unprivileged());
    waitpid(child, &status, 0);
    is_int(status, 0, "a privileged priority: EPERM");
}

static void budget(void)
{
    struct sched_param sp = server(20, 9, 5, 300, 100), got;
    long long began = clock_ns(CLOCK_MONOTONIC);
    SchedSet(0, 0, SCHED_SPORADIC, &sp);
    long long cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    ok(spin_until(9), "with its budget used the thread is at its low priority");
    cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    ok(cpu >= 99 * MS, "... not before (%lld us)", cpu / 1000);
    SchedGet(0, 0, &got);
    is_int(got.sched_priority, 20, "SchedGet() still tells the normal one");
    ok(spin_until(20), "replenished: the normal priority");
    long long took = clock_ns(CLOCK_MONOTONIC) - began;
    ok(took >= 300 * MS, "... a period after it began to run (%lld us)", took / 1000);
    ok(spin_until(9), "the new budget is used, too");
    ok(spin_until(20), "and comes back");
    back_to(SCHED_RR, 10);
    is_int(prio_of(0), 10, "another policy ends it");
    rv_sleep_ms(400);
    is_int(prio_of(0), 10, "... for good");
}

static void replenishments(void)
{
    struct sched_param sp = server(20, 9, 1, 400, 300);
    rv_sleep_ms(1);
    long long before = clock_ns(CLOCK_MONOTONIC), began;
    do /* what it has computed since it last blocked is none of the server's period */
        began = clock_ns(CLOCK_MONOTONIC);
    while (began < before + 100 * MS);
    SchedSet(0, 0, SCHED_SPORADIC, &sp);
    rv_sleep_ms(1);
    int prio = prio_of(0);
    long long took = clock_ns(CLOCK_MONOTONIC) - began;
    ok(prio == 9 || took >= 400 * MS, "one replenishment allowed, one pending: low, with budget left");
    ok(spin_until(20), "normal again when it has come");
    took = clock_ns(CLOCK_MONOTONIC) - began;
    ok(took >= 400 * MS, "... after a period (%lld us)", took / 1000);
    sp = server(20, 9, 40, 62000, 60000);
    SchedSet(0, 0, SCHED_SPORADIC, &sp);
    for (int i = 0; i < 39; i++)
        rv_sleep_ms(1);
    is_int(prio_of(0), 20, "many allowed: still normal");
    back_to(SCHED_RR, 10);
}

static volatile int tid, stop, inherited;

static void *child_of_server(void *arg)
{
    (void)arg;
    struct sched_param got;
    inherited = SchedGet(0, 0, &got) == SCHED_SPORADIC && got.sched_priority == 22 && got.sched_ss_max_repl == 7;
    return NULL;
}

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *low_owner(void *arg)
{
    (void)arg;
    struct sched_param sp = server(22, 9, 7, 60000, 50);
    pthread_t t;
    pthread_mutex_lock(&m);
    SchedSet(0, 0, SCHED_SPORADIC, &sp);
    pthread_create(&t, NULL, child_of_server, NULL);
    pthread_join(t, NULL);
    spin_until(9);
    tid = gettid();
    while (!stop)
        rv_sleep_ms(1);
    pthread_mutex_unlock(&m);
    stop = prio_of(0);
    return NULL;
}

static void *waiter(void *arg)
{
    (void)arg;
    back_to(SCHED_RR, 25);
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    return NULL;
}

static void with_others(void)
{
    pthread_t owner, w;
    tid = stop = 0;
    back_to(SCHED_RR, 30);
    pthread_create(&owner, NULL, low_owner, NULL);
    while (!tid)
        rv_sleep_ms(1);
    is_int(inherited, 1, "a thread inherits policy and parameters");
    is_int(prio_of(tid), 9, "a mutex owner without budget is at its low priority");
    pthread_create(&w, NULL, waiter, NULL);
    rv_sleep_ms(20);
    is_int(prio_of(tid), 25, "... unless a waiter lends it more");
    stop = 1;
    pthread_join(w, NULL);
    pthread_join(owner, NULL);
    is_int(stop, 9, "and again after the unlock");
}

static void *serve(void *arg)
{
    int rcvid, chid = *(int *)arg;
    char c;
    struct sched_param sp = server(15, 9, 7, 60000, 20);
    SchedSet(0, 0, SCHED_SPORADIC, &sp);
    tid = gettid();
    rcvid = MsgReceive(chid, &c, 1, NULL);
    long long limit = clock_ns(CLOCK_THREAD_CPUTIME_ID) + 40 * MS;
    while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < limit)
        ;
    stop = prio_of(0);
    MsgReply(rcvid, 0, NULL, 0);
    return NULL;
}

static void as_a_server(void)
{
    pthread_t t;
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    tid = stop = 0;
    pthread_create(&t, NULL, serve, &chid);
    while (!tid)
        rv_sleep_ms(1);
    MsgSend(coid, "x", 1, NULL, 0);
    pthread_join(t, NULL);
    is_int(stop, 30, "what it has from a client it keeps without budget");
    ChannelDestroy(chid);
}

int main(void)
{
    tap_plan(0);
    back_to(SCHED_RR, 10);
    parameters();
    errors();
    budget();
    replenishments();
    with_others();
    as_a_server();
    return done();
}
