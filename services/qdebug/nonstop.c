/* SPDX-License-Identifier: Apache-2.0 */
/* A process is in one of two ways of running.  As long as nobody steps its threads stop and go on by themselves
 * (_DEBUG_FLAG_THREAD), and none waits for another.  While one steps, stepping.c needs the process to stand still between its rounds: hold()
 * and advance() are around everything that is done then, and what GDB takes for running goes on with the next round. */
#include "nonstop.h"

#include <errno.h>
#include <signal.h>

#include "siginfo.h"
#include "stepping.h"
#include "stops.h"

static struct stops stops;

/* What GDB wants of a thread. */
static struct resume plan(const struct target *t, int tid)
{
    const struct stop *e = stops_find(&stops, t->pid, tid);
    if (e == NULL)
        return (struct resume){.what = 'c'};
    if (e->state != STOP_GOES)
        return (struct resume){0};
    return (struct resume){e->what, e->signo, e->from, e->to};
}

static bool thread_is(const struct target *t, int tid, procfs_status *status)
{
    return target_thread(t, tid, status) && status->tid == tid;
}

/* ---- what has happened */

static bool is_own_stop(const procfs_status *status)
{
    return status->why == _DEBUG_WHY_FAULTED || status->why == _DEBUG_WHY_SIGNALLED;
}

static void forget_ended_threads(const struct target *t)
{
    procfs_status status;
    for (size_t i = stops.count; i-- > 0;)
        if (stops.all[i].pid == t->pid && !thread_is(t, stops.all[i].tid, &status))
            stops_remove(&stops, &stops.all[i]);
}

/* What stopped the thread is what GDB knows of, or is about to: it stands still, or is to step and has not begun. */
static bool is_old_stop(const struct target *t, const struct stop *e)
{
    bool steps = e != NULL && e->tid == t->stepping.tid && t->stepping.is_begun;
    return stops_is_still(e) || (e != NULL && e->state == STOP_GOES && !steps);
}

static void set_own(const struct target *t, const procfs_status *status)
{
    struct stop *e = stops_set(&stops, t->pid, status->tid, STOP_DUE, status->what);
    if (e != NULL)
        e->is_own = true;
}

/* A thread that stands still for a reason that GDB is to hear of, or at a breakpoint that is gone. */
static void collect_thread(struct target *t, const procfs_status *status)
{
    const struct stop *e = stops_find(&stops, t->pid, status->tid);
    bool is_asked = e != NULL && e->state == STOP_ASKED;
    if (!(status->debug & TM_TD_STOPPED) || is_old_stop(t, e))
        return;
    if (is_own_stop(status) && !target_is_stale(t, status))
        set_own(t, status);
    else if (is_asked)
        stops_set(&stops, t->pid, status->tid, STOP_DUE, e->signo);
    else if (is_own_stop(status) && t->stepping.tid == 0)
        target_go(t, status->tid, 0);
}

/* exec and fork hold the threads that they are told with. */
static void collect_process(struct target *t)
{
    procfs_status status;
    if (t->has_ended || t->has_execed)
        stops_forget(&stops, t->pid);
    if (t->has_ended || t->has_execed)
        t->stepping = (struct stepping){0};
    if (t->has_execed && target_thread(t, 1, &status))
        stops_set(&stops, t->pid, status.tid, STOP_DUE, SIGTRAP);
    if (target_child(t) != NULL)
        stops_set(&stops, t->pid, target_child(t)->parent_tid, STOP_DUE, SIGTRAP);
}

static void collect(struct target *t)
{
    procfs_status status;
    collect_process(t);
    if (t->has_ended)
        return;
    forget_ended_threads(t);
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1)
        collect_thread(t, &status);
}

/* ---- steps */

static void hold(struct target *t)
{
    target_stop(t);
    stepping_pause(t);
    collect(t);
}

static void end_step(const struct target *t)
{
    stops_set(&stops, t->pid, t->stepping.tid, STOP_DUE, SIGTRAP);
}

/* t stands still: the next one that is to step does, or everybody goes on. */
static void begin(struct target *t)
{
    bool is_done;
    int error;
    for (;;) {
        error = stepping_begin(t, plan, &is_done);
        if (t->stepping.tid == 0 || (error == EOK && !is_done))
            return;
        end_step(t);
    }
}

/* After hold(). */
static void advance(struct target *t)
{
    int tid = t->stepping.tid;
    const struct stop *e = tid != 0 ? stops_find(&stops, t->pid, tid) : NULL;
    if (t->has_ended)
        return;
    if (e != NULL && e->state == STOP_GOES) {
        if (!stepping_next(t, plan, &tid))
            return;
        end_step(t);
    }
    begin(t);
}

/* Something that ends a round, or that GDB is to hear of: threads come to rest for less. */
static bool ends_round(struct target *t)
{
    procfs_status status;
    if (t->has_ended || t->has_execed || target_child(t) != NULL || !thread_is(t, t->stepping.tid, &status))
        return true;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1)
        if ((status.debug & TM_TD_STOPPED) && is_own_stop(&status) && !is_old_stop(t, stops_find(&stops, t->pid, status.tid)))
            return true;
    return false;
}

void nonstop_event(struct target *t)
{
    target_look(t);
    if (!server_knows(t))
        return; /* what becomes of it is told after its fork */
    if (t->stepping.tid == 0) {
        collect(t);
    } else if (ends_round(t)) {
        hold(t);
        advance(t);
    }
}

void nonstop_pause(struct target *t)
{
    if (t->stepping.tid != 0)
        hold(t);
}

void nonstop_go_on(struct target *t)
{
    if (t->stepping.tid != 0)
        advance(t);
}

/* ---- what GDB asks for */

static void ask_to_stop(struct target *t, int tid, int signo)
{
    const struct stop *e = stops_find(&stops, t->pid, tid);
    if (e == NULL || e->state == STOP_GOES) {
        stops_set(&stops, t->pid, tid, STOP_ASKED, signo);
        target_stop_thread(t, tid);
    }
}

static void act(struct target *t, int tid, const struct rsp_action *a)
{
    struct stop *e = stops_find(&stops, t->pid, tid);
    int signo = a->signo != 0 ? signal_from_gdb(a->signo) : 0;
    if (a->what == 't') {
        ask_to_stop(t, tid, 0);
    } else if (e != NULL && e->state == STOP_KNOWN && a->what == 'c') {
        stops_remove(&stops, e);
        target_go(t, tid, signo);
    } else if (e != NULL && e->state == STOP_KNOWN) {
        e = stops_set(&stops, t->pid, tid, STOP_GOES, signo);
        e->what = a->what;
        e->from = a->from;
        e->to = a->to;
    }
}

static const struct rsp_action *action_for(const struct rsp_action *actions, size_t count, pid_t pid, int tid)
{
    for (size_t i = 0; i < count; i++)
        if (rsp_fits(&actions[i].thread, pid, tid))
            return &actions[i];
    return NULL;
}

/* One of them stops all threads of t, with those that are just being made; or makes one step. */
static bool needs_hold(const struct rsp_action *actions, size_t count, const struct target *t)
{
    for (size_t i = 0; i < count; i++) {
        const struct rsp_action *a = &actions[i];
        bool is_ours = a->thread.pid <= 0 || a->thread.pid == t->pid;
        if (is_ours && (a->what == 's' || a->what == 'r' || (a->what == 't' && a->thread.tid <= 0)))
            return true;
    }
    return false;
}

/* Signals whose siginfo GDB has written come to their threads before anybody goes on. */
static void deliver(struct target *t, const struct rsp_action *actions, size_t count)
{
    procfs_status status;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1) {
        const struct rsp_action *a = action_for(actions, count, t->pid, status.tid);
        const struct stop *e = stops_find(&stops, t->pid, status.tid);
        if (a != NULL && a->what == 'c' && e != NULL && e->state == STOP_KNOWN)
            siginfo_deliver(t, status.tid, signal_from_gdb(a->signo));
    }
}

/* Everybody stands still, and nobody steps: those that ran go on. One by one, because a thread may have been stopped again by then. */
static void release(struct target *t)
{
    procfs_status status;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1)
        if (stops_find(&stops, t->pid, status.tid) == NULL)
            target_go(t, status.tid, 0);
}

static void apply(struct target *t, const struct rsp_action *actions, size_t count)
{
    procfs_status status;
    const struct rsp_action *a;
    bool is_held = t->stepping.tid != 0 || needs_hold(actions, count, t), has_changes = changes_are_there(t->changes);
    if (is_held || has_changes)
        hold(t);
    if (has_changes)
        deliver(t, actions, count);
    if (has_changes && !is_held)
        release(t);
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1)
        if ((a = action_for(actions, count, t->pid, status.tid)) != NULL)
            act(t, status.tid, a);
    collect(t);
    if (is_held)
        advance(t);
}

void nonstop_vcont(struct server *s, const struct rsp_action *actions, size_t count)
{
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (server_knows(&targets[i]))
            apply(&targets[i], actions, count);
    reply_ok(s);
}

/* The first thread that runs, of the process that GDB looks at rather than of another one. */
static bool interrupt(struct target *t)
{
    procfs_status status;
    if (t == NULL || !server_knows(t))
        return false;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1) {
        const struct stop *e = stops_find(&stops, t->pid, status.tid);
        if (e != NULL && e->state != STOP_GOES)
            continue;
        nonstop_pause(t);
        ask_to_stop(t, status.tid, SIGINT);
        collect(t);
        nonstop_go_on(t);
        return true;
    }
    return false;
}

void nonstop_interrupt(struct server *s)
{
    reply_ok(s);
    bool is_done = interrupt(server_target(s));
    for (size_t i = 0; i < TARGETS_MAX && !is_done; i++)
        is_done = interrupt(&targets[i]);
}

static void set_all(const struct target *t, enum stop_state state)
{
    procfs_status status;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1)
        stops_set(&stops, t->pid, status.tid, state, 0);
}

void nonstop_attached(const struct target *t)
{
    set_all(t, STOP_DUE);
}

void nonstop_started(const struct target *t)
{
    set_all(t, STOP_KNOWN);
}

void nonstop_switch(struct server *s, bool is_on)
{
    if (is_on == s->is_nonstop)
        return;
    for (size_t i = 0; i < TARGETS_MAX; i++) {
        struct target *t = &targets[i];
        if (t->pid == 0)
            continue;
        if (!is_on)
            hold(t);
        t->is_running = false;
        t->num_reported = 0;
        t->stepping = (struct stepping){0};
        if (is_on && server_knows(t))
            nonstop_started(t);
    }
    if (!is_on)
        stops_forget(&stops, 0);
    target_set_flag(_DEBUG_FLAG_THREAD, is_on);
    s->is_nonstop = is_on;
    s->is_notifying = false;
}

/* ---- telling */

static void forget_gone(void)
{
    for (size_t i = stops.count; i-- > 0;)
        if (target_find(stops.all[i].pid) == NULL)
            stops_remove(&stops, &stops.all[i]);
}

static bool tell_process(struct server *s, struct target *t)
{
    struct target *child = target_child(t);
    int tid = t->has_execed || t->has_ended || child == NULL ? 0 : child->parent_tid;
    procfs_status status;
    if (t->has_execed && target_thread(t, 1, &status))
        tid = status.tid;
    if (!t->has_ended && tid == 0)
        return false;
    if (child != NULL && !t->has_ended && !t->has_execed)
        nonstop_started(child);
    if (tid != 0)
        stops_set(&stops, t->pid, tid, STOP_SENT, SIGTRAP);
    return report_process(s, t);
}

static bool tell_thread(struct server *s, struct stop *e)
{
    procfs_status status;
    struct target *t = target_find(e->pid);
    if (!thread_is(t, e->tid, &status)) {
        stops_remove(&stops, e);
        return false;
    }
    if (e->is_own && target_is_stale(t, &status)) {
        stops_remove(&stops, e);
        target_go(t, status.tid, 0);
        return false;
    }
    e->state = STOP_SENT;
    report_stop(s, t, &status, e->signo);
    return true;
}

/* The next stop in s->out; false: none. */
static bool tell(struct server *s)
{
    struct rsp_thread general = s->general; /* GDB's choice, which a notification does not change */
    struct stop *e;
    bool is_told = false;
    forget_gone();
    for (size_t i = 0; i < TARGETS_MAX && !is_told; i++)
        is_told = server_knows(&targets[i]) && tell_process(s, &targets[i]);
    while (!is_told && (e = stops_due(&stops)) != NULL)
        is_told = tell_thread(s, e);
    s->general = general;
    return is_told;
}

void nonstop_question(struct server *s)
{
    stops_repeat(&stops);
    s->is_notifying = tell(s);
    if (!s->is_notifying)
        reply_ok(s);
}

void nonstop_stopped(struct server *s)
{
    stops_confirm(&stops);
    if (!tell(s)) {
        s->is_notifying = false;
        reply_ok(s);
    }
}

bool nonstop_notify(struct server *s)
{
    static struct rsp_out reply; /* may be asked for again */
    forget_gone();
    if (!s->is_nonstop || s->is_notifying)
        return false;
    reply = s->out;
    rsp_clear(&s->out);
    rsp_text(&s->out, "Stop:");
    s->is_notifying = tell(s);
    s->note = s->out;
    s->note.is_notification = true;
    s->out = reply;
    return s->is_notifying;
}
