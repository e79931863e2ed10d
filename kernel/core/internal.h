/* SPDX-License-Identifier: Apache-2.0 */
/* Between core/sched.c and core/exit.c only. */
#pragma once
#include "core/sched.h"

void hart_resched(struct hart *h); /* h chooses again soon; IPI when it is another one */
void sched_requeue_current(struct hart *h, bool head);
struct thread *sched_pick(struct hart *h);
void sched_share(struct hart *h); /* after a switch on a machine with several harts */
bool sched_should_preempt(struct hart *h);
void sched_slice_start(struct hart *h); /* the slice of the current thread counts from now on, unless it does already */
