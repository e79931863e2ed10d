/* SPDX-License-Identifier: Apache-2.0 */
/* FP context.  The kernel is built without FP instructions, so sstatus.FS keeps what the running thread did: Dirty when it
 * wrote a register since arch_fp_load(). */
#include "arch/riscv64/riscv.h"
#include "object/thread.h"

void arch_fp_save(struct thread *t)
{
    struct hart *h = this_hart();
    if (h->fp_loaded != t)
        return;
    if ((csr_read("sstatus") & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        riscv_fp_save(&t->fp);
        t->fp.valid = 1;
    }
    h->fp_loaded = NULL;
}

void arch_fp_load(struct thread *t)
{
    static const struct fpregs zero;
    struct hart *h = this_hart();
    if (h->fp_loaded == t)
        return;
    csr_set("sstatus", SSTATUS_FS);
    riscv_fp_load(t->fp.valid ? &t->fp : &zero);
    csr_clear("sstatus", SSTATUS_FS);
    csr_set("sstatus", SSTATUS_FS_CLEAN);
    h->fp_loaded = t;
}
