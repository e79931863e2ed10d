/* SPDX-License-Identifier: Apache-2.0 */
/* taskman's calls for debuggers (abi/tm.h); who may debug whom is taskman's decision. */
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/debug.h"

KC_HANDLER(tm_debug_attach)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    int err = debug_attach(p, a[1], (a[2] & TM_DA_ALONE) != 0);
    process_put(p);
    return err;
}

KC_HANDLER(tm_debug_detach)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    debug_detach(p);
    process_put(p);
    return 0;
}

KC_HANDLER(tm_debug_stop)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    int err = debug_stop(p, (int32_t)a[1]);
    process_put(p);
    return err;
}

KC_HANDLER(tm_debug_run)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    int err = debug_run(p, (int32_t)a[1], (int32_t)a[2], (a[3] & TM_DR_KEEP) != 0);
    process_put(p);
    return err;
}

KC_HANDLER(tm_debug_core)
{
    (void)t;
    if (a[0] == 0) {
        debug_set_dumper(a[1] != 0);
        return 0;
    }
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    int err = debug_core_written(p);
    process_put(p);
    return err;
}

/* Referenced, or NULL. */
static struct thread *thread_find(int32_t pid, int32_t tid)
{
    struct process *p = process_get(pid);
    if (!p)
        return NULL;
    struct thread *o = tid > 0 ? idtable_get(&p->threads, (uint32_t)tid) : NULL;
    if (o && !thread_get_live(o))
        o = NULL;
    if (o && (o->proc != p || o->tid != tid)) { /* the memory is another thread's by now */
        thread_put(o);
        o = NULL;
    }
    process_put(p);
    return o;
}

KC_HANDLER(tm_debug_regs)
{
    (void)t;
    struct tm_regs r;
    uint32_t what = (uint32_t)a[3];
    if (what & ~(uint32_t)(TM_REGS_WRITE | TM_REGS_WRITE_F))
        return -EINVAL;
    if (what && copy_from_user(&r, UADDR(a[2]), sizeof(r)))
        return -EFAULT;
    struct thread *o = thread_find((int32_t)a[0], (int32_t)a[1]);
    if (!o)
        return -ESRCH;
    int err = debug_regs(o, &r, what);
    thread_put(o);
    if (err || what)
        return err;
    return copy_to_user(UADDR(a[2]), &r, sizeof(r)) ? -EFAULT : 0;
}
