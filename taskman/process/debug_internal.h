/* SPDX-License-Identifier: Apache-2.0 */
/* Between debug.c, which keeps the records, and debug_control.c, which does what their owners ask. */
#pragma once
#include <abi/iomsg.h>
#include "process/breaks.h"
#include "process/debug.h"
#include "process/process.h"

struct debug {
    struct list link; /* debugs */
    int32_t pid;
    const struct ocb *owner;
    uint32_t flags;   /* _DEBUG_FLAG_* */
    uint64_t signals; /* that stop it */
    int32_t tid;      /* current thread, 0: whichever stopped it */
    int32_t waiter;   /* rcvid of STOP or WAITSTOP, 0 nobody */
    int32_t event_rcvid;
    struct _kc_sigevent event;
    bool is_armed, has_execed, is_dead;
    int32_t exit_status;
    struct breaks breaks;
    struct list forks; /* children that stand still and that no debugger has taken yet */
};

struct fork { /* debug.forks */
    struct list link;
    int32_t child, tid; /* and the thread that made it */
};

struct status_reply {
    struct _io_devctl_reply head;
    struct tm_thread_info status;
};

extern struct lock debug_lock; /* rank debug: all of this */

struct debug *debug_find_locked(int32_t pid);             /* NULL: nobody debugs it */
struct debug *debug_owned_locked(const struct ocb *o);    /* of the file, its process may be dead */
struct debug *debug_new(const struct ocb *o);             /* NULL: no memory */
void debug_free(struct debug *d);

/* The first thread from tid on. */
bool debug_thread_at(int32_t pid, int32_t tid, struct tm_thread_info *i);
/* There are threads, and all of them stand still.  (None: between two programs.) */
bool debug_has_stopped(int32_t pid);
/* The current thread's state, 0 or -ESRCH: as DCMD_PROC_STATUS has it. */
int debug_status_of(const struct debug *d, int32_t pid, struct tm_thread_info *out);
int debug_fill_reply(struct debug *d, struct status_reply *r);

void debug_forks_drop(struct debug *d, int32_t tid); /* children that no debugger has taken, of that thread, 0 of all, go on */
void debug_fork_forget(int32_t child);      /* it has a debugger of its own from now on, or is gone */
