/* SPDX-License-Identifier: Apache-2.0 */
/* ThreadCtl(), SchedGet(), SchedSet(), ThreadJoin/Detach/Destroy by tid, runmask.
 * Page: QNX Neutrino Library Reference of those calls. */
#include <pthread.h>
#include <sys/neutrino.h>
#include <sys/syspage.h>
#include <time.h>
#include "../tap.h"

static void *sleeper(void *arg)
{
    struct timespec ts = { 0, 30000000 };
    nanosleep(&ts, NULL);
    return arg;
}

static void *spinner(void *arg)
{
    volatile int *stop = arg;
    while (!*stop)
        ;
    return (void *)5;
}

static void join(void)
{
    pthread_t t;
    void *ret = NULL;
    pthread_create(&t, NULL, sleeper, (void *)77);
    is_int(pthread_join(t, &ret), 0, "join a running thread");
    is_int((intptr_t)ret, 77, "its value");
    pthread_create(&t, NULL, sleeper, (void *)78);
    struct timespec ts = { 0, 80000000 };
    nanosleep(&ts, NULL);
    is_int(pthread_join(t, &ret), 0, "join a thread that has ended");
    is_int((intptr_t)ret, 78, "its value");
    is_int(pthread_join(pthread_self(), NULL), EDEADLK, "join oneself: EDEADLK");
    int r = ThreadJoin_r(4000, NULL);
    ok(r == ESRCH || r == -ESRCH, "ThreadJoin of an unknown tid: ESRCH (%d)", r);
    ok(ThreadDetach(4000) == -1 && errno == ESRCH, "ThreadDetach of an unknown tid: ESRCH");
    ok(ThreadDestroy(4000, -1, NULL) == -1 && errno == ESRCH, "ThreadDestroy of an unknown tid: ESRCH");
}

static void scheduling(void)
{
    struct sched_param sp = { 0 };
    is_int(SchedGet(0, 0, &sp), SCHED_RR, "a process starts with round robin");
    is_int(sp.sched_priority, 10, "at priority 10");
    sp.sched_priority = 21;
    ok(SchedSet(0, 0, SCHED_FIFO, &sp) != -1, "SchedSet FIFO 21");
    memset(&sp, 0, sizeof(sp));
    is_int(SchedGet(0, 0, &sp), SCHED_FIFO, "policy");
    ok(sp.sched_priority == 21 && sp.sched_curpriority == 21, "priority and current priority");
    sp.sched_priority = 0;
    ok(SchedSet(0, 0, SCHED_RR, &sp) == -1 && errno == EINVAL, "priority 0: EINVAL");
    sp.sched_priority = 256;
    ok(SchedSet(0, 0, SCHED_RR, &sp) == -1 && errno == EINVAL, "priority 256: EINVAL");
    sp.sched_priority = 10;
    ok(SchedSet(0, 0, 77, &sp) == -1 && errno == EINVAL, "unknown policy: EINVAL");
    ok(SchedSet(0, 999, SCHED_RR, &sp) == -1 && errno == ESRCH, "unknown thread: ESRCH");
    ok(SchedSet(0, 0, SCHED_RR, (void *)8) == -1 && errno == EFAULT, "bad pointer: EFAULT");
    SchedSet(0, 0, SCHED_RR, &sp);
}

/* A busy thread of low priority does not keep a more important one from running, on any number of harts. */
static void preemption(void)
{
    volatile int stop = 0;
    pthread_t t[9];
    struct sched_param sp = { .sched_priority = 12 };
    SchedSet(0, 0, SCHED_RR, &sp);
    pthread_attr_t at;
    pthread_attr_init(&at);
    pthread_attr_setinheritsched(&at, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&at, SCHED_FIFO);
    sp.sched_priority = 9;
    pthread_attr_setschedparam(&at, &sp);
    for (int i = 0; i < 9; i++)
        pthread_create(&t[i], &at, spinner, (void *)&stop);
    struct timespec ts = { 0, 20000000 };
    ok(nanosleep(&ts, NULL) == 0, "waking up among more busy threads than harts");
    stop = 1;
    void *v;
    int all = 1;
    for (int i = 0; i < 9; i++)
        all &= pthread_join(t[i], &v) == 0 && v == (void *)5;
    ok(all, "every busy thread, FIFO at one priority, gets its turn in the end");
    sp.sched_priority = 10;
    SchedSet(0, 0, SCHED_RR, &sp);
}

static void control(void)
{
    struct {
        struct _thread_name n;
        char room[40];
    } name;
    memset(&name, 0, sizeof(name));
    name.n.new_name_len = 5;
    name.n.name_buf_len = 32;
    strcpy(name.n.name_buf, "alpha");
    is_int(ThreadCtl(_NTO_TCTL_NAME, &name), 0, "set a thread name");
    name.n.new_name_len = -1;
    name.n.name_buf[0] = 0;
    is_int(ThreadCtl(_NTO_TCTL_NAME, &name), 0, "read it");
    is_str(name.n.name_buf, "alpha", "the name");
    ok(ThreadCtl(999, NULL) == -1 && errno == EINVAL, "unknown command: EINVAL");
    ok(ThreadCtl(_NTO_TCTL_RUNMASK, NULL) == -1 && errno == EINVAL, "empty runmask: EINVAL");
    is_int(ThreadCtl(_NTO_TCTL_RUNMASK, (void *)1), 0, "pin to the first processor");
    is_int(ThreadCtl(_NTO_TCTL_RUNMASK, (void *)~0UL), 0, "and unpin");
    ok(_syspage_ptr != NULL, "the system page is there");
}

int main(void)
{
    join();
    scheduling();
    preemption();
    control();
    return done();
}
