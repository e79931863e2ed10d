/* SPDX-License-Identifier: Apache-2.0 */
/* Life and death of processes: fork, exec, exit, wait, limits and usage. */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include "spawnmsg.h"

extern hidden int __qrv_forked_owner; /* forked.c */

/* Of the flags of a connection: what a copy in another process keeps. */
#define COF_INHERITED (_NTO_COF_CLOEXEC | _NTO_COF_NOEVENT | _NTO_COF_REG_EVENTS | _NTO_COF_INSECURE)

/* fork(): the child has its memory but only the connection to the process manager; it copies the
 * parent's descriptors while the parent waits for FORK_DONE. */
static long copy_descriptors(int parent)
{
    struct _msg_info info;
    for (int fd = 0; fd <= QRV_COID_MAX; fd++) {
        long rc = __kercall3(KC_CONNECT_SERVER_INFO, parent, fd, (long)&info);
        if (rc < fd || rc >= _NTO_SIDE_CHANNEL || rc > QRV_COID_MAX)
            break;
        fd = (int)rc;
        rc = __qrv_dup_from(parent, fd, fd, 1, (unsigned)info.flags & COF_INHERITED);
        if (rc == -ENOMEM || rc == -EAGAIN)
            return rc;
        /* A server that is gone, or knows no _IO_DUP (a plain channel), leaves a hole, as in Neutrino. */
    }
    return 0;
}

static long do_fork(void)
{
    struct tmsg_hdr m = {.type = TMSG_PROC, .subtype = TMSG_PROC_FORK};
    struct tmsg_status done = {.type = TMSG_PROC, .subtype = TMSG_PROC_FORK_DONE};
    int parent = (int)__kercall0(KC_GETPID), tid = (int)__kercall0(KC_GETTID);
    long rc = __qrv_tm(&m, sizeof m, 0, 0);
    if (rc)
        return rc;
    __qrv_forked_owner = parent << 16 | tid;
    done.status = (int)-copy_descriptors(parent);
    __qrv_poll_forked();
    __qrv_stack_forked();
    __qrv_tm(&done, sizeof done, 0, 0);
    while (done.status) /* the parent's fork() has failed with it */
        __kercall1(KC_PROC_EXIT, 127 << 8);
    return 0;
}

static long do_execve(const char *path, char *const argv[], char *const envp[])
{
    struct qrv_spawn s = {.path = path, .argv = argv, .envp = envp};
    s.h.nfds = -1;
    long rc = __qrv_may_exec(path, 0);
    return rc < 0 ? rc : __qrv_spawn(&s, TMSG_PROC_EXEC);
}

static void ns_tv(struct timeval *tv, uint64_t ns)
{
    tv->tv_sec = (time_t)(ns / NSEC_PER_SEC);
    tv->tv_usec = (suseconds_t)(ns % NSEC_PER_SEC / 1000);
}

static void fill_usage(struct rusage *ru, const struct tmsg_rusage *u)
{
    *ru = (struct rusage){.ru_maxrss = (long)(u->maxrss_bytes / 1024)};
    ns_tv(&ru->ru_utime, u->utime_ns);
    ns_tv(&ru->ru_stime, u->stime_ns);
}

static long wait_for(int pid, int options, struct tmsg_wait_reply *r, unsigned fl)
{
    struct tmsg_wait m = {
        .type = TMSG_PROC, .subtype = TMSG_PROC_WAIT, .pid = pid, .options = options};
    *r = (struct tmsg_wait_reply){0};
    return __qrv_send(SYSMGR_COID, &m, sizeof m, r, sizeof *r, fl);
}

static long do_wait4(int pid, int *status, int options, struct rusage *ru, unsigned fl)
{
    struct tmsg_wait_reply r;
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED))
        return -EINVAL;
    long rc = wait_for(pid, options | WEXITED, &r, fl);
    if (rc <= 0)
        return rc;
    if (status)
        *status = r.status;
    if (ru)
        fill_usage(ru, &r.usage);
    return rc;
}

static long do_waitid(int type, int id, siginfo_t *si, int options, struct rusage *ru, unsigned fl)
{
    struct tmsg_wait_reply r;
    int pid = type == P_ALL ? -1 : type == P_PGID ? (id ? -id : 0) : id;
    if ((type != P_ALL && type != P_PID && type != P_PGID) || (type != P_ALL && id < 0) ||
        (type == P_PID && id == 0) || !(options & (WEXITED | WSTOPPED | WCONTINUED)))
        return -EINVAL;
    long rc = wait_for(pid, options, &r, fl);
    if (rc < 0)
        return rc;
    if (si) {
        *si = (siginfo_t){0};
        if (rc > 0) {
            si->si_signo = SIGCHLD;
            si->si_pid = r.pid;
            si->si_uid = r.uid;
            if (WIFEXITED(r.status)) {
                si->si_code = CLD_EXITED;
                si->si_status = WEXITSTATUS(r.status);
            } else if (WIFSIGNALED(r.status)) {
                si->si_code = WCOREDUMP(r.status) ? CLD_DUMPED : CLD_KILLED;
                si->si_status = WTERMSIG(r.status);
            } else if (WIFSTOPPED(r.status)) {
                si->si_code = CLD_STOPPED;
                si->si_status = WSTOPSIG(r.status);
            } else {
                si->si_code = CLD_CONTINUED;
                si->si_status = SIGCONT;
            }
        }
    }
    if (ru && rc > 0)
        fill_usage(ru, &r.usage);
    return 0;
}

static long usage(int who, struct tmsg_rusage *u)
{
    struct tmsg_id m = {.type = TMSG_PROC, .subtype = TMSG_PROC_RUSAGE, .value = who};
    *u = (struct tmsg_rusage){0};
    return __qrv_tm(&m, sizeof m, u, sizeof *u);
}

static long do_getrusage(int who, struct rusage *ru)
{
    struct tmsg_rusage u;
    if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
        return -EINVAL;
    long rc = usage(who == RUSAGE_CHILDREN ? -1 : 0, &u);
    if (rc < 0)
        return rc;
    if (who == RUSAGE_THREAD) {
        u.stime_ns = 0;
        rc = __kercall3(KC_CLOCK_TIME, CLOCK_THREAD_CPUTIME_ID, 0, (long)&u.utime_ns);
        if (rc < 0)
            return rc;
    }
    fill_usage(ru, &u);
    return 0;
}

#define TICK_NS 10000000UL /* sysconf(_SC_CLK_TCK) is 100 */

static long do_times(struct tms *t)
{
    struct tmsg_rusage self, kids;
    uint64_t now = 0;
    long rc = usage(0, &self);
    if (rc >= 0)
        rc = usage(-1, &kids);
    if (rc >= 0)
        rc = __kercall3(KC_CLOCK_TIME, CLOCK_MONOTONIC, 0, (long)&now);
    if (rc < 0)
        return rc;
    if (t)
        *t = (struct tms){(clock_t)(self.utime_ns / TICK_NS), (clock_t)(self.stime_ns / TICK_NS),
                          (clock_t)(kids.utime_ns / TICK_NS), (clock_t)(kids.stime_ns / TICK_NS)};
    return (long)(now / TICK_NS);
}

static long do_prlimit(int pid, int res, const struct rlimit *new, struct rlimit *old)
{
    struct tmsg_rlimit m = {.type = TMSG_PROC,
                            .subtype = TMSG_PROC_RLIMIT,
                            .pid = pid,
                            .resource = res},
                       r = m;
    if (new) {
        if (new->rlim_cur > new->rlim_max)
            return -EINVAL;
        m.set = 1;
        m.cur = new->rlim_cur;
        m.max = new->rlim_max;
    }
    long rc = __qrv_tm(&m, sizeof m, &r, sizeof r);
    if (rc < 0)
        return rc;
    if (old)
        *old = (struct rlimit){r.cur, r.max};
    return 0;
}

long __qrv_process(long n, long a, long b, long c, long d, long e, unsigned fl)
{
    switch (n) {
    case SYS_exit_group:
        return __kercall1(KC_PROC_EXIT, (a & 0xff) << 8);
    case SYS_clone:
        return a == SIGCHLD ? do_fork() : -ENOSYS; /* threads are made elsewhere */
    case SYS_execve:
        return do_execve((const char *)a, (char *const *)b, (char *const *)c);
    case SYS_wait4:
        return do_wait4((int)a, (int *)b, (int)c, (struct rusage *)d, fl);
    case SYS_waitid:
        return do_waitid((int)a, (int)b, (siginfo_t *)c, (int)d, (struct rusage *)e, fl);
    case SYS_getrusage:
        return do_getrusage((int)a, (struct rusage *)b);
    case SYS_times:
        return do_times((struct tms *)a);
    case SYS_prlimit64:
        return do_prlimit((int)a, (int)b, (const struct rlimit *)c, (struct rlimit *)d);
    default:
        return -ENOSYS;
    }
}
