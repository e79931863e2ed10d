/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON trace event format. Tracks: process 0 is the machine, with what each hart runs and its interrupts; every process has
 * two tracks a thread: its kernel calls with its own events, and its states. A message is a flow from MsgSend() to MsgReceive()
 * to MsgReply().
 *
 * The format knows numbers only: threads of different processes must differ, so a track is pid * 10000 + tid * 2, + 1 for states.
 */
#include "../../sysroot/include/abi/thread.h"
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { TRACK_HART = 1, TRACK_INTERRUPTS = 101 };

struct hart_view {
    bool runs, in_interrupt, in_handler;
    uint16_t pid, tid; /* of what runs */
    uint64_t since, interrupt_since, handler_since;
    unsigned vector;
    uint64_t handler;
};

struct writer {
    const struct trace *trace;
    FILE *to;
    bool some;
    struct trace_threads threads;
    struct hart_view harts[QRV_HARTS_MAX];
    uint64_t messages, last;
};

/* ------------------------------------------------------------------ JSON */

static void begin(struct writer *w, char phase, const char *name, uint32_t pid, uint32_t track, uint64_t time)
{
    struct buf quoted = {0};
    buf_json(&quoted, name);
    fprintf(w->to, "%s\n{\"ph\":\"%c\",\"name\":%s,\"pid\":%u,\"tid\":%u,\"ts\":%" PRIu64 ".%03u", w->some ? "," : "", phase,
            quoted.data, pid, track, time / 1000, (unsigned)(time % 1000));
    w->some = true;
    buf_free(&quoted);
}

static void end(struct writer *w)
{
    fputs("}", w->to);
}

/* A slice from since to time; its arguments are the caller's, then end(). */
static void slice(struct writer *w, const char *name, uint32_t pid, uint32_t track, uint64_t since, uint64_t time)
{
    uint64_t length = time > since ? time - since : 0;
    begin(w, 'X', name, pid, track, since);
    fprintf(w->to, ",\"dur\":%" PRIu64 ".%03u", length / 1000, (unsigned)(length % 1000));
}

static void name_track(struct writer *w, const char *what, uint32_t pid, uint32_t track, const char *name)
{
    struct buf quoted = {0};
    buf_json(&quoted, name);
    begin(w, 'M', what, pid, track, 0);
    fprintf(w->to, ",\"args\":{\"name\":%s}", quoted.data);
    end(w);
    buf_free(&quoted);
}

static uint32_t track_of(uint16_t pid, uint16_t tid)
{
    return pid * 10000U + tid * 2U;
}

/* ------------------------------------------------------------------ harts */

static const char *process_name(struct writer *w, uint16_t pid)
{
    const struct trace_thread *p = trace_thread(&w->threads, pid, 0);
    return p->process[0] ? p->process : "?";
}

static void stop_running(struct writer *w, unsigned hart, uint64_t time)
{
    struct hart_view *h = &w->harts[hart];
    if (!h->runs)
        return;
    h->runs = false;
    char *name = xprintf("%s %u.%u", process_name(w, h->pid), h->pid, h->tid);
    slice(w, name, 0, TRACK_HART + hart, h->since, time);
    end(w);
    free(name);
}

static void interrupt(struct writer *w, const struct trace_event *e)
{
    struct hart_view *h = &w->harts[e->hart];
    if (e->class_ == _NTO_TRACE_INTENTER) {
        h->in_interrupt = true;
        h->interrupt_since = e->time;
        h->vector = e->event;
    } else if (e->class_ == _NTO_TRACE_INTEXIT && h->in_interrupt) {
        h->in_interrupt = false;
        char *name = e->event == QRV_TRACE_INT_CLOCK ? xprintf("clock") : xprintf("interrupt %u", e->event);
        slice(w, name, 0, TRACK_INTERRUPTS + e->hart, h->interrupt_since, e->time);
        end(w);
        free(name);
    } else if (e->class_ == _NTO_TRACE_INT_HANDLER_ENTER) {
        h->in_handler = true;
        h->handler_since = e->time;
    } else if (e->class_ == _NTO_TRACE_INT_HANDLER_EXIT && h->in_handler) {
        h->in_handler = false;
        char *name = xprintf("event for %s", process_name(w, (uint16_t)(e->data[0] >> 32)));
        slice(w, name, 0, TRACK_INTERRUPTS + e->hart, h->handler_since, e->time);
        end(w);
        free(name);
    }
}

/* ------------------------------------------------------------------ threads */

static void end_state(struct writer *w, struct trace_thread *th, uint64_t time)
{
    if (!th->known)
        return;
    slice(w, trace_state_name(th->state), th->pid, track_of(th->pid, th->tid) + 1, th->since, time);
    if (th->state > STATE_STOPPED)
        fprintf(w->to, ",\"args\":{\"blocked_on\":\"%s%" PRIx64 "\"}", th->blocked_on > 9 ? "0x" : "", th->blocked_on);
    end(w);
    th->known = false;
}

static void state(struct writer *w, const struct trace_event *e)
{
    uint16_t pid = (uint16_t)QRV_TRACE_THREAD_PID(e->data[0]), tid = (uint16_t)QRV_TRACE_THREAD_TID(e->data[0]);
    struct trace_thread *th = trace_thread(&w->threads, pid, tid);
    if (e->event >= STATE_MAX)
        return; /* created or destroyed: not a state */
    end_state(w, th, e->time);
    for (unsigned i = 0; i < w->trace->head.harts; i++)
        if (w->harts[i].runs && w->harts[i].pid == pid && w->harts[i].tid == tid)
            stop_running(w, i, e->time);
    if (e->event == STATE_RUNNING) {
        struct hart_view *h = &w->harts[e->hart];
        stop_running(w, e->hart, e->time);
        h->runs = true;
        h->pid = pid;
        h->tid = tid;
        h->since = e->time;
    }
    th = trace_thread(&w->threads, pid, tid); /* process_name() may have moved it */
    th->known = e->event != STATE_DEAD;
    th->state = (uint8_t)e->event;
    th->since = e->time;
    th->blocked_on = e->data[1];
}

static void end_call(struct writer *w, struct trace_thread *th, uint64_t time, const char *result, int64_t value)
{
    if (!th->in_call)
        return;
    th->in_call = false;
    slice(w, trace_call_name(th->call), th->pid, track_of(th->pid, th->tid), th->call_since, time);
    fprintf(w->to, ",\"args\":{\"a0\":\"0x%" PRIx64 "\",\"a1\":\"0x%" PRIx64 "\"", th->call_args[0], th->call_args[1]);
    if (result != NULL)
        fprintf(w->to, ",\"%s\":%" PRId64, result, value);
    fputs("}", w->to);
    end(w);
}

static void call(struct writer *w, const struct trace_event *e)
{
    struct trace_thread *th = trace_thread(&w->threads, e->pid, e->tid);
    if (e->class_ == _NTO_TRACE_KERCALLENTER) {
        end_call(w, th, e->time, NULL, 0); /* its end was not recorded */
        th->in_call = true;
        th->call = e->event;
        th->call_since = e->time;
        th->call_args[0] = e->data[0];
        th->call_args[1] = e->data[1];
    } else if (th->in_call && th->call == e->event)
        end_call(w, th, e->time, (int64_t)e->data[0] < 0 ? "errno" : "result",
                 (int64_t)e->data[0] < 0 ? (int64_t)(0 - e->data[0]) : (int64_t)e->data[0]);
}

/* ------------------------------------------------------------------ messages, and events without a length */

static void flow(struct writer *w, const struct trace_event *e, char phase, uint64_t id)
{
    begin(w, phase, "message", e->pid, track_of(e->pid, e->tid), e->time);
    fprintf(w->to, ",\"cat\":\"message\",\"id\":%" PRIu64 "%s", id, phase == 'f' ? ",\"bp\":\"e\"" : "");
    end(w);
}

static void instant(struct writer *w, const struct trace_event *e, const char *name)
{
    begin(w, 'i', name, e->pid, e->pid ? track_of(e->pid, e->tid) : (uint32_t)(TRACK_INTERRUPTS + e->hart), e->time);
    fprintf(w->to, ",\"s\":\"t\",\"args\":{\"d0\":\"0x%" PRIx64 "\",\"d1\":\"0x%" PRIx64 "\"}", e->data[0], e->data[1]);
    end(w);
}

static void message(struct writer *w, const struct trace_event *e)
{
    struct trace_thread *client = e->event == _NTO_TRACE_COMM_SMSG
                                      ? trace_thread(&w->threads, e->pid, e->tid)
                                      : trace_thread(&w->threads, (uint16_t)(e->data[1] >> 32), (uint16_t)e->data[1]);
    switch (e->event) {
    case _NTO_TRACE_COMM_SMSG:
        client->message = ++w->messages;
        flow(w, e, 's', client->message);
        break;
    case _NTO_TRACE_COMM_RMSG:
        if (client->message)
            flow(w, e, 't', client->message);
        break;
    case _NTO_TRACE_COMM_REPLY:
    case _NTO_TRACE_COMM_ERROR:
        if (client->message)
            flow(w, e, 'f', client->message);
        client->message = 0;
        break;
    default:
        instant(w, e, trace_event_name(e->class_, e->event));
    }
}

static void own_event(struct writer *w, const struct trace_event *e)
{
    char *name = e->flags & QRV_TRACE_TEXT ? xstrndup(trace_payload(w->trace, e), e->payload_len) : xprintf("user %u", e->event);
    instant(w, e, name);
    free(name);
}

static void write_event(struct writer *w, const struct trace_event *e)
{
    trace_threads_see(&w->threads, w->trace, e);
    switch (e->class_) {
    case _NTO_TRACE_THREAD:
        state(w, e);
        break;
    case _NTO_TRACE_KERCALLENTER:
    case _NTO_TRACE_KERCALLEXIT:
        call(w, e);
        break;
    case _NTO_TRACE_COMM:
        message(w, e);
        break;
    case _NTO_TRACE_INTENTER:
    case _NTO_TRACE_INTEXIT:
    case _NTO_TRACE_INT_HANDLER_ENTER:
    case _NTO_TRACE_INT_HANDLER_EXIT:
        interrupt(w, e);
        break;
    case _NTO_TRACE_USER:
        own_event(w, e);
        break;
    case _NTO_TRACE_SYSTEM:
    case _NTO_TRACE_CONTROL:
        instant(w, e, trace_event_name(e->class_, e->event));
        break;
    }
}

/* ------------------------------------------------------------------ the end */

static void name_thread(struct writer *w, const struct trace_thread *th)
{
    char *name = xprintf("%u %s", th->tid, th->name), *states = xprintf("%u state", th->tid);
    name_track(w, "thread_name", th->pid, track_of(th->pid, th->tid), name);
    name_track(w, "thread_name", th->pid, track_of(th->pid, th->tid) + 1, states);
    free(name);
    free(states);
}

static void name_all(struct writer *w)
{
    name_track(w, "process_name", 0, 0, "harts");
    for (unsigned i = 0; i < w->trace->head.harts; i++) {
        char *runs = xprintf("hart %u", i), *interrupts = xprintf("hart %u interrupts", i);
        name_track(w, "thread_name", 0, TRACK_HART + i, runs);
        name_track(w, "thread_name", 0, TRACK_INTERRUPTS + i, interrupts);
        free(runs);
        free(interrupts);
    }
    for (size_t i = 0; i < w->threads.count; i++) {
        const struct trace_thread *th = &w->threads.all[i];
        if (th->pid != 0 && th->tid == 0) {
            char *name = xprintf("%s", th->process[0] ? th->process : "?");
            name_track(w, "process_name", th->pid, track_of(th->pid, 0), name);
            free(name);
        } else if (th->pid != 0)
            name_thread(w, th);
    }
}

int trace_write_perfetto(const struct trace *t, FILE *to)
{
    struct writer w = {.trace = t, .to = to};
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", to);
    for (size_t i = 0; i < t->count; i++) {
        w.last = t->events[i].time > w.last ? t->events[i].time : w.last;
        write_event(&w, &t->events[i]);
    }
    for (unsigned i = 0; i < t->head.harts; i++)
        stop_running(&w, i, w.last);
    for (size_t i = 0; i < w.threads.count; i++) {
        end_call(&w, &w.threads.all[i], w.last, NULL, 0);
        end_state(&w, &w.threads.all[i], w.last);
    }
    name_all(&w);
    fputs("\n]}\n", to);
    trace_threads_free(&w.threads);
    return ferror(to) ? (errno = EIO, -1) : 0;
}
