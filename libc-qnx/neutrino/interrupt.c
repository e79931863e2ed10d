/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts.  The kernel knows events only; a handler of InterruptAttach() runs in a service thread of ours, which waits
 * for the interrupt, calls the handler, delivers the event it returns and unmasks the source.
 *
 * Handlers and the code between InterruptLock() and InterruptUnlock() keep each other out by one recursive,
 * priority-inheriting lock: spinning against a service thread of higher priority would never end on one hart. */
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include "../qrv/thread.h"
#include "kcall.h"

struct service {
    struct service *next;
    int intr, id;
    volatile int stop;
    unsigned flags;
    const struct sigevent *(*handler)(void *area, int id);
    void *area;
    sem_t *started;
    pthread_t thread;
};

static pthread_mutex_t gate = {.__u.__i = {QRV_MUTEX_RECURSIVE}};
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct service *services;

static void *serve(void *arg)
{
    struct service *s = arg;
    struct sigevent ev = {.sigev_notify = SIGEV_INTR};
    s->id = (int)__kercall3(KC_INTR_ATTACH_EVENT, s->intr, (long)&ev, s->flags & ~(unsigned)_NTO_INTR_FLAGS_TRK_MSK);
    int bad = s->id < 0;
    sem_post(s->started);
    while (!bad) {
        long rc = __kercall2(KC_INTR_WAIT, 0, 0);
        if (s->stop)
            break;
        if (rc < 0)
            continue;
        pthread_mutex_lock(&gate);
        const struct sigevent *out = s->handler(s->area, s->id);
        pthread_mutex_unlock(&gate);
        if (out)
            __kercall2(KC_MSG_DELIVER_EVENT, 0, (long)out);
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

int InterruptAttach_r(int intr, const struct sigevent *(*handler)(void *area, int id), const void *area, int size,
                      unsigned flags)
{
    (void)size;
    if (!handler)
        return -EINVAL;
    struct service *s = calloc(1, sizeof *s);
    if (!s)
        return -EAGAIN;
    s->intr = intr;
    s->flags = flags;
    s->handler = handler;
    s->area = (void *)area;
    int id = start(s);
    if (id < 0) {
        free(s);
        return id;
    }
    pthread_mutex_lock(&list_lock);
    s->next = services;
    services = s;
    pthread_mutex_unlock(&list_lock);
    return id;
}

int InterruptAttach(int intr, const struct sigevent *(*handler)(void *area, int id), const void *area, int size,
                    unsigned flags)
{
    return (int)__qrv_neg(InterruptAttach_r(intr, handler, area, size, flags));
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
        /* Nothing will wake it but a cancellation, which ends its wait without ending the thread. */
        while (__kercall1(KC_THREAD_CANCEL, (long)s->thread->sysinfo) >= 0 && s->thread->tid)
            __kercall0(KC_SCHED_YIELD);
        pthread_join(s->thread, 0);
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
    long rc;
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
