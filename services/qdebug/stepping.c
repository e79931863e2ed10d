/* SPDX-License-Identifier: Apache-2.0 */
/* A step is made of rounds: breakpoints where the instruction leads, the thread is let go, and all of the process stands still again
 * when it, or anything else, has trapped (docs/architecture/debug.md).  In most rounds the thread goes alone, so that nobody runs into the
 * breakpoints, or past one that is lifted for it.  The others go with it
 *  - when it may have to wait for them: in a kernel call, in a signal handler, in a range that it takes at its own speed because all places
 *    where that is left are known;
 *  - once in ROUNDS_ALONE rounds, so that a range that waits for them in a loop comes to its end.
 * Who of them stands at such a breakpoint afterwards is moved off it in a round of its own first, or it would trap there for ever. */
#include "stepping.h"

#include <abi/kercall.h>
#include <abi/signal.h>
#include <errno.h>
#include <stddef.h>
#include <sys/states.h>

#define ROUNDS_ALONE 16

typedef struct resume (*plan_of)(const struct target *t, int tid);

static plan_of whole; /* what GDB wants; in a round less than that */

/* Its registers are what its next instruction will see. */
static bool is_between_calls(const procfs_status *status)
{
    return status->state == STATE_STOPPED || (status->state == STATE_READY && status->why != 0);
}

static bool thread_is(const struct target *t, int tid, procfs_status *status)
{
    return target_thread(t, tid, status) && status->tid == tid;
}

/* ---- breakpoints */

/* Nothing can be executed where none can be placed: the thread will fault there. */
static int place(struct target *t, const struct step *step)
{
    struct stepping *s = &t->stepping;
    for (unsigned i = 0; step->kind != STEP_SELF && i < step->count; i++) {
        if (target_is_break(t, step->next[i]))
            continue;
        int error = target_trap(t, step->next[i], true);
        if (error == EOK)
            s->placed[s->count++] = step->next[i];
        else if (error != EFAULT && error != EINVAL)
            return error;
    }
    return EOK;
}

void stepping_pause(struct target *t)
{
    struct stepping *s = &t->stepping;
    for (unsigned i = 0; i < s->count; i++)
        target_trap(t, s->placed[i], false); /* there is none after an exec */
    s->count = 0;
    if (s->has_lifted && target_is_break(t, s->lifted))
        target_trap(t, s->lifted, true);
    s->has_lifted = false;
}

/* ---- what one instruction does */

static bool read_half(const void *context, uint64_t addr, uint16_t *half)
{
    return target_read(context, addr, half, sizeof *half) == sizeof *half;
}

enum { REGISTER_A0 = 10, REGISTER_A7 = 17 };

/* The call at the end of a signal handler goes where the signal came. */
static void follow_return(const struct target *t, const procfs_greg *g, struct step *step)
{
    uint64_t pc, at = g->x[REGISTER_A0] + offsetof(struct _kc_sigframe, uc.gregs);
    if (g->x[REGISTER_A7] == KC_SIGNAL_RETURN && target_read(t, at, &pc, sizeof pc) == sizeof pc && pc + 4 != step->after)
        step->next[0] = pc;
}

static int decode(const struct target *t, const procfs_status *status, struct step *step)
{
    procfs_greg g;
    int error = target_get_regs(t, status->tid, &g, NULL);
    if (error == EOK && !step_decode(&(struct step_code){read_half, t}, status->ip, g.x, is_between_calls(status), step))
        *step = (struct step){.kind = STEP_TRAP}; /* it faults by itself */
    if (error == EOK && step->kind == STEP_CALL)
        follow_return(t, &g, step);
    return error;
}

/* It is where it was afterwards, but for the register that a call sets. */
static int jump_to_itself(const struct target *t, int tid, const struct step *step)
{
    procfs_greg g;
    int error = step->link != 0 ? target_get_regs(t, tid, &g, NULL) : EOK;
    if (error != EOK || step->link == 0)
        return error;
    g.x[step->link] = step->after;
    return target_set_regs(t, tid, &g, NULL);
}

/* ---- rounds */

static struct resume with_others(const struct target *t, int tid)
{
    const struct stepping *s = &t->stepping;
    struct resume r = whole(t, tid);
    bool goes = tid == s->tid || r.what == 'c';
    return (struct resume){.what = goes ? 'c' : 0, .signo = s->is_begun ? 0 : r.signo};
}

static struct resume alone(const struct target *t, int tid)
{
    const struct stepping *s = &t->stepping;
    if (tid != s->mover)
        return (struct resume){0};
    return (struct resume){.what = 'c', .signo = s->is_begun || tid != s->tid ? 0 : whole(t, tid).signo};
}

/* Somebody else is to go, or to be sent a signal. */
static bool has_others(const struct target *t, bool *have_signals)
{
    procfs_status status;
    bool has = false;
    *have_signals = false;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1) {
        struct resume r = whole(t, status.tid);
        has = has || (status.tid != t->stepping.tid && r.what == 'c');
        *have_signals = *have_signals || (r.what != 0 && r.signo != 0);
    }
    return has;
}

static int go_alone(struct target *t, int tid, const struct step *step, uint64_t pc)
{
    struct stepping *s = &t->stepping;
    int error = place(t, step);
    if (error == EOK && target_is_break(t, pc)) {
        s->lifted = pc;
        s->has_lifted = target_trap(t, pc, false) == EOK;
    }
    s->mover = tid;
    return error == EOK ? target_resume(t, alone) : error;
}

/* Another thread at a place of the next breakpoints goes first. */
static bool find_obstacle(const struct target *t, const struct step *step, procfs_status *status)
{
    for (int tid = 1; target_thread(t, tid, status); tid = status->tid + 1)
        for (unsigned i = 0; i < step->count; i++)
            if (status->tid != t->stepping.tid && status->ip == step->next[i] && is_between_calls(status) &&
                whole(t, status->tid).what == 'c')
                return true;
    return false;
}

static int go_together(struct target *t, const struct step *step)
{
    procfs_status other;
    struct step first;
    if (find_obstacle(t, step, &other) && decode(t, &other, &first) == EOK && first.kind == STEP_PLAIN)
        return go_alone(t, other.tid, &first, other.ip);
    int error = place(t, step);
    return error == EOK ? target_resume(t, with_others) : error;
}

/* At its own speed to wherever the range is left: nobody has to be waited for one by one. */
static bool takes_range(struct target *t, const procfs_status *status)
{
    struct resume r = whole(t, status->tid);
    return r.what == 'r' && is_between_calls(status) && !target_is_break(t, status->ip) &&
           step_range(&(struct step_code){read_half, t}, r.from, r.to, status->ip, &t->stepping.step);
}

static int round_of(struct target *t, const procfs_status *status)
{
    struct stepping *s = &t->stepping;
    bool have_signals, has = has_others(t, &have_signals), is_in_call = !is_between_calls(status), is_range = false;
    int error = EOK;
    if (!s->is_begun || !is_in_call) { /* what began with a call ends behind that call */
        s->start = status->ip;
        is_range = takes_range(t, status);
        error = is_range ? EOK : decode(t, status, &s->step);
    }
    if (error != EOK)
        return error;
    bool waits = is_range || is_in_call || s->step.kind == STEP_CALL || s->step.kind == STEP_SELF || (have_signals && !s->is_begun);
    bool is_turn = has && s->rounds % ROUNDS_ALONE == ROUNDS_ALONE - 1;
    s->rounds++;
    if ((waits || is_turn) && !target_is_break(t, status->ip))
        error = go_together(t, &s->step);
    else
        error = go_alone(t, s->tid, &s->step, status->ip);
    s->is_begun = s->is_begun || s->mover == s->tid || s->mover == 0;
    return error;
}

static int next_round(struct target *t, plan_of plan, const procfs_status *status)
{
    whole = plan;
    t->stepping.mover = 0;
    int error = round_of(t, status);
    if (error != EOK) {
        target_stop(t);
        stepping_pause(t);
        t->is_running = false;
    }
    return error;
}

/* The one that GDB means: rather one that can execute something now. */
static bool choose_thread(const struct target *t, plan_of plan, procfs_status *chosen)
{
    procfs_status status;
    bool is_found = false;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1) {
        char what = plan(t, status.tid).what;
        if ((what == 's' || what == 'r') && (!is_found || (!is_between_calls(chosen) && is_between_calls(&status)))) {
            *chosen = status;
            is_found = true;
        }
    }
    return is_found;
}

int stepping_begin(struct target *t, plan_of plan, bool *is_done)
{
    procfs_status status;
    struct step step;
    *is_done = false;
    t->stepping = (struct stepping){0};
    if (!choose_thread(t, plan, &status))
        return target_resume(t, plan);
    struct resume r = plan(t, status.tid);
    t->stepping.tid = status.tid;
    if (r.what == 's' && r.signo == 0 && is_between_calls(&status) && decode(t, &status, &step) == EOK && step.kind == STEP_SELF) {
        *is_done = true;
        return jump_to_itself(t, status.tid, &step);
    }
    return next_round(t, plan, &status);
}

static bool is_in_range(const struct resume *r, uint64_t pc)
{
    return r->what == 'r' && pc >= r->from && pc < r->to;
}

bool stepping_next(struct target *t, plan_of plan, int *tid)
{
    struct stepping *s = &t->stepping;
    procfs_status status;
    *tid = s->tid;
    if (!thread_is(t, s->tid, &status)) { /* it has ended; the others go on */
        bool have_signals;
        *tid = 0;
        whole = plan;
        return !has_others(t, &have_signals) || target_resume(t, plan) != EOK;
    }
    struct resume r = plan(t, s->tid);
    bool has_moved = s->is_begun && is_between_calls(&status) && status.ip != s->start;
    if (has_moved && !is_in_range(&r, status.ip))
        return true;
    if (has_moved && target_is_break(t, status.ip))
        return true;
    return next_round(t, plan, &status) != EOK;
}
