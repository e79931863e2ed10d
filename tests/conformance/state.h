/* SPDX-License-Identifier: Apache-2.0 */
/* Seeing a thread block, instead of giving it time to. */
#pragma once
#include <devctl.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/procfs.h>
#include <sys/states.h>
#include <time.h>
#include <unistd.h>
#include "tap.h"

/* What the system says of a thread; its state is -1 when it is not there. */
static inline procfs_status blocked_status(pid_t pid, int tid)
{
    static int fd = -1;
    static pid_t opened;
    procfs_status st = {.tid = tid}, none = {.state = (uint8_t)-1};
    if (opened != pid) {
        char path[40];
        if (fd != -1)
            close(fd);
        snprintf(path, sizeof path, "/proc/%d/as", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        opened = pid;
    }
    if (devctl(fd, (int)DCMD_PROC_TIDSTATUS, &st, sizeof st, NULL) != EOK || st.tid != tid)
        return none;
    return st;
}

/* The state of a thread (STATE_*), -1 when it is not there. */
static inline int blocked_state(pid_t pid, int tid)
{
    procfs_status st = blocked_status(pid, tid);
    return st.state == (uint8_t)-1 ? -1 : st.state;
}

/* Waits until the thread is in that state, and waits for that (0: anything): blocked_on of /proc. Gives up, and says so, only after many
 * seconds. */
static inline int blocked_wait_on(pid_t pid, int tid, int state, uint64_t on)
{
    for (int i = 0; i < 8000; i++) {
        procfs_status st = blocked_status(pid, tid);
        if (st.state == state && (on == 0 || st.blocked_on == on))
            return 1;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    diag("thread %d never came to state %d, it is in %d", tid, state, blocked_state(pid, tid));
    return 0;
}

static inline int blocked_wait_state(pid_t pid, int tid, int state)
{
    return blocked_wait_on(pid, tid, state, 0);
}
