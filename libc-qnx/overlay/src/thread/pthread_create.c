/* SPDX-License-Identifier: Apache-2.0 */
/* Birth and end of threads.
 *
 * __thread_list_lock guards the ring of threads and `leaving`.  An exiting thread takes it and
 * never gives it back: the kernel clears it when the thread has left user mode for good, so whoever
 * holds it next knows that every stack in `leaving` is out of use.  That is how a detached thread's
 * own stack gets freed: by the next thread that is made or ends. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include "../qrv/thread.h"
#include "libc.h"
#include "lock.h"
#include "stdio_impl.h"

static void nothing(void) {}
weak_alias(nothing, __acquire_ptc);
weak_alias(nothing, __release_ptc);
weak_alias(nothing, __pthread_tsd_run_dtors);
weak_alias(nothing, __do_orphaned_stdio_locks);
weak_alias(nothing, __dl_thread_cleanup);
weak_alias(nothing, __membarrier_init);

/* Defined by pthread_key_create.c and stdio when they are linked. */
static volatile size_t no_tsd = 0;
weak_alias(no_tsd, __pthread_tsd_size);
static void *no_tsd_main[1] = {0};
weak_alias(no_tsd_main, __pthread_tsd_main);
static FILE *volatile no_file = 0;
weak_alias(no_file, __stdin_used);
weak_alias(no_file, __stdout_used);
weak_alias(no_file, __stderr_used);

static int lock_depth, lock_waiters;
static struct pthread *leaving;

void __tl_lock(void)
{
    int tid = __pthread_self()->tid, holder = __thread_list_lock;
    if (holder == tid) {
        lock_depth++;
        return;
    }
    while ((holder = a_cas(&__thread_list_lock, 0, tid)))
        __wait(&__thread_list_lock, &lock_waiters, holder, 0);
}

void __tl_unlock(void)
{
    if (lock_depth) {
        lock_depth--;
        return;
    }
    a_store(&__thread_list_lock, 0);
    if (lock_waiters)
        __wake(&__thread_list_lock, 1, 0);
}

/* Waits until a thread that was seen to end is out of user mode. */
void __tl_sync(pthread_t td)
{
    a_barrier();
    int holder = __thread_list_lock;
    if (!holder)
        return;
    __wait(&__thread_list_lock, &lock_waiters, holder, 0);
    if (lock_waiters)
        __wake(&__thread_list_lock, 1, 0);
}

void __do_cleanup_push(struct __ptcb *cb)
{
    struct pthread *self = __pthread_self();
    cb->__next = self->cancelbuf;
    self->cancelbuf = cb;
}

void __do_cleanup_pop(struct __ptcb *cb)
{
    __pthread_self()->cancelbuf = cb->__next;
}

static void free_stacks(struct pthread *list)
{
    while (list) {
        struct pthread *next = list->next;
        __qrv_stack_put(list->map_base, list->map_size, list->guard_size);
        list = next;
    }
}

static void run_cleanups(struct pthread *self)
{
    struct __ptcb *cb;
    while ((cb = self->cancelbuf)) {
        self->cancelbuf = cb->__next;
        cb->__f(cb->__x);
    }
    __pthread_tsd_run_dtors();
}

_Noreturn void __pthread_exit(void *result)
{
    pthread_t self = __pthread_self();
    sigset_t set;

    self->canceldisable = PTHREAD_CANCEL_DISABLE;
    self->cancelasync = 0;
    self->result = result;
    run_cleanups(self);

    __block_app_sigs(&set);
    /* pthread_detach() may run now: the one who comes second cleans up. */
    int state = a_cas(&self->detach_state, DT_JOINABLE, DT_EXITING);
    LOCK(self->killlock);
    __tl_lock();
    if (self->next == self) { /* the last one: the process ends as by exit() */
        __tl_unlock();
        UNLOCK(self->killlock);
        self->detach_state = state;
        __restore_sigs(&set);
        exit(0);
    }
    self->tid = 0; /* pthread_kill() and friends find nobody from here on */
    UNLOCK(self->killlock);
    __do_orphaned_stdio_locks();
    __dl_thread_cleanup();

    if (!--libc.threads_minus_1)
        libc.need_locks = -1;
    self->next->prev = self->prev;
    self->prev->next = self->next;
    self->next = self->prev = self;
    __block_all_sigs(&set);
    if (state == DT_DETACHED && self->map_base) {
        struct pthread *done = leaving;
        leaving = 0;
        free_stacks(done);
        self->next = 0;
        leaving = self;
    }
    a_store(&self->detach_state, DT_EXITED);
    for (;;)
        __kercall2(KC_THREAD_EXIT, (long)result, (long)&__thread_list_lock);
}

_Noreturn void __qrv_thread_begin(struct qrv_thread *t)
{
    pthread_t self = __pthread_self();
    self->sysinfo = (uintptr_t)self->tid;
    __kercall3(KC_SIGNAL_PROCMASK, SIG_SETMASK, (long)&t->mask, 0);
    if (t->c11)
        __pthread_exit((void *)(uintptr_t)((int (*)(void *))t->fn)(t->arg));
    __pthread_exit(t->fn(t->arg));
}

static void arm_file_lock(FILE *f)
{
    if (f && f->lock < 0)
        f->lock = 0;
}

/* The first thread beside the main one: locks that were skipped so far begin to count. */
static void become_threaded(struct pthread *self)
{
    for (FILE *f = *__ofl_lock(); f; f = f->next)
        arm_file_lock(f);
    __ofl_unlock();
    arm_file_lock(__stdin_used);
    arm_file_lock(__stdout_used);
    arm_file_lock(__stderr_used);
    __syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, SIGPT_SET, 0, _NSIG / 8);
    self->tsd = (void **)__pthread_tsd_main;
    __membarrier_init();
    libc.threaded = 1;
}

#define PAGES(n) (((n) + PAGE_SIZE - 1) & -PAGE_SIZE)

struct area { /* memory of a new thread: guard, stack, TLS and struct pthread, thread-specific data
               */
    unsigned char *map, *stack_lo, *stack, *tsd;
    size_t size, guard;
};

static int map_area(struct area *a)
{
    a->map = __mmap(0, a->size, a->guard ? PROT_NONE : PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANON, -1, 0);
    if (a->map == MAP_FAILED)
        return 0;
    if (a->guard && __mprotect(a->map + a->guard, a->size - a->guard, PROT_READ | PROT_WRITE)) {
        __munmap(a->map, a->size);
        return 0;
    }
    return 1;
}

static int make_area(const pthread_attr_t *attr, struct area *a)
{
    size_t tail = libc.tls_size + __pthread_tsd_size;
    *a = (struct area){0};
    if (attr->_a_stackaddr) {
        a->stack = (unsigned char *)(attr->_a_stackaddr & -16);
        a->stack_lo = (unsigned char *)(attr->_a_stackaddr - attr->_a_stacksize);
        a->size = PAGES(tail);
    } else {
        a->guard = PAGES(attr->_a_guardsize);
        a->size = a->guard + PAGES(attr->_a_stacksize + tail);
    }
    a->map = __qrv_stack_get(a->size, a->guard);
    if (a->map)
        memset(a->map + a->size - tail, 0, tail);
    else if (!map_area(a))
        return -EAGAIN;
    a->tsd = a->map + a->size - __pthread_tsd_size;
    if (!a->stack) {
        a->stack = a->tsd - libc.tls_size;
        a->stack_lo = a->map + a->guard;
    }
    return 0;
}

/* Stacks get their pages at first touch; PTHREAD_STACK_NOTLAZY and a preallocation touch them now.
 */
static void populate(const struct area *a, const pthread_attr_t *attr)
{
    size_t room = (size_t)(a->stack - a->stack_lo);
    size_t want = attr->QRV_A_PERIOD & QRV_A_NOTLAZY ? room : QRV_A_PREALLOC(attr);
    if (attr->_a_stackaddr)
        return;
    if (want > room)
        want = room;
    for (size_t at = 0; at < want; at += PAGE_SIZE)
        *(volatile unsigned char *)(a->stack - 1 - at) = 0;
}

static struct pthread *furnish(const struct area *a, int detached)
{
    struct pthread *new = __copy_tls(a->tsd - libc.tls_size);
    new->map_base = a->map;
    new->map_size = a->size;
    new->stack = a->stack;
    new->stack_size = (size_t)(a->stack - a->stack_lo);
    new->guard_size = a->guard;
    new->self = new;
    new->tsd = (void *)a->tsd;
    new->locale = &libc.global_locale;
    new->detach_state = detached ? DT_DETACHED : DT_JOINABLE;
    new->robust_list.head = &new->robust_list.head;
    new->canary = __pthread_self()->canary;
    return new;
}

static long start_in_kernel(struct pthread *new, const pthread_attr_t *attr, struct qrv_thread *t,
                            int kflags)
{
    struct _kc_thread_create k = {
        .flags = (uint32_t)kflags,
        .entry = (uint64_t)__qrv_thread_entry,
        .arg = (uint64_t)t,
        .arg1 = (uint64_t)__qrv_gp(),
        .sp = (uint64_t)t & -16UL,
        .tls = (uint64_t)TP_ADJ(new),
        .tid_addr = (uint64_t) & new->tid,
        .stack_lo = (uint64_t) new->stack - new->stack_size,
        .stack_size = new->stack_size,
    };
    struct sched_param param;
    if (attr->_a_sched) {
        __qrv_attr_param(attr, &param);
        k.flags |= _KC_TC_SCHED;
        k.policy = (int)QRV_A_POLICY(attr);
        k.priority = param.sched_priority;
    }
    return __kercall2(KC_THREAD_CREATE, (long)&k, (long)&param);
}

/* Links the new thread into the ring before it can be seen; returns its tid or -errno. */
static long launch(struct pthread *new, const pthread_attr_t *attr, struct qrv_thread *t,
                   int kflags)
{
    pthread_t self = __pthread_self();
    sigset_t set;
    __block_app_sigs(&set);
    t->mask = set.__bits[0] & ~(1UL << (SIGCANCEL - 1));
    __tl_lock();
    struct pthread *done = leaving;
    leaving = 0;
    if (!libc.threads_minus_1++)
        libc.need_locks = 1;
    long rc = start_in_kernel(new, attr, t, kflags);
    if (rc >= 0) {
        new->sysinfo = (uintptr_t)rc;
        new->next = self->next;
        new->prev = self;
        new->next->prev = new;
        new->prev->next = new;
    } else if (!--libc.threads_minus_1) {
        libc.need_locks = 0;
    }
    __tl_unlock();
    __restore_sigs(&set);
    free_stacks(done);
    return rc;
}

long __qrv_thread_make(pthread_t *res, const pthread_attr_t *attrp, void *(*fn)(void *), void *arg,
                       int c11, int kflags)
{
    pthread_attr_t attr = {0};
    struct area a;
    if (!libc.can_do_threads)
        return -ENOSYS;
    if (!libc.threaded)
        become_threaded(__pthread_self());
    if (attrp)
        attr = *attrp;
    __acquire_ptc();
    if (!attrp) {
        attr._a_stacksize = __default_stacksize;
        attr._a_guardsize = __default_guardsize;
    }
    long rc = make_area(&attr, &a);
    if (rc == 0) {
        populate(&a, &attr);
        struct pthread *new = furnish(&a, attr._a_detach);
        struct qrv_thread *t = (void *)(((uintptr_t)a.stack - sizeof *t) & -16UL);
        *t = (struct qrv_thread){.fn = fn, .arg = arg, .c11 = c11};
        rc = launch(new, &attr, t, kflags < 0 ? (attr._a_detach ? _KC_TC_DETACHED : 0) : kflags);
        if (rc < 0) {
            __qrv_stack_put(a.map, a.size, a.guard);
            if (rc != -EPERM && rc != -EINVAL)
                rc = -EAGAIN;
        } else if (res) {
            *res = new;
        }
    }
    __release_ptc();
    return rc;
}

int __pthread_create(pthread_t *restrict res, const pthread_attr_t *restrict attr,
                     void *(*fn)(void *), void *restrict arg)
{
    int c11 = attr == __ATTRP_C11_THREAD;
    long rc = __qrv_thread_make(res, c11 ? 0 : attr, fn, arg, c11, -1);
    return rc < 0 ? (int)-rc : 0;
}

weak_alias(__pthread_exit, pthread_exit);
weak_alias(__pthread_create, pthread_create);
