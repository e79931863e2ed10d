/* SPDX-License-Identifier: Apache-2.0 */
/* The rings of trace records, one a hart.  Only the hart itself writes, with interrupts off; nobody takes a lock.
 *
 * Indices count records for ever; slot = index & mask.  Linear mode: an event that does not fit between head and tail is dropped and
 * counted.  Ring mode: the oldest is overwritten, and nobody reads while tracing runs.
 *   head: the owner's, stored with release when the record is complete; pairs with the acquire in trace_ring_read().
 *   tail: the reader's, stored with release when the record has been copied; pairs with the acquire in put().
 *   busy and running (Dekker): a writer sets busy, fences, looks at running; who stops clears running, fences, waits for busy to
 *   go.  One of the two sees the other, so that after trace_rings_stop() nobody writes and pages may be freed.
 */
#include "core/trace.h"
#include "core/arch.h"
#include "core/panic.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/process.h"

#define RECORDS_PER_PAGE (PAGE_SIZE / sizeof(struct qrv_trace_record))
#define PANIC_RECORDS    16

_Static_assert(sizeof(struct qrv_trace_record) == 32, "the record is ABI");

struct ring {
    struct qrv_trace_record **page; /* constant while running */
    uint32_t room;                  /* pages that page[] can hold, a power of two */
    uint32_t pages;                 /* pages it does hold; == room while running */
    _Atomic uint64_t head;          /* owner */
    _Atomic uint64_t tail;          /* reader */
    _Atomic uint64_t dropped;       /* owner */
    uint64_t told;                  /* owner: dropped as of the last CONTROLDROPPED */
    _Atomic uint32_t busy;          /* owner */
} __attribute__((aligned(64)));

static struct ring rings[QRV_HARTS_MAX];
static _Atomic bool running;
static _Atomic bool overwriting; /* constant while running */

/* ---- writing */

static struct qrv_trace_record *slot(const struct ring *r, uint64_t index)
{
    uint64_t at = index & ((uint64_t)r->pages * RECORDS_PER_PAGE - 1);
    return &r->page[at / RECORDS_PER_PAGE][at % RECORDS_PER_PAGE];
}

/* Room for n records behind head? */
static bool has_room(struct ring *r, uint64_t head, uint64_t n)
{
    if (atomic_load_explicit(&overwriting, memory_order_relaxed))
        return true;
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    return head + n - tail <= (uint64_t)r->pages * RECORDS_PER_PAGE;
}

/* Before the first event that finds room again. */
static void tell_dropped(struct ring *r, const struct qrv_trace_record *like)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint64_t dropped = atomic_load_explicit(&r->dropped, memory_order_relaxed);
    *slot(r, head) = (struct qrv_trace_record){
        .time = like->time, .class_ = _NTO_TRACE_CONTROL, .event = _NTO_TRACE_CONTROLDROPPED, .data = { dropped - r->told }
    };
    r->told = dropped;
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

static void fill(struct ring *r, struct qrv_trace_record *rec, const void *payload, size_t bytes)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    const char *from = payload;
    size_t n = MIN(bytes, sizeof(rec->data[1]));
    if (bytes) {
        rec->data[1] = 0;
        memcpy(&rec->data[1], from, n);
    }
    for (;;) {
        from += n;
        bytes -= n;
        rec->flags = (uint8_t)(bytes ? rec->flags | QRV_TRACE_MORE : rec->flags & ~QRV_TRACE_MORE);
        *slot(r, head++) = *rec;
        if (bytes == 0)
            break;
        rec->flags |= QRV_TRACE_CONT;
        n = MIN(bytes, sizeof(rec->data));
        rec->data[0] = rec->data[1] = 0;
        memcpy(rec->data, from, n);
    }
    atomic_store_explicit(&r->head, head, memory_order_release);
}

/* rec: the head of the event and data[0], data[1]; payload: instead of data[1]. */
static void put(struct hart *h, struct qrv_trace_record *rec, const void *payload, size_t bytes)
{
    struct ring *r = &rings[h->index];
    uint64_t n = bytes <= 8 ? 1 : 1 + (bytes - 8 + 15) / 16;
    atomic_store_explicit(&r->busy, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* busy before running; pairs with trace_rings_stop() */
    /* Acquire: the ring as it was set up; pairs with trace_rings_start(). */
    if (atomic_load_explicit(&running, memory_order_acquire)) {
        uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
        uint64_t dropped = atomic_load_explicit(&r->dropped, memory_order_relaxed);
        rec->time = arch_now();
        if (!has_room(r, head, n + (dropped != r->told))) {
            atomic_store_explicit(&r->dropped, dropped + n, memory_order_relaxed);
        } else {
            if (dropped != r->told)
                tell_dropped(r, rec);
            fill(r, rec, payload, bytes);
        }
    }
    atomic_store_explicit(&r->busy, 0, memory_order_release);
}

/* The head of an event of the current thread. */
static struct qrv_trace_record head_of(const struct hart *h, unsigned class_, unsigned event, uint64_t d0, uint64_t d1)
{
    struct qrv_trace_record rec = { .class_ = (uint8_t)class_, .event = (uint16_t)event, .data = { d0, d1 } };
    if (h->current) {
        rec.pid = (uint16_t)h->current->proc->pid;
        rec.tid = (uint16_t)h->current->tid;
    }
    return rec;
}

void trace_event(unsigned class_, unsigned event, uint64_t d0, uint64_t d1)
{
    struct hart *h = this_hart();
    struct qrv_trace_record rec = head_of(h, class_, event, d0, d1);
    if (trace_wants(class_, event, rec.pid, rec.tid))
        put(h, &rec, NULL, 0);
}

void trace_event_long(unsigned class_, unsigned event, unsigned flags, uint64_t d0, const void *payload, size_t bytes)
{
    struct hart *h = this_hart();
    struct qrv_trace_record rec = head_of(h, class_, event, d0, 0);
    rec.flags = (uint8_t)flags;
    if (trace_wants(class_, event, rec.pid, rec.tid))
        put(h, &rec, payload, MIN(bytes, QRV_TRACE_BYTES_MAX));
}

uint64_t trace_who(const struct thread *t)
{
    return (uint64_t)t->proc->pid << 32 | (uint32_t)t->tid;
}

/* ---- threads and processes: filtered by the one they are about */

static uint64_t blocked_on(const struct thread *t, unsigned state)
{
    return state == STATE_SEND || state == STATE_REPLY ? (uint64_t)t->msg.chan->proc->pid
           : state == STATE_RECEIVE                    ? (uint64_t)t->msg.chan->chid
                                                       : t->blocked_on;
}

void trace_thread_state(const struct thread *t, unsigned state)
{
    struct hart *h = this_hart();
    uint64_t who = QRV_TRACE_THREAD(t->proc->pid, t->tid, t->prio);
    struct qrv_trace_record rec = head_of(h, _NTO_TRACE_THREAD, state, who, state > STATE_STOPPED ? blocked_on(t, state) : 0);
    if (trace_wants(_NTO_TRACE_THREAD, state, t->proc->pid, t->tid))
        put(h, &rec, NULL, 0);
}

void trace_process_name(const struct process *p)
{
    struct hart *h = this_hart();
    struct qrv_trace_record rec =
        head_of(h, _NTO_TRACE_PROCESS, _NTO_TRACE_PROCCREATE_NAME, (uint64_t)p->pid << 32 | (uint32_t)p->ppid, 0);
    rec.flags = QRV_TRACE_TEXT;
    if (trace_wants(_NTO_TRACE_PROCESS, rec.event, p->pid, 0))
        put(h, &rec, p->name, strnlen(p->name, sizeof(p->name)));
}

void trace_thread_create(const struct thread *t)
{
    struct hart *h = this_hart();
    uint64_t who = QRV_TRACE_THREAD(t->proc->pid, t->tid, t->prio);
    struct qrv_trace_record rec = head_of(h, _NTO_TRACE_THREAD, _NTO_TRACE_THCREATE, who, 0);
    if (trace_wants(_NTO_TRACE_THREAD, _NTO_TRACE_THCREATE, t->proc->pid, t->tid))
        put(h, &rec, NULL, 0);
}

void trace_thread_name(const struct thread *t)
{
    struct hart *h = this_hart();
    struct qrv_trace_record rec =
        head_of(h, _NTO_TRACE_PROCESS, _NTO_TRACE_PROCTHREAD_NAME, (uint64_t)t->proc->pid << 32 | (uint32_t)t->tid, 0);
    rec.flags = QRV_TRACE_TEXT;
    if (t->name[0] && trace_wants(_NTO_TRACE_PROCESS, rec.event, t->proc->pid, t->tid))
        put(h, &rec, t->name, strnlen(t->name, sizeof(t->name)));
}

/* ---- on and off */

bool trace_rings_running(void)
{
    return atomic_load_explicit(&running, memory_order_relaxed);
}

void trace_rings_start(bool overwrite)
{
    atomic_store_explicit(&overwriting, overwrite, memory_order_relaxed);
    atomic_store_explicit(&running, true, memory_order_seq_cst); /* whoever sees it sees the rings */
    for (uint32_t i = 0; i < num_harts; i++)
        atomic_store_explicit(&harts[i].traced, true, memory_order_relaxed);
}

void trace_rings_stop(void)
{
    for (uint32_t i = 0; i < num_harts; i++)
        atomic_store_explicit(&harts[i].traced, false, memory_order_relaxed);
    atomic_store_explicit(&running, false, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* running before busy; pairs with put() */
    for (uint32_t i = 0; i < num_harts; i++)
        while (atomic_load_explicit(&rings[i].busy, memory_order_acquire))
            arch_relax(); /* bounded: it writes one event and waits for nobody */
}

/* ---- memory */

static int64_t grow_one(struct ring *r, uint32_t pages, uint32_t *budget)
{
    if (!r->page) {
        r->page = kmalloc(pages * sizeof(r->page[0]));
        if (!r->page)
            return -ENOMEM;
        r->room = pages;
        atomic_store_explicit(&r->tail, atomic_load_explicit(&r->head, memory_order_relaxed), memory_order_relaxed);
        atomic_store_explicit(&r->dropped, 0, memory_order_relaxed);
        r->told = 0;
    }
    for (; r->pages < r->room && *budget > 0; (*budget)--) {
        paddr_t pa = frame_alloc_dirty(); /* nobody sees a record before it is written */
        if (pa == 0)
            return -ENOMEM;
        r->page[r->pages++] = phys_to_virt(pa);
    }
    return r->room - r->pages;
}

int64_t trace_rings_grow(uint32_t pages, uint32_t budget)
{
    int64_t missing = 0;
    for (uint32_t i = 0; i < num_harts; i++) {
        int64_t m = grow_one(&rings[i], pages, &budget);
        if (m < 0)
            return m;
        missing += m;
    }
    return missing;
}

int64_t trace_rings_shrink(uint32_t budget)
{
    int64_t held = 0;
    for (uint32_t i = 0; i < num_harts; i++) {
        struct ring *r = &rings[i];
        for (; r->pages > 0 && budget > 0; budget--)
            frame_put(virt_to_phys(r->page[--r->pages]));
        held += r->pages;
        if (r->pages == 0 && r->page) {
            kfree(r->page, r->room * sizeof(r->page[0]));
            r->page = NULL;
            r->room = 0;
        }
    }
    return held;
}

/* ---- reading */

/* The oldest record that is still there. */
static uint64_t first_index(struct ring *r, uint64_t head)
{
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint64_t room = (uint64_t)r->pages * RECORDS_PER_PAGE;
    return head - tail > room ? head - room : tail;
}

uint64_t trace_rings_count(void)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < num_harts; i++) {
        uint64_t head = atomic_load_explicit(&rings[i].head, memory_order_acquire);
        n += head - first_index(&rings[i], head);
    }
    return n;
}

int64_t trace_ring_read(uint32_t hart, struct uaddr to, uint64_t bytes, uint64_t *dropped)
{
    struct ring *r = &rings[hart];
    uint64_t done = 0;
    *dropped = atomic_load_explicit(&r->dropped, memory_order_relaxed);
    if (atomic_load_explicit(&running, memory_order_relaxed) && atomic_load_explicit(&overwriting, memory_order_relaxed))
        return 0;
    uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire), at = first_index(r, head);
    while (at < head && done + sizeof(struct qrv_trace_record) <= bytes) {
        uint64_t in_page = RECORDS_PER_PAGE - at % RECORDS_PER_PAGE;
        uint64_t n = MIN(MIN(head - at, in_page), (bytes - done) / sizeof(struct qrv_trace_record));
        if (copy_to_user(UADDR(to.va + done), slot(r, at), n * sizeof(struct qrv_trace_record)))
            return -EFAULT;
        at += n;
        done += n * sizeof(struct qrv_trace_record);
    }
    atomic_store_explicit(&r->tail, at, memory_order_release);
    return (int64_t)done;
}

void trace_panic_report(void)
{
    if (!trace_rings_running())
        return;
    for (uint32_t i = 0; i < num_harts; i++) {
        struct ring *r = &rings[i];
        uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire), at = first_index(r, head);
        if (head - at > PANIC_RECORDS)
            at = head - PANIC_RECORDS;
        for (; at < head; at++) {
            const struct qrv_trace_record *rec = slot(r, at);
            kprintf("trace hart %u: %lu.%09lu class %u event %u thread %u.%u data %lx %lx\n", harts[i].hartid,
                    rec->time / 1000000000, rec->time % 1000000000, rec->class_, rec->event, rec->pid, rec->tid,
                    rec->data[0], rec->data[1]);
        }
    }
}
