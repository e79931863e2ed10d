/* SPDX-License-Identifier: Apache-2.0 */
/* Long kernel work stays interruptible: between pieces of at most some 10,000 instructions it comes by here. */
#pragma once
#include "core/types.h"

/* Handles pending interrupts; gives the hart to a thread that should run instead.  No lock held, nothing for which others spin; the
 * caller may be on another hart when it returns.  Before the first thread runs it only handles interrupts; in an interrupt it does
 * nothing. */
void preempt_point(void);

/* A preempt_point() every PACE_STEP units of work, a unit being about an instruction. */
struct pace {
    uint64_t done;
};
#define PACE_STEP 8192
static inline void pace(struct pace *p, uint64_t work)
{
    p->done += work;
    if (p->done >= PACE_STEP) {
        p->done = 0;
        preempt_point();
    }
}
