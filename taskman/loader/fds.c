/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of the new program: copies of the parent's, what exec leaves open, file actions.
 * A copy is a connection of our own to the same server plus _IO_DUP, with which the server binds
 * the open file to it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/dcmd_chr.h>
#include <abi/signal.h>
#include "loader/loader.h"

#define FDS_MAX 1024 /* spawn_check() refuses longer maps */
/* Of the flags of a connection: what a copy in another process keeps. */
#define COF_INHERITED (_NTO_COF_CLOEXEC | _NTO_COF_NOEVENT | _NTO_COF_REG_EVENTS | _NTO_COF_INSECURE)

/* Makes `index` a copy of descriptor `from` of process pid, about which `info` tells.  0 or -errno.
 */
static int copy_fd(const struct _msg_info *info, int pid, int from, int index, unsigned flags)
{
    struct _io_dup msg;
    int coid = (int)k_connect_attach(info->pid, info->chid, (unsigned)index, flags);
    long rc;

    if (coid < 0)
        return coid;
    if (coid != index) {
        k_connect_detach(coid);
        return -EBADF;
    }
    memset(&msg, 0, sizeof(msg));
    msg.type = _IO_DUP;
    msg.combine_len = sizeof(msg);
    msg.info.pid = pid;
    msg.info.chid = info->chid;
    msg.info.scoid = info->scoid;
    msg.info.coid = from;
    rc = k_send(coid, &msg, sizeof(msg), NULL, 0);
    if (rc < 0)
        k_connect_detach(coid);
    return rc < 0 ? (int)rc : 0;
}

static int inherit_map(const struct loader *l)
{
    const int32_t *map = (const int32_t *)((const char *)l->req + l->req->fds_off);
    struct _msg_info info;

    for (int i = 0; i < l->req->nfds; i++) {
        int rc;

        if (map[i] < 0)
            continue;
        if (k_connect_server_info(l->req->parent_pid, map[i], &info) != map[i])
            return -EBADF;
        rc = copy_fd(&info, l->req->parent_pid, map[i], i, 0);
        if (rc < 0)
            return rc == -ESRCH ? -EBADF : rc;
    }
    return 0;
}

int fds_inherit(struct loader *l)
{
    struct _msg_info info;

    if (l->req->nfds >= 0)
        return inherit_map(l);
    if (l->req->parent_pid <= 0)
        return 0;
    for (int fd = 0;; fd++) {
        int rc;

        fd = (int)k_connect_server_info(l->req->parent_pid, fd, &info);
        if (fd < 0 || fd >= _NTO_SIDE_CHANNEL)
            return 0;
        /* File actions see what close-on-exec closes afterwards, as if between fork() and
         * exec(). */
        if ((info.flags & _NTO_COF_CLOEXEC) && l->req->nactions == 0)
            continue;
        /* A server that is gone, or knows no _IO_DUP (a plain channel), leaves a hole, as in
         * Neutrino. */
        rc = copy_fd(&info, l->req->parent_pid, fd, fd, (unsigned)info.flags & COF_INHERITED);
        if (rc == -ENOMEM || rc == -EAGAIN)
            return rc;
    }
}

static void close_on_exec(void)
{
    struct _msg_info info;

    for (int fd = 0;; fd++) {
        fd = (int)k_connect_server_info(0, fd, &info);
        if (fd < 0 || fd >= _NTO_SIDE_CHANNEL)
            return;
        if (info.flags & _NTO_COF_CLOEXEC)
            lo_close(fd);
    }
}

/* exec with a descriptor map (spawn() with SPAWN_EXEC): copies above the map first, because source
 * and destination overlap. */
static int exec_map(const struct loader *l)
{
    const int32_t *map = (const int32_t *)((const char *)l->req + l->req->fds_off);
    int32_t parked[FDS_MAX], count = l->req->nfds;
    struct _msg_info info;
    int rc = 0, low = QRV_COID_MAX - count;

    for (int32_t i = 0; i < count; i++) {
        parked[i] = map[i] < 0 ? -1 : low + i;
        if (map[i] < 0)
            continue;
        if (k_connect_server_info(0, map[i], &info) != map[i])
            return -EBADF;
        rc = copy_fd(&info, l->pid, map[i], parked[i], 0);
        if (rc < 0)
            return rc;
    }
    for (int fd = 0; (fd = (int)k_connect_server_info(0, fd, &info)) >= 0 && fd < low; fd++)
        lo_close(fd);
    for (int32_t i = 0; i < count && rc == 0; i++) {
        if (parked[i] < 0)
            continue;
        if (k_connect_server_info(0, parked[i], &info) == parked[i])
            rc = copy_fd(&info, l->pid, parked[i], i, 0);
        lo_close(parked[i]);
    }
    return rc;
}

int fds_after_exec(const struct loader *l)
{
    struct _msg_info info;
    int rc = 0;

    if (l->req->nfds >= 0)
        rc = exec_map(l);
    else
        close_on_exec();
    if (rc < 0)
        return rc;
    for (int coid = SYSMGR_COID + 1;;
         coid++) { /* side channels belong to the old program's libraries */
        coid = (int)k_connect_server_info(0, coid, &info);
        if (coid < SYSMGR_COID)
            return 0;
        if (coid != SYSMGR_COID)
            lo_close(coid);
    }
}

void fds_foreground(void)
{
    uint64_t block = QRV_SIG_BIT(SIGTTOU), old = 0;
    struct {
        struct _io_devctl head;
        pid_t pgrp;
    } msg;
    struct _io_devctl_reply reply;
    struct tmsg_id ask = {.type = TMSG_PROC, .subtype = TMSG_PROC_GETID};
    struct tmsg_ids ids;

    if (k_send(SYSMGR_COID, &ask, sizeof(ask), &ids, sizeof(ids)) < 0)
        return;
    /* Asked from the background, as it has to be. */
    kcall(KC_SIGNAL_PROCMASK, SIG_BLOCK, (long)&block, (long)&old, 0, 0, 0);
    for (int fd = 0; fd < 3; fd++) {
        memset(&msg, 0, sizeof(msg));
        msg.head.type = _IO_DEVCTL;
        msg.head.combine_len = sizeof(msg);
        msg.head.dcmd = (int32_t)DCMD_CHR_TCSETPGRP;
        msg.head.nbytes = sizeof(msg.pgrp);
        msg.pgrp = ids.pgrp;
        if (k_send(fd, &msg, sizeof(msg), &reply, sizeof(reply)) >= 0)
            break;
    }
    kcall(KC_SIGNAL_PROCMASK, SIG_SETMASK, (long)&old, 0, 0, 0, 0);
}

static bool is_open(int fd, struct _msg_info *info)
{
    return k_connect_server_info(0, fd, info) == fd;
}

static int action_dup2(struct loader *l, int from, int to)
{
    struct _msg_info info, old;

    if (!is_open(from, &info))
        return -EBADF;
    if (from == to)
        return (int)k_connect_flags(0, from, _NTO_COF_CLOEXEC, 0) < 0 ? -EBADF : 0;
    if (is_open(to, &old))
        lo_close(to);
    return copy_fd(&info, l->pid, from, to, 0);
}

static int action_open(struct loader *l, const struct tmsg_action *a)
{
    struct _msg_info old;
    int server, coid;

    if (is_open(a->fd, &old))
        lo_close(a->fd);
    coid = lo_open(l, (const char *)l->req + a->path_off, (uint32_t)a->oflag & ~(uint32_t)O_CLOEXEC,
                   a->mode, (unsigned)a->fd, &server);
    if (coid < 0)
        return coid;
    if (coid != a->fd) {
        lo_close(coid);
        return -EBADF;
    }
    return 0;
}

int fds_actions(struct loader *l)
{
    struct _msg_info info;

    for (uint32_t i = 0; i < l->req->nactions; i++) {
        struct tmsg_action a;
        int rc = 0;

        memcpy(&a, (const char *)l->req + l->req->actions_off + i * sizeof(a), sizeof(a));
        switch (a.op) {
        case TMSG_ACT_CLOSE:
            if (is_open(a.fd, &info)) /* closing what is closed is no error here, as POSIX has it */
                lo_close(a.fd);
            break;
        case TMSG_ACT_DUP2:
            rc = action_dup2(l, a.fd, a.fd2);
            break;
        case TMSG_ACT_OPEN:
            rc = action_open(l, &a);
            break;
        case TMSG_ACT_CHDIR:
            rc = lo_chdir(l, (const char *)l->req + a.path_off);
            break;
        case TMSG_ACT_FCHDIR:
            rc = is_open(a.fd, &info) ? lo_fchdir(l, a.fd) : -EBADF;
            break;
        default:
            rc = -EINVAL;
        }
        if (rc < 0)
            return rc;
    }
    if (l->req->nactions > 0)
        close_on_exec();
    return 0;
}
