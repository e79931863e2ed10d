/* SPDX-License-Identifier: Apache-2.0 */
/* A trace to be read: a line an event, or what there was of each. */
#include "../../sysroot/include/abi/thread.h"
#include "../common/json.h"
#include "trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void print_text(const struct trace *t, const struct trace_event *e, FILE *to)
{
    fputs(" \"", to);
    for (size_t i = 0; i < e->payload_len; i++) {
        unsigned char c = (unsigned char)trace_payload(t, e)[i];
        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
            fprintf(to, "\\x%02x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

static void print_event(const struct trace *t, const struct trace_event *e, FILE *to)
{
    fprintf(to, "%" PRIu64 ".%09" PRIu64 " hart %u %5u.%-4u %s %s", e->time / 1000000000, e->time % 1000000000, e->hart, e->pid,
            e->tid, trace_class_name(e->class_), trace_event_name(e->class_, e->event));
    switch (e->class_) {
    case _NTO_TRACE_THREAD:
        fprintf(to, " %u.%u priority %u blocked_on %" PRIx64, QRV_TRACE_THREAD_PID(e->data[0]),
                QRV_TRACE_THREAD_TID(e->data[0]), QRV_TRACE_THREAD_PRIO(e->data[0]), e->data[1]);
        break;
    case _NTO_TRACE_KERCALLEXIT:
        fprintf(to, " %" PRId64, (int64_t)e->data[0]);
        break;
    case _NTO_TRACE_COMM:
        fprintf(to, " %" PRIx64 " peer %u.%u", e->data[0], (unsigned)(e->data[1] >> 32), (unsigned)e->data[1]);
        break;
    case _NTO_TRACE_INTENTER:
    case _NTO_TRACE_INTEXIT:
    case _NTO_TRACE_USER:
        fprintf(to, "%u", e->event);
        /* fall through */
    default:
        fprintf(to, " %" PRIx64, e->data[0]);
        if (e->flags & QRV_TRACE_TEXT)
            print_text(t, e, to);
        else
            fprintf(to, " %" PRIx64, e->data[1]);
    }
    fputc('\n', to);
}

void trace_write_text(const struct trace *t, FILE *to)
{
    for (size_t i = 0; i < t->count; i++)
        print_event(t, &t->events[i], to);
}

/* ------------------------------------------------------------------ summary */

struct sum {
    struct trace_threads threads;
    uint64_t classes[QRV_TRACE_CLASSES], first, last, dropped;
};

static void count_state(struct sum *s, const struct trace_event *e)
{
    struct trace_thread *th =
        trace_thread(&s->threads, (uint16_t)QRV_TRACE_THREAD_PID(e->data[0]), (uint16_t)QRV_TRACE_THREAD_TID(e->data[0]));
    if (e->event >= STATE_MAX)
        return;
    if (th->known && th->state == STATE_RUNNING && e->time > th->since)
        th->running_ns += e->time - th->since;
    th->switches += e->event == STATE_RUNNING;
    th->known = true;
    th->state = (uint8_t)e->event;
    th->since = e->time;
}

static void add_up(const struct trace *t, struct sum *s)
{
    s->first = t->count ? t->events[0].time : 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *e = &t->events[i];
        trace_threads_see(&s->threads, t, e);
        s->classes[e->class_ < QRV_TRACE_CLASSES ? e->class_ : 0]++;
        s->last = e->time > s->last ? e->time : s->last;
        if (e->class_ == _NTO_TRACE_THREAD)
            count_state(s, e);
        if (e->class_ == _NTO_TRACE_KERCALLENTER)
            trace_thread(&s->threads, e->pid, e->tid)->calls++;
    }
    for (unsigned i = 0; i < t->head.harts; i++)
        s->dropped += t->dropped[i];
}

static int most_running(const void *a, const void *b)
{
    const struct trace_thread *x = a, *y = b;
    if (x->running_ns != y->running_ns)
        return x->running_ns < y->running_ns ? 1 : -1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* The names of processes go to their threads before these are sorted. */
static void name_threads(struct sum *s)
{
    for (size_t i = 0; i < s->threads.count; i++) {
        struct trace_thread *th = &s->threads.all[i];
        if (th->pid == 0 || th->tid == 0)
            continue;
        const char *name = trace_thread(&s->threads, th->pid, 0)->process;
        th = &s->threads.all[i];
        memmove(th->process, name, sizeof th->process);
    }
    if (s->threads.count > 0)
        qsort(s->threads.all, s->threads.count, sizeof s->threads.all[0], most_running);
}

static void print_json(const struct trace *t, const struct sum *s)
{
    struct json j = {0};
    json_object(&j, NULL);
    json_number(&j, "events", (int64_t)t->count);
    json_number(&j, "harts", t->head.harts);
    json_number(&j, "nanoseconds", (int64_t)(s->last - s->first));
    json_number(&j, "dropped", (int64_t)s->dropped);
    json_bool(&j, "cut", t->cut);
    json_object(&j, "classes");
    for (unsigned c = 1; c < QRV_TRACE_CLASSES; c++)
        if (s->classes[c])
            json_number(&j, trace_class_name(c), (int64_t)s->classes[c]);
    json_end(&j);
    json_array(&j, "threads");
    for (size_t i = 0; i < s->threads.count; i++) {
        const struct trace_thread *th = &s->threads.all[i];
        if (th->tid == 0)
            continue;
        json_object(&j, NULL);
        json_number(&j, "pid", th->pid);
        json_number(&j, "tid", th->tid);
        json_string(&j, "process", th->process);
        json_string(&j, "name", th->name);
        json_number(&j, "running_ns", (int64_t)th->running_ns);
        json_number(&j, "switches", (int64_t)th->switches);
        json_number(&j, "calls", (int64_t)th->calls);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    json_print(&j);
}

static void print_summary(const struct trace *t, const struct sum *s, FILE *to)
{
    fprintf(to, "%zu events on %u harts in %.3f ms%s\n", t->count, t->head.harts, (double)(s->last - s->first) / 1e6,
            t->cut ? "; the file ends inside a block" : "");
    if (s->dropped)
        fprintf(to, "%" PRIu64 " records found no room: more buffers (tracelogger -k) or fewer classes (-F) help\n", s->dropped);
    for (unsigned c = 1; c < QRV_TRACE_CLASSES; c++)
        if (s->classes[c])
            fprintf(to, "  %-18s %10" PRIu64 "\n", trace_class_name(c), s->classes[c]);
    fprintf(to, "%11s %-20s %12s %9s %9s\n", "thread", "process", "running us", "switches", "calls");
    for (size_t i = 0; i < s->threads.count; i++) {
        const struct trace_thread *th = &s->threads.all[i];
        if (th->tid != 0)
            fprintf(to, "%6u.%-4u %-20s %12.1f %9" PRIu64 " %9" PRIu64 "\n", th->pid, th->tid, th->process,
                    (double)th->running_ns / 1e3, th->switches, th->calls);
    }
}

void trace_write_summary(const struct trace *t, bool json, FILE *to)
{
    struct sum s = {0};
    add_up(t, &s);
    name_threads(&s);
    if (json)
        print_json(t, &s);
    else
        print_summary(t, &s, to);
    trace_threads_free(&s.threads);
}
