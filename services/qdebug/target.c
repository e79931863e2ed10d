/* SPDX-License-Identifier: Apache-2.0 */
#include "siginfo.h"

#include <devctl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/states.h>
#include <unistd.h>

struct target targets[TARGETS_MAX];

static struct place { /* a breakpoint, so that a trap can be told from one of the program's own */
    pid_t pid;
    uint64_t addr;
} places[QRV_PROC_BREAKS_MAX];
static size_t num_places;

static struct sigevent event_of_pulse;
static uint64_t traced = ~0ul;

void target_setup(int coid, int code)
{
    SIGEV_PULSE_INIT(&event_of_pulse, coid, SIGEV_PULSE_PRIO_INHERIT, code, 0);
}

static int command(const struct target *t, int dcmd, void *data)
{
    return devctl(t->fd, dcmd, data, (size_t)((unsigned)dcmd >> 16 & 0x3fff), NULL);
}

static int choose(const struct target *t, int tid)
{
    int32_t id = tid;
    return command(t, DCMD_PROC_CURTHREAD, &id);
}

struct target *target_find(pid_t pid)
{
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid != 0 && (pid == 0 ? !targets[i].is_secret : targets[i].pid == pid))
            return &targets[i];
    return NULL;
}

static void forget_places(pid_t pid)
{
    size_t kept = 0;
    for (size_t i = 0; i < num_places; i++)
        if (places[i].pid != pid)
            places[kept++] = places[i];
    num_places = kept;
}

static void forget(struct target *t)
{
    forget_places(t->pid);
    close(t->fd);
    memset(t, 0, sizeof *t);
}

static struct target *free_place(void)
{
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid == 0)
            return &targets[i];
    return NULL;
}

/* They stand still, with the parent's breakpoints missing, which GDB takes for granted. */
static void take_children(struct target *t)
{
    procfs_status status;
    struct target *child;
    for (int n = 0; n < TARGETS_MAX && command(t, DCMD_PROC_STATUS, &status) == EOK && status.why == _DEBUG_WHY_CHILD; n++) {
        if (target_attach(status.info.u.k.pid, t->is_ours, &child) != EOK)
            return; /* too many: it goes on with its parent */
        child->is_secret = true;
        child->parent = t->pid;
        child->parent_tid = status.tid;
        for (size_t i = 0, all = num_places; i < all; i++)
            if (places[i].pid == t->pid)
                target_break(child, places[i].addr, true);
    }
}

struct target *target_child(const struct target *t)
{
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid != 0 && targets[i].is_secret && targets[i].parent == t->pid)
            return &targets[i];
    return NULL;
}

static uint32_t flags;

void target_set_flag(uint32_t flag, bool is_set)
{
    flags = is_set ? flags | flag : flags & ~flag;
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid != 0)
            command(&targets[i], is_set ? DCMD_PROC_SET_FLAG : DCMD_PROC_CLEAR_FLAG, &flag);
}

static void note(struct target *t, const procfs_status *status)
{
    if (status->why == _DEBUG_WHY_TERMINATED) {
        t->has_ended = true;
        t->status = status->what;
    } else if (status->why == _DEBUG_WHY_EXEC && !t->is_new_program) {
        t->has_execed = t->is_new_program = true;
        t->num_reported = 0;
        changes_forget(t->changes, 0);
        forget_places(t->pid);
    } else if (status->why == _DEBUG_WHY_CHILD) {
        take_children(t);
    }
}

int target_stop(struct target *t)
{
    procfs_status status;
    int error;
    do
        error = command(t, DCMD_PROC_STOP, &status);
    while (error == EINTR);
    if (error == ESRCH) { /* its end is the stop */
        error = command(t, DCMD_PROC_WAITSTOP, &status);
    }
    if (error == EOK)
        note(t, &status);
    return error;
}

int target_stop_thread(const struct target *t, int tid)
{
    int32_t id = tid;
    return command(t, DCMD_PROC_STOPTHREAD, &id);
}

void target_look(struct target *t)
{
    procfs_status status;
    choose(t, 0);
    if (command(t, DCMD_PROC_STATUS, &status) == EOK)
        note(t, &status);
}

int target_attach(pid_t pid, bool is_ours, struct target **out)
{
    struct target *t = free_place();
    char path[32];
    if (t == NULL)
        return EAGAIN;
    if (target_find(pid) != NULL || pid <= 0)
        return EINVAL;
    snprintf(path, sizeof path, "/proc/%d/as", (int)pid);
    t->fd = open(path, O_RDWR | O_CLOEXEC);
    if (t->fd == -1)
        return errno;
    event_of_pulse.sigev_value.sival_int = pid;
    int error = command(t, DCMD_PROC_EVENT, &event_of_pulse);
    if (error == EOK && flags != 0)
        error = command(t, DCMD_PROC_SET_FLAG, &flags);
    if (error == EOK)
        error = target_stop(t);
    if (error != EOK || t->has_ended) {
        close(t->fd);
        memset(t, 0, sizeof *t);
        return error != EOK ? error : ESRCH;
    }
    t->has_execed = false; /* that is how it began */
    t->pid = pid;
    t->is_ours = is_ours;
    *out = t;
    return EOK;
}

int target_spawn(const struct startup *how, char *const argv[], struct target **out)
{
    pid_t pid;
    int error = startup_spawn(how, argv, &pid);
    if (error != EOK)
        return error;
    error = target_attach(pid, true, out);
    if (error != EOK)
        kill(pid, SIGKILL);
    else
        kill(pid, SIGCONT); /* now it is held by us, not by job control */
    return error;
}

int target_detach(struct target *t)
{
    forget(t); /* closing the file takes the breakpoints out and lets it go on */
    return EOK;
}

int target_kill(struct target *t)
{
    int error = t->has_ended || kill(t->pid, SIGKILL) == 0 ? EOK : errno;
    forget(t);
    return error;
}

/* ---- threads */

bool target_thread(const struct target *t, int tid, procfs_status *status)
{
    status->tid = tid;
    while (command(t, DCMD_PROC_TIDSTATUS, status) == EOK && status->tid >= tid) {
        if (status->state != STATE_DEAD)
            return true;
        status->tid = tid = status->tid + 1;
    }
    return false;
}

static bool is_reported(const struct target *t, int tid)
{
    for (int i = 0; i < t->num_reported; i++)
        if (t->reported[i] == tid)
            return true;
    return false;
}

void target_set_reported(struct target *t, int tid)
{
    if (!is_reported(t, tid) && t->num_reported < REPORTED_MAX)
        t->reported[t->num_reported++] = tid;
}

static void unset_reported(struct target *t, int tid)
{
    for (int i = 0; i < t->num_reported; i++)
        if (t->reported[i] == tid)
            t->reported[i--] = t->reported[--t->num_reported];
}

static bool is_ebreak(const struct target *t, uint64_t addr)
{
    uint16_t half[2] = {0};
    target_read(t, addr, &half[0], sizeof half[0]);
    if (half[0] == 0x0073) /* ecall begins like that, too */
        target_read(t, addr + 2, &half[1], sizeof half[1]);
    return half[0] == 0x9002 || (half[0] == 0x0073 && half[1] == 0x0010);
}

/* The instruction is executed when the thread goes on. */
bool target_is_stale(const struct target *t, const procfs_status *status)
{
    return status->why == _DEBUG_WHY_FAULTED && status->what == SIGTRAP && !target_is_break(t, status->ip) && !is_ebreak(t, status->ip);
}

bool target_pending(struct target *t, procfs_status *status)
{
    for (int tid = 1; target_thread(t, tid, status); tid = status->tid + 1)
        if ((status->why == _DEBUG_WHY_FAULTED || status->why == _DEBUG_WHY_SIGNALLED) && !is_reported(t, status->tid) &&
            !target_is_stale(t, status))
            return true;
    return false;
}

void target_pass_signals(uint64_t set)
{
    traced = ~set | 1ul << (SIGSTOP - 1); /* siginfo_deliver() needs it, and GDB passes it on by itself */
}

int target_deliver(struct target *t, int tid, int signo, int stopper)
{
    procfs_status status;
    procfs_run run = {.flags = _DEBUG_RUN_ONLY | _DEBUG_RUN_TRACE | _DEBUG_RUN_CLRSIG | _DEBUG_RUN_SIGNAL, .tid = tid, .signo = signo,
        .trace = 1ul << (stopper - 1)};
    int error = command(t, DCMD_PROC_RUN, &run);
    while (error == EOK && (error = command(t, DCMD_PROC_WAITSTOP, &status)) == EINTR)
        error = EOK;
    if (error == EOK)
        note(t, &status);
    return error;
}

/* The signal that it still has to get. */
static int signal_left(struct target *t, int tid, int signo)
{
    const struct change *c = changes_find(t->changes, tid);
    return c != NULL && c->is_delivered ? 0 : signo;
}

int target_go(struct target *t, int tid, int signo)
{
    procfs_run run = {.flags = _DEBUG_RUN_ONLY | _DEBUG_RUN_ARM | _DEBUG_RUN_TRACE | _DEBUG_RUN_CLRSIG, .tid = tid, .trace = traced};
    signo = signal_left(t, tid, signo);
    if (signo != 0) {
        run.flags |= _DEBUG_RUN_SIGNAL;
        run.signo = signo;
    }
    changes_forget(t->changes, tid);
    unset_reported(t, tid);
    t->is_new_program = false;
    return command(t, DCMD_PROC_RUN, &run);
}

int target_resume(struct target *t, struct resume (*plan)(const struct target *t, int tid))
{
    procfs_status status;
    procfs_run run = {.flags = _DEBUG_RUN_ARM | _DEBUG_RUN_TRACE | _DEBUG_RUN_CLRSIG, .trace = traced};
    bool is_all = true, is_any = false;
    int error = EOK, num_signals = 0;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1) {
        struct resume r = plan(t, status.tid);
        is_all = is_all && r.what != 0;
        is_any = is_any || r.what != 0;
        if (r.what != 0)
            siginfo_deliver(t, status.tid, r.signo);
        if (r.what != 0 && signal_left(t, status.tid, r.signo) != 0) {
            num_signals++;
            run.tid = status.tid;
            run.signo = r.signo;
        }
    }
    if (!is_any)
        return EOK;
    t->is_running = true;
    /* One that goes before the others may be stopped again before they go, and that stop would go with them: not for one signal alone. */
    for (int tid = 1; target_thread(t, tid, &status) && error == EOK && (!is_all || num_signals > 1); tid = status.tid + 1) {
        struct resume r = plan(t, status.tid);
        if (r.what != 0 && (!is_all || signal_left(t, status.tid, r.signo) != 0))
            error = target_go(t, status.tid, r.signo);
    }
    if (error == EOK && is_all) { /* with those that are not there yet */
        t->num_reported = 0;
        t->is_new_program = false;
        changes_forget(t->changes, 0);
        run.flags |= num_signals == 1 ? _DEBUG_RUN_SIGNAL : 0;
        error = command(t, DCMD_PROC_RUN, &run);
    }
    return error == ESRCH ? EOK : error; /* it ends: the pulse says so */
}

/* ---- registers and memory */

int target_get_regs(const struct target *t, int tid, procfs_greg *g, procfs_fpreg *f)
{
    int error = choose(t, tid);
    if (error == EOK)
        error = command(t, DCMD_PROC_GETGREG, g);
    return error == EOK && f != NULL ? command(t, DCMD_PROC_GETFPREG, f) : error;
}

int target_set_regs(const struct target *t, int tid, const procfs_greg *g, const procfs_fpreg *f)
{
    int error = choose(t, tid);
    if (error == EOK && g != NULL)
        error = command(t, DCMD_PROC_SETGREG, (void *)(uintptr_t)g);
    return error == EOK && f != NULL ? command(t, DCMD_PROC_SETFPREG, (void *)(uintptr_t)f) : error;
}

ssize_t target_read(const struct target *t, uint64_t addr, void *data, size_t bytes)
{
    return addr > INT64_MAX ? -1 : pread(t->fd, data, bytes, (off_t)addr);
}

ssize_t target_write(const struct target *t, uint64_t addr, const void *data, size_t bytes)
{
    return addr > INT64_MAX ? -1 : pwrite(t->fd, data, bytes, (off_t)addr);
}

bool target_is_break(const struct target *t, uint64_t addr)
{
    for (size_t i = 0; i < num_places; i++)
        if (places[i].pid == t->pid && places[i].addr == addr)
            return true;
    return false;
}

int target_trap(const struct target *t, uint64_t addr, bool is_set)
{
    procfs_break b = {.type = _DEBUG_BREAK_EXEC, .size = is_set ? 0 : -1, .addr = addr};
    return command(t, DCMD_PROC_BREAK, &b);
}

int target_break(const struct target *t, uint64_t addr, bool is_set)
{
    int error = target_trap(t, addr, is_set);
    if (!is_set && error == ESRCH)
        error = EOK; /* gone already, with the program before an exec */
    if (error == EOK && is_set && !target_is_break(t, addr) && num_places < QRV_PROC_BREAKS_MAX)
        places[num_places++] = (struct place){t->pid, addr};
    for (size_t i = 0; !is_set && i < num_places; i++)
        if (places[i].pid == t->pid && places[i].addr == addr)
            places[i--] = places[--num_places];
    return error;
}
