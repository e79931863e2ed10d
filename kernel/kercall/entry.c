/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: number -> handler, taskman's numbers for taskman only, result into a0. */
#include <abi/kercall.h>
#include "kercall/kercall.h"

void kernel_call(struct thread *t)
{
    uint64_t number = t->regs.x[REG_A7];
    const uint64_t *x = &t->regs.x[REG_A0];
    /* A copy: another hart may give a thread that has blocked its result before the handler is through. */
    const uint64_t a[6] = { x[0], x[1], x[2], x[3], x[4], x[5] };
    t->orig_a0 = a[0];
    if (atomic_load_explicit(&t->flags, memory_order_relaxed) & TF_RESTART)
        atomic_fetch_and(&t->flags, ~(uint32_t)TF_RESTART); /* no signal came to use it up */
    t->last_call = (uint32_t)number;
    t->in_call = number != KC_TIMER_TIMEOUT; /* the timeout it arms is for the call after it */

    int64_t r;
    if (number >= KC_TABLE_SIZE || !kc_table[number])
        r = -ENOSYS;
    else if (number >= TM_PROC_CREATE && t->proc != taskman)
        r = -EPERM;
    else
        r = kc_table[number](t, a);
    if (r != KC_BLOCKED)
        thread_set_result(t, r);
}

KC_HANDLER(nop)
{
    (void)t;
    (void)a;
    return 0;
}
