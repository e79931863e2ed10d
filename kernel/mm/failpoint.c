/* SPDX-License-Identifier: Apache-2.0 */
/* Allocations that fail on request, in the kernel that checks itself: KC_DEBUG_FAIL arms the n-th one from now on that a kernel call
 * of the caller's process makes.  One process at a time: arming takes the place of what was armed before, the count starts anew. */
#include <abi/kercall.h>
#include "kercall/kercall.h"
#include "mm/mm.h"

static _Atomic int32_t armed_pid; /* 0: nobody */
static _Atomic uint64_t armed_at, made;

bool alloc_fails(void)
{
    int32_t pid = atomic_load_explicit(&armed_pid, memory_order_relaxed);
    const struct thread *t = pid ? this_hart()->current : NULL;
    if (!t || t->proc->pid != pid || t->call_done)
        return false;
    uint64_t n = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;
    return n == atomic_load_explicit(&armed_at, memory_order_relaxed);
}

KC_HANDLER(debug_fail)
{
    bool mine = atomic_exchange(&armed_pid, 0) == t->proc->pid;
    int64_t before = mine ? (int64_t)(atomic_load(&made) & INT64_MAX) : 0;
    atomic_store(&made, 0);
    atomic_store(&armed_at, a[0]);
    if (a[0])
        atomic_store(&armed_pid, t->proc->pid);
    return before;
}
