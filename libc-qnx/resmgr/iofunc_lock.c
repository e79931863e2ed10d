/* SPDX-License-Identifier: Apache-2.0 */
/* Advisory record locks of an attribute, and the clients that wait for one.
 * The list hangs on attr->lock_list under the attribute lock.  Locks belong to a process (by pid)
 * and end when it closes any descriptor of the file; a waiter is a rcvid that is answered when its
 * lock is granted. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

struct record {
    struct record *next;
    int pid;
    short type;         /* F_RDLCK, F_WRLCK */
    int64_t start, end; /* inclusive */
};

struct waiter {
    struct waiter *next;
    int rcvid, scoid, tid;
    struct record want;
};

struct _iofunc_lock_list {
    struct record *records;
    struct waiter *waiters;
};

static bool overlap(const struct record *a, const struct record *b)
{
    return a->start <= b->end && b->start <= a->end;
}

static struct record *conflict(const struct _iofunc_lock_list *l, const struct record *want)
{
    for (struct record *r = l->records; r != NULL; r = r->next)
        if (r->pid != want->pid && overlap(r, want) &&
            (r->type == F_WRLCK || want->type == F_WRLCK))
            return r;
    return NULL;
}

static void count(iofunc_attr_t *attr, const struct record *r, int by)
{
    if (r->type == F_WRLCK)
        attr->wlocks = (uint16_t)(attr->wlocks + by);
    else
        attr->rlocks = (uint16_t)(attr->rlocks + by);
}

static void add(iofunc_attr_t *attr, struct record *r)
{
    r->next = attr->lock_list->records;
    attr->lock_list->records = r;
    count(attr, r, 1);
}

/* Takes [start, end] out of what pid holds.  tail must be there for a record that falls in two; it
 * is consumed (set to NULL) when used. */
static void carve(iofunc_attr_t *attr, int pid, int64_t start, int64_t end, struct record **tail)
{
    struct record **pp = &attr->lock_list->records, *r;

    while ((r = *pp) != NULL) {
        if (r->pid != pid || r->start > end || r->end < start) {
            pp = &r->next;
        } else if (r->start < start && r->end > end) {
            if (*tail == NULL)
                return;
            **tail = (struct record){NULL, pid, r->type, end + 1, r->end};
            r->end = start - 1;
            add(attr, *tail);
            *tail = NULL;
            return; /* records of one process never overlap: there is no other */
        } else if (r->start < start) {
            r->end = start - 1;
            pp = &r->next;
        } else if (r->end > end) {
            r->start = end + 1;
            pp = &r->next;
        } else {
            *pp = r->next;
            count(attr, r, -1);
            free(r);
        }
    }
}

/* Gives want to its process.  EOK or ENOLCK. */
static int grant(iofunc_attr_t *attr, const struct record *want)
{
    struct record *tail = malloc(sizeof(*tail));
    struct record *mine = malloc(sizeof(*mine));

    if (tail == NULL || mine == NULL || attr->rlocks == UINT16_MAX || attr->wlocks == UINT16_MAX) {
        free(tail);
        free(mine);
        return ENOLCK;
    }
    carve(attr, want->pid, want->start, want->end, &tail);
    *mine = *want;
    add(attr, mine);
    free(tail);
    return EOK;
}

/* Waiters in order of arrival, as far as they fit now. */
static void wake(iofunc_attr_t *attr)
{
    struct waiter **pp = &attr->lock_list->waiters, *w;

    while ((w = *pp) != NULL) {
        if (conflict(attr->lock_list, &w->want) != NULL) {
            pp = &w->next;
            continue;
        }
        int rc = grant(attr, &w->want);

        *pp = w->next;
        if (rc != EOK)
            MsgError(w->rcvid, rc);
        else if (MsgReply(w->rcvid, EOK, NULL, 0) == -1) {
            /* The client is gone: so is its lock. */
            struct record *tail = NULL;

            carve(attr, w->want.pid, w->want.start, w->want.end, &tail);
        }
        free(w);
        pp = &attr->lock_list->waiters;
    }
}

static void free_if_empty(iofunc_attr_t *attr)
{
    struct _iofunc_lock_list *l = attr->lock_list;

    if (l != NULL && l->records == NULL && l->waiters == NULL) {
        attr->lock_list = NULL;
        free(l);
    }
}

/* Would waiting close a circle of processes that wait for each other on this file? */
static bool deadlock(const struct _iofunc_lock_list *l, const struct record *want)
{
    const struct record *holder = conflict(l, want);

    for (int steps = 0; holder != NULL && steps < 64; steps++) {
        const struct waiter *w = l->waiters;

        while (w != NULL && w->want.pid != holder->pid)
            w = w->next;
        if (w == NULL)
            return false;
        holder = conflict(l, &w->want);
        if (holder != NULL && holder->pid == want->pid)
            return true;
    }
    return false;
}

/* The client's range as inclusive offsets.  EOK, EINVAL, EOVERFLOW. */
static int to_range(const io_lock_t *msg, const iofunc_ocb_t *ocb, const iofunc_attr_t *attr,
                    struct record *out)
{
    int64_t base, start, len = msg->i.l_len;

    if (!__iofunc_base(ocb, attr, msg->i.l_whence, &base))
        return EINVAL;
    if (__builtin_add_overflow(base, msg->i.l_start, &start))
        return EOVERFLOW;
    if (len < 0) {
        if (__builtin_add_overflow(start, len, &start))
            return EINVAL;
        len = -msg->i.l_len;
    }
    if (start < 0)
        return EINVAL;
    out->start = start;
    out->end = len == 0 || start > INT64_MAX - len ? INT64_MAX : start + len - 1;
    return EOK;
}

static int query(resmgr_context_t *ctp, io_lock_t *msg, const struct _iofunc_lock_list *l,
                 const struct record *want)
{
    const struct record *other = l != NULL ? conflict(l, want) : NULL;

    if (other == NULL) {
        msg->o.l_type = F_UNLCK;
    } else {
        msg->o.l_type = other->type;
        msg->o.l_whence = SEEK_SET;
        msg->o.l_pid = other->pid;
        msg->o.l_start = other->start;
        msg->o.l_len = other->end == INT64_MAX ? 0 : other->end - other->start + 1;
    }
    return _RESMGR_PTR(ctp, &msg->o, sizeof(msg->o));
}

static int wait_for(resmgr_context_t *ctp, iofunc_attr_t *attr, const struct record *want)
{
    struct waiter **pp, *w;

    if (deadlock(attr->lock_list, want))
        return EDEADLK;
    w = malloc(sizeof(*w));
    if (w == NULL)
        return ENOLCK;
    *w = (struct waiter){NULL, ctp->rcvid, ctp->info.scoid, ctp->info.tid, *want};
    for (pp = &attr->lock_list->waiters; *pp != NULL; pp = &(*pp)->next)
        continue;
    *pp = w;
    return _RESMGR_NOREPLY;
}

static int unlock_range(iofunc_attr_t *attr, const struct record *want)
{
    struct record *tail;

    if (attr->lock_list == NULL)
        return EOK;
    tail = malloc(sizeof(*tail));
    if (tail == NULL)
        return ENOLCK;
    carve(attr, want->pid, want->start, want->end, &tail);
    free(tail);
    wake(attr);
    free_if_empty(attr);
    return EOK;
}

int iofunc_lock(resmgr_context_t *ctp, io_lock_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    struct record want = {.pid = ctp->info.pid, .type = msg->i.l_type};
    int rc = to_range(msg, ocb, attr, &want);

    if (rc != EOK)
        return rc;
    if (want.type != F_RDLCK && want.type != F_WRLCK && want.type != F_UNLCK)
        return EINVAL;
    if (msg->i.subtype == F_GETLK)
        return want.type == F_UNLCK ? EINVAL : query(ctp, msg, attr->lock_list, &want);
    if (msg->i.subtype != F_SETLK && msg->i.subtype != F_SETLKW)
        return EINVAL;
    if (want.type == F_UNLCK)
        return unlock_range(attr, &want);
    if (attr->lock_list == NULL && (attr->lock_list = calloc(1, sizeof(*attr->lock_list))) == NULL)
        return ENOLCK;
    if (conflict(attr->lock_list, &want) == NULL) {
        rc = grant(attr, &want);
        if (rc == EOK)
            wake(attr); /* what was a write lock may be a read lock now */
    } else {
        rc = msg->i.subtype == F_SETLK ? EAGAIN : wait_for(ctp, attr, &want);
    }
    free_if_empty(attr);
    return rc;
}

int iofunc_lock_default(resmgr_context_t *ctp, io_lock_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_lock(ctp, msg, ocb, ocb->attr);
}

int iofunc_close_dup(resmgr_context_t *ctp, io_close_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    struct record all = {.pid = ctp->info.pid, .start = 0, .end = INT64_MAX};

    (void)msg;
    (void)ocb;
    if (attr->lock_list == NULL || ctp->info.pid == 0)
        return EOK;
    unlock_range(attr, &all);
    return EOK;
}

int iofunc_close_dup_default(resmgr_context_t *ctp, io_close_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_close_dup(ctp, msg, ocb, ocb->attr);
}

/* EOK: the client of ctp waited for a lock and has been released; _RESMGR_DEFAULT: it did not wait
 * here. */
int iofunc_unblock(resmgr_context_t *ctp, iofunc_attr_t *attr)
{
    struct _iofunc_lock_list *l = attr->lock_list;
    struct waiter **pp, *w;

    if (l == NULL)
        return _RESMGR_DEFAULT;
    for (pp = &l->waiters; (w = *pp) != NULL; pp = &w->next) {
        if (w->scoid == ctp->info.scoid && w->tid == ctp->info.tid) {
            *pp = w->next;
            MsgError(w->rcvid, -1);
            free(w);
            free_if_empty(attr);
            return EOK;
        }
    }
    return _RESMGR_DEFAULT;
}

int iofunc_unblock_default(resmgr_context_t *ctp, io_pulse_t *msg, iofunc_ocb_t *ocb)
{
    (void)msg;
    return iofunc_unblock(ctp, ocb->attr);
}
