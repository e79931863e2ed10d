/* SPDX-License-Identifier: Apache-2.0 */
/* Threads by number, and scheduling.  A thread made by ThreadCreate() is one of libc's in every
 * respect; its stack is freed by libc when it ends while the kernel keeps its status for
 * ThreadJoin(). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "../qrv/thread.h"
#include "kcall.h"

struct start {
    void *(*fn)(void *);
    void (*at_end)(void *);
    void *arg;
};

static void *run(void *p)
{
    struct start s = *(struct start *)p;
    free(p);
    void *status = s.fn(s.arg);
    if (s.at_end)
        s.at_end(status);
    return status;
}

int ThreadCreate_r(pid_t pid, void *(*func)(void *), void *arg, const struct _thread_attr *attr)
{
    pthread_attr_t a;
    int flags = 0, saved = errno; /* mmap() and malloc() set it when there is no memory */
    if (pid != 0 && pid != __kercall0(KC_GETPID))
        return -EPERM;
    struct start *s = malloc(sizeof *s);
    errno = saved;
    if (!s)
        return -EAGAIN;
    *s = (struct start){.fn = func, .arg = arg};
    pthread_attr_init(&a);
    a._a_detach = PTHREAD_CREATE_DETACHED;
    if (attr) {
        s->at_end = attr->__exitfunc;
        flags = attr->__flags & PTHREAD_CREATE_DETACHED ? _KC_TC_DETACHED : 0;
        if (attr->__stacksize)
            a._a_stacksize = attr->__stacksize;
        if (attr->__guardsize)
            a._a_guardsize = attr->__guardsize;
        if (attr->__stackaddr)
            a._a_stackaddr = (size_t)attr->__stackaddr + a._a_stacksize;
        if (attr->__flags & _KC_TC_SCHED) {
            a._a_sched = 1;
            pthread_attr_setschedparam(&a, &attr->__param);
            if (pthread_attr_setschedpolicy(&a, attr->__policy) != 0) {
                free(s);
                return -EINVAL;
            }
        }
    }
    long tid = __qrv_thread_make(0, &a, run, s, 0, flags);
    errno = saved;
    if (tid < 0)
        free(s);
    return (int)tid;
}

int ThreadCreate(pid_t pid, void *(*func)(void *), void *arg, const struct _thread_attr *attr)
{
    return (int)__qrv_neg(ThreadCreate_r(pid, func, arg, attr));
}

/* Ending oneself goes through libc, which has the stack to give back. */
int ThreadDestroy_r(int tid, int priority, void *status)
{
    if (tid == 0 || tid == __pthread_self()->tid)
        pthread_exit(status);
    return __qrv_pos(__kercall3(KC_THREAD_DESTROY, tid, priority, (long)status));
}

int ThreadDestroy(int tid, int priority, void *status)
{
    return __qrv_ok(-(long)ThreadDestroy_r(tid, priority, status));
}

int ThreadDetach_r(int tid)
{
    return __qrv_pos(__kercall1(KC_THREAD_DETACH, tid ? tid : __pthread_self()->tid));
}

int ThreadDetach(int tid)
{
    return __qrv_ok(-(long)ThreadDetach_r(tid));
}

int ThreadJoin_r(int tid, void **status)
{
    long rc;
    QRV_CP(rc, __kercall2(KC_THREAD_JOIN, tid, (long)status));
    return __qrv_pos(rc);
}

int ThreadJoin(int tid, void **status)
{
    return __qrv_ok(-(long)ThreadJoin_r(tid, status));
}

/* canstub is where the thread should go: libc has one place for it. */
int ThreadCancel_r(int tid, void (*canstub)(void))
{
    struct __pthread *self = __pthread_self(), *t = self;
    sigset_t set;
    (void)canstub;
    int rc = ESRCH;
    __block_app_sigs(&set);
    __tl_lock();
    do
        if (t->tid == tid) {
            rc = t == self ? EINVAL : pthread_cancel(t);
            break;
        }
    while ((t = t->next) != self);
    __tl_unlock();
    __restore_sigs(&set);
    return rc;
}

int ThreadCancel(int tid, void (*canstub)(void))
{
    return __qrv_ok(-(long)ThreadCancel_r(tid, canstub));
}

int ThreadCtl_r(int cmd, void *data)
{
    return __qrv_pos(__kercall2(KC_THREAD_CTL, cmd, (long)data));
}

int ThreadCtl(int cmd, void *data)
{
    return __qrv_ok(__kercall2(KC_THREAD_CTL, cmd, (long)data));
}

int ThreadCtlExt_r(pid_t pid, int tid, int cmd, void *data)
{
    return __qrv_pos(__kercall4(KC_THREAD_CTL_EXT, pid, tid, cmd, (long)data));
}

int ThreadCtlExt(pid_t pid, int tid, int cmd, void *data)
{
    return __qrv_ok(__kercall4(KC_THREAD_CTL_EXT, pid, tid, cmd, (long)data));
}

int SchedGet_r(pid_t pid, int tid, struct sched_param *param)
{
    return (int)__kercall3(KC_SCHED_GET, pid, tid, (long)param);
}

int SchedGet(pid_t pid, int tid, struct sched_param *param)
{
    return (int)__qrv_neg(SchedGet_r(pid, tid, param));
}

/* struct sched_param is the kernel's record. */
/* 6.6 s/schedset: tid 0 is the calling thread, whatever the pid. */
int SchedSet_r(pid_t pid, int tid, int policy, const struct sched_param *param)
{
    if (tid == 0)
        pid = 0;
    return __qrv_pos(__kercall4(KC_SCHED_SET, pid, tid, policy, (long)param));
}

int SchedSet(pid_t pid, int tid, int policy, const struct sched_param *param)
{
    return __qrv_ok(-(long)SchedSet_r(pid, tid, policy, param));
}

int SchedInfo_r(pid_t pid, int policy, struct _sched_info *info)
{
    return __qrv_pos(__kercall3(KC_SCHED_INFO, pid, policy, (long)info));
}

int SchedInfo(pid_t pid, int policy, struct _sched_info *info)
{
    return __qrv_ok(__kercall3(KC_SCHED_INFO, pid, policy, (long)info));
}

int SchedYield_r(void)
{
    return __qrv_pos(__kercall0(KC_SCHED_YIELD));
}

int SchedYield(void)
{
    return __qrv_ok(__kercall0(KC_SCHED_YIELD));
}

int sched_get_priority_adjust(int prio, int policy, int adjust)
{
    struct _sched_info info;
    long rc = __kercall3(KC_SCHED_INFO, 0, policy, (long)&info);
    if (rc < 0)
        return (int)__qrv_neg(rc);
    prio += adjust;
    return prio < info.priority_min   ? info.priority_min
           : prio > info.priority_max ? info.priority_max
                                      : prio;
}

int getprio(pid_t pid)
{
    struct sched_param p;
    int rc = SchedGet(pid, 0, &p);
    return rc == -1 ? -1 : p.sched_priority;
}

/* The old priority, or -1. */
int setprio(pid_t pid, int prio)
{
    struct sched_param p;
    int old = getprio(pid);
    if (old == -1)
        return -1;
    memset(&p, 0, sizeof p);
    p.sched_priority = prio;
    return SchedSet(pid, pid ? 1 : 0, SCHED_NOCHANGE, &p) == -1 ? -1 : old;
}
