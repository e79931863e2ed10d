/* SPDX-License-Identifier: Apache-2.0 */
/* The file of tracelogger (abi/trace.h): a head, then blocks as they come; in memory until the end if that is wanted. */
#include "tracelogger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syspage.h>
#include <unistd.h>

static int put(struct trace_out *o, const void *bytes, size_t len)
{
    const char *from = bytes;
    if (o->memory) {
        memcpy(o->memory + o->used, from, len);
        o->used += len;
        return 0;
    }
    o->used += len;
    while (len > 0) {
        ssize_t n = write(o->fd, from, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        from += n;
        len -= (size_t)n;
    }
    return 0;
}

int trace_out_open(struct trace_out *o, const char *file, bool in_memory, size_t limit)
{
    *o = (struct trace_out){.limit = limit};
    o->fd = strcmp(file, "-") == 0 ? STDOUT_FILENO : open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (o->fd == -1)
        return -1;
    if (in_memory && (o->memory = malloc(limit)) == NULL)
        return -1;
    return 0;
}

int trace_out_head(struct trace_out *o, const char *attributes)
{
    size_t len = strlen(attributes), padded = (len + 7) / 8 * 8;
    const struct qtime_entry *q = SYSPAGE_ENTRY(qtime);
    struct qrv_trace_head head = {
        .magic = QRV_TRACE_MAGIC,
        .version = QRV_TRACE_VERSION,
        .harts = _syspage_ptr->num_cpu,
        .attribute_bytes = (uint32_t)padded,
        .record_bytes = sizeof(struct qrv_trace_record),
        .realtime_offset = q->nsec_tod_adjust,
    };
    char *text = calloc(1, padded + 1);
    if (text == NULL)
        return -1;
    memcpy(text, attributes, len);
    int rc = put(o, &head, sizeof(head)) == 0 ? put(o, text, padded) : -1;
    free(text);
    return rc;
}

int trace_out_block(struct trace_out *o, unsigned hart, const void *records, size_t bytes, uint64_t dropped)
{
    struct qrv_trace_block b = {.hart = hart, .bytes = (uint32_t)bytes, .dropped = dropped};
    if (o->limit && o->used + sizeof(b) + bytes > o->limit) {
        o->full = true;
        return 0;
    }
    return put(o, &b, sizeof(b)) == 0 ? put(o, records, bytes) : -1;
}

int trace_out_close(struct trace_out *o)
{
    char *memory = o->memory;
    size_t used = o->used;
    o->memory = NULL;
    int rc = memory ? put(o, memory, used) : 0;
    free(memory);
    if (o->fd != STDOUT_FILENO && close(o->fd) == -1)
        rc = -1;
    return rc;
}
