/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of a trace, by process and thread number. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *slot_of(const struct trace_threads *t, uint32_t key)
{
    size_t i = (key * 2654435761U) & (t->slot_count - 1);
    while (t->slots[i] != 0) {
        const struct trace_thread *th = &t->all[t->slots[i] - 1];
        if (((uint32_t)th->pid << 16 | th->tid) == key)
            break;
        i = (i + 1) & (t->slot_count - 1);
    }
    return &t->slots[i];
}

/* A power of two, at most half full. */
static void grow(struct trace_threads *t)
{
    if (t->count * 2 < t->slot_count)
        return;
    free(t->slots);
    t->slot_count = t->slot_count ? t->slot_count * 2 : 64;
    t->slots = xmalloc(t->slot_count * sizeof *t->slots);
    memset(t->slots, 0, t->slot_count * sizeof *t->slots);
    for (size_t i = 0; i < t->count; i++)
        *slot_of(t, (uint32_t)t->all[i].pid << 16 | t->all[i].tid) = (uint32_t)(i + 1);
}

struct trace_thread *trace_thread(struct trace_threads *t, uint16_t pid, uint16_t tid)
{
    grow(t);
    uint32_t *slot = slot_of(t, (uint32_t)pid << 16 | tid);
    if (*slot == 0) {
        if (t->count == t->room) {
            t->room = t->room ? t->room * 2 : 64;
            t->all = xrealloc(t->all, t->room * sizeof *t->all);
        }
        t->all[t->count] = (struct trace_thread){.pid = pid, .tid = tid};
        *slot = (uint32_t)++t->count;
    }
    return &t->all[*slot - 1];
}

static void copy_name(char *to, size_t room, const struct trace *tr, const struct trace_event *e)
{
    size_t n = e->payload_len < room - 1 ? e->payload_len : room - 1;
    memcpy(to, trace_payload(tr, e), n);
    to[n] = '\0';
}

/* Thread 0 of a process stands for the process. */
void trace_threads_see(struct trace_threads *t, const struct trace *tr, const struct trace_event *e)
{
    if (e->class_ != _NTO_TRACE_PROCESS || !(e->flags & QRV_TRACE_TEXT))
        return;
    uint16_t pid = (uint16_t)(e->data[0] >> 32);
    if (e->event == _NTO_TRACE_PROCCREATE_NAME) {
        struct trace_thread *p = trace_thread(t, pid, 0);
        copy_name(p->process, sizeof p->process, tr, e);
    } else if (e->event == _NTO_TRACE_PROCTHREAD_NAME) {
        struct trace_thread *th = trace_thread(t, pid, (uint16_t)e->data[0]);
        copy_name(th->name, sizeof th->name, tr, e);
    }
}

void trace_threads_free(struct trace_threads *t)
{
    free(t->all);
    free(t->slots);
    *t = (struct trace_threads){0};
}
