/* SPDX-License-Identifier: Apache-2.0 */
/* struct _msg_info straight into the loaded address space: the one structure that nearly every message writes. */
#pragma once
#include <abi/msg.h>
#include "core/hart.h"

#define RISCV_SSTATUS_SUM 0x40000

_Static_assert(offsetof(struct _msg_info, pid) == 8 && offsetof(struct _msg_info, chid) == 16 && offsetof(struct _msg_info, coid) == 24 &&
                   offsetof(struct _msg_info, priority) == 28 && offsetof(struct _msg_info, flags) == 30 &&
                   offsetof(struct _msg_info, msglen) == 32 && sizeof(struct _msg_info) == 64,
               "the words below");

/* Words 1 to 6; 0 and 7 are zero.  false: a part was written before the page gave a fault.  The trap handler goes on at fixup_pc with
 * registers as they were (entry.S), so the compiler may take the fault for a jump at the end of the statement. */
static inline bool arch_user_info(uint64_t va, uint64_t pid_tid, uint64_t chid_scoid, uint64_t coid_prio_flags, uint64_t msglen,
                                   uint64_t srcmsglen, uint64_t dstmsglen)
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
