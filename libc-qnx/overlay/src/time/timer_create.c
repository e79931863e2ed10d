/* SPDX-License-Identifier: Apache-2.0 */
/* timer_*(): kernel timers.  A SIGEV_THREAD timer sends pulses to a thread of its own, which calls
 * the function; the list of those helpers, under `lock`, is looked up by the kernel's id. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <abi/msg.h>
#include <abi/time.h>
#include "../qrv/kercall.h"
#include "lock.h"
#include "pthread_impl.h"

#define CODE_FIRE 1
#define CODE_STOP 2

static struct helper {
    struct helper *next;
    int chid, coid, id;
    void (*fn)(union sigval);
    union sigval value;
} * helpers;
static volatile int lock[1];

static long fail(long rc)
{
    if (rc >= 0)
        return rc;
    errno = (int)-rc;
    return -1;
}

/* The helper of a timer, off the list; NULL when it has none. */
static struct helper *take_helper(int id)
{
    struct helper **pp = &helpers, *h;
    LOCK(lock);
    while ((h = *pp) && h->id != id)
        pp = &h->next;
    if (h)
        *pp = h->next;
    UNLOCK(lock);
    return h;
}

static void list_helper(struct helper *h)
{
    LOCK(lock);
    h->next = helpers;
    helpers = h;
    UNLOCK(lock);
}

static void dispose(struct helper *h)
{
    if (h->id >= 0)
        __kercall1(KC_TIMER_DESTROY, h->id);
    __kercall1(KC_CONNECT_DETACH, h->coid);
    __kercall1(KC_CHANNEL_DESTROY, h->chid);
    free(h);
}

static void *serve(void *arg)
{
    struct helper *h = arg;
    struct _kc_pulse p;
    for (;;) {
        if (__kercall6(KC_MSG_RECEIVEV, h->chid, 0, 0, (long)&p, -(long)sizeof p, KC_RECEIVE_PULSE) !=
            0)
            continue;
        if (p.code == CODE_STOP)
            break;
        if (p.code == CODE_FIRE)
            h->fn(h->value);
    }
    dispose(h);
    return 0;
}

static struct helper *make_helper(const struct sigevent *ev)
{
    struct helper *h = malloc(sizeof *h);
    if (!h)
        return 0;
    *h = (struct helper){.id = -1, .fn = ev->sigev_notify_function, .value = ev->sigev_value};
    h->chid = (int)__kercall1(KC_CHANNEL_CREATE, _NTO_CHF_PRIVATE);
    h->coid = h->chid < 0 ? h->chid
                          : (int)__kercall5(KC_CONNECT_ATTACH, 0, 0, h->chid, _NTO_SIDE_CHANNEL, 0);
    if (h->coid < 0) {
        int rc = h->coid;
        if (h->chid >= 0)
            __kercall1(KC_CHANNEL_DESTROY, h->chid);
        free(h);
        errno = -rc;
        return 0;
    }
    return h;
}

static int create_threaded(clockid_t clk, const struct sigevent *ev, timer_t *res)
{
    pthread_attr_t attr;
    pthread_t td;
    sigset_t old;
    struct helper *h = make_helper(ev);
    if (!h)
        return -1;
    struct _kc_sigevent k = {
        .notify = SIGEV_PULSE, .id = h->coid, .code = CODE_FIRE, .priority = -1};
    long id = __kercall2(KC_TIMER_CREATE, clk, (long)&k);
    if (id < 0) {
        dispose(h);
        return (int)fail(id);
    }
    h->id = (int)id;
    free(take_helper(h->id)); /* a fork()'s parent's: the id is ours now */
    if (ev->sigev_notify_attributes)
        attr = *ev->sigev_notify_attributes;
    else
        pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    list_helper(h);
    __block_app_sigs(&old);
    int rc = pthread_create(&td, &attr, serve, h);
    __restore_sigs(&old);
    if (rc) {
        take_helper(h->id);
        dispose(h);
        errno = rc;
        return -1;
    }
    *res = h->id;
    return 0;
}

int timer_create(clockid_t clk, struct sigevent *restrict ev, timer_t *restrict res)
{
    struct _kc_sigevent k = {.notify = SIGEV_SIGNAL, .id = SIGALRM};
    if (ev && (ev->sigev_notify & SIGEV_TYPE_MASK) == SIGEV_THREAD)
        return create_threaded(clk, ev, res);
    long id = __kercall2(KC_TIMER_CREATE, clk, ev ? (long)ev : (long)&k);
    if (id < 0)
        return (int)fail(id);
    free(take_helper((int)id)); /* as above */
    *res = (timer_t)id;
    return 0;
}

int timer_delete(timer_t t)
{
    struct helper *h = take_helper(t);
    if (!h)
        return (int)fail(__kercall1(KC_TIMER_DESTROY, t));
    struct _itimer off = {0, 0};
    __kercall4(KC_TIMER_SETTIME, h->id, 0, (long)&off, 0);
    return (int)fail(__kercall4(KC_MSG_SEND_PULSE, h->coid, -1, CODE_STOP, 0));
}

static void to_spec(struct itimerspec *s, const struct _itimer *t)
{
    s->it_value =
        (struct timespec){(time_t)(t->nsec / 1000000000UL), (long)(t->nsec % 1000000000UL)};
    s->it_interval = (struct timespec){(time_t)(t->interval_nsec / 1000000000UL),
                                       (long)(t->interval_nsec % 1000000000UL)};
}

int timer_settime(timer_t t, int flags, const struct itimerspec *restrict val,
                  struct itimerspec *restrict old)
{
    const struct timespec *v = &val->it_value, *i = &val->it_interval;
    struct _itimer n, o = {0, 0};
    if (v->tv_sec < 0 || i->tv_sec < 0 || (unsigned long)v->tv_nsec >= 1000000000UL ||
        (unsigned long)i->tv_nsec >= 1000000000UL) {
        errno = EINVAL;
        return -1;
    }
    n = (struct _itimer){(uint64_t)v->tv_sec * 1000000000UL + (uint64_t)v->tv_nsec,
                         (uint64_t)i->tv_sec * 1000000000UL + (uint64_t)i->tv_nsec};
    long rc = __kercall4(KC_TIMER_SETTIME, t, flags & TIMER_ABSTIME, (long)&n, old ? (long)&o : 0);
    if (rc >= 0 && old)
        to_spec(old, &o);
    return rc < 0 ? (int)fail(rc) : 0;
}

int timer_gettime(timer_t t, struct itimerspec *val)
{
    struct _timer_info info;
    long rc = __kercall4(KC_TIMER_INFO, 0, t, 0, (long)&info);
    if (rc < 0)
        return (int)fail(rc);
    if (rc != t)
        return (int)fail(-EINVAL);
    to_spec(val, &info.itime);
    val->it_interval = (struct timespec){(time_t)(info.otime.interval_nsec / 1000000000UL),
                                         (long)(info.otime.interval_nsec % 1000000000UL)};
    return 0;
}

/* 0: it has expired. One that still runs: -1 with EBUSY, for which the documentation has no number. */
int timer_getexpstatus(timer_t t)
{
    struct itimerspec left;
    if (timer_gettime(t, &left) != 0)
        return -1;
    return left.it_value.tv_sec || left.it_value.tv_nsec ? (int)fail(-EBUSY) : 0;
}

int timer_getoverrun(timer_t t)
{
    struct _timer_info info;
    long rc = __kercall4(KC_TIMER_INFO, 0, t, 0, (long)&info);
    if (rc < 0)
        return (int)fail(rc);
    if (rc != t)
        return (int)fail(-EINVAL);
    return info.overruns > INT_MAX ? INT_MAX : (int)info.overruns;
}
