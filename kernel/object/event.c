/* SPDX-License-Identifier: Apache-2.0 */
/* struct sigevent: checking one and delivering it to a process, from any context.  Documentation
 * followed: Library Reference sigevent. */
#include <abi/sigevent.h>
#include "core/trace.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/signal.h"
#include "object/sync.h"

static int type_of(const struct _kc_sigevent *ev)
{
    return ev->notify & SIGEV_TYPE_MASK;
}

static int check_pulse(struct process *p, const struct _kc_sigevent *ev)
{
    if (ev->priority != SIGEV_PULSE_PRIO_INHERIT &&
        (ev->priority < 1 || ev->priority > QRV_PRIO_MAX))
        return -EINVAL;
    if (ev->code < _PULSE_CODE_MINAVAIL || ev->code > _PULSE_CODE_MAXAVAIL)
        return -EINVAL; /* negative codes are the kernel's: nobody forges them */
    if (ev->priority > QRV_PRIO_USER_MAX && !process_can(p, TM_ABLE_PRIORITY))
        return -EPERM;
    struct conn *c = conn_lookup(p, ev->id);
    if (!c)
        return -EBADF;
    conn_put(c);
    return 0;
}

int event_admit(const struct sconn *s, struct process *client, struct _kc_sigevent *ev)
{
    if (atomic_load(&s->no_event))
        return -EACCES;
    if (ev->notify & SIGEV_FLAG_HANDLE) {
        int err = event_fetch(client, s->chan, ev);
        if (err)
            return err;
    } else if (atomic_load(&s->reg_events)) {
        return -EACCES;
    }
    bool powerful = type_of(ev) == SIGEV_MEMORY || type_of(ev) == SIGEV_THREAD;
    return powerful && atomic_load(&s->insecure) ? -EACCES : 0;
}

int event_check(struct process *p, const struct _kc_sigevent *ev)
{
    if (ev->notify & SIGEV_FLAG_HANDLE) {
        struct _kc_sigevent kept = *ev; /* checked when it was registered */
        return event_fetch(p, NULL, &kept);
    }
    switch (type_of(ev)) {
    case SIGEV_NONE:
    case SIGEV_UNBLOCK:
    case SIGEV_INTR:
        return 0;
    case SIGEV_SIGNAL:
    case SIGEV_SIGNAL_CODE:
    case SIGEV_SIGNAL_THREAD:
        return ev->id < 1 || ev->id >= QRV_NSIG ? -EINVAL : 0;
    case SIGEV_PULSE:
        return check_pulse(p, ev);
    case SIGEV_SEM:
        return ev->value == 0 || (ev->value & 3) || ev->value >= QRV_USER_END ? -EINVAL : 0;
    case SIGEV_MEMORY:
        return ev->id < SIGEV_MEM_ASSIGN || ev->id > SIGEV_MEM_BITTOGGLE || ev->reserved == 0 || (ev->reserved & 3) ||
                       ev->reserved >= QRV_USER_END
                   ? -EINVAL
                   : 0;
    case SIGEV_THREAD: /* libc's: a helper thread there waits for pulses */
        return -ENOTSUP;
    default:
        return -EINVAL;
    }
}

static int change_word(struct process *p, const struct _kc_sigevent *ev)
{
    struct uword w;
    uint32_t v = (uint32_t)ev->value;
    int err = sync_word_in(p, ev->reserved, &w);
    if (err)
        return err;
    switch (ev->id) {
    case SIGEV_MEM_ASSIGN:
        atomic_store(w.p, v);
        break;
    case SIGEV_MEM_ADD:
        atomic_fetch_add(w.p, v);
        break;
    case SIGEV_MEM_SUB:
        atomic_fetch_sub(w.p, v);
        break;
    case SIGEV_MEM_BITSET:
        atomic_fetch_or(w.p, v);
        break;
    case SIGEV_MEM_BITCLR:
        atomic_fetch_and(w.p, ~v);
        break;
    case SIGEV_MEM_BITTOGGLE:
        atomic_fetch_xor(w.p, v);
        break;
    default:
        err = -EINVAL;
    }
    uword_put(&w);
    return err;
}

/* SIGEV_PULSE_PRIO_INHERIT: the priority the process runs at, which is that of its first thread. */
static int inherited_prio(struct process *p, const struct thread *t)
{
    const struct thread *first = t ? t : idtable_get(&p->threads, 1);
    return first && first->base_prio ? first->base_prio : QRV_PRIO_DEFAULT;
}

static int deliver_pulse(struct process *p, struct thread *t, const struct _kc_sigevent *ev)
{
    struct conn *c = conn_lookup(p, ev->id);
    if (!c)
        return -EBADF;
    int prio = ev->priority > 0 ? ev->priority : inherited_prio(p, t);
    if (prio > QRV_PRIO_USER_MAX && !process_can(p, TM_ABLE_PRIORITY))
        prio = QRV_PRIO_USER_MAX;
    bool forged =
        ev->code < 0 && c->chan->proc != p; /* the system's codes are for one's own channels only */
    if (trace_on(this_hart()) && !forged)
        trace_event(_NTO_TRACE_COMM, _NTO_TRACE_COMM_SPULSE_EXE, trace_pulse(QRV_SCOID_BASE + c->sconn->index, ev->code),
                    (uint64_t)c->chan->proc->pid << 32);
    int err =
        forged ? -EPERM
               : pulse_post(c->chan, prio, ev->code, ev->value, QRV_SCOID_BASE + c->sconn->index);
    conn_put(c);
    return err;
}

int event_deliver(struct process *p, struct thread *t, const struct _kc_sigevent *ev)
{
    struct _kc_sigevent kept;
    if (ev->notify & SIGEV_FLAG_HANDLE) {
        kept = *ev;
        int err = event_fetch(p, NULL, &kept);
        if (err)
            return err;
        ev = &kept;
    }
    switch (type_of(ev)) {
    case SIGEV_NONE:
        return 0;
    case SIGEV_SIGNAL:
        return signal_post(p, NULL, ev->id, 0, ev->value, p->pid, p->cred.ruid);
    case SIGEV_SIGNAL_CODE:
        return signal_post(p, NULL, ev->id, ev->code, ev->value, p->pid, p->cred.ruid);
    case SIGEV_SIGNAL_THREAD:
        return signal_post(p, t, ev->id, ev->code, ev->value, p->pid, p->cred.ruid);
    case SIGEV_PULSE:
        return deliver_pulse(p, t, ev);
    case SIGEV_UNBLOCK:
        if (!t)
            return -EINVAL;
        thread_disturb(t, 0, WAKE_TIMEOUT, ETIMEDOUT);
        return 0;
    case SIGEV_INTR:
        if (!t)
            return -EINVAL;
        intr_notify_thread(t);
        return 0;
    case SIGEV_SEM:
        return sync_sem_post_in(p, ev->value);
    case SIGEV_MEMORY:
        return change_word(p, ev);
    case SIGEV_THREAD:
        return -ENOTSUP;
    default:
        return -EINVAL;
    }
}
