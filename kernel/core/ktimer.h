/* SPDX-License-Identifier: Apache-2.0 */
/* One-shot kernel timers: a deadline heap per hart.
 * A timer fires on the hart that armed it, in interrupt context, with no lock held.  ktimer_cancel() does not wait for a
 * callback that is just running on another hart: callbacks re-validate under the lock of what they act on (see
 * thread.wait_seq).  Memory that embeds a ktimer is type-stable (slab) for that reason. */
#pragma once
#include "core/types.h"

struct ktimer {
    nsec_t deadline;
    void (*fn)(struct ktimer *kt); /* constant after ktimer_init */
    uint64_t cookie;               /* the owner's: sequence number to re-validate */
    /* leftist heap: lock of the queue it is in */
    struct ktimer *parent, *left, *right;
    uint32_t rank;
    _Atomic int32_t hart;          /* queue it is in, -1 none */
};

void ktimer_init(struct ktimer *kt, void (*fn)(struct ktimer *)); /* not while queued */
/* Arms (or re-arms) for an absolute monotonic time on this hart.  Never fails and never allocates. */
void ktimer_set(struct ktimer *kt, nsec_t deadline);
void ktimer_cancel(struct ktimer *kt);
bool ktimer_pending(const struct ktimer *kt);
void ktimer_run_expired(void); /* timer interrupt: fires what is due, re-arms the hardware */
void ktimer_rearm(void);       /* hardware := earliest of heap and slice_end of this hart */
