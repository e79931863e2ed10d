/* SPDX-License-Identifier: Apache-2.0 */
/* Event tracing: the rings that harts write their events into (core/trace.c) and what may be recorded (core/trace_control.c).
 *
 * Off, an event costs the load of a byte of struct hart and a branch; kernel calls cost nothing, they go through another table
 * while tracing is on (kercall/trace.c).
 */
#pragma once
#include <abi/trace.h>
#include "core/hart.h"

struct process;

/* What is asked before an event is put together. */
static inline bool trace_on(const struct hart *h)
{
    return __builtin_expect(atomic_load_explicit(&h->traced, memory_order_relaxed), 0);
}

/* Records an event of the thread this hart runs, if the filters want it.  Any context, any lock held. */
void trace_event(unsigned class_, unsigned event, uint64_t d0, uint64_t d1);
/* payload: any length, cut at QRV_TRACE_BYTES_MAX; flags QRV_TRACE_TEXT or 0. */
void trace_event_long(unsigned class_, unsigned event, unsigned flags, uint64_t d0, const void *payload, size_t bytes);
/* t has entered state (*t->lockp held). */
void trace_thread_state(const struct thread *t, unsigned state);
/* A process or thread and its name: when it comes, and for all that exist when tracing starts. */
void trace_process_name(const struct process *p);
void trace_thread_create(const struct thread *t);
void trace_thread_name(const struct thread *t);

/* Data of the events of class COMM. */
uint64_t trace_who(const struct thread *t);
static inline uint64_t trace_pulse(int32_t scoid, int code)
{
    return (uint64_t)(uint32_t)scoid << 8 | (uint8_t)code;
}

/* ---- rings, for core/trace_control.c */

/* Is the event wanted?  pid and tid: of the thread it is about. */
bool trace_wants(unsigned class_, unsigned event, int32_t pid, int32_t tid);
bool trace_is_wide(unsigned class_, unsigned event);
/* Events are written from here on, or no longer: then no hart is still at it on return. */
void trace_rings_start(bool overwrite);
void trace_rings_stop(void);
bool trace_rings_running(void);
/* Grows every hart's ring by up to budget pages in all towards pages each (a power of two); pages still missing, or -ENOMEM.  Not
 * while running. */
int64_t trace_rings_grow(uint32_t pages, uint32_t budget);
int64_t trace_rings_shrink(uint32_t budget); /* pages still held */
uint64_t trace_rings_count(void);            /* records that wait */
/* Up to bytes of hart's oldest records, whole events or not, to the user; bytes moved or -EFAULT.  One reader at a time. */
int64_t trace_ring_read(uint32_t hart, struct uaddr to, uint64_t bytes, uint64_t *dropped);
/* The last events of every hart, for a panic. */
void trace_panic_report(void);

/* ---- commands (core/trace_control.c); user pointers are kercall/trace.c's */
int64_t trace_alloc(int32_t pid, uint64_t buffers);
int64_t trace_dealloc(void);
bool trace_process_fini(const struct process *p); /* a step of its end: true when it holds no buffers any more */
int trace_start(void);
void trace_stop(void);
int trace_mode(bool ring);
int64_t trace_read(uint32_t hart, struct uaddr to, uint64_t bytes, uint64_t *dropped);
int64_t trace_query(void);
/* what: _NTO_TRACE_ADDCLASS .. _NTO_TRACE_CLREVENTTID; -EINVAL: no such class or event, -ESRCH: pid or tid not positive. */
int trace_filter(unsigned what, uint64_t class_, uint64_t event, int32_t pid, int32_t tid);
