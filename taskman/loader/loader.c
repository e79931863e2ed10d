/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a process becomes a program.  Nothing it does can hurt anybody but this
 * process: it runs with its credentials, before any code of the program. */
#include <errno.h>
#include <string.h>
#include <abi/mman.h>
#include <abi/signal.h>
#include "loader/loader.h"

_Noreturn void loader_main(uint64_t request_bytes);
_Noreturn void loader_enter(uint64_t sp, uint64_t entry);

static void report_failure(int error)
{
    struct tmsg_status s = {.type = TMSG_PROC, .subtype = TMSG_PROC_LOADED, .status = error};

    k_send(SYSMGR_COID, &s, sizeof(s), NULL, 0);
}

static const char *base_name(const char *path)
{
    const char *base = path;

    for (; *path; path++)
        if (path[0] == '/' && path[1])
            base = path + 1;
    return base;
}

static void report_loaded(const struct loader *l, uint64_t initial_stack)
{
    struct tmsg_loaded s;
    const char *name = base_name(l->path);
    size_t n = strlen(name);

    memset(&s, 0, sizeof(s));
    s.head.type = TMSG_PROC;
    s.head.subtype = TMSG_PROC_LOADED;
    memcpy(s.head.name, name, n < sizeof(s.head.name) ? n : sizeof(s.head.name) - 1);
    s.initial_stack = initial_stack;
    memcpy(s.path, l->path, strlen(l->path) + 1);
    k_send(SYSMGR_COID, &s, sizeof(s), NULL, 0);
}

static int fetch_request(struct loader *l, uint64_t bytes)
{
    struct tmsg_hdr ask = {.type = TMSG_PROC, .subtype = TMSG_PROC_GETARGS};
    int64_t at =
        lo_map(0, bytes, TM_PROT_READ | TM_PROT_WRITE, 0x22 /* MAP_PRIVATE|MAP_ANON */, -1, 0);
    long rc;

    if (at < 0)
        return (int)at;
    rc = k_send(SYSMGR_COID, &ask, sizeof(ask), (void *)at, bytes);
    l->req = (const struct tmsg_spawn *)at;
    l->req_bytes = bytes;
    return rc < 0 ? (int)rc : 0;
}

static int fetch_identity(struct loader *l)
{
    struct tmsg_id ask = {.type = TMSG_PROC, .subtype = TMSG_PROC_GETID};
    struct tmsg_ids ids;
    long rc = k_send(SYSMGR_COID, &ask, sizeof(ask), &ids, sizeof(ids));

    l->pid = (int32_t)kcall(KC_GETPID, 0, 0, 0, 0, 0, 0);
    if (rc < 0)
        return (int)rc;
    l->cred = ids.cred;
    return 0;
}

/* Signal settings that creation could not take over, and the harts the program may run on. */
static void apply_attributes(const struct tmsg_spawn *req)
{
    struct _kc_sigaction ignore = {.handler = 1};

    if (req->flags & TMSG_SPAWN_SETSIGIGN)
        for (int signo = 1; signo < QRV_NSIG; signo++)
            if (req->sigignore & QRV_SIG_BIT(signo))
                kcall(KC_SIGNAL_ACTION, signo, 0, (long)&ignore, 0, 0, 0);
    if ((req->flags & TMSG_SPAWN_ISEXEC) && (req->flags & TMSG_SPAWN_SETSIGMASK))
        kcall(KC_SIGNAL_PROCMASK, 2 /* SIG_SETMASK */, (long)&req->sigmask, 0, 0, 0, 0);
    if (req->runmask) { /* of every thread the program makes */
        struct _thread_runmask masks = {1, {req->runmask, req->runmask}};
        kcall(KC_THREAD_CTL, _NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, (long)&masks, 0, 0, 0, 0);
    }
}

static int prepare(struct loader *l, uint64_t request_bytes)
{
    int rc = fetch_request(l, request_bytes);

    if (rc == 0)
        rc = fetch_identity(l);
    if (rc == 0)
        rc = l->req->flags & TMSG_SPAWN_ISEXEC ? fds_after_exec(l) : fds_inherit(l);
    if (rc == 0)
        rc = fds_actions(l);
    if (rc < 0)
        return rc;
    if (l->req->flags & TMSG_SPAWN_TCSETPGRP)
        fds_foreground();
    apply_attributes(l->req);
    return program_load(l);
}

_Noreturn void loader_main(uint64_t request_bytes)
{
    struct loader l;
    int64_t rc, sp = 0;

    memset(&l, 0, sizeof(l));
    rc = prepare(&l, request_bytes);
    if (rc == 0)
        sp = stack_build(&l);
    if (rc < 0 || sp < 0) {
        report_failure((int)-(rc < 0 ? rc : sp));
        k_exit(127 << 8);
    }
    report_loaded(&l, (uint64_t)sp);
    lo_unmap((uint64_t)l.req, l.req_bytes);
    loader_enter((uint64_t)sp, l.has_interp ? l.interp.entry : l.program.entry);
}
