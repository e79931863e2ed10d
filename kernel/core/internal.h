/* SPDX-License-Identifier: Apache-2.0 */
/* Between core/sched.c and core/exit.c, and for what core/handover.h does inline. */
#pragma once
#include "core/ktimer.h"
#include "core/sched.h"
#include "object/thread.h"

void hart_resched(struct hart *h); /* h chooses again soon; IPI when it is another one */
void sched_requeue_current(struct hart *h, bool head);
/* A client was queued here and the server goes on: idle harts among elsewhere are offered it if that lasts. */
void sched_share_later(struct hart *h, uint32_t elsewhere);
struct thread *sched_pick(struct hart *h);
void sched_share(struct hart *h); /* after a switch on a machine with several harts */
bool sched_should_preempt(struct hart *h);
extern _Atomic uint32_t idle_harts;  /* bit per hart that is looking for work or waits for it; each sets and clears its own */
extern _Atomic uint64_t sched_slice; /* of round robin, in arch_ticks() */

/* The hart's time since it took on t, which it is about to let go of, is t's. */
static inline __attribute__((always_inline)) void hart_account(struct hart *h, struct thread *t)
{
    uint64_t now = arch_ticks();
    t->cpu_ticks += now - h->run_start;
    h->run_start = now;
    h->slice_end = h->share_at = 0;
}

/* When the slice of t, dispatched at h->run_start, is over; in the past if it had all of it while nobody shared its level. */
static inline uint64_t slice_end_of(const struct hart *h, const struct thread *t)
{
    return h->run_start + load_relaxed(&sched_slice) - t->slice_used;
}

/* The current thread shares its level with somebody.  Its slice has run since it was dispatched. */
static inline void sched_slice_start(struct hart *h, const struct thread *current)
{
    if (h->slice_end == 0 && thread_is_sliced(current)) {
        h->slice_end = slice_end_of(h, current);
        if (h->slice_end < h->armed)
            ktimer_rearm();
    }
}
