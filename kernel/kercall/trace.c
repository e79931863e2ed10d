/* SPDX-License-Identifier: Apache-2.0 */
/* TraceEvent(), and kernel calls while they are traced: they go through another table then, so that tracing costs them nothing when it is
 * off. */
#include <abi/kercall.h>
#include "core/trace.h"
#include "ipc/ipc.h"
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/timer.h"

#define STATE_THREADS 16  /* threads told of in one call */
#define STATE_SLOTS   256 /* process slots looked at */

/* ---- traced calls */

/* The quick ways of a message tell nothing of its steps: not taken while tracing. */
static kc_handler handler_of(uint32_t number)
{
    return number == KC_MSG_SENDV      ? send_any
           : number == KC_MSG_RECEIVEV ? receive_any
           : number == KC_MSG_REPLYV   ? reply_any
                                       : kc_table[number];
}

/* The end of the call is recorded by kernel_exit(), when its result is final (TF_TRACED). */
static int64_t traced_call(struct thread *t, const uint64_t a[6])
{
    uint32_t number = (uint32_t)t->call;
    if (trace_is_wide(_NTO_TRACE_KERCALLENTER, number))
        trace_event_long(_NTO_TRACE_KERCALLENTER, number, 0, a[0], &a[1], 5 * sizeof(a[0]));
    else
        trace_event(_NTO_TRACE_KERCALLENTER, number, a[0], a[1]);
    atomic_fetch_or_explicit(&t->flags, TF_TRACED, memory_order_relaxed);
    return handler_of(number)(t, a);
}

static kc_handler traced_table[KC_TABLE_SIZE]; /* filled once, before it is used */

void kc_trace(bool on)
{
    if (on && !traced_table[KC_NOP])
        for (unsigned i = 0; i < KC_TABLE_SIZE; i++)
            traced_table[i] = kc_table[i] ? traced_call : NULL;
    atomic_store_explicit(&kc_calls, on ? traced_table : kc_table, memory_order_release);
}

/* ---- TraceEvent() */

/* Threads of p from tid on; the tid to go on with, 0 when all have been told. */
static uint32_t tell_threads(struct process *p, uint32_t tid)
{
    unsigned told = 0;
    int next = -1;
    spin_lock(&p->lock);
    for (next = idtable_next(&p->threads, tid); next >= 0 && told < STATE_THREADS;
         next = idtable_next(&p->threads, (uint32_t)next + 1), told++) {
        struct thread *t = idtable_get(&p->threads, (uint32_t)next);
        trace_thread_create(t);
        trace_thread_name(t);
        struct spinlock *l = thread_lock(t);
        trace_thread_state(t, t->state);
        thread_unlock(l);
    }
    spin_unlock(&p->lock);
    return next < 0 ? 0 : (uint32_t)next;
}

/* Cursor: slot << 32 | tid. */
static int64_t tell_state(uint64_t cursor)
{
    uint32_t slot = (uint32_t)(cursor >> 32), tid = (uint32_t)cursor;
    for (unsigned looked = 0; looked < STATE_SLOTS && slot < QRV_PROCS_MAX; looked++, slot++, tid = 0) {
        struct process *p = process_at(slot);
        if (!p)
            continue;
        if (tid == 0)
            trace_process_name(p);
        tid = tell_threads(p, tid);
        process_put(p);
        if (tid == 0)
            slot++;
        break;
    }
    return slot < QRV_PROCS_MAX ? (int64_t)((uint64_t)slot << 32 | tid) : 0;
}

static int insert_simple(uint64_t class_, uint64_t event, uint64_t d0, uint64_t d1)
{
    if (class_ == 0 || class_ >= QRV_TRACE_CLASSES || event >= QRV_TRACE_EVENTS)
        return -EINVAL;
    if (trace_on(this_hart()))
        trace_event((unsigned)class_, (unsigned)event, d0, d1);
    return 0;
}

/* ints: how many 32-bit integers. */
static int insert_combined(uint64_t class_, uint64_t event, struct uaddr from, uint64_t ints)
{
    char bytes[QRV_TRACE_BYTES_MAX];
    if (class_ == 0 || class_ >= QRV_TRACE_CLASSES || event >= QRV_TRACE_EVENTS || ints > sizeof(bytes) / 4)
        return -EINVAL;
    if (copy_from_user(bytes, from, ints * 4))
        return -EFAULT;
    if (trace_on(this_hart()))
        trace_event_long((unsigned)class_, (unsigned)event, 0, ints * 4, bytes, ints * 4);
    return 0;
}

/* Reads up to the end of the string or of the room, never a page that the string does not reach. */
static int insert_string(uint64_t event, uint64_t va)
{
    char text[QRV_TRACE_BYTES_MAX];
    size_t got = 0, n = 0;
    if (event > _NTO_TRACE_USERLAST)
        return -EINVAL;
    while (n == got && got < sizeof(text)) {
        size_t step = MIN(MIN(64UL, PAGE_SIZE - (va + got) % PAGE_SIZE), sizeof(text) - got);
        if (copy_from_user(text + got, UADDR(va + got), step))
            return -EFAULT;
        got += step;
        while (n < got && text[n])
            n++;
    }
    if (trace_on(this_hart()))
        trace_event_long(_NTO_TRACE_USER, (unsigned)event, QRV_TRACE_TEXT, n, text, n);
    return 0;
}

/* Anybody may record events of its own. */
static int64_t insert(uint64_t what, const uint64_t a[6])
{
    switch (what) {
    case _NTO_TRACE_INSERTEVENT:
        return insert_simple(a[1] >> 10 & 0x1f, a[1] & 0x3ff, a[3], a[4]);
    case _NTO_TRACE_INSERTSCLASSEVENT:
        return insert_simple(a[1], a[2], a[3], a[4]);
    case _NTO_TRACE_INSERTCCLASSEVENT:
        return insert_combined(a[1], a[2], UADDR(a[3]), a[4]);
    case _NTO_TRACE_INSERTSUSEREVENT:
        return insert_simple(_NTO_TRACE_USER, a[1], a[2], a[3]);
    case _NTO_TRACE_INSERTCUSEREVENT:
        return insert_combined(_NTO_TRACE_USER, a[1], UADDR(a[2]), a[3]);
    }
    return insert_string(a[1], a[2]);
}

static int64_t buffers(struct thread *t, const uint64_t a[6])
{
    uint64_t none = 0;
    if (a[2] && copy_to_user(UADDR(a[2]), &none, sizeof(none))) /* the list of buffers is not a program's to see */
        return -EFAULT;
    return trace_alloc(t->proc->pid, a[1]);
}

static int64_t read_ring(const uint64_t a[6])
{
    uint64_t dropped = 0;
    if (a[1] > UINT32_MAX)
        return -EINVAL;
    int64_t n = trace_read((uint32_t)a[1], UADDR(a[2]), a[3], &dropped);
    if (n >= 0 && a[4] && copy_to_user(UADDR(a[4]), &dropped, sizeof(dropped)))
        return -EFAULT;
    return n;
}

/* The class and event where the command has them, then pid and tid. */
static int set_filter(uint64_t what, const uint64_t a[6])
{
    bool has_event = what == _NTO_TRACE_ADDEVENT || what == _NTO_TRACE_DELEVENT || what == _NTO_TRACE_SETEVENTFAST ||
                     what == _NTO_TRACE_SETEVENTWIDE || what >= _NTO_TRACE_SETEVENTPID;
    const uint64_t *who = &a[has_event ? 3 : 2];
    return trace_filter((unsigned)what, a[1], has_event ? a[2] : 0, (int32_t)who[0], (int32_t)who[1]);
}

static int64_t started(void)
{
    int err = trace_start();
    if (err)
        return err;
    trace_event(_NTO_TRACE_CONTROL, _NTO_TRACE_CONTROLTIME, arch_now() + clock_realtime_offset(), 0);
    return 0;
}

/* Records can be read as soon as they are there: only the mark is left to do. */
static int64_t flush(void)
{
    int64_t n = trace_query();
    if (n < 0)
        return n;
    trace_event(_NTO_TRACE_CONTROL, _NTO_TRACE_CONTROLBUFFER, (uint64_t)n, 0);
    return 0;
}

KC_HANDLER(trace_event)
{
    uint64_t what = (uint32_t)a[0];
    if (what >= _NTO_TRACE_INSERTEVENT && what <= _NTO_TRACE_INSERTUSRSTREVENT)
        return insert(what, a);
    if (what >= _NTO_TRACE_ADDCLASSEVHANDLER && what <= _NTO_TRACE_DELEVENTHANDLER)
        return -ENOTSUP;
    if (!process_can(t->proc, TM_ABLE_TRACE))
        return -EPERM;
    if (what >= _NTO_TRACE_ADDALLCLASSES && what <= _NTO_TRACE_CLREVENTTID)
        return set_filter(what, a);
    switch (what) {
    case _NTO_TRACE_ALLOCBUFFER:
        return buffers(t, a);
    case _NTO_TRACE_DEALLOCBUFFER:
        return trace_dealloc();
    case _NTO_TRACE_FLUSHBUFFER:
        return flush();
    case _NTO_TRACE_QUERYEVENTS:
        return trace_query();
    case _NTO_TRACE_SETRINGMODE:
    case _NTO_TRACE_SETLINEARMODE:
        return trace_mode(what == _NTO_TRACE_SETRINGMODE);
    case _NTO_TRACE_START:
    case _NTO_TRACE_STARTNOSTATE:
        return started();
    case _NTO_TRACE_STOP:
        trace_stop();
        return 0;
    case _QRV_TRACE_STATE:
        return trace_on(this_hart()) ? tell_state(a[1]) : 0;
    case _QRV_TRACE_IS_ON:
        return trace_rings_running();
    case _QRV_TRACE_READ:
        return read_ring(a);
    }
    return -EINVAL;
}
