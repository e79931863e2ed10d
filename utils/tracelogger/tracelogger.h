/* SPDX-License-Identifier: Apache-2.0 */
/* tracelogger: where the records go (trace_out.c). */
#pragma once
#include <abi/trace.h>
#include <stdbool.h>
#include <stddef.h>

struct trace_out {
    int fd;
    char *memory; /* -M: everything until the end, else NULL */
    size_t used, limit; /* bytes written; -S, 0 none */
    bool full;          /* the limit is reached */
};

/* attributes: "NAME=value" lines.  0 or -1 with errno. */
int trace_out_open(struct trace_out *o, const char *file, bool in_memory, size_t limit);
int trace_out_head(struct trace_out *o, const char *attributes);
/* A block that does not fit any more makes the file full; it is left out. */
int trace_out_block(struct trace_out *o, unsigned hart, const void *records, size_t bytes, uint64_t dropped);
int trace_out_close(struct trace_out *o);
