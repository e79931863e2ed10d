/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process, and exec, which is most of it: the threads end, the last of them takes everything down in pieces, taskman
 * hears of it.  Who may do what when: object/process.h. */
#include "core/preempt.h"
#include "core/trace.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/signal.h"
#include "object/sync.h"
#include "object/timer.h"

#define TEARDOWN_IDS 4 /* objects closed, threads forgotten per step */
#define KILL_STEP 16   /* threads told at once that they end */

/* By thread id, some at a time; none are added any more. */
static void kill_threads(struct process *p, const struct thread *except)
{
    for (int tid = 0; tid >= 0;) {
        spin_lock(&p->lock);
        for (int n = 0; n < KILL_STEP && (tid = idtable_next(&p->threads, (uint32_t)tid)) >= 0; n++, tid++) {
            struct thread *t = idtable_get(&p->threads, (uint32_t)tid);
            if (t != except)
                thread_post(t, TF_KILL, WAKE_KILL, EINTR);
        }
        spin_unlock(&p->lock);
        preempt_point();
    }
}

void process_kill(struct process *p, int32_t status)
{ /* model: X3 */
    kassert(p != taskman);
    spin_lock(&p->lock);
    bool first = !(atomic_fetch_or(&p->flags, PF_DYING) & PF_DYING);
    bool nobody = first && p->live_threads == 0 && !(atomic_load(&p->flags) & PF_TEARDOWN);
    if (first)
        p->exit_status = status;
    if (nobody)
        atomic_fetch_or(&p->flags, PF_DEAD);
    spin_unlock(&p->lock);
    if (nobody)
        process_notify_taskman(p, _PULSE_CODE_TM_DEATH);
    else
        kill_threads(p, NULL);
}

void process_begin_exec(struct process *p, const struct thread *caller)
{
    spin_lock(&p->lock);
    p->exec_tid = caller ? caller->tid : 0;
    atomic_fetch_or(&p->flags, PF_EXEC);
    spin_unlock(&p->lock);
    kill_threads(p, caller);
}

void process_notify_taskman(struct process *p, int code)
{
    struct channel *ch = idtable_get(&taskman->channels, TASKMAN_CHID);
    static const int8_t codes[] = { _PULSE_CODE_TM_DEATH, _PULSE_CODE_TM_EXEC, _PULSE_CODE_TM_JOB, _PULSE_CODE_TM_DEBUG,
                                    _PULSE_CODE_TM_CORE };
    if (!ch || !channel_get_live(ch))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        if (codes[i] != code)
            continue;
        spin_lock(&ch->lock);
        struct pulse *n = p->note[i];
        n->code = (int8_t)code;
        n->value = (uint64_t)p->pid;
        n->scoid = 0;
        pulse_send_reserved_locked(ch, n, QRV_PRIO_DEFAULT);
        spin_unlock(&ch->lock);
    }
    channel_put(ch);
}

/* Up to TEARDOWN_IDS entries of a table are closed by fn; true when the table is empty. */
static bool drain(struct process *p, struct idtable *t, int (*fn)(struct process *, int32_t), int32_t base)
{
    for (int n = 0, id = 0; n < TEARDOWN_IDS; n++) {
        id = idtable_next(t, (uint32_t)id);
        if (id < 0)
            return n == 0; /* otherwise there may be some below where this step began */
        (void)fn(p, base + id);
    }
    return false;
}

static bool drain_zombies(struct process *p, struct thread *reaper)
{
    for (int n = 0; n < TEARDOWN_IDS; n++) {
        struct thread *z = NULL;
        spin_lock(&p->lock);
        list_for_each(e, &p->thread_list) {
            struct thread *t = list_entry(e, struct thread, proc_link);
            if (t != reaper) {
                z = t;
                break;
            }
        }
        if (z) {
            idtable_remove(&p->threads, (uint32_t)z->tid);
            list_remove(&z->proc_link);
        }
        spin_unlock(&p->lock);
        if (!z)
            return true;
        thread_put(z);
    }
    return false;
}

enum phase { PH_TIMERS, PH_INTRS, PH_EVENTS, PH_CHANNELS, PH_FDS, PH_SIDE, PH_SCONNS, PH_MEMORY, PH_ZOMBIES, PH_DONE };

/* One bounded piece of one phase; true: the phase is over. */
static bool teardown_piece(struct process *p, struct thread *reaper, enum phase ph)
{
    bool exec = !(atomic_load(&p->flags) & PF_DYING);
    switch (ph) {
    case PH_TIMERS:
        return timer_process_fini(p);
    case PH_INTRS:
        intr_process_fini(p);
        sync_process_fini(p);
        return trace_process_fini(p);
    case PH_EVENTS:
        return drain(p, &p->events, event_drop, 0);
    case PH_CHANNELS:
        return drain(p, &p->channels, channel_destroy, 0);
    case PH_FDS:
        return exec || drain(p, &p->fds, connect_detach, 0);
    case PH_SIDE:
        return exec || drain(p, &p->side, connect_detach, _NTO_SIDE_CHANNEL);
    case PH_SCONNS:
        return drain(p, &p->sconns, connect_detach, QRV_SCOID_BASE);
    case PH_MEMORY: {
        uint64_t va = aspace_teardown(p->as, (uint64_t)p->teardown_pos * PAGE_SIZE);
        p->teardown_pos = (uint32_t)(va / PAGE_SIZE);
        return va >= QRV_USER_END;
    }
    case PH_ZOMBIES:
        return drain_zombies(p, reaper);
    case PH_DONE:
        break;
    }
    return true;
}

static bool teardown_advance(struct process *p, struct thread *reaper)
{
    if (p->teardown_phase < PH_DONE && teardown_piece(p, reaper, (enum phase)p->teardown_phase)) {
        p->teardown_phase++;
        p->teardown_pos = 0;
    }
    return p->teardown_phase >= PH_DONE;
}

static void drop_aspace(struct process *p)
{
    struct aspace *as = p->as;
    if (!as)
        return;
    spin_lock(&p->lock); /* taskman's calls take their hold on it under this lock */
    p->as = NULL;
    spin_unlock(&p->lock);
    aspace_put(as);
}

void process_teardown_all(struct process *p)
{
    if (!p->as)
        return;
    p->teardown_phase = p->teardown_pos = 0;
    while (!teardown_advance(p, NULL))
        preempt_point();
    signal_process_fini(p);
    drop_aspace(p);
}

void process_teardown_step(struct thread *reaper)
{ /* model: X2 */
    struct process *p = reaper->proc;
    preempt_point();
    if (!teardown_advance(p, reaper)) {
        atomic_store(&reaper->kcont, process_teardown_step);
        return;
    }
    bool dying = (atomic_load(&p->flags) & PF_DYING) != 0;
    if (dying && p->teardown_pos == 0 && idtable_next(&p->side, 0) >= 0) {
        p->teardown_phase = PH_FDS; /* killed while exec was tearing down: now the connections go too */
        atomic_store(&reaper->kcont, process_teardown_step);
        return;
    }
    if (!dying) {
        signal_exec_reset(p);
        spin_lock(&p->lock);
        atomic_fetch_and(&p->flags, ~(uint32_t)(PF_EXEC | PF_TEARDOWN));
        dying = (atomic_load(&p->flags) & PF_DYING) != 0;
        if (dying)
            atomic_fetch_or(&p->flags, PF_DEAD); /* the kill came too late for this reaper: release cleans up */
        spin_unlock(&p->lock);
        thread_finish_reaper(reaper);
        process_notify_taskman(p, dying ? _PULSE_CODE_TM_DEATH : _PULSE_CODE_TM_EXEC);
        return;
    }
    signal_process_fini(p);
    drop_aspace(p);
    atomic_fetch_or(&p->flags, PF_DEAD);
    thread_finish_reaper(reaper);
    process_notify_taskman(p, _PULSE_CODE_TM_DEATH);
}
