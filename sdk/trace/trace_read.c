/* SPDX-License-Identifier: Apache-2.0 */
/* The file of tracelogger: foreign bytes, believed in nothing. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

enum { ATTRIBUTES_MAX = 1 << 20 };

struct hart {
    struct trace_event *events;
    size_t count, room;
    struct trace_event *open; /* an event that goes on in the next record */
};

/* An event is open until its last record: its payload is the end of the pool. */
static void add_payload(struct trace *t, struct trace_event *e, const void *bytes, size_t len)
{
    buf_append(&t->payload, bytes, len);
    e->payload_len += (uint32_t)len;
}

static void close_event(struct trace *t, struct hart *h)
{
    struct trace_event *e = h->open;
    h->open = NULL;
    if (e == NULL || !(e->flags & QRV_TRACE_TEXT))
        return;
    const char *text = t->payload.data + e->payload;
    e->payload_len = (uint32_t)strnlen(text, e->payload_len);
}

static struct trace_event *new_event(struct hart *h)
{
    if (h->count == h->room) {
        h->room = h->room ? h->room * 2 : 256;
        h->events = xrealloc(h->events, h->room * sizeof *h->events);
    }
    return &h->events[h->count++];
}

static void take_record(struct trace *t, struct hart *h, unsigned hart, const char *at)
{
    struct qrv_trace_record r;
    memcpy(&r, at, sizeof r);
    if (r.flags & QRV_TRACE_CONT) {
        struct trace_event *e = h->open;
        if (e == NULL || e->class_ != r.class_ || e->event != r.event || e->time != r.time ||
            e->payload_len + sizeof r.data > QRV_TRACE_BYTES_MAX + sizeof r.data) {
            close_event(t, h);
            t->broken++;
            return;
        }
        add_payload(t, e, r.data, sizeof r.data);
    } else {
        close_event(t, h);
        struct trace_event *e = new_event(h);
        *e = (struct trace_event){.time = r.time,
                                  .data = {r.data[0], r.data[1]},
                                  .payload = t->payload.len,
                                  .event = r.event,
                                  .pid = r.pid,
                                  .tid = r.tid,
                                  .class_ = r.class_,
                                  .flags = r.flags,
                                  .hart = (uint8_t)hart};
        h->open = e;
        add_payload(t, e, &r.data[1], sizeof r.data[1]);
    }
    if (!(r.flags & QRV_TRACE_MORE))
        close_event(t, h);
}

/* The records of one hart, through all blocks: its events and their payloads come out in one piece each. */
static void read_hart(const char *data, size_t len, size_t first, struct trace *t, struct hart *h, unsigned hart)
{
    struct qrv_trace_block b;
    for (size_t at = first; at + sizeof b <= len;) {
        memcpy(&b, data + at, sizeof b);
        at += sizeof b;
        size_t end = at + (b.bytes < len - at ? b.bytes : len - at);
        if (b.hart == hart) {
            t->dropped[hart] = b.dropped;
            for (; at + sizeof(struct qrv_trace_record) <= end; at += sizeof(struct qrv_trace_record))
                take_record(t, h, hart, data + at);
        }
        at = end;
    }
    close_event(t, h);
}

/* The heads of all blocks. */
static const char *check_blocks(const char *data, size_t len, size_t at, struct trace *t, size_t *where)
{
    struct qrv_trace_block b;
    while (at < len) {
        *where = at;
        if (len - at < sizeof b) {
            t->cut = true;
            return NULL;
        }
        memcpy(&b, data + at, sizeof b);
        if (b.hart >= t->head.harts)
            return "a block of a hart that the target does not have";
        if (b.bytes % sizeof(struct qrv_trace_record) != 0)
            return "a block that does not hold whole records";
        at += sizeof b;
        t->cut = b.bytes > len - at;
        at += t->cut ? len - at : b.bytes;
    }
    return NULL;
}

static const char *read_head(const char *data, size_t len, struct trace *t, size_t *where)
{
    struct qrv_trace_head *h = &t->head;
    *where = 0;
    if (len < sizeof *h)
        return "too short for a trace";
    memcpy(h, data, sizeof *h);
    if (memcmp(h->magic, QRV_TRACE_MAGIC, sizeof h->magic) != 0)
        return "not a trace of tracelogger";
    *where = 8;
    if (h->version != QRV_TRACE_VERSION || h->record_bytes != sizeof(struct qrv_trace_record))
        return "a trace of another version of QRV";
    if (h->harts == 0 || h->harts > QRV_HARTS_MAX)
        return "no such number of harts";
    *where = sizeof *h;
    if (h->attribute_bytes > ATTRIBUTES_MAX || h->attribute_bytes % 8 != 0 || h->attribute_bytes > len - sizeof *h)
        return "attributes longer than the file";
    t->attributes = xstrndup(data + sizeof *h, strnlen(data + sizeof *h, h->attribute_bytes));
    return NULL;
}

/* Each hart's events are in their order; the earliest head is next. */
static void merge(struct trace *t, struct hart *harts)
{
    size_t at[QRV_HARTS_MAX] = {0}, all = 0;
    for (unsigned i = 0; i < t->head.harts; i++)
        all += harts[i].count;
    t->events = xmalloc(all * sizeof *t->events);
    while (t->count < all) {
        unsigned best = t->head.harts;
        for (unsigned i = 0; i < t->head.harts; i++)
            if (at[i] < harts[i].count &&
                (best == t->head.harts || harts[i].events[at[i]].time < harts[best].events[at[best]].time))
                best = i;
        t->events[t->count++] = harts[best].events[at[best]++];
    }
}

const char *trace_parse(const void *data, size_t len, struct trace *t, size_t *where)
{
    struct hart harts[QRV_HARTS_MAX] = {0};
    *t = (struct trace){0};
    const char *why = read_head(data, len, t, where);
    size_t first = sizeof t->head + t->head.attribute_bytes;
    if (why == NULL)
        why = check_blocks(data, len, first, t, where);
    if (why != NULL)
        return why;
    buf_puts(&t->payload, "");
    for (unsigned i = 0; i < t->head.harts; i++)
        read_hart(data, len, first, t, &harts[i], i);
    merge(t, harts);
    for (unsigned i = 0; i < t->head.harts; i++)
        free(harts[i].events);
    return NULL;
}

void trace_free(struct trace *t)
{
    free(t->attributes);
    free(t->events);
    buf_free(&t->payload);
    *t = (struct trace){0};
}

const char *trace_payload(const struct trace *t, const struct trace_event *e)
{
    return t->payload.data + e->payload;
}
