/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel traces on the build machine: reading the file of tracelogger (sysroot/include/abi/trace.h) and writing it for others. */
#pragma once

#include "../../sysroot/include/abi/limits.h"
#include "../../sysroot/include/abi/trace.h"
#include "../common/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* An event, put together from its records. */
struct trace_event {
    uint64_t time; /* ns since the target's boot */
    uint64_t data[2];
    size_t payload; /* offset in trace.payload of what is behind data[0] */
    uint32_t payload_len; /* text: without the NULs behind it */
    uint16_t event, pid, tid;
    uint8_t class_, flags, hart;
};

struct trace {
    struct qrv_trace_head head;
    char *attributes; /* "NAME=value" lines */
    struct trace_event *events; /* by time; events of one hart in its order */
    size_t count;
    struct buf payload;
    uint64_t dropped[QRV_HARTS_MAX]; /* records that found no room, by hart */
    size_t broken;                   /* continuations without a head, as the oldest of a ring may be */
    bool cut;                        /* the file ends inside a block */
};

/* trace_read.c: NULL, or what is wrong at byte *where. trace_free() either way. */
const char *trace_parse(const void *data, size_t len, struct trace *t, size_t *where);
void trace_free(struct trace *t);
const char *trace_payload(const struct trace *t, const struct trace_event *e);

/* trace_names.c: static text. */
const char *trace_class_name(unsigned class_);
const char *trace_state_name(unsigned state);   /* "RUNNING" */
const char *trace_call_name(unsigned number);   /* "MsgSendv" */
const char *trace_event_name(unsigned class_, unsigned event);

/* trace_threads.c: what is known of each thread while events are walked in their order. */
struct trace_thread {
    uint16_t pid, tid;
    char name[33], process[65];
    uint8_t state;
    bool known; /* state is */
    uint64_t since; /* in this state */
    uint64_t blocked_on;
    uint64_t call_since; /* in this kernel call */
    uint16_t call;
    bool in_call;
    uint64_t call_args[2];
    uint64_t message;    /* number of the message it waits to have answered, 0 none */
    uint64_t running_ns, calls, switches;
};
struct trace_threads {
    struct trace_thread *all;
    size_t count, room;
    uint32_t *slots; /* hash of pid and tid -> index + 1 */
    size_t slot_count;
};
struct trace_thread *trace_thread(struct trace_threads *t, uint16_t pid, uint16_t tid); /* made when new */
/* Takes up names; to be called for every event before anything else is made of it. */
void trace_threads_see(struct trace_threads *t, const struct trace *tr, const struct trace_event *e);
void trace_threads_free(struct trace_threads *t);

/* trace_perfetto.c: the JSON trace event format, for ui.perfetto.dev and chrome://tracing. 0 or -1 with errno. */
int trace_write_perfetto(const struct trace *t, FILE *to);
/* trace_ctf.c: a directory in the Common Trace Format 1.8; dir is made. 0 or -1 with errno. */
int trace_write_ctf(const struct trace *t, const char *dir);
/* trace_text.c: a line an event; a summary. */
void trace_write_text(const struct trace *t, FILE *to);
void trace_write_summary(const struct trace *t, bool json, FILE *to);
