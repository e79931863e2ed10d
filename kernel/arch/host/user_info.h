/* SPDX-License-Identifier: Apache-2.0 */
/* struct _msg_info into the loaded address space, as arch/riscv64/user_info.h has it. */
#pragma once
#include <abi/msg.h>
#include "core/arch.h"

static inline bool arch_user_info(uint64_t va, uint64_t pid_tid, uint64_t chid_scoid, uint64_t coid_prio_flags, uint64_t msglen,
                                  uint64_t srcmsglen, uint64_t dstmsglen)
{
    const uint64_t words[8] = { 0, pid_tid, chid_scoid, coid_prio_flags, msglen, srcmsglen, dstmsglen, 0 };
    return arch_user_write(va, words, sizeof(words)) == 0;
}
