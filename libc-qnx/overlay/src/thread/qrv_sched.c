/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduling, clock and name of a thread.  killlock keeps the thread from ending between the look
 * at its id and its use. */
#include <sched.h>
#include <string.h>
#include "../qrv/thread.h"
#include "lock.h"

/* Runs `call` on the tid of t with its end held off. */
#define WITH_TID(t, rc, call)                                                                      \
    do {                                                                                           \
        sigset_t set_;                                                                             \
        __block_app_sigs(&set_);                                                                   \
        LOCK((t)->killlock);                                                                       \
        int tid = (t)->tid;                                                                        \
        rc = tid > 0 ? (call) : -ESRCH;                                                            \
        UNLOCK((t)->killlock);                                                                     \
        __restore_sigs(&set_);                                                                     \
    } while (0)

int pthread_getschedparam(pthread_t t, int *restrict policy, struct sched_param *restrict param)
{
    long rc;
    WITH_TID(t, rc, __kercall3(KC_SCHED_GET, 0, tid, (long)param));
    if (rc < 0)
        return (int)-rc;
    *policy = (int)rc;
    return 0;
}

int pthread_setschedparam(pthread_t t, int policy, const struct sched_param *param)
{
    long rc;
    WITH_TID(t, rc, __kercall4(KC_SCHED_SET, 0, tid, policy, (long)param));
    return rc < 0 ? (int)-rc : 0;
}

int pthread_setschedprio(pthread_t t, int prio)
{
    struct sched_param p = {.sched_priority = prio};
    return pthread_setschedparam(t, _KC_SCHED_NOCHANGE, &p);
}

int pthread_getcpuclockid(pthread_t t, clockid_t *clk)
{
    long rc;
    WITH_TID(t, rc, __kercall2(KC_CLOCK_ID, 0, tid));
    if (rc < 0)
        return (int)-rc;
    *clk = (clockid_t)rc;
    return 0;
}

struct name_ctl {
    int new_len, buf_len;
    char buf[_NTO_THREAD_NAME_MAX];
};

int pthread_setname_np(pthread_t t, const char *name)
{
    struct name_ctl n = {.buf_len = 0};
    size_t len = strnlen(name, _NTO_THREAD_NAME_MAX);
    if (len >= _NTO_THREAD_NAME_MAX)
        return ERANGE;
    n.new_len = (int)len + 1;
    memcpy(n.buf, name, len + 1);
    long rc;
    WITH_TID(t, rc, __kercall4(KC_THREAD_CTL_EXT, 0, tid, _NTO_TCTL_NAME, (long)&n));
    return (int)-rc;
}

int pthread_getname_np(pthread_t t, char *name, size_t size)
{
    struct name_ctl n = {.new_len = -1, .buf_len = sizeof n.buf};
    long rc;
    WITH_TID(t, rc, __kercall4(KC_THREAD_CTL_EXT, 0, tid, _NTO_TCTL_NAME, (long)&n));
    if (rc < 0)
        return (int)-rc;
    n.buf[sizeof n.buf - 1] = 0;
    if (strlen(n.buf) >= size)
        return ERANGE;
    strcpy(name, n.buf);
    return 0;
}
