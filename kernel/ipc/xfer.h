/* SPDX-License-Identifier: Apache-2.0 */
/* Walking user buffers: one contiguous buffer or an iov array, in any address space. */
#pragma once
#include "core/types.h"

struct aspace;

/* Position in a message.  as NULL: the loaded address space. */
struct msgbuf {
    struct aspace *as;
    uint64_t addr;  /* of the buffer, or of the iov array */
    int64_t parts;  /* < 0: buffer of -parts bytes */
    uint64_t index; /* iov entries used up */
    uint64_t cur;   /* rest of the current piece */
    uint64_t left;
};

void msgbuf_init(struct msgbuf *b, struct aspace *as, uint64_t addr, int64_t parts);
int64_t msgbuf_total_parts(uint64_t addr, int64_t parts);
/* Total bytes of a message of the current process: -EFAULT, -EINVAL (too many parts), -EOVERFLOW. */
static inline int64_t msgbuf_total(uint64_t addr, int64_t parts)
{
    return parts < 0 && parts != INT64_MIN ? -parts : msgbuf_total_parts(addr, parts);
}
/* Skips n bytes.  0 or -errno; less than n in the buffer: left empty. */
int msgbuf_skip(struct msgbuf *b, uint64_t n);
/* The message of src (another address space) to dst (the loaded one), or the other way round; max bytes at most, as msg_copy(). */
int64_t msg_fetch(uint64_t dst, int64_t dparts, struct aspace *from, uint64_t src, int64_t sparts, uint64_t max);
int64_t msg_store(struct aspace *to, uint64_t dst, int64_t dparts, uint64_t src, int64_t sparts, uint64_t max);
/* Copies up to max bytes from src to dst, at least one of them the loaded address space; returns bytes, or COPY_FAULT_SELF /
 * COPY_FAULT_OTHER / COPY_ENDING: the current thread has to end, nobody will see the result.  Comes by preempt_point(). */
#define COPY_ENDING (-EINTR)
int64_t msg_copy(struct msgbuf *dst, struct msgbuf *src, uint64_t max);
