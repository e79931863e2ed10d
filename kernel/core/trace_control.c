/* SPDX-License-Identifier: Apache-2.0 */
/* Who traces what: buffers, modes, filters.
 *
 * Buffers belong to the process that allocated them and go with it.  They grow and go in pieces, one a kernel call or a step of the
 * process' end, because interrupts are off meanwhile: libc repeats the call.  Filters are words that writers read without a lock.
 */
#include "core/trace.h"
#include "kercall/kercall.h"
#include "mm/mm.h"

#define PIECE          64 /* pages per call */
#define PAGES_MIN      4  /* of a ring */
#define PAGES_PER_BUFFER (QRV_TRACE_BUFFER_BYTES / PAGE_SIZE)

enum phase { NONE, GROWING, READY, GOING };

static struct {
    struct spinlock lock; /* commands; RANK_WAIT: what it calls takes memory and user pages */
    enum phase phase;     /* lock */
    _Atomic int32_t owner; /* lock to write: pid */
    uint32_t pages;       /* lock: of each ring, a power of two */
    bool ring;            /* lock: mode of the next start */
} control = { .lock = SPINLOCK_INIT(RANK_WAIT) };

/* Filters: relaxed; an event that is under way while they change is judged by the old or the new ones. */
#define WORDS (QRV_TRACE_EVENTS / 64)
static struct {
    _Atomic uint64_t events[WORDS], wide[WORDS];
    _Atomic uint64_t by_thread[WORDS]; /* events that only event_pid and event_tid get */
    _Atomic int32_t pid, tid, event_pid, event_tid; /* 0: any */
} filter[QRV_TRACE_CLASSES];

/* ---- filters */

static bool has(_Atomic uint64_t *bits, unsigned event)
{
    return (atomic_load_explicit(&bits[event / 64], memory_order_relaxed) >> (event % 64) & 1) != 0;
}

static bool fits(_Atomic int32_t *wanted, int32_t is)
{
    int32_t w = atomic_load_explicit(wanted, memory_order_relaxed);
    return w == 0 || w == is;
}

bool trace_wants(unsigned class_, unsigned event, int32_t pid, int32_t tid)
{
    if (class_ == _NTO_TRACE_CONTROL)
        return true;
    if (class_ >= QRV_TRACE_CLASSES || event >= QRV_TRACE_EVENTS || !has(filter[class_].events, event))
        return false;
    if (!fits(&filter[class_].pid, pid) || !fits(&filter[class_].tid, tid))
        return false;
    return !has(filter[class_].by_thread, event) ||
           (fits(&filter[class_].event_pid, pid) && fits(&filter[class_].event_tid, tid));
}

bool trace_is_wide(unsigned class_, unsigned event)
{
    return has(filter[class_].wide, event);
}

static void set_bits(_Atomic uint64_t *bits, bool one, uint64_t event, bool on)
{
    if (!one)
        for (unsigned i = 0; i < WORDS; i++)
            atomic_store_explicit(&bits[i], on ? UINT64_MAX : 0, memory_order_relaxed);
    else if (on)
        atomic_fetch_or_explicit(&bits[event / 64], 1UL << (event % 64), memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&bits[event / 64], ~(1UL << (event % 64)), memory_order_relaxed);
}

static void set_who(_Atomic int32_t *pid_word, _Atomic int32_t *tid_word, int32_t pid, int32_t tid)
{
    atomic_store_explicit(pid_word, pid, memory_order_relaxed);
    atomic_store_explicit(tid_word, tid, memory_order_relaxed);
}

static void filter_one(unsigned what, unsigned c, uint64_t event, int32_t pid, int32_t tid)
{
    bool one = what == _NTO_TRACE_ADDEVENT || what == _NTO_TRACE_DELEVENT || what == _NTO_TRACE_SETEVENTFAST ||
               what == _NTO_TRACE_SETEVENTWIDE || what >= _NTO_TRACE_SETEVENTPID;
    switch (what) {
    case _NTO_TRACE_ADDCLASS:
    case _NTO_TRACE_ADDEVENT:
    case _NTO_TRACE_DELCLASS:
    case _NTO_TRACE_DELEVENT:
        set_bits(filter[c].events, one, event, what == _NTO_TRACE_ADDCLASS || what == _NTO_TRACE_ADDEVENT);
        break;
    case _NTO_TRACE_SETCLASSFAST:
    case _NTO_TRACE_SETCLASSWIDE:
    case _NTO_TRACE_SETEVENTFAST:
    case _NTO_TRACE_SETEVENTWIDE:
        set_bits(filter[c].wide, one, event, what == _NTO_TRACE_SETCLASSWIDE || what == _NTO_TRACE_SETEVENTWIDE);
        break;
    case _NTO_TRACE_SETCLASSPID:
    case _NTO_TRACE_SETCLASSTID:
        set_who(&filter[c].pid, &filter[c].tid, pid, tid);
        set_bits(filter[c].events, false, 0, true);
        break;
    case _NTO_TRACE_CLRCLASSPID:
    case _NTO_TRACE_CLRCLASSTID:
        set_who(&filter[c].pid, &filter[c].tid, 0, 0);
        break;
    case _NTO_TRACE_SETEVENTPID:
    case _NTO_TRACE_SETEVENTTID:
        set_who(&filter[c].event_pid, &filter[c].event_tid, pid, tid);
        set_bits(filter[c].by_thread, true, event, true);
        set_bits(filter[c].events, true, event, true);
        break;
    case _NTO_TRACE_CLREVENTPID:
    case _NTO_TRACE_CLREVENTTID:
        set_bits(filter[c].by_thread, true, event, false);
        break;
    }
}

/* The classes a command means: one bit each, 0 for none. */
static uint32_t classes_of(uint64_t class_)
{
    if (class_ == _NTO_TRACE_KERCALL)
        return 1U << _NTO_TRACE_KERCALLENTER | 1U << _NTO_TRACE_KERCALLEXIT | 1U << _NTO_TRACE_KERCALLINT;
    if (class_ == _NTO_TRACE_INT)
        return 1U << _NTO_TRACE_INTENTER | 1U << _NTO_TRACE_INTEXIT | 1U << _NTO_TRACE_INT_HANDLER_ENTER |
               1U << _NTO_TRACE_INT_HANDLER_EXIT;
    return class_ >= 1 && class_ < QRV_TRACE_CLASSES ? 1U << class_ : 0;
}

/* Documented: only these can be limited to a process or thread. */
#define BY_THREAD                                                                                                       \
    (1U << _NTO_TRACE_COMM | 1U << _NTO_TRACE_KERCALLENTER | 1U << _NTO_TRACE_KERCALLEXIT | 1U << _NTO_TRACE_KERCALLINT | \
     1U << _NTO_TRACE_SYSTEM | 1U << _NTO_TRACE_THREAD)

int trace_filter(unsigned what, uint64_t class_, uint64_t event, int32_t pid, int32_t tid)
{
    uint32_t set = classes_of(class_);
    if (what == _NTO_TRACE_ADDALLCLASSES || what == _NTO_TRACE_DELALLCLASSES || what == _NTO_TRACE_SETALLCLASSESFAST ||
        what == _NTO_TRACE_SETALLCLASSESWIDE)
        set = (1U << QRV_TRACE_CLASSES) - 2;
    if (set == 0 || event >= QRV_TRACE_EVENTS || (what >= _NTO_TRACE_SETCLASSPID && (set & ~(uint32_t)BY_THREAD)))
        return -EINVAL;
    bool sets_tid = what == _NTO_TRACE_SETCLASSTID || what == _NTO_TRACE_SETEVENTTID;
    bool sets_pid = what == _NTO_TRACE_SETCLASSPID || what == _NTO_TRACE_SETEVENTPID;
    if (((sets_pid || sets_tid) && pid <= 0) || (sets_tid && tid <= 0))
        return -ESRCH;
    unsigned each = what == _NTO_TRACE_ADDALLCLASSES       ? _NTO_TRACE_ADDCLASS
                    : what == _NTO_TRACE_DELALLCLASSES     ? _NTO_TRACE_DELCLASS
                    : what == _NTO_TRACE_SETALLCLASSESFAST ? _NTO_TRACE_SETCLASSFAST
                    : what == _NTO_TRACE_SETALLCLASSESWIDE ? _NTO_TRACE_SETCLASSWIDE
                                                           : what;
    for (unsigned c = 1; c < QRV_TRACE_CLASSES; c++)
        if (set & 1U << c)
            filter_one(each, c, event, pid, sets_tid ? tid : 0);
    return 0;
}

/* ---- buffers and modes */

/* lock held: a ring's pages for that many buffers in all. */
static uint32_t pages_for(uint64_t buffers)
{
    uint64_t each = (buffers * PAGES_PER_BUFFER + num_harts - 1) / num_harts;
    uint32_t pages = PAGES_MIN;
    while (pages < each)
        pages *= 2;
    return pages;
}

static void stop_locked(void)
{
    kc_trace(false);
    trace_rings_stop();
}

static int64_t shrink_locked(void)
{
    stop_locked();
    int64_t held = trace_rings_shrink(PIECE);
    control.phase = held ? GOING : NONE;
    return held;
}

static int64_t alloc_locked(int32_t pid, uint64_t buffers)
{
    if (control.phase == READY || (control.phase == GROWING && control.owner != pid))
        return -EBUSY;
    if (control.phase == GOING)
        return shrink_locked() + 1; /* come again */
    if (control.phase == NONE) {
        control.pages = pages_for(buffers);
        control.owner = pid;
        control.phase = GROWING;
    }
    int64_t missing = trace_rings_grow(control.pages, PIECE);
    if (missing < 0)
        control.phase = GOING;
    else if (missing == 0)
        control.phase = READY;
    return missing;
}

int64_t trace_alloc(int32_t pid, uint64_t buffers)
{
    if (buffers == 0 || buffers > QRV_TRACE_BUFFERS_MAX)
        return -EINVAL;
    spin_lock(&control.lock);
    int64_t ret = alloc_locked(pid, buffers);
    spin_unlock(&control.lock);
    return ret;
}

int64_t trace_dealloc(void)
{
    spin_lock(&control.lock);
    int64_t ret = control.phase == NONE ? -EFAULT : shrink_locked();
    spin_unlock(&control.lock);
    return ret;
}

bool trace_process_fini(const struct process *p)
{
    bool done = true;
    if (atomic_load_explicit(&control.owner, memory_order_relaxed) != p->pid)
        return true; /* and it cannot become the owner any more */
    spin_lock(&control.lock);
    if (control.owner == p->pid && control.phase != NONE)
        done = shrink_locked() == 0;
    spin_unlock(&control.lock);
    return done;
}

int trace_mode(bool ring)
{
    spin_lock(&control.lock);
    control.ring = ring;
    spin_unlock(&control.lock);
    return 0;
}

int trace_start(void)
{
    int err = 0;
    spin_lock(&control.lock);
    if (control.phase != READY) {
        err = -EFAULT; /* documented: out of order */
    } else if (!trace_rings_running()) {
        trace_rings_start(control.ring);
        kc_trace(true);
    }
    spin_unlock(&control.lock);
    return err;
}

void trace_stop(void)
{
    spin_lock(&control.lock);
    stop_locked();
    spin_unlock(&control.lock);
}

int64_t trace_query(void)
{
    spin_lock(&control.lock);
    int64_t n = control.phase == READY ? (int64_t)trace_rings_count() : -EFAULT;
    spin_unlock(&control.lock);
    return n;
}

int64_t trace_read(uint32_t hart, struct uaddr to, uint64_t bytes, uint64_t *dropped)
{
    if (hart >= num_harts)
        return -EINVAL;
    spin_lock(&control.lock);
    int64_t n = control.phase == READY ? trace_ring_read(hart, to, MIN(bytes, PAGE_SIZE), dropped) : -EFAULT;
    spin_unlock(&control.lock);
    return n;
}
