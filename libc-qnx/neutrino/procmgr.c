/* SPDX-License-Identifier: Apache-2.0 */
/* Process manager, path manager and system manager requests that are no POSIX calls. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/pathmgr.h>
#include <sys/procmgr.h>
#include <sys/stat.h>
#include <sys/sysmgr.h>
#include <unistd.h>
#include <abi/tm.h>
#include "../qrv/qrv.h"
#include "kcall.h"

static void close_all(void)
{
    struct _server_info info;
    for (int fd = 0; fd <= (int)QRV_COID_MAX; fd++) {
        int next = ConnectServerInfo_r(0, fd, &info);
        if (next < fd || next >= _NTO_SIDE_CHANNEL || next > (int)QRV_COID_MAX)
            return;
        fd = next;
        close(fd);
    }
}

static void null_stdio(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        int n = open("/dev/null", O_RDWR | O_NOCTTY);
        if (n == -1)
            return;
        if (n > fd) { /* that one is open still */
            dup2(n, fd);
            close(n);
        }
    }
}

static int leave_parent(int status, unsigned flags)
{
    struct tmsg_status m = {
        .type = TMSG_PROC, .subtype = TMSG_PROC_DAEMON, .status = status, .flags = flags};
    if (!(flags & PROCMGR_DAEMON_NOCHDIR) && chdir("/") == -1)
        return -1;
    if (!(flags & PROCMGR_DAEMON_KEEPUMASK))
        umask(0);
    if (!(flags & PROCMGR_DAEMON_NOCLOSE))
        close_all();
    if (!(flags & PROCMGR_DAEMON_NODEVNULL))
        null_stdio();
    return __qrv_ok(__qrv_tm(&m, sizeof m, 0, 0));
}

int procmgr_daemon(int status, unsigned flags)
{
    return leave_parent(status, flags);
}

int procmgr_detach(unsigned flags)
{
    return leave_parent(0, flags);
}

int procmgr_event_notify(unsigned flags, const struct sigevent *event)
{
    struct tmsg_event m = {
        .type = TMSG_PROC, .subtype = TMSG_PROC_EVENT, .flags = event ? flags : 0};
    if (event)
        memcpy(m.event, event, sizeof m.event);
    return __qrv_ok(__qrv_tm(&m, sizeof m, 0, 0));
}

int procmgr_session(uint32_t nd, pid_t sid, int id, unsigned event)
{
    (void)sid, (void)id;
    if (nd != ND_LOCAL_NODE) {
        errno = EHOSTUNREACH;
        return -1;
    }
    switch (event) {
    case PROCMGR_SESSION_SETSID:
        return setsid() == -1 ? -1 : 0;
    case PROCMGR_SESSION_SIGNAL_PID:
    case PROCMGR_SESSION_SIGNAL_PGRP:
    case PROCMGR_SESSION_SIGNAL_SID: /* terminal drivers signal process groups with kill() here */
    default:
        errno = ENOSYS;
        return -1;
    }
}

/* Abilities are checked by effective user only: the list is read to its end and refused when it
 * makes no sense. */
int procmgr_ability(pid_t pid, unsigned ability, ...)
{
    va_list ap;
    int rc = EOK;
    (void)pid;
    va_start(ap, ability);
    for (unsigned a = ability; (a & 0xffff) != PROCMGR_AID_EOL; a = va_arg(ap, unsigned)) {
        if ((a & 0xffff) > PROCMGR_AID_NATIVE_CREATE ||
            !(a & (PROCMGR_ADN_ROOT | PROCMGR_ADN_NONROOT))) {
            rc = EINVAL;
            break;
        }
        if (a & PROCMGR_AOP_SUBRANGE) {
            (void)va_arg(ap, uint64_t);
            (void)va_arg(ap, uint64_t);
        }
    }
    va_end(ap);
    return rc;
}

int pathmgr_symlink(const char *path, const char *symlink_path)
{
    struct tmsg_resolve_reply r;
    long rc = __qrv_resolve(AT_FDCWD, symlink_path, TMSG_RESOLVE_NOFOLLOW, &r);
    if (rc < 0)
        return __qrv_ok(rc);
    size_t a = strlen(r.path) + 1, b = strlen(path) + 1;
    if (b == 1 || b > QRV_PATH_MAX) {
        errno = b == 1 ? ENOENT : ENAMETOOLONG;
        return -1;
    }
    struct tmsg_path m = {
        .type = TMSG_PATH, .subtype = TMSG_PATH_SYMLINK, .path_len = (uint32_t)(a + b)};
    struct iovec s[3] = {{&m, sizeof m}, {r.path, a}, {(void *)path, b}};
    return __qrv_ok(__qrv_sendv(SYSMGR_COID, s, 3, 0, 0, KC_SEND_NC));
}

int pathmgr_unlink(const char *path)
{
    struct tmsg_resolve_reply r;
    long rc = __qrv_resolve(AT_FDCWD, path, TMSG_RESOLVE_NOFOLLOW, &r);
    if (rc < 0)
        return __qrv_ok(rc);
    size_t n = strlen(r.path) + 1;
    struct tmsg_path m = {.type = TMSG_PATH, .subtype = TMSG_PATH_UNLINK, .path_len = (uint32_t)n};
    struct iovec s[2] = {{&m, sizeof m}, {r.path, n}};
    return __qrv_ok(__qrv_sendv(SYSMGR_COID, s, 2, 0, 0, KC_SEND_NC));
}

int sysmgr_reboot(void)
{
    struct tmsg_id m = {.type = TMSG_SYS, .subtype = TMSG_SYS_REBOOT, .value = TM_REBOOT_RESET};
    return __qrv_ok(__qrv_tm(&m, sizeof m, 0, 0));
}
