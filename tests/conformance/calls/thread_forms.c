/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads and scheduling in both forms: every errno, every pointer, a join that is disturbed.
 * Page: QNX Neutrino Library Reference, ThreadCreate(), ThreadDestroy(), ThreadDetach(), ThreadJoin(), ThreadCancel(),
 * ThreadCtl(), SchedGet(), SchedSet(), SchedInfo(), SchedYield().
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include "../blocked.h"

#define NOBODY 32000 /* no process, and as a thread id no thread */

static sem_t gate; /* threads wait here until they may end */
static atomic_int forever_tid;

static void *wait_gate(void *arg)
{
    while (sem_wait(&gate) != 0)
        ;
    return arg;
}

static void *forever(void *arg)
{
    forever_tid = gettid();
    for (;;)
        pause();
    return arg;
}

static void *at_once(void *arg)
{
    return arg;
}

static void creating(void)
{
    struct _thread_attr bad = {.__flags = _KC_TC_SCHED, .__policy = 77, .__param.sched_priority = 10};
    struct _thread_attr detached = {.__flags = PTHREAD_CREATE_DETACHED};
    void *status = NULL;
    int a = ThreadCreate(0, wait_gate, (void *)1, NULL);
    errno = UNTOUCHED;
    int b = ThreadCreate_r(0, wait_gate, (void *)2, NULL);
    covers("ThreadCreate:ok ThreadCreate_r:ok");
    ok(a > 1 && b > 1 && a != b && errno == UNTOUCHED, "two threads (%d, %d)", a, b);
    fails_value(ThreadCreate, EINVAL, "an unknown policy", 0, at_once, NULL, &bad);
    fails_value(ThreadCreate, EPERM, "in another process", 1, at_once, NULL, NULL);
    sem_post(&gate);
    sem_post(&gate);
    int rc = ThreadJoin(a, &status);
    long first = (long)status;
    errno = UNTOUCHED;
    int rr = ThreadJoin_r(b, &status);
    covers("ThreadJoin:ok ThreadJoin_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED && first == 1 && (long)status == 2, "joined, with what they returned");
    fails_status(ThreadJoin, ESRCH, "again", a, NULL);
    fails_status(ThreadJoin, EDEADLK, "oneself", gettid(), NULL);
    int c = ThreadCreate(0, wait_gate, NULL, &detached);
    fails_status(ThreadJoin, EINVAL, "a detached one", c, NULL);
    fails_status(ThreadDetach, EINVAL, "a detached one", c);
    sem_post(&gate);
    fails_status(ThreadDetach, ESRCH, "none", NOBODY);
    int d = ThreadCreate(0, wait_gate, NULL, NULL), e = ThreadCreate(0, wait_gate, NULL, NULL);
    rc = ThreadDetach(d);
    errno = UNTOUCHED;
    rr = ThreadDetach_r(e);
    covers("ThreadDetach:ok ThreadDetach_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED, "detached");
    sem_post(&gate);
    sem_post(&gate);
}

/* A child that may not have more memory: there is none for a stack. */
static void limit(void)
{
    struct rlimit little = {1 << 20, 1 << 20};
    struct _thread_attr big = {.__stacksize = 8 << 20}; /* none that was left by another thread */
    covers("ThreadCreate:EAGAIN ThreadCreate_r:EAGAIN");
    ok(unprivileged(setrlimit(RLIMIT_AS, &little) == 0 && FAIL_BOTH_VALUE(ThreadCreate, EAGAIN, 0, at_once, NULL, &big)),
       "no memory for a stack: EAGAIN");
}

static long join_form(void *arg)
{
    int *f = arg;
    return f[0] ? R_STATUS(ThreadJoin_r(f[1], NULL)) : PLAIN(ThreadJoin(f[1], NULL));
}

static long join_in_child(void *arg)
{
    int *f = arg;
    f[1] = ThreadCreate(0, forever, NULL, NULL);
    return join_form(f);
}

static void joining(int form)
{
    static const char *const names[] = {"ThreadJoin", "ThreadJoin_r"};
    void *status = NULL;
    forever_tid = 0;
    int t = ThreadCreate(0, forever, NULL, NULL);
    while (!forever_tid)
        rv_sleep_ms(1);
    int f[2] = {form, t};
    blocked_times_out(names[form], join_form, f, _NTO_TIMEOUT_JOIN);
    blocked_is_interrupted(names[form], join_form, f, STATE_JOIN);
    blocked_is_cancelled(names[form], join_form, f, STATE_JOIN);
    blocked_is_killed(names[form], join_in_child, f, STATE_JOIN);
    f[1] = t;
    struct blocked b = {.call = join_form, .arg = f};
    int there = blocked_enter(&b, STATE_JOIN);
    fails_status(ThreadJoin, EBUSY, "somebody waits for it already", t, &status);
    there &= ThreadDestroy(t, -1, (void *)55) == 0;
    covers("%s:death", names[form]);
    ok(there && blocked_join(&b) == 0, "%s: the thread is destroyed: success", names[form]);
    t = ThreadCreate(0, at_once, (void *)9, NULL);
    covers("%s:bad_status %s:EFAULT", names[form], names[form]);
    is_int(form ? R_STATUS(ThreadJoin_r(t, BAD)) : PLAIN(ThreadJoin(t, BAD)), -EFAULT, "bad status: EFAULT");
}

static void cancelling(int form)
{
    pthread_t t;
    void *status = NULL;
    forever_tid = 0;
    pthread_create(&t, NULL, forever, NULL);
    while (!forever_tid)
        rv_sleep_ms(1);
    long got = form ? R_STATUS(ThreadCancel_r(forever_tid, NULL)) : PLAIN(ThreadCancel(forever_tid, NULL));
    pthread_join(t, &status);
    covers(form ? "ThreadCancel_r:ok" : "ThreadCancel:ok");
    ok(got == 0 && status == PTHREAD_CANCELED, "cancelled by number (%ld)", got);
}

static void destroying(void)
{
    void *a = NULL, *b = NULL;
    int t = ThreadCreate(0, forever, NULL, NULL), u = ThreadCreate(0, forever, NULL, NULL);
    int rc = ThreadDestroy(t, -1, (void *)5);
    errno = UNTOUCHED;
    int rr = ThreadDestroy_r(u, -1, (void *)6);
    covers("ThreadDestroy:ok ThreadDestroy_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED && ThreadJoin(t, &a) == 0 && ThreadJoin(u, &b) == 0 && (long)a == 5 &&
           (long)b == 6,
       "destroyed, with the given status (%ld, %ld)", (long)a, (long)b);
    fails_status(ThreadDestroy, ESRCH, "none", NOBODY, -1, NULL);
    fails_status(ThreadCancel, ESRCH, "none", NOBODY, NULL);
    cancelling(0);
    cancelling(1);
}

static void control(void)
{
    unsigned mask = 0;
    works(ThreadCtl, _NTO_TCTL_RUNMASK, (void *)~0UL);
    works(ThreadCtl, _NTO_TCTL_RUNMASK_GET_AND_SET, &mask);
    ok(mask != 0, "the old mask");
    fails_status(ThreadCtl, EINVAL, "an unknown command", 999, NULL);
    bad_status(ThreadCtl, data, _NTO_TCTL_NAME, BAD);
    bad_status(ThreadCtl, data, _NTO_TCTL_RUNMASK_GET_AND_SET, IN_KERNEL);
    fails_status(ThreadCtl, ESRCH, "no such thread", _NTO_TCTL_ONE_THREAD_HOLD, (void *)(uintptr_t)NOBODY);
    covers("ThreadCtl:EPERM ThreadCtl_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(ThreadCtl, EPERM, _NTO_TCTL_IO, 0)), "I/O rights without the ability: EPERM");
}

static void control_of_others(void)
{
    pid_t me = getpid();
    struct _thread_name ask = {.new_name_len = -1, .name_buf_len = 1};
    works(ThreadCtlExt, 0, gettid(), _NTO_TCTL_RUNMASK, (void *)~0UL);
    works(ThreadCtlExt, me, 1, _NTO_TCTL_NAME, &ask);
    fails_status(ThreadCtlExt, EINVAL, "an unknown command", 0, 0, 999, NULL);
    fails_status(ThreadCtlExt, EINVAL, "a process without a thread", me, 0, _NTO_TCTL_NAME, &ask);
    fails_status(ThreadCtlExt, ESRCH, "no such process", NOBODY, 1, _NTO_TCTL_NAME, &ask);
    fails_status(ThreadCtlExt, ESRCH, "no such thread", 0, 4000, _NTO_TCTL_NAME, &ask);
    bad_status(ThreadCtlExt, data, 0, 0, _NTO_TCTL_NAME, BAD);
    covers("ThreadCtlExt:EPERM ThreadCtlExt_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(ThreadCtlExt, EPERM, me, 1, _NTO_TCTL_NAME, &ask)), "somebody else's process: EPERM");
}

static void scheduling(void)
{
    struct sched_param sp;
    struct _sched_info si;
    gives(SchedGet, SCHED_RR, 0, 0, &sp);
    is_int(sp.sched_priority, 10, "the priority");
    bad_value(SchedGet, param, 0, 0, BAD);
    bad_value(SchedGet, param, 0, 0, IN_KERNEL);
    fails_value(SchedGet, ESRCH, "no such process", NOBODY, 0, &sp);
    fails_value(SchedGet, ESRCH, "no such thread", 0, 4000, &sp);
    works(SchedSet, 0, 0, SCHED_RR, &sp);
    works(SchedSet, 0, 0, SCHED_NOCHANGE, &sp);
    bad_status(SchedSet, param, 0, 0, SCHED_RR, BAD);
    fails_status(SchedSet, EINVAL, "an unknown policy", 0, 0, 77, &sp);
    fails_status(SchedSet, ESRCH, "no such process", NOBODY, 1, SCHED_RR, &sp);
    sp.sched_priority = 11;
    is_int(SchedSet_r(NOBODY, 0, SCHED_NOCHANGE, &sp), EOK, "tid 0 is the caller, whatever the pid");
    ok(SchedGet(0, 0, &sp) == SCHED_RR && sp.sched_priority == 11, "whose priority it was");
    sp.sched_priority = 10;
    SchedSet(0, 0, SCHED_RR, &sp);
    fails_status(SchedSet, ESRCH, "no such thread", 0, 4000, SCHED_RR, &sp);
    sp.sched_priority = 256;
    fails_status(SchedSet, EINVAL, "priority 256", 0, 0, SCHED_RR, &sp);
    sp.sched_priority = 64;
    covers("SchedSet:EPERM SchedSet_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(SchedSet, EPERM, 0, 0, SCHED_RR, &sp)), "priority 64 without the ability: EPERM");
    pid_t me = getpid();
    covers("SchedGet:EPERM SchedGet_r:EPERM");
    ok(unprivileged(FAIL_BOTH_VALUE(SchedGet, EPERM, me, 1, &sp)), "somebody else's process: EPERM");
    works(SchedInfo, 0, SCHED_FIFO, &si);
    ok(si.priority_min == 1 && si.priority_max == 255 && si.interval > 0, "limits and time slice");
    bad_status(SchedInfo, info, 0, SCHED_FIFO, BAD);
    fails_status(SchedInfo, EINVAL, "an unknown policy", 0, 77, &si);
    fails_status(SchedInfo, ESRCH, "no such process", NOBODY, SCHED_FIFO, &si);
    works(SchedYield);
}

int main(void)
{
    blocked_handle(SIGUSR1);
    sem_init(&gate, 0, 0);
    creating();
    joining(0);
    joining(1);
    destroying();
    control();
    control_of_others();
    scheduling();
    limit();
    return done();
}
