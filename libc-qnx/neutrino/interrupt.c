/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts.  The kernel knows events only; a handler of InterruptAttach() runs in a service
 * thread of ours, which waits for the interrupt, calls the handler, delivers the event it returns
 * and unmasks the source.  A returned SIGEV_INTR is for the thread that attached the handler: its
 * InterruptWait() waits for a semaphore then.
 *
 * Handlers and the code between InterruptLock() and InterruptUnlock() keep each other out by one
 * recursive, priority-inheriting lock: spinning against a service thread of higher priority would
 * never end on one hart. */
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include "../qrv/thread.h"
#include "kcall.h"

struct waiter { /* a thread that has attached handlers; under list_lock but for sem */
    struct waiter *next;
    pthread_t thread;
    int uses;
    sem_t sem;
};

typedef const struct sigevent *(*isr)(void *area, int id);
typedef const struct sigevent *const *(*isr_array)(void *area, int id);

struct service {
    struct service *next;
    int intr, id;
    volatile int stop;
    unsigned flags;
    isr handler;             /* one of them is there */
    isr_array array_handler;
    void *area;
    sem_t *started;
    struct waiter *owner;
    pthread_t thread;
};

static pthread_mutex_t gate = {.__u.__i = {QRV_MUTEX_RECURSIVE}};
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct service *services;
static struct waiter *waiters;

static struct waiter *waiter_find(pthread_t t)
{
    struct waiter *w = waiters;
    while (w && w->thread != t)
        w = w->next;
    return w;
}

static struct waiter *waiter_get(void)
{
    pthread_mutex_lock(&list_lock);
    struct waiter *w = waiter_find(pthread_self());
    if (!w && (w = calloc(1, sizeof *w))) {
        w->thread = pthread_self();
        sem_init(&w->sem, 0, 0);
        w->next = waiters;
        waiters = w;
    }
    if (w)
        w->uses++;
    pthread_mutex_unlock(&list_lock);
    return w;
}

static void waiter_put(struct waiter *w)
{
    pthread_mutex_lock(&list_lock);
    if (--w->uses == 0) {
        struct waiter **p = &waiters;
        while (*p != w)
            p = &(*p)->next;
        *p = w->next;
        free(w);
    }
    pthread_mutex_unlock(&list_lock);
}

static void deliver(struct service *s, const struct sigevent *ev)
{
    int n;
    if (SIGEV_GET_TYPE(ev) != SIGEV_INTR) {
        __kercall2(KC_MSG_DELIVER_EVENT, 0, (long)ev);
        return;
    }
    sem_getvalue(&s->owner->sem, &n);
    if (n == 0) /* remembered once, not counted */
        sem_post(&s->owner->sem);
}

/* What the handler returned is delivered with the gate open again: a pulse may make a waiting handler run. */
static void handle(struct service *s)
{
    const struct sigevent *one = 0, *const *list = 0;
    pthread_mutex_lock(&gate);
    if (s->handler)
        one = s->handler(s->area, s->id);
    else
        list = s->array_handler(s->area, s->id);
    pthread_mutex_unlock(&gate);
    if (one)
        deliver(s, one);
    while (list && *list)
        deliver(s, *list++);
}

static void *serve(void *arg)
{
    struct service *s = arg;
    struct sigevent ev = {.sigev_notify = SIGEV_INTR};
    s->id = (int)__kercall3(KC_INTR_ATTACH_EVENT, s->intr, (long)&ev,
                            s->flags & ~(unsigned)_NTO_INTR_FLAGS_TRK_MSK);
    int bad = s->id < 0;
    sem_post(s->started);
    while (!bad) {
        long rc = __kercall2(KC_INTR_WAIT, 0, 0);
        if (s->stop)
            break;
        if (rc < 0)
            continue;
        handle(s);
        __kercall2(KC_INTR_UNMASK, s->intr, s->id);
    }
    return 0;
}

/* The service thread runs above every thread of the program that could be waiting for it. */
static int start(struct service *s)
{
    pthread_attr_t a;
    sem_t started;
    struct sched_param sp = {.sched_priority = QRV_PRIO_USER_MAX};
    sem_init(&started, 0, 0);
    s->started = &started;
    pthread_attr_init(&a);
    pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&a, SCHED_FIFO);
    pthread_attr_setschedparam(&a, &sp);
    int rc = pthread_create(&s->thread, &a, serve, s);
    if (rc)
        return -rc;
    while (sem_wait(&started))
        ;
    if (s->id < 0)
        pthread_join(s->thread, 0);
    return s->id;
}

static int attach(int intr, isr handler, isr_array array_handler, const void *area, unsigned flags)
{
    if (!handler && !array_handler)
        return -EINVAL;
    struct service *s = calloc(1, sizeof *s);
    if (!s)
        return -EAGAIN;
    s->intr = intr;
    s->flags = flags;
    s->handler = handler;
    s->array_handler = array_handler;
    s->area = (void *)area;
    s->owner = waiter_get();
    int id = s->owner ? start(s) : -EAGAIN;
    if (id < 0) {
        if (s->owner)
            waiter_put(s->owner);
        free(s);
        return id;
    }
    pthread_mutex_lock(&list_lock);
    s->next = services;
    services = s;
    pthread_mutex_unlock(&list_lock);
    return id;
}

static int attach_quietly(int intr, isr handler, isr_array array_handler, const void *area, unsigned flags)
{
    int saved = errno; /* calloc() and mmap() set it when there is no memory */
    int id = attach(intr, handler, array_handler, area, flags);
    errno = saved;
    return id;
}

int InterruptAttach_r(int intr, const struct sigevent *(*handler)(void *area, int id),
                      const void *area, int size, unsigned flags)
{
    (void)size;
    return attach_quietly(intr, handler, 0, area, flags);
}

int InterruptAttach(int intr, const struct sigevent *(*handler)(void *area, int id),
                    const void *area, int size, unsigned flags)
{
    return (int)__qrv_neg(InterruptAttach_r(intr, handler, area, size, flags));
}

int InterruptAttachArray_r(int intr, const struct sigevent *const *(*handler)(void *area, int id),
                           const void *area, int size, unsigned flags)
{
    (void)size;
    return attach_quietly(intr, 0, handler, area, flags);
}

int InterruptAttachArray(int intr, const struct sigevent *const *(*handler)(void *area, int id),
                         const void *area, int size, unsigned flags)
{
    return (int)__qrv_neg(InterruptAttachArray_r(intr, handler, area, size, flags));
}

int InterruptAttachEvent_r(int intr, const struct sigevent *event, unsigned flags)
{
    return (int)__kercall3(KC_INTR_ATTACH_EVENT, intr, (long)event, flags);
}

int InterruptAttachEvent(int intr, const struct sigevent *event, unsigned flags)
{
    return (int)__qrv_neg(InterruptAttachEvent_r(intr, event, flags));
}

static struct service *take_service(int id)
{
    struct service *found = 0;
    pthread_mutex_lock(&list_lock);
    for (struct service **p = &services; *p; p = &(*p)->next)
        if ((*p)->id == id) {
            found = *p;
            *p = found->next;
            break;
        }
    pthread_mutex_unlock(&list_lock);
    return found;
}

int InterruptDetach_r(int id)
{
    struct service *s = take_service(id);
    long rc = __kercall1(KC_INTR_DETACH, id);
    if (s) {
        s->stop = 1;
        /* Nothing will wake it but a cancellation, which ends its wait without ending the thread.
         */
        while (__kercall1(KC_THREAD_CANCEL, (long)s->thread->sysinfo) >= 0 && s->thread->tid)
            __kercall0(KC_SCHED_YIELD);
        pthread_join(s->thread, 0);
        waiter_put(s->owner);
        free(s);
    }
    return __qrv_pos(rc);
}

int InterruptDetach(int id)
{
    return __qrv_ok(-(long)InterruptDetach_r(id));
}

int InterruptWait_r(int flags, const uint64_t *timeout)
{
    struct waiter *w = 0;
    long rc;
    if (waiters) { /* uncontended, the lock makes no kernel call that would use up an armed timeout
                    */
        pthread_mutex_lock(&list_lock);
        w = waiter_find(pthread_self());
        pthread_mutex_unlock(&list_lock);
    }
    if (w)
        QRV_CP(rc, __kercall2(KC_SYNC_SEM_WAIT, (long)&w->sem, 0));
    else
        QRV_CP(rc, __kercall2(KC_INTR_WAIT, flags, (long)timeout));
    return __qrv_pos(rc);
}

int InterruptWait(int flags, const uint64_t *timeout)
{
    return __qrv_ok(-(long)InterruptWait_r(flags, timeout));
}

int InterruptMask(int intr, int id)
{
    return (int)__qrv_neg(__kercall2(KC_INTR_MASK, intr, id));
}

int InterruptUnmask(int intr, int id)
{
    return (int)__qrv_neg(__kercall2(KC_INTR_UNMASK, intr, id));
}

int InterruptDisable(void)
{
    return pthread_mutex_lock(&gate) ? -1 : 0;
}

int InterruptEnable(void)
{
    return pthread_mutex_unlock(&gate) ? -1 : 0;
}

void InterruptLock(struct intrspin *spinlock)
{
    pthread_mutex_lock(&gate);
    spinlock->value = 1;
}

void InterruptUnlock(struct intrspin *spinlock)
{
    spinlock->value = 0;
    pthread_mutex_unlock(&gate);
}
