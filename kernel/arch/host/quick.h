/* SPDX-License-Identifier: Apache-2.0 */
/* As arch/riscv64/quick.h, by the functions of core/arch.h. */
#pragma once
#include <abi/msg.h>
#include "core/arch.h"
#include "core/hart.h"

static inline void arch_aspace_switch(struct hart *h, struct aspace *as)
{
    (void)h;
    arch_aspace_load(as);
}

/* Which of the two is the user's is told by the caller. */
static inline bool arch_user_get(void *dst, uint64_t va, uint64_t n)
{
    return arch_user_read(dst, va, n) == 0;
}
static inline bool arch_user_put(uint64_t va, const void *src, uint64_t n)
{
    return arch_user_write(va, src, n) == 0;
}

static inline bool arch_user_info(uint64_t va, uint64_t pid_tid, uint64_t chid_scoid, uint64_t coid_prio_flags, uint64_t msglen,
                                  uint64_t srcmsglen, uint64_t dstmsglen)
{
    const uint64_t words[8] = { 0, pid_tid, chid_scoid, coid_prio_flags, msglen, srcmsglen, dstmsglen, 0 };
    return arch_user_write(va, words, sizeof(words)) == 0;
}
