/* SPDX-License-Identifier: Apache-2.0 */
/* What a message needs of the machine, inline for ipc/quick.c and core/exit.c: without calls they save few registers. */
#pragma once
#include <abi/msg.h>
#include "arch/riscv64/pte.h"
#include "core/hart.h"
#include "mm/mm.h"

/* Pairs with arch_tlb_flush(): it changes an entry, then looks who uses the address space, as we say so, then walk; the fences let one of
 * the two see the other.  Pairs with arch_aspace_evict(): whoever sees the last store sees no walk of ours after it. */
static inline __attribute__((always_inline)) void arch_aspace_set(struct hart *h, struct aspace *as, uint64_t satp)
{
    racy_write(h->aspace, as);
    atomic_thread_fence(memory_order_seq_cst);
    __asm__ volatile("csrw satp, %0\n\tsfence.vma" ::"r"(satp) : "memory");
    store_release(&h->aspace_left, as);
}

/* arch_aspace_load() of a process' address space. */
static inline __attribute__((always_inline)) void arch_aspace_switch(struct hart *h, struct aspace *as)
{
    if (h->aspace != as)
        arch_aspace_set(h, as, as->satp);
}

#define RISCV_SSTATUS_SUM 0x40000

_Static_assert(offsetof(struct _msg_info, pid) == 8 && offsetof(struct _msg_info, chid) == 16 && offsetof(struct _msg_info, coid) == 24 &&
                   offsetof(struct _msg_info, priority) == 28 && offsetof(struct _msg_info, flags) == 30 &&
                   offsetof(struct _msg_info, msglen) == 32 && sizeof(struct _msg_info) == 64,
               "the words below");

/* struct _msg_info into the loaded address space: the one structure that nearly every message writes.  Words 1 to 6; 0 and 7 are zero.
 * false: a part was written before the page gave a fault.  The trap handler goes on at fixup_pc with registers as they were (entry.S), so
 * the compiler may take the fault for a jump at the end of the statement.  No outputs: GCC 12 makes wrong code of asm goto with them. */
static inline __attribute__((always_inline)) bool arch_user_info(uint64_t va, uint64_t pid_tid, uint64_t chid_scoid,
                                                                 uint64_t coid_prio_flags, uint64_t msglen, uint64_t srcmsglen,
                                                                 uint64_t dstmsglen)
{
    __asm__ goto("lla t0, %l[fault]\n\t"
                 "sd t0, %[fixup](tp)\n\t"
                 "li t0, %[sum]\n\t"
                 "csrs sstatus, t0\n\t"
                 "sd zero, 0(%[va])\n\t"
                 "sd %[w1], 8(%[va])\n\t"
                 "sd %[w2], 16(%[va])\n\t"
                 "sd %[w3], 24(%[va])\n\t"
                 "sd %[w4], 32(%[va])\n\t"
                 "sd %[w5], 40(%[va])\n\t"
                 "sd %[w6], 48(%[va])\n\t"
                 "sd zero, 56(%[va])\n\t"
                 "csrc sstatus, t0\n\t"
                 "sd zero, %[fixup](tp)"
                 :
                 : [fixup] "i"(offsetof(struct hart, fixup_pc)), [sum] "i"(RISCV_SSTATUS_SUM), [va] "r"(va), [w1] "r"(pid_tid),
                   [w2] "r"(chid_scoid), [w3] "r"(coid_prio_flags), [w4] "r"(msglen), [w5] "r"(srcmsglen), [w6] "r"(dstmsglen)
                 : "t0", "memory"
                 : fault);
    return true;
fault:
    __asm__ volatile("csrc sstatus, %0" ::"r"(RISCV_SSTATUS_SUM) : "memory");
    return false;
}

/* Copies n > 0 bytes between kernel memory and the loaded address space; both addresses are multiples of 8.  false: a fault ended it. */
static inline __attribute__((always_inline)) bool arch_user_words(uint64_t dst, uint64_t src, uint64_t n)
{
    __asm__ goto("lla t0, %l[fault]\n\t"
                 "sd t0, %[fixup](tp)\n\t"
                 "li t0, %[sum]\n\t"
                 "csrs sstatus, t0\n\t"
                 "mv t3, %[dst]\n\t"
                 "mv t4, %[src]\n\t"
                 "addi t5, %[n], -64\n\t"
                 "bltz t5, 2f\n"
                 "1:\tld t1, 0(t4)\n\t"
                 "ld t2, 8(t4)\n\t"
                 "sd t1, 0(t3)\n\t"
                 "ld t1, 16(t4)\n\t"
                 "sd t2, 8(t3)\n\t"
                 "ld t2, 24(t4)\n\t"
                 "sd t1, 16(t3)\n\t"
                 "ld t1, 32(t4)\n\t"
                 "sd t2, 24(t3)\n\t"
                 "ld t2, 40(t4)\n\t"
                 "sd t1, 32(t3)\n\t"
                 "ld t1, 48(t4)\n\t"
                 "sd t2, 40(t3)\n\t"
                 "ld t2, 56(t4)\n\t"
                 "sd t1, 48(t3)\n\t"
                 "addi t4, t4, 64\n\t"
                 "sd t2, 56(t3)\n\t"
                 "addi t5, t5, -64\n\t"
                 "addi t3, t3, 64\n\t"
                 "bgez t5, 1b\n"
                 "2:\taddi t5, t5, 56\n\t"
                 "bltz t5, 4f\n"
                 "3:\tld t1, 0(t4)\n\t"
                 "addi t4, t4, 8\n\t"
                 "addi t5, t5, -8\n\t"
                 "sd t1, 0(t3)\n\t"
                 "addi t3, t3, 8\n\t"
                 "bgez t5, 3b\n"
                 "4:\taddi t5, t5, 7\n\t"
                 "bltz t5, 6f\n"
                 "5:\tlbu t1, 0(t4)\n\t"
                 "addi t4, t4, 1\n\t"
                 "addi t5, t5, -1\n\t"
                 "sb t1, 0(t3)\n\t"
                 "addi t3, t3, 1\n\t"
                 "bgez t5, 5b\n"
                 "6:\tcsrc sstatus, t0\n\t"
                 "sd zero, %[fixup](tp)"
                 :
                 : [fixup] "i"(offsetof(struct hart, fixup_pc)), [sum] "i"(RISCV_SSTATUS_SUM), [dst] "r"(dst), [src] "r"(src), [n] "r"(n)
                 : "t0", "t1", "t2", "t3", "t4", "t5", "memory"
                 : fault);
    return true;
fault:
    __asm__ volatile("csrc sstatus, %0" ::"r"(RISCV_SSTATUS_SUM) : "memory");
    return false;
}

static inline __attribute__((always_inline)) bool arch_user_get(void *dst, uint64_t va, uint64_t n)
{
    return arch_user_words((uint64_t)dst, va, n);
}
static inline __attribute__((always_inline)) bool arch_user_put(uint64_t va, const void *src, uint64_t n)
{
    return arch_user_words(va, (uint64_t)src, n);
}
