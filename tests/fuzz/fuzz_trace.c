/* SPDX-License-Identifier: Apache-2.0 */
/* Files of tracelogger: whatever is in them, reading and every way of writing them ends, inside their bounds. */
#include "fuzz.h"

#include "trace/trace.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *sink;
    struct trace t;
    size_t where = SIZE_MAX;
    if (sink == NULL)
        sink = fopen("/dev/null", "w");
    const char *why = trace_parse(data, size, &t, &where);
    if (why != NULL && where > size)
        abort();
    if (why == NULL) {
        for (size_t i = 0; i < t.count; i++)
            if (t.events[i].payload + t.events[i].payload_len > t.payload.len || t.events[i].hart >= t.head.harts)
                abort();
        if (trace_write_perfetto(&t, sink) != 0)
            abort();
        trace_write_text(&t, sink);
        trace_write_summary(&t, false, sink);
    }
    trace_free(&t);
    return 0;
}
