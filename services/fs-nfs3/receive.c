/* SPDX-License-Identifier: Apache-2.0 */
/* The receiving half of a connection, in place of libnfs's, which asks for the four bytes of each record's head, then for
 * whatever is there until nothing is, all of it with the lock held. Here the network writes the rest of a large
 * record into its buffer while nobody waits for the lock, and a READ's answer is not copied: its block takes the buffer. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "fsnfs.h"

#include "libnfs-private.h"
#include "record.h"

#define FIRST 512u /* what is asked for when nobody knows how large the record is: all of most answers */
#define TURNS 64   /* then the link's thread looks at its clock */

void receive_forget(struct link *l)
{
    buffer_put_locked(l->in);
    l->in = NULL;
    l->have = 0;
}

struct buffer *receive_keep(struct link *l, const char *data)
{
    struct buffer *old = l->in, *fresh;
    if (old == NULL || data < old->bytes || data >= old->bytes + l->have || l->taken != l->have)
        return NULL;
    fresh = buffer_get_locked();
    if (fresh == NULL)
        return NULL;
    l->in = fresh;
    return old;
}

/* Hands over what is whole: false: the stream makes no sense. */
static bool process_locked(struct link *l)
{
    size_t at = 0, size;
    while ((size = record_size(l->in->bytes + at, l->have - at, sizeof l->in->bytes - at)) != RECORD_BAD && size != 0 &&
           size <= l->have - at) {
        const struct buffer *was = l->in;
        l->taken = at + size;
        if (rpc_process_pdu(l->rpc, l->in->bytes + at, (int)size) != 0)
            return false;
        if (l->in != was) { /* kept: nothing was behind it */
            l->have = 0;
            return true;
        }
        at += size;
    }
    l->have -= at;
    memmove(l->in->bytes, l->in->bytes + at, l->have);
    /* One that has no room behind another has at the beginning. */
    return record_size(l->in->bytes, l->have, sizeof l->in->bytes) != RECORD_BAD;
}

/* What is there, or the whole rest of a record that has begun, for which it waits PIECE_MS at most. -1: the end. */
static ssize_t receive(struct link *l)
{
    size_t size = record_size(l->in->bytes, l->have, sizeof l->in->bytes);
    ssize_t n = size != 0 ? recv(rpc_get_fd(l->rpc), l->in->bytes + l->have, size - l->have, MSG_WAITALL)
                          : recv(rpc_get_fd(l->rpc), l->in->bytes + l->have, FIRST - l->have, MSG_DONTWAIT);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return n > 0 ? n : -1;
}

bool receive_all(struct link *l)
{
    ssize_t n;
    int turns = 0;
    if (l->in == NULL && (l->in = buffer_get_locked()) == NULL)
        return false;
    do {
        pthread_mutex_unlock(&lock);
        n = receive(l);
        pthread_mutex_lock(&lock);
        if (n > 0)
            l->have += (size_t)n;
        if (n == -1 || l->is_broken || !process_locked(l))
            return false;
    } while (n > 0 && ++turns < TURNS && (l->have > 0 || l->rpc->waitpdu_len > 0) &&
             !(rpc_which_events(l->rpc) & POLLOUT));
    return true;
}
