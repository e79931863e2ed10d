/* SPDX-License-Identifier: Apache-2.0 */
/* See core.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <abi/iomsg.h>
#include <abi/procfs.h>
#include "builtin/nodes.h"
#include "main/heap.h"
#include "process/core.h"
#include "process/process.h"

#define LIMIT_CORE 4 /* RLIMIT_CORE */

struct victim {
    struct list link;
    struct qrv_core_request request;
    bool is_taken;
};

static struct lock core_lock = LOCK_INIT(RANK_DEBUG); /* not together with the debuggers' */
static struct list victims = LIST_INIT(victims);      /* core_lock, as all below: stopped, not let go yet */
static struct ocb *dumper;
static int32_t dumper_pid;
static int32_t reader; /* rcvid of its read(), 0 none */

static struct victim *find_locked(int32_t pid)
{
    list_for_each(pos, &victims)
    {
        struct victim *v = container_of(pos, struct victim, link);
        if (v->request.pid == pid)
            return v;
    }
    return NULL;
}

static struct victim *next_locked(void)
{
    list_for_each(pos, &victims)
    {
        struct victim *v = container_of(pos, struct victim, link);
        if (!v->is_taken)
            return v;
    }
    return NULL;
}

static void let_go(int32_t pid)
{
    kcall(TM_DEBUG_DETACH, pid, 0, 0, 0, 0, 0);
}

static void forget_locked(struct victim *v)
{
    list_remove(&v->link);
    heap_free(v);
}

/* ---- what happens to processes */

static bool get_request(int32_t pid, struct qrv_core_request *r)
{
    struct tm_thread_info i = {.tid = 0};
    struct proc *p = proc_get(pid);

    if (!p)
        return false;
    *r = (struct qrv_core_request){.pid = pid};
    lock_acquire(&p->lock);
    r->limit = p->limit[LIMIT_CORE].cur;
    lock_release(&p->lock);
    proc_put(p);
    for (int32_t tid = 1; r->signo == 0 && kcall(TM_THREAD_INFO, pid, tid, (long)&i, 0, 0, 0) >= 0; tid = i.tid + 1)
        if (i.why == _DEBUG_WHY_FAULTED || i.why == _DEBUG_WHY_SIGNALLED)
            r->signo = i.what;
    return r->limit != 0;
}

void core_wanted(int32_t pid)
{
    struct victim *v = heap_alloc(sizeof(*v));
    bool is_wanted = v && get_request(pid, &v->request);

    lock_acquire(&core_lock);
    is_wanted = is_wanted && dumper && pid != dumper_pid;
    if (is_wanted) {
        v->is_taken = reader != 0;
        list_append(&victims, &v->link);
        if (reader)
            k_reply(reader, sizeof(v->request), &v->request, sizeof(v->request));
        reader = 0;
    }
    lock_release(&core_lock);
    if (!is_wanted) {
        heap_free(v);
        let_go(pid);
    }
}

void core_died(int32_t pid)
{
    struct victim *v;

    lock_acquire(&core_lock);
    v = find_locked(pid);
    if (v)
        forget_locked(v);
    lock_release(&core_lock);
}

bool core_unblock(int32_t rcvid)
{
    bool is_found;

    lock_acquire(&core_lock);
    is_found = reader == rcvid && rcvid_is_unblocked(rcvid);
    if (is_found) {
        reader = 0;
        k_error(rcvid, EINTR);
    }
    lock_release(&core_lock);
    return is_found;
}

/* ---- the file */

static int64_t wait_locked(struct message *m, const struct ocb *o)
{
    if (o->ioflag & O_NONBLOCK)
        return -EAGAIN;
    if (reader)
        return -EBUSY;
    reader = m->rcvid;
    if (rcvid_is_unblocked(m->rcvid)) {
        reader = 0;
        return -EINTR;
    }
    return MSG_DEFERRED;
}

static int64_t core_read(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    struct victim *v;
    int64_t rc;

    (void)offset;
    if (bytes < sizeof(v->request))
        return -EINVAL;
    lock_acquire(&core_lock);
    v = next_locked();
    if (v) {
        v->is_taken = true;
        memcpy(m->buffer, &v->request, sizeof(v->request));
        rc = message_answer(m, m->buffer, sizeof(v->request), sizeof(v->request));
    } else {
        rc = wait_locked(m, o);
    }
    lock_release(&core_lock);
    return rc;
}

static int64_t core_write(struct message *m, struct ocb *o, uint64_t source, uint64_t offset, uint64_t bytes)
{
    struct qrv_core_done done;
    struct victim *v;
    long got;

    (void)o, (void)offset;
    if (bytes != sizeof(done))
        return -EINVAL;
    got = k_msg_read(m->rcvid, &done, sizeof(done), source);
    if (got != (long)sizeof(done))
        return got < 0 ? got : -EINVAL;
    lock_acquire(&core_lock);
    v = find_locked(done.pid);
    if (v && v->is_taken)
        forget_locked(v);
    else
        v = NULL;
    lock_release(&core_lock);
    if (!v)
        return -ESRCH;
    if (done.is_written)
        kcall(TM_DEBUG_CORE, done.pid, 1, 0, 0, 0, 0);
    let_go(done.pid);
    return sizeof(done);
}

/* Also when the dumper died: whoever was stopped for it ends without. */
static void core_closed(struct ocb *o)
{
    lock_acquire(&core_lock);
    if (dumper == o) {
        kcall(TM_DEBUG_CORE, 0, 0, 0, 0, 0, 0);
        dumper = NULL;
        list_for_each_safe(pos, tmp, &victims)
        {
            let_go(container_of(pos, struct victim, link)->request.pid);
            forget_locked(container_of(pos, struct victim, link));
        }
    }
    lock_release(&core_lock);
}

static const struct node_ops core_ops = {
    .type = S_IFREG, .read = core_read, .write = core_write, .close = core_closed, .is_endless = true};

int core_open(struct lookup *l, struct ocb **out)
{
    int rc = 0;

    if (l->rest[0] || (l->ioflag & O_DIRECTORY))
        return -ENOTDIR;
    if (l->cred.euid != 0 && (l->ioflag & _IO_FLAG_MASK))
        return -EACCES;
    *out = ocb_new(&core_ops, l->path, l->ioflag);
    if (!*out)
        return -ENOMEM;
    (*out)->mode = 0600;
    (*out)->ino = 13;
    if (!(l->ioflag & _IO_FLAG_MASK))
        return 0; /* stat() */
    lock_acquire(&core_lock);
    if (dumper)
        rc = -EBUSY;
    else {
        dumper = *out;
        dumper_pid = l->m->proc->pid;
        kcall(TM_DEBUG_CORE, 0, 1, 0, 0, 0, 0);
    }
    lock_release(&core_lock);
    if (rc < 0) {
        ocb_put(*out);
        *out = NULL;
    }
    return rc;
}
