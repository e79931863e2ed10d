/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through taskman, and the table of who answers what.
 *
 * A handler returns a status >= 0 (the reply is `reply`/`reply_bytes`, or nothing), -errno
 * (MsgError), or MSG_DEFERRED when the answer is given later or was given already.  The request
 * text is untrusted: `bytes` of it are in `data`, the rest (info.msglen to info.srcmsglen) can be
 * fetched with k_msg_read. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "process/proc.h"

#define MESSAGE_BYTES 8192
#define MSG_DEFERRED  INT64_MIN

struct message {
    int32_t rcvid;
    struct _msg_info info;
    struct proc *proc; /* the client: referenced for the handler's time */
    const uint8_t *data;
    size_t bytes;      /* of the request in data */
    uint8_t *buffer;   /* MESSAGE_BYTES to build a reply in */
    const void *reply; /* what is sent back, buffer or anything that lives long enough */
    size_t reply_bytes;
};

typedef int64_t (*message_handler)(struct message *m);

/* NULL unless the request has at least `need` bytes. */
static inline const void *message_as(const struct message *m, size_t need)
{
    return m->bytes >= need ? m->data : NULL;
}
static inline int64_t message_answer(struct message *m, const void *reply, size_t bytes,
                                     int64_t status)
{
    m->reply = reply;
    m->reply_bytes = bytes;
    return status;
}

/* Each family's dispatcher: picks by subtype. */
int64_t tm_process(struct message *m);
int64_t tm_memory(struct message *m);
int64_t tm_path(struct message *m);
int64_t tm_system(struct message *m);
int64_t tm_io(struct message *m);
