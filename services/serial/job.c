/* SPDX-License-Identifier: Apache-2.0 */
/* Job control of a terminal: its session, its foreground process group, and what background
 * processes may do (POSIX XBD 11.1.3 and 11.1.4).  Owns chardev.sid and chardev.pgrp; only the
 * dispatch thread comes here. */
#include "chardev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/procfs.h>
#include <sys/sysmgr.h>
#include <unistd.h>

void chardev_signal(struct chardev *dev, int sig)
{
    if (dev->pgrp > 1)
        kill(-dev->pgrp, sig);
}

/* A dead leader leaves its number behind: the session is over then. */
static void drop_dead_session(struct chardev *dev)
{
    if (dev->sid != 0 && getsid(dev->sid) != dev->sid) {
        dev->sid = 0;
        dev->pgrp = 0;
    }
}

/* Its descriptors are closed, so is the connection to the process manager that every process has: it has ended, if its parent has
 * not waited for it yet. */
static bool has_ended(pid_t pid)
{
    struct _server_info info;
    return ConnectServerInfo(pid, SYSMGR_COID, &info) != SYSMGR_COID;
}

void chardev_process_ended(struct chardev *dev)
{
    if (dev->sid == 0 || !has_ended(dev->sid))
        return;
    chardev_signal(dev, SIGHUP); /* POSIX, _exit(): the foreground group of a leader that ends */
    dev->sid = 0;
    dev->pgrp = 0;
}

/* Does this thread of the client block or its process ignore the signal?  Unknown counts as yes: an
 * error is safer than a client that is sent the same signal for ever. */
static bool is_deaf(pid_t pid, int tid, int sig)
{
    char path[32];
    procfs_info info;
    procfs_status status = {.tid = tid};
    snprintf(path, sizeof path, "/proc/%d/as", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return true;
    uint64_t bit = 1UL << (sig - 1);
    bool deaf = devctl(fd, DCMD_PROC_INFO, &info, sizeof info, NULL) != EOK ||
                (info.sig_ignore & bit) != 0 ||
                devctl(fd, DCMD_PROC_TIDSTATUS, &status, sizeof status, NULL) != EOK ||
                status.tid != tid || (status.sig_mask & bit) != 0;
    close(fd);
    return deaf;
}

/* A process of the group in this session, whose parent is in the session, too, but in another group: a shell that can continue it. */
static bool links_group(pid_t pid, pid_t group, pid_t sid)
{
    char path[32];
    procfs_info info;
    snprintf(path, sizeof path, "/proc/%d/as", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    bool known = devctl(fd, DCMD_PROC_INFO, &info, sizeof info, NULL) == EOK;
    close(fd);
    return known && info.num_threads > 0 && info.pgrp == group && info.sid == sid && getsid(info.ppid) == sid &&
           getpgid(info.ppid) != group;
}

/* Nobody could continue it: such a group is not stopped, and would be sent the same signal for ever. */
static bool is_orphaned(pid_t group, pid_t sid)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    bool orphaned = true;
    while (dir != NULL && orphaned && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            orphaned = !links_group((pid_t)atoi(entry->d_name), group, sid);
    if (dir != NULL)
        closedir(dir);
    return orphaned;
}

int chardev_may_access(struct chardev *dev, resmgr_context_t *ctp, int sig)
{
    if (dev->sid == 0 || dev->pgrp == 0)
        return EOK;
    pid_t pid = ctp->info.pid;
    pid_t group = getpgid(pid);
    if (group == dev->pgrp || group < 0 || getsid(pid) != dev->sid)
        return EOK; /* foreground, or a process for which this is just a device */
    if (is_deaf(pid, ctp->info.tid, sig))
        return sig == SIGTTIN ? EIO : EOK;
    if (is_orphaned(group, dev->sid))
        return EIO;
    kill(-group, sig);
    return ERESTART;
}

int chardev_set_session(struct chardev *dev, resmgr_context_t *ctp)
{
    pid_t pid = ctp->info.pid;
    drop_dead_session(dev);
    if (getsid(pid) != pid)
        return EPERM; /* only a leader chooses its terminal */
    if (dev->sid != 0 && dev->sid != pid)
        return EPERM;
    dev->sid = pid;
    dev->pgrp = getpgid(pid);
    dev->hung_up = false;
    return EOK;
}

int chardev_set_group(struct chardev *dev, resmgr_context_t *ctp, pid_t pgrp)
{
    drop_dead_session(dev);
    if (dev->sid == 0 || getsid(ctp->info.pid) != dev->sid)
        return ENOTTY;
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    if (error != EOK)
        return error;
    if (pgrp <= 0)
        return EINVAL;
    /* The group has to exist in this session: its leader tells, or when that is gone, any member's
     * answer to signal 0. */
    pid_t sid = getsid(pgrp);
    if (sid >= 0 ? sid != dev->sid : kill(-pgrp, 0) == -1)
        return EPERM;
    if (pgrp != dev->pgrp) {
        dev->pgrp = pgrp;
        dev->aware_count = -1;
        chardev_restart_readers(dev);
    }
    return EOK;
}

void chardev_hangup(struct chardev *dev)
{
    drop_dead_session(dev);
    if (dev->sid != 0) {
        kill(dev->sid, SIGHUP);
        kill(dev->sid, SIGCONT);
        /* Its leader's end would tell the foreground group, but from now on nobody knows of that group. */
        if (dev->pgrp != dev->sid) {
            chardev_signal(dev, SIGHUP);
            chardev_signal(dev, SIGCONT);
        }
    }
    dev->hung_up = true;
    dev->sid = 0;
    dev->pgrp = 0;
    ldisc_flush_input(&dev->ld);
    ldisc_flush_output(&dev->ld);
    chardev_service(dev);
}
