/* SPDX-License-Identifier: Apache-2.0 */
/* spawn and exec.  taskman maps its loader and a stack into the (new or emptied) process, keeps the
 * request for it and starts one thread; the loader fetches the request (GETARGS), opens and maps
 * the program as any client would and reports (LOADED). Only then the parent of a spawn gets its
 * reply, so nothing here waits for the program's file system. Races: a process may die at any step;
 * the DEATH pulse answers whoever still waits (process/death.c). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "main/heap.h"
#include "main/rng.h"
#include "path/path.h"
#include "process/debug.h"
#include "process/process.h"
#include "process/spawnmsg.h"

#define FLAGS_KNOWN                                                                                \
    (TMSG_SPAWN_SETGROUP | TMSG_SPAWN_SETSIGMASK | TMSG_SPAWN_SETSIGDEF | TMSG_SPAWN_SETSIGIGN |   \
     TMSG_SPAWN_SETSCHED | TMSG_SPAWN_SETSID | TMSG_SPAWN_HOLD | TMSG_SPAWN_NOZOMBIE |             \
     TMSG_SPAWN_SEARCH | TMSG_SPAWN_RESETIDS | TMSG_SPAWN_SCRIPT | TMSG_SPAWN_TCSETPGRP |            \
     TMSG_SPAWN_ASLR_ON | TMSG_SPAWN_ASLR_OFF | TMSG_SPAWN_ASLR_INVERT)

bool rcvid_is_unblocked(int32_t rcvid)
{
    struct _msg_info info;

    return k_msg_info(rcvid, &info) < 0 || (info.flags & _NTO_MI_UNBLOCK_REQ);
}

int proc_check_count(struct proc *p)
{
    uint64_t limit;
    uint32_t ruid, euid;

    lock_acquire(&p->lock);
    limit = p->limit[6].cur; /* RLIMIT_NPROC */
    ruid = p->cred.ruid;
    euid = p->cred.euid;
    lock_release(&p->lock);
    return limit == LIMIT_NONE || euid == 0 || procs_of_user(ruid) < limit ? 0 : -EAGAIN;
}

void proc_abort(struct proc *p)
{
    k_kill(p->pid, SIGKILL, 0, 0, 0);
}

/* The whole request in a heap block of its own: 0 or -errno. */
static int fetch_request(struct message *m, uint8_t **out, uint32_t *bytes)
{
    const struct tmsg_spawn *head = message_as(m, sizeof(*head));
    uint8_t *text;
    long got;
    int rc;

    if (!head || (head->flags & ~(uint32_t)FLAGS_KNOWN))
        return -EINVAL;
    if (head->total > TMSG_SPAWN_MAX)
        return -E2BIG;
    if (head->total < sizeof(*head) || head->total > (uint64_t)m->info.srcmsglen)
        return -EINVAL;
    text = heap_alloc(head->total);
    if (!text)
        return -ENOMEM;
    got = k_msg_read(m->rcvid, text, head->total, 0);
    /* The client may have changed the text since: only what is in our copy now counts. */
    rc = got < 0 ? (int)got : spawn_check(text, (size_t)got);
    if (rc == 0 && (((struct tmsg_spawn *)text)->flags & ~(uint32_t)FLAGS_KNOWN))
        rc = -EINVAL;
    if (rc < 0) {
        heap_free(text);
        return rc;
    }
    *out = text;
    *bytes = (uint32_t)got;
    return 0;
}

static void keep_args(struct proc *p, const struct tmsg_spawn *req)
{
    size_t n = spawn_args_bytes(req);
    char *args;

    if (n > 4096)
        n = 4096;
    args = n ? heap_alloc(n) : NULL;
    if (args) {
        memcpy(args, (const char *)req + req->argv_off, n);
        args[n - 1] = '\0';
    }
    heap_free(p->args);
    p->args = args;
    p->args_bytes = args ? (uint32_t)n : 0;
}

/* Maps loader and stack, fills the request for the loader and starts its thread. */
static int start_loader(struct proc *p)
{
    struct tmsg_spawn *req;
    struct _kc_thread_create tc = {.pid = p->pid};
    uint64_t stack_bytes = 0, room = 0;
    struct stack_place stack;
    long rc;

    lock_acquire(&p->lock);
    req = (struct tmsg_spawn *)p->request;
    if (req) {
        stack_bytes = req->stack_max ? req->stack_max : p->limit[3].cur; /* RLIMIT_STACK */
        /* The loader runs below the area in which it lays out arguments, environment and auxiliary
         * vector. */
        room = ((uint64_t)req->total + 8UL * (req->argc + req->envc) + 8192 + 4095) & ~4095UL;
    }
    lock_release(&p->lock);
    if (!req)
        return -ESRCH; /* it died: proc_died() took the request */
    rc = aspace_load_loader(&p->as, p->pid, stack_bytes, &stack);
    if (rc < 0)
        return (int)rc;
    if (room + LOADER_STACK_BYTES > stack.high - stack.low)
        return -E2BIG;
    lock_acquire(&p->lock);
    req = (struct tmsg_spawn *)p->request; /* it may have died since */
    if (!req) {
        lock_release(&p->lock);
        return -ESRCH;
    }
    req->umask = (int32_t)p->umask;
    req->ruid = p->cred.ruid;
    req->euid = p->cred.euid;
    req->rgid = p->cred.rgid;
    req->egid = p->cred.egid;
    req->loader_stack_hi = stack.high;
    rng_bytes(req->random, sizeof(req->random));
    keep_args(p, req);
    tc.arg = req->total;
    lock_release(&p->lock);
    tc.entry = LOADER_BASE;
    tc.sp = stack.high - room;
    tc.stack_lo = stack.low;
    tc.stack_size = stack.high - stack.low;
    rc = k_thread_create(&tc);
    return rc < 0 ? (int)rc : 0;
}

/* Group and session of the child: decided under the tree lock, so that they exist when the child
 * enters them. */
static int join_family_locked(struct proc *p, struct proc *parent, const struct tmsg_spawn *req)
{
    p->pgrp = parent->pgrp;
    if (req->flags & TMSG_SPAWN_SETSID) {
        p->session = session_new_locked(p->pid);
        if (!p->session)
            return -ENOMEM;
        p->pgrp = p->pid;
        return 0;
    }
    if (req->flags & TMSG_SPAWN_SETGROUP) {
        if (req->pgrp < 0)
            return -EINVAL;
        if (req->pgrp > 0 && !group_exists_locked(req->pgrp, parent->session))
            return -EPERM;
        p->pgrp = req->pgrp ? req->pgrp : p->pid;
    }
    p->session = parent->session;
    p->session->refs++;
    return 0;
}

static long create_in_kernel(struct proc *p, struct proc *parent, const struct tmsg_spawn *req,
                             int32_t tid)
{
    struct tm_proc_create pc;

    memset(&pc, 0, sizeof(pc));
    proc_fill_attr(p, &pc.attr);
    pc.attr.ppid = parent->pid;
    pc.inherit_pid = parent == init_proc ? 0 : parent->pid;
    pc.inherit_tid = tid;
    if (req->flags & TMSG_SPAWN_SETSIGDEF)
        pc.sigdefault = req->sigdefault;
    if (req->flags & TMSG_SPAWN_SETSIGMASK) {
        pc.flags |= TM_PC_SIGMASK;
        pc.sigmask = req->sigmask;
    }
    if (req->flags & TMSG_SPAWN_SETSCHED) {
        pc.flags |= TM_PC_SCHED;
        pc.policy = req->policy;
        pc.priority = req->sched.sched_priority;
    }
    return kcall(TM_PROC_CREATE, (long)&pc, (long)&req->sched, 0, 0, 0, 0);
}

static int64_t spawn_with_tid(struct proc *parent, uint8_t *request, uint32_t bytes, int32_t rcvid,
                              int32_t tid)
{
    struct tmsg_spawn *req = (struct tmsg_spawn *)request, head;
    struct proc *p = proc_new(parent);
    bool is_alive, is_entered;
    int64_t rc;
    int32_t pid;

    if (!p) {
        heap_free(request);
        return -ENOMEM;
    }
    p->request = request; /* freed with p from here on */
    p->request_bytes = bytes;
    aspace_reset(&p->as, spawn_is_random(req, aspace_is_random(&parent->as)));
    if (req->flags & TMSG_SPAWN_RESETIDS) {
        p->cred.euid = p->cred.suid = p->cred.ruid;
        p->cred.egid = p->cred.sgid = p->cred.rgid;
    }
    rc = create_in_kernel(p, parent, req, tid);
    if (rc < 0) {
        proc_put(p);
        return rc;
    }
    p->pid = pid = (int32_t)rc;
    req->parent_pid = p->fd_source = parent == init_proc ? 0 : parent->pid;
    p->no_zombie = (req->flags & TMSG_SPAWN_NOZOMBIE) != 0;
    p->hold_after_load = (req->flags & TMSG_SPAWN_HOLD) != 0;
    p->has_execed = true;
    p->start = START_SPAWN;
    head = *req;

    /* From here on the kernel may report its death, which frees the request. */
    is_alive = proc_publish(p, parent);
    lock_acquire(&tree_lock);
    rc = p->state == PROC_STARTING ? join_family_locked(p, parent, &head)
                                   : -ENOEXEC; /* killed already */
    is_entered = rc == 0;
    p->starter_rcvid = is_entered ? rcvid : 0;
    lock_release(&tree_lock);
    if (rc == 0) {
        proc_push_attr(p, TM_PA_PGRP | TM_PA_SID);
        rc = start_loader(p);
    }
    if (rc == 0 && rcvid) /* the pulse may have come before the starter was listed */
        (void)start_unblock_of(p, rcvid);
    if (rc < 0) {
        lock_acquire(&tree_lock);
        p->is_quiet = true;
        if (is_entered && rcvid && p->starter_rcvid == 0)
            rc = MSG_DEFERRED; /* answered by then: it loaded, or it died */
        p->starter_rcvid = 0;
        lock_release(&tree_lock);
        proc_abort(p);
    }
    if (!is_alive)
        proc_died(p);
    proc_put(p);
    if (rc < 0) /* also MSG_DEFERRED */
        return rc;
    event_raise(EVENT_PROCESS_CREATE);
    return rcvid ? MSG_DEFERRED : pid;
}

int64_t spawn_start(struct proc *parent, uint8_t *request, uint32_t bytes, int32_t rcvid)
{
    return spawn_with_tid(parent, request, bytes, rcvid, 0);
}

int64_t tm_process_spawn(struct message *m)
{
    uint8_t *request;
    uint32_t bytes;
    int rc = proc_check_count(m->proc);

    if (rc == 0)
        rc = fetch_request(m, &request, &bytes);
    if (rc < 0)
        return rc;
    return spawn_with_tid(m->proc, request, bytes, m->rcvid, m->info.tid);
}

int64_t tm_process_exec(struct message *m)
{
    struct proc *p = m->proc;
    uint8_t *request;
    uint32_t bytes;
    int rc = fetch_request(m, &request, &bytes);

    if (rc < 0)
        return rc;
    lock_acquire(&tree_lock);
    if (p->state != PROC_ALIVE || p->start != START_NONE)
        rc = -EAGAIN;
    else
        p->start = START_EXEC;
    lock_release(&tree_lock);
    if (rc < 0) {
        heap_free(request);
        return rc;
    }
    ((struct tmsg_spawn *)request)->flags |= TMSG_SPAWN_ISEXEC;
    ((struct tmsg_spawn *)request)->parent_pid = p->pid;
    lock_acquire(&p->lock);
    heap_free(p->request);
    p->request = request;
    p->request_bytes = bytes;
    lock_release(&p->lock);
    rc = (int)kcall(TM_PROC_EXEC, m->rcvid, 0, 0, 0, 0, 0);
    if (rc < 0) {
        lock_acquire(&tree_lock);
        p->start = START_NONE;
        lock_acquire(&p->lock);
        heap_free(p->request);
        p->request = NULL;
        p->request_bytes = 0;
        lock_release(&p->lock);
        lock_release(&tree_lock);
        return rc;
    }
    return MSG_DEFERRED;
}

/* _PULSE_CODE_TM_EXEC: nothing of the old image is left. */
void proc_exec_ready(int32_t pid)
{
    struct proc *p = proc_get(pid);
    bool is_random;
    int rc;

    if (!p)
        return;
    path_process_died(pid);
    event_drop(pid);
    debug_emptied(pid);
    is_random = aspace_is_random(&p->as);
    lock_acquire(&p->lock);
    if (p->request)
        is_random = spawn_is_random((const struct tmsg_spawn *)p->request, is_random);
    lock_release(&p->lock);
    aspace_reset(&p->as, is_random);
    lock_acquire(&tree_lock);
    list_for_each_safe(pos, tmp, &p->waiters)
    { /* its threads are gone */
        list_remove(pos);
        heap_free(container_of(pos, struct waiter, link));
        atomic_fetch_sub_explicit(&waiter_count, 1, memory_order_relaxed);
    }
    p->has_execed = true;
    lock_release(&tree_lock);
    rc = start_loader(p);
    if (rc < 0)
        proc_abort(p);
    proc_put(p);
}

int64_t tm_process_getargs(struct message *m)
{
    struct proc *p = m->proc;
    int64_t rc = -EINVAL;

    lock_acquire(&p->lock);
    if (p->request) {
        k_reply(m->rcvid, 0, p->request, p->request_bytes);
        rc = MSG_DEFERRED;
    }
    lock_release(&p->lock);
    return rc;
}

/* The program file, for debuggers. */
static void set_file(struct proc *p, const struct message *m)
{
    const struct tmsg_loaded *req = message_as(m, sizeof(*req));
    char path[PATH_BYTES];
    char *file = NULL;

    lock_acquire(&p->lock);
    if (req && memchr(req->path, '\0', sizeof(req->path)) &&
        path_normalise(path, p->cwd, req->path) > 0)
        file = heap_string(path);
    heap_free(p->exefile);
    p->exefile = file;
    p->initial_stack = req ? req->initial_stack : 0;
    lock_release(&p->lock);
}

static void set_name(struct proc *p, const char name[64])
{
    lock_acquire(&p->lock);
    memcpy(p->name, name, sizeof(p->name));
    p->name[sizeof(p->name) - 1] = '\0';
    for (char *c = p->name; *c; c++) /* shown on terminals */
        if (*c < ' ' || *c == 0x7f)
            *c = '?';
    heap_free(p->request);
    p->request = NULL;
    p->request_bytes = 0;
    lock_release(&p->lock);
    proc_push_attr(p, TM_PA_NAME);
}

int64_t tm_process_loaded(struct message *m)
{
    const struct tmsg_status *req = message_as(m, sizeof(*req));
    struct proc *p = m->proc;
    int32_t starter = 0;
    bool is_held = false;

    if (!req || req->status < 0 || req->status > 4095)
        return -EINVAL;
    lock_acquire(&tree_lock);
    if (p->start != START_SPAWN && p->start != START_EXEC) {
        lock_release(&tree_lock);
        return -EINVAL;
    }
    if (p->start == START_SPAWN) {
        starter = p->starter_rcvid;
        p->is_quiet |= req->status != 0;
    }
    p->starter_rcvid = 0;
    p->start = START_NONE;
    p->fd_source = 0;
    if (req->status == 0) {
        p->state = PROC_ALIVE;
        is_held = p->hold_after_load;
        p->hold_after_load = false;
    }
    lock_release(&tree_lock);
    if (req->status == 0) {
        set_file(p, m);
        set_name(p, req->name);
        debug_loaded(p->pid);
    }
    if (is_held)
        k_kill(p->pid, SIGSTOP, 0, 0,
               0); /* before the loader gets its answer: not one instruction runs */
    if (starter && req->status == 0)
        k_reply(starter, p->pid, NULL, 0);
    else if (starter)
        k_error(starter, req->status);
    return 0;
}

bool start_unblock_of(struct proc *p, int32_t rcvid)
{
    bool must;

    lock_acquire(&tree_lock);
    must = p->starter_rcvid == rcvid && p->start != START_NONE && rcvid_is_unblocked(rcvid);
    if (must) {
        p->starter_rcvid = 0;
        p->is_quiet = true;
    }
    lock_release(&tree_lock);
    if (!must)
        return false;
    k_error(rcvid, EINTR);
    proc_abort(p);
    return true;
}

void start_unblock(int32_t rcvid)
{
    struct proc *found = NULL;

    lock_acquire(&tree_lock);
    list_for_each(pos, &all_procs)
    {
        struct proc *p = container_of(pos, struct proc, all);
        if (p->starter_rcvid == rcvid && p->start != START_NONE) {
            proc_ref(p);
            found = p;
            break;
        }
    }
    lock_release(&tree_lock);
    if (!found)
        return;
    (void)start_unblock_of(found, rcvid);
    proc_put(found);
}
