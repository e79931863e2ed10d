/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: number -> handler, taskman's numbers for taskman only. */
#include <abi/kercall.h>
#include "core/hart.h"
#include "kercall/kercall.h"

/* Numbers that are taskman's, and numbers that are nobody's. */
static __attribute__((noinline)) int64_t rare_call(struct thread *t, uint64_t number)
{
    const kc_handler *calls = atomic_load_explicit(&kc_calls, memory_order_relaxed);
    if (number >= KC_TABLE_SIZE || !calls[number])
        return -ENOSYS;
    if (number >= TM_PROC_CREATE && t->proc != taskman)
        return -EPERM;
    return calls[number](t, t->arg);
}

int64_t kernel_call(struct thread *t, uint64_t number)
{
    const kc_handler *calls = atomic_load_explicit(&kc_calls, memory_order_relaxed);
    t->call_done = false;
    if (number >= TM_PROC_CREATE || !calls[number])
        return rare_call(t, number);
    return calls[number](t, t->arg);
}

KC_HANDLER(nop)
{
    (void)t;
    (void)a;
    return 0;
}
