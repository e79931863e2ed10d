/* SPDX-License-Identifier: Apache-2.0 */
/* Neutrino's spawn(), spawnp() and the spawnl/spawnv family. */
#include <process.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../qrv/spawnmsg.h"
#include "kcall.h"
#include "pthread_impl.h"

__attribute__((__visibility__("hidden"))) long __qrv_search_path(const char *file, char *buf,
                                                                 size_t size, int script);
extern char **environ;

static long apply(struct tmsg_spawn *h, const struct inheritance *i)
{
    static const struct {
        uint32_t spawn, tmsg;
    } same[] = {
        {SPAWN_SETGROUP, TMSG_SPAWN_SETGROUP},   {SPAWN_SETSIGDEF, TMSG_SPAWN_SETSIGDEF},
        {SPAWN_SETSIGIGN, TMSG_SPAWN_SETSIGIGN}, {SPAWN_SETSID, TMSG_SPAWN_SETSID},
        {SPAWN_HOLD, TMSG_SPAWN_HOLD},           {SPAWN_NOZOMBIE, TMSG_SPAWN_NOZOMBIE},
        {SPAWN_CHECK_SCRIPT, TMSG_SPAWN_SCRIPT}, {SPAWN_TCSETPGROUP, TMSG_SPAWN_TCSETPGRP},
        {SPAWN_ASLR_INVERT, TMSG_SPAWN_ASLR_INVERT},
    };
    for (size_t k = 0; k < sizeof same / sizeof same[0]; k++)
        if (i->flags & same[k].spawn)
            h->flags |= same[k].tmsg;
    if ((i->flags & SPAWN_SETND) && i->nd != ND_LOCAL_NODE)
        return -EHOSTUNREACH;
    h->pgrp = i->pgroup;
    h->sigdefault = i->sigdefault.__bits[0];
    h->sigignore = i->sigignore.__bits[0];
    if (i->flags & SPAWN_SETSIGMASK)
        h->sigmask = i->sigmask.__bits[0];
    if (i->flags & SPAWN_SETSTACKMAX)
        h->stack_max = i->stack_max;
    if (i->flags & SPAWN_EXPLICIT_CPU)
        h->runmask = i->runmask;
    if (i->flags & SPAWN_EXPLICIT_SCHED) {
        h->flags |= TMSG_SPAWN_SETSCHED;
        h->policy = i->policy;
        memcpy(&h->sched, &i->param, sizeof h->sched);
        if (h->policy == SCHED_NOCHANGE)
            h->policy = (int32_t)__kercall3(KC_SCHED_GET, 0, 0, 0);
    }
    return 0;
}

static pid_t spawn_path(const char *path, int fd_count, const int fd_map[],
                        const struct inheritance *inherit, char *const argv[], char *const envp[])
{
    struct qrv_spawn s = {.path = path, .argv = argv, .envp = envp ? envp : environ, .fds = fd_map};
    sigset_t old;
    int cs;
    long rc = 0;
    if (fd_count < 0 || fd_count > (int)QRV_COID_MAX) {
        errno = EINVAL;
        return -1;
    }
    __pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cs);
    __block_all_sigs(&old);
    s.h.nfds = fd_count > 0 ? fd_count : -1;
    s.h.flags = TMSG_SPAWN_SETSIGMASK;
    s.h.sigmask = old.__bits[0];
    if (inherit)
        rc = apply(&s.h, inherit);
    if (rc == 0 && inherit && (inherit->flags & SPAWN_EXEC))
        rc = __qrv_may_exec(path, !!(inherit->flags & SPAWN_CHECK_SCRIPT));
    if (rc == 0)
        rc = __qrv_spawn(&s, inherit && (inherit->flags & SPAWN_EXEC) ? TMSG_PROC_EXEC
                                                                      : TMSG_PROC_SPAWN);
    __restore_sigs(&old);
    __pthread_setcancelstate(cs, 0);
    return (pid_t)__qrv_neg(rc);
}

pid_t spawn(const char *path, int fd_count, const int fd_map[], const struct inheritance *inherit,
            char *const argv[], char *const envp[])
{
    if (inherit && (inherit->flags & SPAWN_SEARCH_PATH))
        return spawnp(path, fd_count, fd_map, inherit, argv, envp);
    return spawn_path(path, fd_count, fd_map, inherit, argv, envp);
}

pid_t spawnp(const char *file, int fd_count, const int fd_map[], const struct inheritance *inherit,
             char *const argv[], char *const envp[])
{
    char path[QRV_PATH_MAX];
    if (strchr(file, '/'))
        return spawn_path(file, fd_count, fd_map, inherit, argv, envp);
    long rc = __qrv_search_path(file, path, sizeof path,
                                inherit && (inherit->flags & SPAWN_CHECK_SCRIPT));
    if (rc < 0)
        return (pid_t)__qrv_neg(rc);
    return spawn_path(path, fd_count, fd_map, inherit, argv, envp);
}

static int by_mode(int mode, const char *file, char *const argv[], char *const envp[], int search)
{
    struct inheritance inherit;
    memset(&inherit, 0, sizeof inherit);
    switch (mode) {
    case P_WAIT:
    case P_NOWAIT:
        break;
    case P_NOWAITO:
        inherit.flags = SPAWN_NOZOMBIE;
        break;
    case P_OVERLAY:
        inherit.flags = SPAWN_EXEC;
        break;
    default:
        errno = EINVAL;
        return -1;
    }
    pid_t pid =
        search ? spawnp(file, 0, 0, &inherit, argv, envp) : spawn(file, 0, 0, &inherit, argv, envp);
    if (pid == -1 || mode != P_WAIT)
        return pid;
    int status;
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    return status;
}

int spawnve(int mode, const char *path, char *const argv[], char *const envp[])
{
    return by_mode(mode, path, argv, envp, 0);
}

int spawnv(int mode, const char *path, char *const argv[])
{
    return by_mode(mode, path, argv, environ, 0);
}

int spawnvpe(int mode, const char *file, char *const argv[], char *const envp[])
{
    return by_mode(mode, file, argv, envp, 1);
}

int spawnvp(int mode, const char *file, char *const argv[])
{
    return by_mode(mode, file, argv, environ, 1);
}

/* The arguments of a spawnl*() or execlpe(): up to the null pointer, then perhaps the environment.
 */
static size_t count_args(const char *arg0, va_list ap)
{
    size_t n = 0;
    for (const char *a = arg0; a; a = va_arg(ap, const char *))
        n++;
    return n;
}

static void take_args(char **argv, const char *arg0, va_list *ap)
{
    argv[0] = (char *)arg0;
    for (size_t i = 0; argv[i]; i++)
        argv[i + 1] = va_arg(*ap, char *);
}

#define LIST_CALL(result, with_env, call)                                                          \
    do {                                                                                           \
        va_list ap_;                                                                               \
        va_start(ap_, arg0);                                                                       \
        size_t n_ = count_args(arg0, ap_);                                                         \
        va_end(ap_);                                                                               \
        if (n_ > 4096) {                                                                           \
            errno = E2BIG;                                                                         \
            return -1;                                                                             \
        }                                                                                          \
        char *argv[n_ + 2];                                                                        \
        va_start(ap_, arg0);                                                                       \
        take_args(argv, arg0, &ap_);                                                               \
        char **envp = (with_env) ? va_arg(ap_, char **) : environ;                                 \
        va_end(ap_);                                                                               \
        result = (call);                                                                           \
    } while (0)

int spawnl(int mode, const char *path, const char *arg0, ...)
{
    int rc;
    LIST_CALL(rc, 0, by_mode(mode, path, argv, envp, 0));
    return rc;
}

int spawnle(int mode, const char *path, const char *arg0, ...)
{
    int rc;
    LIST_CALL(rc, 1, by_mode(mode, path, argv, envp, 0));
    return rc;
}

int spawnlp(int mode, const char *file, const char *arg0, ...)
{
    int rc;
    LIST_CALL(rc, 0, by_mode(mode, file, argv, envp, 1));
    return rc;
}

int spawnlpe(int mode, const char *file, const char *arg0, ...)
{
    int rc;
    LIST_CALL(rc, 1, by_mode(mode, file, argv, envp, 1));
    return rc;
}

int execlpe(const char *file, const char *arg0, ...)
{
    int rc;
    LIST_CALL(rc, 1, execvpe(file, argv, envp));
    return rc;
}
