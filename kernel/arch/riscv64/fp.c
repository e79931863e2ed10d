/* SPDX-License-Identifier: Apache-2.0 */
/* FP context, loaded when it is needed.  The kernel is built without FP instructions, so sstatus.FS keeps what the running thread
 * did: Off, its registers are in memory and the first FP instruction traps; Clean or Dirty, this hart holds them (fp_loaded).
 * A thread that wrote FP registers the last time it ran gets them back at once. */
#include "arch/riscv64/riscv.h"
#include "object/thread.h"

static void load(struct hart *h, struct thread *t)
{
    static const struct fpregs zero;
    csr_set("sstatus", SSTATUS_FS);
    riscv_fp_load(t->fp.valid ? &t->fp : &zero);
    csr_clear("sstatus", SSTATUS_FS);
    csr_set("sstatus", SSTATUS_FS_CLEAN);
    h->fp_loaded = t;
}

void arch_fp_save(struct thread *t)
{
    struct hart *h = this_hart();
    if (h->fp_loaded != t)
        return;
    t->fp.eager = (csr_read("sstatus") & SSTATUS_FS) == SSTATUS_FS_DIRTY;
    if (t->fp.eager) {
        riscv_fp_save(&t->fp);
        t->fp.valid = 1;
    }
    csr_clear("sstatus", SSTATUS_FS);
    h->fp_loaded = NULL;
}

void arch_fp_load(struct thread *t)
{
    struct hart *h = this_hart();
    if (t->fp.eager && h->fp_loaded != t)
        load(h, t);
}

bool riscv_fp_first_use(struct thread *t)
{
    struct hart *h = this_hart();
    if (h->fp_loaded == t)
        return false;
    load(h, t);
    return true;
}
