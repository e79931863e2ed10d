/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ahead. A file that is read in sequence has blocks under way in front of its reader, at most WINDOW of
 * them; what is read once is gone, so nothing is cached but what was asked for a moment ago. A block goes unread when this
 * machine has written or cut the file since, when another answer tells that the server's file has changed since, and when
 * it is old. The caller has the file's turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsnfs.h"

#define WINDOW     12u
#define BLOCKS_MAX 16u
#define FRESH_MS   3000
#define SMALL      16384u /* that much is copied: a buffer is for a whole record */

struct block {
    struct block *next; /* by offset */
    uint64_t offset;
    uint32_t want, len;
    struct call *call; /* NULL: answered, len counts */
    bool is_end;
    nfsstat3 status;
    uint64_t generation, begun;
    uint64_t turn;    /* of the read() that asked for it */
    uint64_t changed; /* the file's ctime then; 0: the server did not say */
    uint64_t mark;    /* of the cache, when it was asked for */
    struct node *node;
    struct READ3args args;
    struct buffer *buffer; /* that data is in; NULL: it is a copy of its own */
    const char *data;
};

/* The data become the block's. */
static void hold(struct block *b, struct link *l, const char *data)
{
    b->data = data;
    b->buffer = b->len > SMALL ? receive_keep(l, data) : NULL;
    if (b->buffer != NULL)
        return;
    char *copy = malloc(b->len + 1);
    b->data = copy;
    if (copy != NULL)
        memcpy(copy, data, b->len);
    else
        b->status = (nfsstat3)ENOMEM;
}

static void take_read(struct call *c, const void *result)
{
    const struct READ3res *res = result;
    struct block *b = c->out;
    b->status = res->status;
    if (res->status != NFS3_OK)
        return;
    const struct READ3resok *ok = &res->READ3res_u.resok;
    b->len = ok->data.data_len < b->want ? ok->data.data_len : b->want;
    b->is_end = ok->eof && ok->data.data_len <= b->want;
    if (ok->file_attributes.attributes_follow) {
        const struct fattr3 *a = &ok->file_attributes.post_op_attr_u.attributes;
        b->changed = node_changed_locked(b->node, a);
        cache_put(b->node->mount->cache, &b->node->handle, a, b->mark, moment_now());
    }
    hold(b, c->link, ok->data.data_val);
}

static void drop(struct file *f, struct block *b)
{
    struct block **at = &f->blocks;
    while (*at != b)
        at = &(*at)->next;
    *at = b->next;
    pthread_mutex_lock(&lock);
    if (b->call != NULL)
        call_put_locked(b->call);
    buffer_put_locked(b->buffer);
    pthread_mutex_unlock(&lock);
    if (b->buffer == NULL)
        free((char *)b->data);
    free(b);
}

void read_forget(struct file *f)
{
    while (f->blocks != NULL)
        drop(f, f->blocks);
}

static uint64_t end_of(const struct block *b)
{
    return b->offset + (b->call != NULL ? b->want : b->len);
}

static struct block *block_at(const struct file *f, uint64_t at)
{
    for (struct block *b = f->blocks; b != NULL; b = b->next)
        if (at >= b->offset && at < end_of(b))
            return b;
    return NULL;
}

static struct block *start(struct request *r, struct file *f, uint64_t offset, uint32_t want)
{
    struct node *n = f->ocb.attr;
    struct block *b = malloc(sizeof *b), **at = &f->blocks;
    if (b == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    uint64_t mark = cache_mark(n->mount->cache);
    pthread_mutex_unlock(&lock);
    *b = (struct block){.offset = offset, .want = want, .generation = n->generation, .begun = now_ms(),
                         .turn = f->turn, .node = n, .mark = mark};
    b->args = (struct READ3args){{{n->handle.len, n->handle.data}}, offset, want};
    b->call = call_submit(&n->mount->link, &r->cred, (issue_fn *)(void (*)(void))rpc_nfs3_read_async, &b->args, take_read,
                          b);
    if (b->call == NULL) {
        free(b);
        return NULL;
    }
    while (*at != NULL && (*at)->offset < offset)
        at = &(*at)->next;
    b->next = *at;
    *at = b;
    return b;
}

/* What is behind the reader, or old, goes. Returns how many are left. */
static unsigned clean(struct file *f, uint64_t at, bool in_sequence)
{
    unsigned count = 0;
    uint64_t now = now_ms();
    for (struct block *b = f->blocks, *next; b != NULL; b = next) {
        next = b->next;
        if (!in_sequence || end_of(b) <= at || b->generation != f->ocb.attr->generation || now - b->begun > FRESH_MS)
            drop(f, b);
        else
            count++;
    }
    return count;
}

/* Starts what is not under way of [at, at + len), and more for who reads in sequence. */
static void ask(struct request *r, struct file *f, uint64_t at, size_t len, bool in_sequence, unsigned count)
{
    const struct node *n = f->ocb.attr;
    uint32_t rsize = n->mount->rsize;
    uint64_t end = at + len, ahead = at + (uint64_t)WINDOW * rsize;
    if (ahead > n->last.size)
        ahead = n->last.size;
    if (in_sequence && end < ahead)
        end = ahead;
    while (at < end && count < BLOCKS_MAX) {
        struct block *b = block_at(f, at);
        if (b == NULL) {
            uint32_t want = in_sequence || end - at > rsize ? rsize : (uint32_t)(end - at);
            b = start(r, f, at, want);
            count++;
        }
        if (b == NULL)
            return;
        at = end_of(b);
    }
}

/* Waits for the block's answer: 0 or errno. */
static int await(struct request *r, struct block *b)
{
    if (b->call == NULL)
        return 0;
    int error = call_finish(r, b->call);
    b->call = NULL;
    return error != 0 ? error : nfs3_status(b->status);
}

/* It was read ahead, and the file has changed since: everything of that kind goes. False: it has not. What this very
 * call has asked for is as good as the server has it, also if its clock went back. */
static bool drop_changed(struct file *f, struct block *at)
{
    struct node *n = f->ocb.attr;
    pthread_mutex_lock(&lock);
    if (at->turn == f->turn && at->changed != 0 && at->changed < n->changed)
        n->changed = at->changed;
    uint64_t changed = n->changed;
    pthread_mutex_unlock(&lock);
    if (at->turn == f->turn || at->changed == 0 || at->changed >= changed)
        return false;
    for (struct block *b = f->blocks, *next; b != NULL; b = next) {
        next = b->next;
        if (b->turn != f->turn && (b->call != NULL || b->changed < changed))
            drop(f, b);
    }
    return true;
}

ssize_t read_data(struct request *r, resmgr_context_t *ctp, struct file *f, uint64_t offset, size_t len, size_t to)
{
    size_t done = 0;
    bool in_sequence = offset == f->next_offset, is_end = false;
    int error = write_flush(r, f->ocb.attr);
    f->turn++;
    while (error == 0 && done < len && !is_end) {
        uint64_t at = offset + done;
        ask(r, f, at, len - done, in_sequence, clean(f, at, in_sequence || done > 0));
        struct block *b = block_at(f, at);
        error = b == NULL ? ENOMEM : await(r, b);
        if (error == EAGAIN) {
            drop(f, b);
            sleep(1);
            error = 0;
            continue;
        }
        if (error == 0 && drop_changed(f, b))
            continue;
        if (error != 0 || at >= end_of(b))
            break;
        size_t part = end_of(b) - at;
        if (part > len - done)
            part = len - done;
        if (resmgr_msgwrite(ctp, b->data + (at - b->offset), part, to + done) == -1) {
            error = errno;
            break;
        }
        done += part;
        is_end = b->is_end && offset + done == end_of(b);
    }
    if (error != 0)
        read_forget(f);
    f->next_offset = offset + done;
    return error != 0 && done == 0 ? -error : (ssize_t)done;
}
