/* SPDX-License-Identifier: Apache-2.0 */
/* Writing behind the client's back. What a client writes is copied into chunks, which go to the server as UNSTABLE writes,
 * many at a time. A chunk stays until a COMMIT says with the same verifier that the server's disk has it: a server
 * that was restarted meanwhile answers with another one, and gets all of them again, in their order. Clients wait
 * for room, and in fsync(), close() and wherever what is written has to be seen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fsnfs.h"

#define CHUNKS_MAX 64u /* of all files */
#define BUSY_MS    1000 /* a busy server is asked again after that */

enum chunk_state { FILLING, SENDING, UNSAFE };

struct chunk {
    struct chunk *next;
    struct node *node;
    enum chunk_state state;
    uint64_t offset;
    uint32_t len, room;
    uint64_t begun; /* ms */
    char verf[NFS3_WRITEVERFSIZE];
    struct cred cred;
    struct WRITE3args args;
    nfsstat3 status;
    uint32_t written;
    bool is_safe;       /* of the last answer: on the disk */
    bool is_committing; /* it was acknowledged before the COMMIT that is under way */
    bool is_put_off;    /* the server is busy: the tick sends it again */
    bool is_stale;      /* the server that acknowledged it is gone: goes out again */
    char data[];
};

static unsigned chunk_count; /* lock */

static void drop_locked(struct chunk *k)
{
    struct chunk **at = &k->node->chunks;
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    free(k);
    chunk_count--;
    pthread_cond_broadcast(&changed);
}

void write_keep_error(struct node *n, int error)
{
    pthread_mutex_lock(&lock);
    if (n->write_error == 0 && error != EINTR)
        n->write_error = error;
    pthread_mutex_unlock(&lock);
}

static void fail_locked(struct chunk *k, int error)
{
    if (k->node->write_error == 0)
        k->node->write_error = error;
    drop_locked(k);
}

static void take_write(struct call *c, const void *result)
{
    const struct WRITE3res *res = result;
    struct chunk *k = c->out;
    k->status = res->status;
    if (res->status != NFS3_OK)
        return;
    const struct WRITE3resok *ok = &res->WRITE3res_u.resok;
    k->written = ok->count;
    k->is_safe = ok->committed == FILE_SYNC;
    memcpy(k->verf, ok->verf, sizeof k->verf);
}

static void send_locked(struct chunk *k);

/* The server took a part only: the rest becomes a chunk of its own. */
static void split_locked(struct chunk *k)
{
    uint32_t rest = k->len - k->written;
    struct chunk *tail = malloc(sizeof *tail + rest);
    if (tail == NULL) {
        fail_locked(k, ENOMEM);
        return;
    }
    *tail = (struct chunk){.node = k->node, .offset = k->offset + k->written, .len = rest, .room = rest, .cred = k->cred,
                           .next = k->next};
    memcpy(tail->data, k->data + k->written, rest);
    k->len = k->written;
    k->next = tail;
    chunk_count++;
    send_locked(tail);
}

static void on_written(struct call *c)
{
    struct chunk *k = c->out;
    int error = c->error != 0 ? c->error : nfs3_status(k->status);
    cache_changing(k->node->mount->cache, &k->node->handle);
    if (error == EAGAIN) {
        k->state = FILLING;
        k->is_put_off = true;
        k->room = k->len;
        k->begun = now_ms();
    } else if (error != 0 || k->written == 0 || k->written > k->len) {
        fail_locked(k, error != 0 ? error : EIO);
    } else {
        k->state = UNSAFE;
        if (k->written < k->len)
            split_locked(k);
        if (k->is_safe)
            drop_locked(k);
    }
    pthread_cond_broadcast(&changed);
}

static void send_locked(struct chunk *k)
{
    struct node *n = k->node;
    k->state = SENDING;
    k->is_put_off = false;
    k->is_safe = false;
    k->written = 0;
    k->args = (struct WRITE3args){.file = {{n->handle.len, n->handle.data}},
                                  .offset = k->offset,
                                  .count = k->len,
                                  .stable = n->mount->sync_writes ? FILE_SYNC : UNSTABLE,
                                  .data = {k->len, k->data}};
    if (call_submit_locked(&n->mount->link, &k->cred, (issue_fn *)(void (*)(void))rpc_nfs3_write_async, &k->args,
                           take_write, k, on_written) == NULL)
        fail_locked(k, ENOMEM);
}

static void send_filling_locked(struct node *n)
{
    for (struct chunk *k = n->chunks, *next; k != NULL; k = next) {
        next = k->next;
        if (k->state == FILLING && !k->is_put_off)
            send_locked(k);
    }
}

static int take_error_locked(struct node *n)
{
    int error = n->write_error;
    n->write_error = 0;
    return error;
}

static bool any_unacknowledged_locked(const struct node *n)
{
    for (const struct chunk *k = n->chunks; k != NULL; k = k->next)
        if (k->state != UNSAFE)
            return true;
    return false;
}

static int flush_locked(struct request *r, struct node *n)
{
    int error = 0;
    while (error == 0 && any_unacknowledged_locked(n)) {
        send_filling_locked(n);
        if (any_unacknowledged_locked(n))
            error = wait_changed_locked(r);
    }
    return error;
}

int write_flush(struct request *r, struct node *n)
{
    pthread_mutex_lock(&lock);
    int error = flush_locked(r, n);
    pthread_mutex_unlock(&lock);
    return error;
}

static struct chunk *find_stale_locked(const struct node *n)
{
    struct chunk *k = n->chunks;
    while (k != NULL && !k->is_stale)
        k = k->next;
    return k;
}

/* What the COMMIT covers is safe; the rest goes out again, one after the other. */
static int settle_locked(struct request *r, struct node *n, const char *verf)
{
    struct chunk *next;
    int error = 0;
    for (struct chunk *k = n->chunks; k != NULL; k = next) {
        next = k->next;
        if (!k->is_committing)
            continue;
        k->is_committing = false;
        if (memcmp(k->verf, verf, sizeof k->verf) == 0)
            drop_locked(k);
        else
            k->is_stale = true;
    }
    for (struct chunk *k; error == 0 && (k = find_stale_locked(n)) != NULL;) {
        k->is_stale = false;
        send_locked(k);
        error = flush_locked(r, n);
    }
    return error;
}

static int commit_once_locked(struct request *r, struct node *n)
{
    char verf[NFS3_WRITEVERFSIZE];
    struct cred saved = r->cred;
    for (struct chunk *k = n->chunks; k != NULL; k = k->next)
        k->is_committing = k->state == UNSAFE;
    r->cred = n->chunks->cred; /* as whoever wrote: fsync() may be another one's */
    pthread_mutex_unlock(&lock);
    int error = nfs3_commit(r, &n->handle, verf);
    pthread_mutex_lock(&lock);
    r->cred = saved;
    return error != 0 ? error : settle_locked(r, n, verf);
}

static int commit_locked(struct request *r, struct node *n)
{
    int error = 0;
    while (error == 0 && n->is_busy)
        error = wait_changed_locked(r);
    if (error != 0)
        return error;
    n->is_busy = true;
    do
        error = flush_locked(r, n);
    while (error == 0 && n->chunks != NULL && (error = commit_once_locked(r, n)) == 0);
    n->is_busy = false;
    if (error != 0 && error != EINTR) /* told, and not tried for ever */
        for (struct chunk *k = n->chunks, *next; k != NULL; k = next) {
            next = k->next;
            if (k->state == UNSAFE)
                drop_locked(k);
        }
    pthread_cond_broadcast(&changed);
    return error;
}

int write_commit(struct request *r, struct node *n)
{
    pthread_mutex_lock(&lock);
    int error = n->chunks != NULL ? commit_locked(r, n) : 0, behind = take_error_locked(n);
    pthread_mutex_unlock(&lock);
    return behind != 0 ? behind : error;
}

/* ------------------------------------------------------------------ filling */

static bool overlaps_unacknowledged_locked(const struct node *n, uint64_t offset, size_t len)
{
    for (const struct chunk *k = n->chunks; k != NULL; k = k->next)
        if (k->state != UNSAFE && offset < k->offset + k->len && k->offset < offset + len)
            return true;
    return false;
}

/* What the server has acknowledged but not committed may go out again, after what is written now: so it has to hold that
 * from now on. Otherwise old data would replace the new. */
static void renew_unsafe_locked(const struct node *n, uint64_t offset, const char *data, size_t len)
{
    for (struct chunk *k = n->chunks; k != NULL; k = k->next) {
        uint64_t from = offset > k->offset ? offset : k->offset;
        uint64_t end = offset + len < k->offset + k->len ? offset + len : k->offset + k->len;
        if (k->state == UNSAFE && from < end)
            memcpy(k->data + (from - k->offset), data + (from - offset), end - from);
    }
}

static struct chunk *filling_at_locked(const struct node *n, uint64_t offset, const struct cred *c)
{
    for (struct chunk *k = n->chunks; k != NULL; k = k->next)
        if (k->state == FILLING && k->offset + k->len == offset && k->len < k->room &&
            memcmp(&k->cred, c, sizeof *c) == 0)
            return k;
    return NULL;
}

/* Makes room: this file's chunks go first, else those of another one. */
static int make_room_locked(struct request *r, struct node *n)
{
    if (n->chunks != NULL)
        return commit_locked(r, n);
    struct node *other = node_written_locked();
    if (other == NULL)
        return wait_changed_locked(r);
    int error = commit_locked(r, other);
    if (error != 0 && error != EINTR && other->write_error == 0)
        other->write_error = error;
    pthread_mutex_unlock(&lock);
    node_put(other);
    pthread_mutex_lock(&lock);
    return error == EINTR ? error : 0;
}

/* A new chunk at the end, or NULL and *error; waits for room. */
static struct chunk *new_chunk_locked(struct request *r, struct node *n, uint64_t offset, int *error)
{
    while (*error == 0 && chunk_count >= CHUNKS_MAX)
        *error = make_room_locked(r, n);
    struct chunk *k = *error == 0 ? malloc(sizeof *k + n->mount->wsize) : NULL, **end = &n->chunks;
    if (*error == 0 && k == NULL)
        *error = ENOMEM;
    if (k == NULL)
        return NULL;
    *k = (struct chunk){.node = n, .offset = offset, .room = n->mount->wsize, .begun = now_ms(), .cred = r->cred};
    while (*end != NULL)
        end = &(*end)->next;
    *end = k;
    chunk_count++;
    return k;
}

int write_data(struct request *r, struct node *n, uint64_t offset, const char *data, size_t len)
{
    pthread_mutex_lock(&lock);
    int error = take_error_locked(n);
    n->generation++;
    while (error == 0 && len > 0) {
        struct chunk *k = filling_at_locked(n, offset, &r->cred);
        size_t part = k != NULL ? k->room - k->len : n->mount->wsize;
        if (part > len)
            part = len;
        if (overlaps_unacknowledged_locked(n, offset, part)) {
            error = flush_locked(r, n);
            continue;
        }
        if (k == NULL && (k = new_chunk_locked(r, n, offset, &error)) == NULL)
            continue; /* error is set */
        renew_unsafe_locked(n, offset, data, part);
        memcpy(k->data + k->len, data, part);
        k->len += (uint32_t)part;
        offset += part;
        data += part;
        len -= part;
        if (k->len == k->room)
            send_locked(k);
    }
    if (error == 0 && n->last.size < offset)
        n->last.size = offset;
    pthread_mutex_unlock(&lock);
    if (error == 0 && n->mount->sync_writes)
        error = write_commit(r, n);
    return error;
}

/* What waits to be filled does not wait for ever. */
static void tick_node_locked(struct node *n, uint64_t now)
{
    for (struct chunk *k = n->chunks, *next; k != NULL; k = next) {
        next = k->next;
        if (k->state == FILLING && now - k->begun >= (k->is_put_off ? BUSY_MS : n->mount->delay_ms))
            send_locked(k);
    }
}

void write_tick(struct mount *m)
{
    uint64_t now = now_ms();
    node_each_locked(m, tick_node_locked, now);
}

void write_forget(struct node *n)
{
    /* close_ocb() has committed: nothing is under way, and what is left failed. */
    while (n->chunks != NULL)
        drop_locked(n->chunks);
}
