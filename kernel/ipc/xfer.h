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
/* Total bytes of a message of the current process: -EFAULT, -EINVAL (too many parts), -EOVERFLOW. */
int64_t msgbuf_total(uint64_t addr, int64_t parts);
/* Skips n bytes.  0 or -errno; less than n in the buffer: left empty. */
int msgbuf_skip(struct msgbuf *b, uint64_t n);
/* Copies up to max bytes from src to dst, at least one of them the loaded address space; returns bytes, or COPY_FAULT_SELF /
 * COPY_FAULT_OTHER. */
int64_t msg_copy(struct msgbuf *dst, struct msgbuf *src, uint64_t max);
