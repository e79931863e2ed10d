/* SPDX-License-Identifier: Apache-2.0 */
/* The Common Trace Format 1.8: a text file that describes the bytes, and one stream a hart, in one packet. */
#include "../common/fs.h"
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CTF_MAGIC 0xc1fc1fc1U

static const char types[] =
    "/* CTF 1.8 */\n"
    "typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
    "typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
    "typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
    "typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
    "typealias integer { size = 64; align = 8; signed = true; } := int64_t;\n"
    "typealias integer { size = 64; align = 8; signed = false; base = hex; } := hex64_t;\n"
    "trace {\n"
    "    major = 1; minor = 8; byte_order = le;\n"
    "    packet.header := struct { uint32_t magic; uint32_t stream_id; };\n"
    "};\n";

static const char stream[] =
    "typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := time_ns_t;\n"
    "stream {\n"
    "    id = 0;\n"
    "    packet.context := struct { time_ns_t timestamp_begin; time_ns_t timestamp_end; uint64_t content_size;\n"
    "        uint64_t packet_size; uint64_t events_discarded; uint32_t cpu_id; };\n"
    "    event.header := struct { uint16_t id; time_ns_t timestamp; };\n"
    "    event.context := struct { uint16_t pid; uint16_t tid; };\n"
    "};\n";

/* Every class is an event type; its id is the class. The fields are the same but for their names. */
static const struct type {
    unsigned class_;
    const char *fields;
} event_types[] = {
    {_NTO_TRACE_COMM, "uint16_t number; string name; hex64_t id; uint32_t peer_tid; uint32_t peer_pid; string text;"},
    {_NTO_TRACE_CONTROL, "uint16_t number; string name; uint64_t value; hex64_t d1; string text;"},
    {_NTO_TRACE_INTENTER, "uint16_t vector; string name; hex64_t pc; hex64_t d1; string text;"},
    {_NTO_TRACE_INTEXIT, "uint16_t vector; string name; hex64_t d0; hex64_t d1; string text;"},
    {_NTO_TRACE_INT_HANDLER_ENTER, "uint16_t vector; string name; uint32_t owner_tid; uint32_t owner_pid; hex64_t d1; string text;"},
    {_NTO_TRACE_INT_HANDLER_EXIT, "uint16_t vector; string name; uint32_t owner_tid; uint32_t owner_pid; hex64_t d1; string text;"},
    {_NTO_TRACE_KERCALLENTER, "uint16_t call; string name; hex64_t a0; hex64_t a1; string text;"},
    {_NTO_TRACE_KERCALLEXIT, "uint16_t call; string name; int64_t result; hex64_t d1; string text;"},
    {_NTO_TRACE_PROCESS, "uint16_t number; string name; uint32_t about; uint32_t process; hex64_t d1; string text;"},
    {_NTO_TRACE_SYSTEM, "uint16_t number; string name; hex64_t d0; hex64_t d1; string text;"},
    {_NTO_TRACE_THREAD, "uint16_t number; string name; uint16_t priority; uint16_t thread; uint32_t process; hex64_t blocked_on; string text;"},
    {_NTO_TRACE_USER, "uint16_t number; string name; hex64_t d0; hex64_t d1; string text;"},
};

static bool is_typed(unsigned class_)
{
    for (size_t i = 0; i < sizeof event_types / sizeof event_types[0]; i++)
        if (event_types[i].class_ == class_)
            return true;
    return false;
}

static void env_line(struct buf *out, const char *line, size_t len)
{
    const char *eq = memchr(line, '=', len);
    size_t n = eq != NULL ? (size_t)(eq - line) : 0;
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", line[i]) &&
            (i == 0 || !strchr("0123456789", line[i])))
            return; /* not a name there */
    if (n == 0)
        return;
    buf_printf(out, "    %.*s = \"", (int)n, line);
    for (const char *c = eq + 1; c < line + len; c++)
        if ((unsigned char)*c >= ' ' && *c != '"' && *c != '\\')
            buf_append(out, c, 1);
    buf_puts(out, "\";\n");
}

static void write_metadata(const struct trace *t, struct buf *out)
{
    buf_puts(out, types);
    buf_puts(out, "env {\n    sysname = \"QRV\";\n    tracer_name = \"tracelogger\";\n");
    for (const char *line = t->attributes; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        env_line(out, line, len);
        line += len + (line[len] != '\0');
    }
    uint64_t offset = t->head.realtime_offset;
    buf_printf(out,
               "};\nclock {\n    name = monotonic;\n    freq = 1000000000;\n    offset_s = %" PRIu64 ";\n    offset = %" PRIu64
               ";\n};\n",
               offset / 1000000000, offset % 1000000000);
    buf_puts(out, stream);
    for (size_t i = 0; i < sizeof event_types / sizeof event_types[0]; i++)
        buf_printf(out, "event { id = %u; name = \"%s\"; stream_id = 0; fields := struct { %s }; };\n", event_types[i].class_,
                   trace_class_name(event_types[i].class_), event_types[i].fields);
}

static void put(struct buf *out, uint64_t value, size_t bytes)
{
    buf_append(out, &value, bytes); /* the build machine is little endian, as the target */
}

static void put_text(struct buf *out, const struct trace *t, const struct trace_event *e)
{
    const char *text = trace_payload(t, e);
    size_t len = e->flags & QRV_TRACE_TEXT ? strnlen(text, e->payload_len) : 0;
    buf_append(out, text, len);
    put(out, 0, 1);
}

static void put_event(struct buf *out, const struct trace *t, const struct trace_event *e, uint64_t time)
{
    const char *name = trace_event_name(e->class_, e->event);
    put(out, e->class_, 2);
    put(out, time, 8);
    put(out, e->pid, 2);
    put(out, e->tid, 2);
    put(out, e->event, 2);
    buf_append(out, name, strlen(name) + 1);
    put(out, e->data[0], 8);
    put(out, e->data[1], 8);
    put_text(out, t, e);
}

static void write_stream(const struct trace *t, unsigned hart, struct buf *out)
{
    uint64_t first = 0, last = 0;
    struct buf events = {0};
    buf_puts(&events, "");
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *e = &t->events[i];
        if (e->hart != hart || !is_typed(e->class_))
            continue;
        first = events.len == 0 ? e->time : first;
        last = e->time > last ? e->time : last; /* times never go back there */
        put_event(&events, t, e, last);
    }
    uint64_t bits = (8 + 5 * 8 + 4 + events.len) * 8;
    put(out, CTF_MAGIC, 4);
    put(out, 0, 4);
    put(out, first, 8);
    put(out, last, 8);
    put(out, bits, 8);
    put(out, bits, 8);
    put(out, t->dropped[hart], 8);
    put(out, hart, 4);
    buf_append(out, events.data, events.len);
    buf_free(&events);
}

static int write_file(const char *dir, const char *name, struct buf *bytes)
{
    char *path = fs_join(dir, name);
    int error = fs_write(path, bytes->data, bytes->len, 0644);
    free(path);
    buf_free(bytes);
    return error;
}

int trace_write_ctf(const struct trace *t, const char *dir)
{
    struct buf out = {0};
    int error = fs_mkdirs(dir);
    if (error == 0) {
        write_metadata(t, &out);
        error = write_file(dir, "metadata", &out);
    }
    for (unsigned i = 0; error == 0 && i < t->head.harts; i++) {
        char *name = xprintf("hart%u", i);
        write_stream(t, i, &out);
        error = write_file(dir, name, &out);
        free(name);
    }
    errno = -error;
    return error ? -1 : 0;
}
